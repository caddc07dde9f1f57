"""Structured identifiers of a session: numbers, codes, addresses, dates and ages, written or spoken, any case."""

from __future__ import annotations

import bisect
import re
import string

from anonymize.spans import Span
from anonymize.structured.aloud import find_aloud
from anonymize.structured.codes import find_codes
from anonymize.structured.dates import MONTHS, ages_again, find_ages, find_dates
from anonymize.structured.mended import find_mended
from anonymize.structured.patterns import find_addresses, find_written
from anonymize.structured.plates import find_plates
from anonymize.structured.web import ADDRESS_WORDS, find_spoken_web
from anonymize.words.lexicon import any_in
from anonymize.words.numerals import NUMBER_WORDS, ORDINALS

_PLAIN = str.maketrans("\u2018\u2019\u02bc\u201c\u201d\u2010\u2011\u2012\u2013\u2014\u00a0\u202f", "'''\"\"-----  ")
_BEFORE = 90
"""How much of the turns before is looked at for what a turn's numbers are, in characters."""

_SIGNS = re.compile(r"[\d@_]|[.:/]\w")
_TWO = frozenset({"first", "second", "plate", "plates", "go", "goes"})
_TELLING = (
    frozenset(
        {*MONTHS, *NUMBER_WORDS, *ADDRESS_WORDS, *(ordinal.split("-")[-1] for ordinal in ORDINALS[2:])}
        | {"apartment", "apt", "flat", "nineties", "gamer", "slash", "stroke"}
    )
    - _TWO
)
_WHERE_TWO_TELL = re.compile(
    r"(?:day,?|on|by|until|till|'s|is|due) (?:the )?(?:first|second)\b|plates? s|\bgo(?:es)? by\b"
)
_MARKS = string.punctuation.replace("'", "")
_BETWEEN_WORDS = str.maketrans(dict.fromkeys(f"{_MARKS}\u2026", " "))


def normalise(text: str) -> str:
    """`text` in lower case with plain quotes, hyphens and blanks, of the same length, so that offsets hold in both."""
    if not text.isascii():
        text = text.translate(_PLAIN)
    low = text.lower()
    return low if len(low) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def find_structured(turns: list[str]) -> list[list[Span]]:
    """Structured identifiers of one session: for each turn its spans, sorted and without overlap.

    The classes are DATE AGE90 PHONE FAX EMAIL SSN MRN HEALTH_PLAN ACCOUNT LICENSE VEHICLE DEVICE URL IP HANDLE ID, and
    LOCATION for street addresses and postal codes. Work grows linearly with the length of the text.
    """
    lows = [normalise(text) for text in turns]
    found: list[list[Span]] = [[] for _ in turns]
    worth: dict[int, frozenset[str]] = {}
    for turn, low in enumerate(lows):
        said = _words(low)
        if _worth(low, said):
            worth[turn] = said
            before = " ".join(lows[max(0, turn - 2) : turn])[-_BEFORE:]
            found[turn] = _disjoint(_in_turn(turns[turn], low, said, before))
    for turn, ages in ages_again(lows, found):
        found[turn] = _disjoint([*found[turn], *ages])
    for spans, codes in zip(found, find_codes(turns, lows, found, worth), strict=True):
        if codes:
            spans[:] = _disjoint([*spans, *codes])
    for turn in worth:
        if mended := list(find_mended(lows[turn], found[turn])):
            found[turn] = _disjoint([*found[turn], *mended])
    return found


def _words(low: str) -> frozenset[str]:
    """A turn's words, those with apostrophes also in parts, for a quote may stand there; single letters are endings."""
    plain = low.translate(_BETWEEN_WORDS)
    said = plain.split()
    if "'" in plain:
        said += [part for part in plain.replace("'", " ").split() if len(part) > 1]
    return frozenset(said)


def _worth(low: str, said: frozenset[str]) -> bool:
    """Whether a turn, of these words, may hold a structured identifier at all."""
    if not said.isdisjoint(_TELLING) or _SIGNS.search(low):
        return True
    return not said.isdisjoint(_TWO) and bool(_WHERE_TWO_TELL.search(low))


def _in_turn(text: str, low: str, said: frozenset[str], before: str) -> list[Span]:
    return [
        *(find_written(low) if _SIGNS.search(low) or any_in(low, (":", "u/")) else ()),
        *find_spoken_web(low, said),
        *find_dates(text, low, said),
        *find_ages(text, low, before),
        *find_addresses(text, low, said, before),
        *find_plates(text, low, before),
        *find_aloud(text, low, said),
    ]


def _disjoint(spans: list[Span]) -> list[Span]:
    """Of spans that overlap, keep the longer one, then the earlier; sorted."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.start - s.end, s.start)):
        at = bisect.bisect(kept, span)
        if (at == 0 or kept[at - 1].end <= span.start) and (at == len(kept) or span.end <= kept[at].start):
            kept.insert(at, span)
    return kept
