"""Codes in which letters and figures mix, as people read them out: "K C, five five, oh 2", "WR dash FC dash one nine".

What tells is the mixture itself: nobody says spelled letters beside figures, or the names of strokes between them, but
to give a code. So no cue is needed; one says only what the code is.
"""

# ruff: noqa: PLR2004  the numbers are lengths of codes

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from anonymize.spans import Span
from anonymize.words.numerals import NUMBER_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterator

PHONETIC = (
    "alpha|alfa|bravo|charlie|delta|echo|foxtrot|golf|hotel|india|juliet|kilo|lima|mike|november|oscar|papa|quebec|"
    "romeo|sierra|tango|uniform|victor|whiskey|x-?ray|yankee|zulu"
)
"""The spelling alphabet of the ITU and ICAO."""

_NUMBER = "|".join(word for word in NUMBER_WORDS if word != "o")  # among letters it is one
_FIGURE = re.compile(rf"\d{{1,8}}(?!\w)|(?:{_NUMBER})\b")
_SPELLED = re.compile(rf"(?:[a-z](?![\w'])|(?:{PHONETIC})\b)(?:,? (?:as in|like|for) [a-z]+)?")
_BLOCK = re.compile(r"(?=[a-z]{0,4}\d{0,4}(?!\w))(?:[a-z]{2,5}|[a-z]{1,4}\d{1,4}|\d{1,4}[a-z]{1,2})(?![\w'])")
_STROKE = re.compile(r"(?:dash|hyphen|slash|stroke|star)\b")
_REMARK = re.compile(
    r"(?:u[mh]+|er+m?|em|something|then|and then|it's|no,? wait|no(?=[,.])|and a(?= [b-z](?![\w']))|(?<=thousand )and|"
    r"a(?= (?:star|dash|slash|stroke)\b))(?![\w'])"
)
_GAP = re.compile(r"(?:[ ,…/*-]|\.{2,4}|\.(?=\w)){0,5}")
_HINT = re.compile(
    rf"(?<![\w'])[b-hj-z][ ,-]{{1,3}}(?:[a-z\d](?![\w'])|(?:{_NUMBER})\b)|[\dh-z],? (?:dash|slash|stroke)\b|"
    rf"\b(?:{_NUMBER})[ ,-]{{1,3}}[b-hj-z](?![\w'])|\b(?:dash|slash|stroke) (?:\d|(?:{_NUMBER})\b)|"
    rf"(?<![\w'])[a-z],? as in [a-z]|\b(?:{PHONETIC}) (?:\d(?!\w)|(?:{_NUMBER})\b)"
)
_INITIALS = re.compile(r"[b-df-hj-np-tv-xz]{2,4}(?=,? (?:dash|slash|stroke)\b)")
"""Letters that are no word, before a stroke that is named."""

_ANOTHER = re.compile(r",? [b-hj-z],? (?:dash|slash|stroke)\b")  # after it, "a" is a letter
_HALVES = ("am", "pm")
_TELLING = frozenset("bcdefghjklmnopqrstuvwxyz") | {"dash", "slash", "stroke", *PHONETIC.split("|")}
_DIGIT = re.compile(r"\d")
_VEHICLE = re.compile(r"\b(?:plates?|tags?|rego|reg|registration|vin)\b")
_REACH = 90
_LONGEST = 60  # signs


def find_aloud(text: str, low: str, said: frozenset[str]) -> Iterator[Span]:
    """The codes of one turn: `text` as written, `low` normalised, `said` its words."""
    if said.isdisjoint(_TELLING) or (said.isdisjoint(NUMBER_WORDS) and not _DIGIT.search(low)):
        return
    text, at = (low if text.isupper() else text), 0  # a shout has no capitals that tell
    while hint := _HINT.search(low, at):
        start = _first(text, low, hint.start(), at)
        code = _Code(text, low, start)
        if code.tells:
            before = low[max(0, code.start - _REACH) : code.start]
            yield Span(code.start, code.end, "VEHICLE" if _VEHICLE.search(before) else "ID", "letters_aloud")
        at = max(code.end, hint.end())


def _first(text: str, low: str, hint: int, floor: int) -> int:
    """Where the signs begin that lead up to the hint."""
    start = hint
    for word in reversed(list(re.finditer(r"[\w'*]+", low[max(floor, hint - _REACH) : hint]))):
        begin = max(floor, hint - _REACH) + word.start()
        if not _GAP.fullmatch(low, max(floor, hint - _REACH) + word.end(), start) or not _sign(text, low, begin):
            break
        start = begin
    return start


def _sign(text: str, low: str, at: int) -> tuple[str, int] | None:
    """What kind of sign stands at a place, and its end: a figure, a spelled letter, a block, a stroke, or a remark."""
    for kind, form in (("figure", _FIGURE), ("stroke", _STROKE), ("remark", _REMARK), ("letter", _SPELLED)):
        if match := form.match(low, at):
            spelled = text[at].isupper() or _ANOTHER.match(low, match.end())
            word = kind == "letter" and (match.group() == "i" or (match.group() == "a" and not spelled))
            return None if word else (kind, match.end())
    if initials := _INITIALS.match(low, at):
        return "block", initials.end()
    block = _BLOCK.match(low, at)
    if block and (text[at : block.end()].isupper() or not block.group().isalpha()) and block.group() not in _HALVES:
        return "block", block.end()
    return None


class _Code:
    """The signs from a place on: their range without remarks at the edges, and how many there are of each kind."""

    def __init__(self, text: str, low: str, at: int) -> None:
        while (sign := _sign(text, low, at)) and sign[0] == "remark" and (gap := _GAP.match(low, sign[1])):
            at = gap.end()
        self.start = self.end = at
        self.counts = Counter[str]()
        self.digits = remarks = 0
        while self.counts.total() < _LONGEST and remarks <= 2 and (sign := _sign(text, low, at)):
            kind, end = sign
            remarks = remarks + 1 if kind == "remark" else 0
            if kind != "remark":
                self.counts[kind] += 1
                self.digits += sum(c.isdigit() for c in low[at:end]) or kind == "figure"
                if kind != "stroke":
                    self.end = end
            at = end
            gap = _GAP.match(low, at)
            at = gap.end() if gap else at
        self.half = low[self.start : self.end].endswith(("p m", "a m"))

    @property
    def tells(self) -> bool:
        """Whether it is a code: letters and figures in number, or figures between strokes that are named."""
        letters = self.counts["letter"] + 2 * self.counts["block"]
        if self.half:
            return False
        mixed = letters >= 2 and self.digits >= 2 and letters + self.digits >= 5
        lettered = letters == 1 and self.digits >= 5
        stroked = self.counts["stroke"] >= 1 and self.digits >= 3 and (letters >= 1 or self.counts["stroke"] >= 2)
        return mixed or lettered or stroked
