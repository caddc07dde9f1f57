"""Numbers that were corrected, or finished after a remark: "eight one, no, eight seven"; "one oh, what is it, eight".

The part that was taken back and the rest are too short to be a number by themselves; that they stand beside one tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from anonymize.spans import Span
from anonymize.words.lexicon import pattern
from anonymize.words.numerals import NUMBER_WORDS, digits_of

_READ_OUT = frozenset({"PHONE", "FAX", "SSN", "MRN", "HEALTH_PLAN", "ACCOUNT", "LICENSE", "VEHICLE", "DEVICE", "ID"})
_FIGURE = rf"(?:\d{{1,4}}|{'|'.join(NUMBER_WORDS)})"
_FIGURES = rf"{_FIGURE}(?:[ ,-]{{1,2}}{_FIGURE}){{0,6}}"
_MARKS = r"[ ,.…?!-]{1,4}"
_CORRECTION = pattern("correction")
_HESITATION = f"{_CORRECTION}|{pattern('hesitation')}"
_REMARK = f"{_HESITATION}|{pattern('remark')}"
_REMARKS = rf"(?:{_MARKS}(?:{_REMARK})){{1,8}}{_MARKS}"
_END = rf"(?![\w'])(?!-\w)(?! (?:{pattern('units')})\b)"
_TOLD = rf"(?=[,.?!;…]|$| (?:{_REMARK}|but|i|he|she)\b)"
_REST = re.compile(rf"(?P<gap>{_REMARKS})(?P<rest>{_FIGURES}){_END}{_TOLD}")
_LATER = re.compile(rf"(?<![\w$£€])(?P<rest>{_FIGURES}){_END}")
_CORRECTED = re.compile(rf"(?<![\w'$£€-])(?P<first>{_FIGURES})(?P<gap>{_REMARKS})$")
_HESITATES = re.compile(rf"\b(?:{_HESITATION})\b")
_CORRECTS = re.compile(rf"\b(?:{_CORRECTION})\b")
_REACH = 90  # characters of a remark in a number that is not whole yet
_WHOLE = {"PHONE": 10, "FAX": 10, "SSN": 9}
"""Digits that such a number has; others that lack some may be telephone numbers, too."""

_LEAST = 5  # digits of one that is begun
_LOCAL = 7  # digits of a telephone number without its area


def corrected(before: str) -> str:
    """What stands before a number, without a try at it that was taken back."""
    while (tried := _CORRECTED.search(before)) and _CORRECTS.search(tried["gap"]):
        before = before[: tried.start()]
    return before


def find_mended(low: str, spans: Sequence[Span]) -> Iterator[Span]:
    """The tries and rests that belong to the numbers found in one turn, `low` normalised."""
    for at, span in enumerate(spans):
        if span.type not in _READ_OUT:
            continue
        floor = spans[at - 1].end if at else 0
        ceiling = spans[at + 1].start if at + 1 < len(spans) else len(low)
        base = max(floor, span.start - _REACH)
        start = base + len(corrected(low[base : span.start]))
        if start < span.start:
            yield Span(start, span.end, span.type, "corrected")
        end = span.end
        while (rest := _following(low, end) or _missing(low, span, end)) and rest.end() <= ceiling:
            yield Span(*rest.span("rest"), span.type, "finished")
            end = rest.end()


def _following(low: str, at: int) -> re.Match[str] | None:
    """The figures after a hesitation."""
    rest = _REST.match(low, at)
    return rest if rest and _HESITATES.search(rest["gap"]) else None


def _missing(low: str, span: Span, at: int) -> re.Match[str] | None:
    """The figures after any remark that make a number whole which lacks just as many."""
    digits = len(digits_of(low[span.start : span.end]))
    if at == span.end and _LEAST <= digits != _LOCAL:
        for rest in _LATER.finditer(low, at, at + _REACH):
            wanted = digits + len(digits_of(rest["rest"])) == _WHOLE.get(span.type, 10)
            hesitates = span.type in _WHOLE or _HESITATES.search(low[at : rest.start()])
            return rest if wanted and hesitates else None
    return None
