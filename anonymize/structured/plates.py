"""Number plates and boat registrations: short groups of letters and digits where plates are spoken of."""

# ruff: noqa: PLR2004  the numbers are lengths of plates

from __future__ import annotations

import bisect
import re
from typing import TYPE_CHECKING

from anonymize.spans import Span
from anonymize.structured.aloud import PHONETIC
from anonymize.words import vocabulary as voc
from anonymize.words.lexicon import any_in, words
from anonymize.words.numerals import NUMBER_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterator

_CUE = re.compile(
    r"\b(?:plates?|tags?|rego|reg(?:'s| is| was| number| plate| no)|registration|(?:hull|bow|boat) numbers?)\b"
)
_CUES = ("plate", "tag", "reg", "number")
"""Every cue holds one of these."""

_REACH = 90
"""How far after the cue a plate may begin, in characters, across the ends of turns."""

_GROUP = re.compile(r"(?<![\w'$.:/])(?:[a-z]{1,4}|\d{1,4}|(?=[a-z]*\d)[a-z\d]{2,8})(?![\w'%]|[.:/,]\d)")
_MEASURE = re.compile(r"\d+(?:st|nd|rd|th|s|k|am|pm|mg|ml|lbs?|ft|x|hrs?|mph)|(?:19|20)\d\d")
_VANITY = re.compile(
    r"\bplates? (?:says?|said|reads?|spells?),? (?:like,? )?(?P<plate>[a-z][a-z\d]{2,7}(?: \d{1,4})?)\b(?!')"
)
_VANITY_CAPITALS = re.compile(
    r"\b[Pp]lates?(?: says?| said| reads?| spells?| is| was|'s)?[,:]? (?:(?:like|it's|it says),? )?"
    r"(?P<plate>(?=[A-Z\d ]{4})[A-Z\d]+(?: [A-Z\d]+){0,9})(?![\w'])"
)
_SIGN = rf"(?:(?P<letter>{PHONETIC}|[a-z](?:,? (?:as in|for|like) [a-z]+)?)|{'|'.join(NUMBER_WORDS)}|\d{{1,4}})"
_SIGNS = re.compile(_SIGN + r"\b")
_ANY = re.sub(r"\?P<letter>", "?:", _SIGN)
_SPELLED = re.compile(rf"\b{_ANY}\b(?:[, .-]{{1,2}}{_ANY}\b){{2,9}}")
_NO_PLATE = words("not_a_plate")


def find_plates(text: str, low: str, before: str) -> Iterator[Span]:
    """Plates in one turn: `text` as written, `low` normalised, `before` the normalised end of the turns before."""
    cues = [cue.end() - len(before) - 1 for cue in _CUE.finditer(before)] if any_in(before, _CUES) else []
    cues += [cue.end() for cue in _CUE.finditer(low)] if any_in(low, _CUES) else []
    if not cues:
        return
    for match in _VANITY.finditer(low):
        written = text[match.start("plate") : match.end("plate")].isupper() and not text.isupper()
        if written or not voc.vocabulary().flags.get(match["plate"].split()[0], 0) & voc.COMMON:
            yield Span(*match.span("plate"), "VEHICLE", "vanity_plate")
    for match in _VANITY_CAPITALS.finditer(text) if not text.isupper() else ():
        yield Span(*match.span("plate"), "VEHICLE", "vanity_plate")
    for match in _SPELLED.finditer(low):
        at = bisect.bisect_left(cues, match.start())
        if at and match.start() - cues[at - 1] <= _REACH and _is_spelled(match.group()):
            yield Span(*match.span(), "VEHICLE", "plate_aloud")
    for groups in _chains(text, _CUE.sub(_blank, low)):
        start, end = groups[0].start(), groups[-1].end()
        at = bisect.bisect_left(cues, start)
        if at and start - cues[at - 1] <= _REACH and _is_plate(low[start:end]):
            yield Span(start, end, "VEHICLE", "plate_after_cue")


def _blank(cue: re.Match[str]) -> str:
    """A cue is no part of the plate after it: rego XB 71 QT."""
    return "," * len(cue.group())


def _chains(text: str, low: str) -> Iterator[list[re.Match[str]]]:
    """Groups that one blank or hyphen joins; letters that are a word of the sentence are no group."""
    chain: list[re.Match[str]] = []
    for group in _GROUP.finditer(low):
        if not _is_group(text, group):
            continue
        if chain and low[chain[-1].end() : group.start()] not in (" ", "-", " - "):
            yield chain
            chain = []
        chain.append(group)
    if chain:
        yield chain


def _is_group(text: str, group: re.Match[str]) -> bool:
    said = group.group()
    if not said.isalpha():
        return not _MEASURE.fullmatch(said)
    if text[group.start() : group.end()].isupper() and not text.isupper():
        return said not in ("i", "ok", "tv")
    return said not in _NO_PLATE and not voc.vocabulary().flags.get(said, 0) & voc.WORD


def _is_spelled(said: str) -> bool:
    """Whether what is read aloud has two letters or more, spelled, and two digits or more."""
    signs = list(_SIGNS.finditer(said))
    letters = [sign["letter"] for sign in signs if sign["letter"]]
    sure = any(len(letter) > 1 for letter in letters) or (
        len(letters) > 1 and "a" not in letters and "i" not in letters
    )
    return sure and len(signs) - len(letters) >= 2 and 4 <= len(signs) <= 9


def _is_plate(code: str) -> bool:
    signs = [c for c in code if c.isalnum()]
    digits = sum(c.isdigit() for c in signs)
    return 5 <= len(signs) <= 8 and 2 <= digits < len(signs)
