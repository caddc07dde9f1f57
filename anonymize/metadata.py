"""Metadata as it may be published: closed words pass, anything that could name somebody is withheld.

A header's `topic` or `symptoms` is free text ("fear of her neighbour ..."), and a case-folded name in it looks like any
word. So a value passes only if the detector finds nothing in it and every word is an ordinary one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from anonymize.spans import Span
from anonymize.words import vocabulary as voc
from anonymize.words.morphology import derived_word

CLOSED = ("modality", "language", "license", "consent", "quality")
"""Keys whose values come from the source itself, not from a session's header."""

_WORD = re.compile(r"[^\W\d_]+")
_NAMING = voc.NAME | voc.PLACE | voc.PLACE_WORD | voc.ORG
_ORDINARY = voc.WORD | voc.KEEP | voc.CAPITAL | voc.KIN


def publishable(meta: Mapping[str, Any], find: Callable[[list[str]], list[list[Span]]]) -> dict[str, Any]:
    """The metadata without the values (and list items) that could name somebody.

    Args:
        meta: declared keys only.
        find: the detector, for free texts.
    """
    return {key: value if key in CLOSED else _publishable(value, find) for key, value in meta.items()}


def names_in(meta: Mapping[str, Any], find: Callable[[list[str]], list[list[Span]]]) -> list[str]:
    """The names that its free texts hold ("conflict with Tamsyn"): the session is about these people."""
    values = [value for key, value in meta.items() if key not in CLOSED]
    texts = [text for value in values for text in (value if isinstance(value, list | tuple) else [value])]
    plain = [_WORD.sub(_untitled, text) for text in texts if isinstance(text, str)]
    return [text[s.start : s.end] for text in plain for s in find([text])[0] if s.type == "NAME"]


def withheld(before: Mapping[str, Any], after: Mapping[str, Any]) -> int:
    """How many values and list items did not pass."""
    return sum(_size(value) - _size(after.get(key)) for key, value in before.items())


def _publishable(value: Any, find: Callable[[list[str]], list[list[Span]]]) -> Any:
    if isinstance(value, list | tuple):
        return [item for item in value if _publishable(item, find) is not None] or None
    if not isinstance(value, str):
        return value
    flags = voc.vocabulary().flags
    words = voc.split_words(value)
    ordinary = all(word.isdigit() or flags.get(word, 0) & _ORDINARY or derived_word(word, flags) for word in words)
    return value if ordinary and not any(find([_WORD.sub(_untitled, value)])) else None


def _untitled(word: re.Match[str]) -> str:
    """A word of a title ("Cognitive Behavioral Therapy") without its capital, if it can only be a word."""
    low = word.group().casefold()
    return word.group() if voc.vocabulary().flags.get(low, 0) & _NAMING else low


def _size(value: Any) -> int:
    if isinstance(value, list | tuple):
        return len(value)
    return value is not None
