"""JSON as models write it: within other text, in a code fence, cut in the middle. What is whole of it is kept."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

_OPENING = re.compile(r"[{\[]")
_DECODER = json.JSONDecoder(strict=False)


def json_in(text: str) -> Any:
    """The first whole JSON object or list in a text; None where there is none."""
    for match in _OPENING.finditer(text):
        try:
            return _DECODER.raw_decode(text, match.start())[0]
        except (ValueError, RecursionError):
            continue
    return None


def objects_with(text: str, key: str) -> Iterator[dict[str, Any]]:
    """Every whole JSON object in a text that has the key, outermost first, whatever stands around it or is cut.

    A last object that the text's end cuts off is closed where its last whole value ends, if the key is in what is left.
    """
    at = 0
    while (match := _OPENING.search(text, at)) is not None:
        try:
            found, at = _DECODER.raw_decode(text, match.start())
        except (ValueError, RecursionError):
            rest = _closed(text[match.start() :]) if _starts(text, match.start(), key) else None
            if isinstance(rest, dict) and key in rest:
                yield rest
                return
            at = match.start() + 1
            continue
        yield from _having(found, key)


def _having(value: Any, key: str) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if key in value:
            yield value
        else:
            for inner in value.values():
                yield from _having(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _having(inner, key)


def _starts(text: str, at: int, key: str) -> bool:
    """Whether an object that begins here names the key itself, not only in an object within it."""
    opened = text.find("{", at + 1)
    named = text.find(f'"{key}"', at)
    return text[at] == "{" and named >= 0 and (opened < 0 or named < opened)


def _closed(text: str) -> Any:
    """A JSON text that is cut, with its last unfinished value left out and its brackets closed; None where it fails."""
    for end, closing in reversed(list(_ends(text))):
        try:
            return json.loads(text[:end] + closing, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _ends(text: str) -> Iterator[tuple[int, str]]:
    """Places after a whole value, each with the brackets that are open there."""
    stack: list[str] = []
    in_string = escaped = False
    for at, character in enumerate(text):
        if in_string:
            if escaped or character == "\\":
                escaped = not escaped
            elif character == '"':
                in_string = False
                yield at + 1, "".join(reversed(stack))
        elif character == '"':
            in_string = True
        elif character in "{[":
            stack.append("}" if character == "{" else "]")
        elif character in "}]" and stack:
            stack.pop()
            yield at + 1, "".join(reversed(stack))
