"""Cues: the words that say what a number is ("record number", "plate's", "ending in"), and how close they stand."""

# ruff: noqa: PLR2004  the numbers are lengths of identifiers

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from anonymize.structured.mended import corrected
from anonymize.words.lexicon import cues, pattern

if TYPE_CHECKING:
    from anonymize.structured.runs import Run

_CUE = re.compile("|".join(rf"(?P<{kind}>(?<!\w)(?:{words})(?!\w))" for kind, words in cues().items()))
_ENDING = re.compile(
    r"\b(?:ending|ends|ended|finishes|finishing) (?:in|with|on)?|"
    r"\blast (?:four|4|three|3|five|5|six)(?: digits)?|\bending\b|"
    r"\b(?:starts?|begins?) with"
)
_LAST_FOUR = re.compile(r"\blast (?:four|4)(?: digits| numbers)?(?= of\b|[.,?!]|$)")
FILLER = re.compile(rf"(?:[\s,.:;#'\"?!()-]|\b(?:{pattern('filler')})\b)*+")
WINDOW, _QUESTION = 90, 120
"""How far back a cue counts: characters in the turn, characters at the end of the turns before."""


@dataclass(frozen=True, slots=True)
class Cue:
    """The word that says what a number is, whether only filler stands between, and whether it names a number at all."""

    kind: str
    direct: bool
    strong: bool
    ending: bool
    partial: bool = False


_STRONG = re.compile(
    r"number|\bid\b|i\.d|#|\bno\b|serial|imei|mrn|\bvin|plate|\btag|acct|account|routing|sort code|badge|docket|claim|"
    r"\bpin\b|passcode|"
    r"licen|driver|\bdea\b|\bnpi\b|code|record|passport|inmate|booking|registration"
)


LETTERS_BEFORE = re.compile(r"(?:(?<![\w'])(?:[a-z][ ,.-]{1,2}){1,8}|(?<![\w'])[a-z]{2,4}(?:[ -]|, ))$")


def cue_of(run: Run, lows: list[str]) -> Cue:
    """The nearest cue before the run, in its turn, else in the two turns before where the run opens its turn."""
    low = lows[run.turn]
    before = corrected(low[max(0, run.start - WINDOW) : run.start])
    asked = ""
    if run.start < WINDOW:
        asked = " ".join(lows[max(0, run.turn - 2) : run.turn])[-_QUESTION:] + " | "
    cue = _last_cue(before)
    where = before
    if cue is None and asked:
        cue, where = _last_cue(asked), asked + before
    ending = None
    for ending in _ENDING.finditer(before):  # noqa: B007  the last one counts
        pass
    is_ending = bool(ending and FILLER.fullmatch(before, ending.end()))
    if not is_ending and len(run.digits) == 4 and FILLER.fullmatch(low, 0, run.start):
        is_ending = bool(_LAST_FOUR.search(asked))  # the question before asks for them
    if cue is None:
        return Cue("", direct=is_ending, strong=is_ending, ending=is_ending)
    between = LETTERS_BEFORE.sub("", where[cue.end() :].replace("|", " "))
    return Cue(
        kind=str(cue.lastgroup),
        direct=is_ending or bool(FILLER.fullmatch(between)),
        strong=is_ending or bool(_STRONG.search(cue.group() + between)),
        ending=is_ending,
        partial=cue.group().startswith(("ext", "area")),
    )


_BARE = re.compile(r"numbers?|id|i\.d\.?")


def _last_cue(context: str) -> re.Match[str] | None:
    """The last cue in the context; a bare "number" or "ID" gives way to a cue that says whose."""
    last = None
    for cue in _CUE.finditer(context):
        if last is None or not _BARE.fullmatch(cue.group()):
            last = cue
    return last
