"""The words behind the structured rules, kept as data in `lexicon.toml`."""

from __future__ import annotations

import functools
import importlib.resources
import tomllib
from collections.abc import Iterable


def words(name: str) -> frozenset[str]:
    """The word set of that name."""
    return frozenset(_lexicon()["words"][name].split())


def pattern(name: str) -> str:
    """The regular expression of that name: alternatives without the group around them."""
    return _joined(_lexicon()["patterns"][name])


def cues() -> dict[str, str]:
    """Class of identifier -> regular expression of the words that announce it, in the order they are tried."""
    return {kind: _joined(text) for kind, text in _lexicon()["cues"].items()}


def kin_by_language() -> dict[str, frozenset[str]]:
    """Words of kinship that are names elsewhere -> words that tell that their language is spoken."""
    return {word: frozenset(text.split()) - {word} for word, text in _lexicon()["kin"].items()}


def any_in(text: str, literals: Iterable[str]) -> bool:
    """Whether one of the literals is in the text: a cheap question to ask before a pattern that needs one of them."""
    return any(map(text.__contains__, literals))


@functools.cache
def _lexicon() -> dict[str, dict[str, str]]:
    text = (importlib.resources.files("anonymize.words") / "lexicon.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _joined(text: str) -> str:
    return "".join(line.strip() for line in text.splitlines())
