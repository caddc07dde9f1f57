"""What the words before a token lead up to: a place, an organisation, an employer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anonymize.words import context
from anonymize.words import vocabulary as voc
from anonymize.words.tokens import SPACE

if TYPE_CHECKING:
    from anonymize.naming.reading import Reading

_CLAUSE = 6  # tokens before a shop's name that may say that someone works there


def place_cue(reading: Reading, i: int) -> bool:
    """Whether the words before token i lead up to a place: in, from, near; moved to, back at."""
    if not i or reading.before[i] != SPACE:
        return False
    previous = reading.low[i - 1]
    if previous in context.LOCATIVE:
        return True
    return previous in context.DIRECTION and i > 1 and reading.low[i - 2] in context.MOTION


def strong_place_cue(reading: Reading, i: int) -> bool:
    """Whether someone lives in, moves to, is born in what token i names: "moved to hatch", "grew up in normal"."""
    return place_cue(reading, i) and any(reading.low[k] in context.RESIDENCE for k in range(max(0, i - 4), i - 1))


def org_cue(reading: Reading, i: int) -> bool:
    """Whether the words before token i lead up to an organisation: at, for; works with, enrolled in."""
    if not i or reading.before[i] != SPACE:
        return False
    previous = reading.low[i - 1]
    if previous in ("at", "for"):
        return True
    return previous in ("to", "with", "from", "in") and i > 1 and reading.low[i - 2] in context.WORK


def employer_cue(reading: Reading, i: int, flag: int) -> bool:
    """Whether the words before token i make an employer of a listed name; a shop needs more than having been there."""
    if not flag & voc.CHAIN:
        return org_cue(reading, i)
    if not i or reading.before[i] != SPACE or reading.low[i - 1] not in context.EMPLOYED_AT:
        return False
    return any(low in context.EMPLOYMENT for low in reading.low[max(0, i - _CLAUSE) : i - 1])
