"""Places and organisations named by plain words where capitals are lost: at regency kidney, moved to neon.

What English does not say of the plain words is what tells: they stand side by side, or right after the preposition,
though the list of frequent pairs (`collocations`) has no such pair. On 153,000 words of interviews in lower case these
rules marked some twenty words that name nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from anonymize.naming.cues import place_cue, strong_place_cue
from anonymize.naming.reading import LOCATION, ORG, TAKEN
from anonymize.naming.speech import base_form
from anonymize.words import context
from anonymize.words import vocabulary as voc
from anonymize.words.collocations import said
from anonymize.words.tokens import COMMA, DASH, NUMBER, SPACE, START

if TYPE_CHECKING:
    from anonymize.naming.reading import Reading

_AT = frozenset({"at", "through", "outside", "called"})
_NEAR = frozenset({"past", "near", "behind", "from"})
_WITH_ARTICLE = frozenset({"at", "from", "past", "near", "outside", "by"})
_ON = context.RESIDENCE | {"house", "place", "street", "corner", "apartment", "down", "over", "up", "we're"}
_OPENING = frozenset({"big", "little", "old", "new", "two", "three", "good", "first", "second", "third", "united"})
_COUNTS = frozenset({"two", "three"})
_NOTHING = voc.KIN | voc.TITLE | voc.STATE
_ENDS = context.LANDSCAPE | context.STREETS | context.FIRM_HEADS | context.CUED_HEADS | {"vista", "reach", "hollow"}
_WORKING = frozenset({"work", "works", "worked", "working", "drove", "drive", "drives"})
_SHORTEST = 3  # letters
_LONGEST = 4  # words


def mark_unheard(reading: Reading) -> None:
    """Mark pairs of plain words, and single ones after fewer prepositions, that stand as no words do."""
    if reading.cased:
        return
    for i in range(1, reading.count - 1):
        if reading.label[i] or reading.status[i] == TAKEN or _marked_pair(reading, i):
            continue
        if kind := _kind_of_single(reading, i):
            reading.mark(i, i + 1, kind, "unheard")


def _marked_pair(reading: Reading, i: int) -> bool:
    kind = _kind_of_pair(reading, i)
    if not kind or not _pair(reading, i):
        return False
    stop = i + 2
    while stop < reading.count and stop - i < _LONGEST and reading.joined(stop) and _goes_on(reading, stop):
        stop += 1
    last = reading.low[stop - 1]
    land = last in context.LANDSCAPE or last in context.STREETS
    reading.mark(i, stop, LOCATION if land else kind, "unheard")
    return True


def _goes_on(reading: Reading, k: int) -> bool:
    return _plain(reading, k) and (bool(reading.flag[k] & voc.ORG_HEAD) or not said(*reading.low[k - 1 : k + 1]))


def _pair(reading: Reading, i: int) -> bool:
    """Whether tokens i and i + 1 are plain words that English does not say side by side."""
    low = reading.low
    if reading.before[i + 1] != SPACE or reading.suffix[i] or low[i + 1].endswith(("ing", "ed")):
        return False
    land = low[i + 1] in context.LANDSCAPE or reading.flag[i + 1] & voc.ORG_HEAD
    if not land and (_plural(low[i + 1]) or low[i] in _COUNTS):
        return False
    first = _plain(reading, i) or low[i] in _OPENING
    return first and _plain(reading, i + 1) and low[i + 1] not in context.MODIFIERS and not said(low[i], low[i + 1])


def _kind_of_pair(reading: Reading, i: int) -> str:
    """What a name at token i would be by what leads to it; "" where none may stand."""
    low, gap = reading.low, reading.before[i]
    if gap == START:
        alone = i + 2 >= reading.count or reading.before[i + 2] in (START, COMMA, DASH)
        return ORG if alone and not low[i].endswith(("ing", "ed")) and low[i + 1] in _ENDS else ""
    if gap != SPACE:
        return ""
    if low[i - 1] == "the":
        article = i > 1 and low[i - 2] in _WITH_ARTICLE and reading.before[i - 1] == SPACE
        named = (reading.flag[i] | reading.flag[i + 1]) & (voc.NAME | voc.PLACE)
        return ORG if article and named and (reading.ends(i + 1) or low[i + 2] in context.FUNCTION) else ""
    if low[i - 1] == "at":
        return ORG
    if low[i].endswith("ing"):
        return ""
    return ORG if low[i - 1] in _AT else LOCATION if low[i - 1] in _NEAR or _led(reading, i) else ""


def _led(reading: Reading, i: int) -> bool:
    """Whether someone lives in or moves to what token i names; "to" before a verb leads nowhere."""
    if reading.low[i - 1] == "in":
        return strong_place_cue(reading, i)
    if reading.low[i - 1] == "to":
        return place_cue(reading, i) and not base_form(reading, reading.low[i])
    return False


def _kind_of_single(reading: Reading, i: int) -> str:
    """The same for one word, which needs a preposition that it never follows as a word."""
    low = reading.low
    single = reading.before[i] == SPACE and _plain(reading, i) and (reading.ends(i) or low[i + 1] in context.FUNCTION)
    if (
        not single
        or _plural(low[i])
        or reading.flag[i] & (voc.KEEP | voc.ORG)
        or low[i] in context.MASS_NOUNS
        or low[i] in context.GENERIC
        or low[i].endswith(("ing", "ed", "ies"))
    ):
        return ""
    lead = low[i - 1]
    employer = lead == "for" and low[i - 2] in _WORKING
    street = lead == "on" and not _ON.isdisjoint(low[max(0, i - 4) : i - 1])
    if not (street or employer or lead in _NEAR or lead in ("at", "outside") or _led(reading, i)) or said(lead, low[i]):
        return ""
    return ORG if employer or lead in _AT else LOCATION


def _plain(reading: Reading, k: int) -> bool:
    """Whether token k is an undecided content word, of which a proper name may be made."""
    word, flag = reading.low[k], reading.flag[k]
    if reading.label[k] or reading.status[k] or reading.shape[k] == NUMBER or len(word) < _SHORTEST:
        return False
    if flag & _NOTHING or not flag & voc.WORD or word.endswith("ly"):
        return False
    if word in context.ROUTINES:
        return False
    return word in context.NOUNS or (word not in context.FUNCTION and not flag & voc.CAPITAL)


def _plural(word: str) -> bool:
    return word[-1] == "s" and not word.endswith(("ss", "us", "is"))
