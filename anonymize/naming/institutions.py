"""Organisations where capitals are lost, found by their last word: chippewa valley eye clinic, saco bay school."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anonymize.naming.places import closed
from anonymize.naming.reading import ORG, TAKEN
from anonymize.words import context
from anonymize.words import vocabulary as voc
from anonymize.words.numerals import ORDINALS, TENS
from anonymize.words.tokens import LOWER, NUMBER, SPACE

if TYPE_CHECKING:
    from anonymize.naming.reading import Reading

_LETTER_PAIRS = frozenset({"qa", "rb", "dd", "sm", "bb", "rr", "pl", "ab", "xy", "ta", "rd", "og", "gt", "mm"})
"""What people mean by two letters with "and" between them that is no firm: q and a, r and b."""

_LEADS = frozenset({"at", "from", "for", "to", "with", "by", "called"})
_OF_MARY = frozenset({"of", "the", "mount", "mt", "perpetual", "prompt", "good", "holy", "seven", "sacred", "la"})
"""Between "Our Lady of" and the last word: Our Lady of Prompt Succor."""

_ONE_OF_MANY = context.POSSESSIVES | {"the", "a"}
_WHEREABOUTS = frozenset({"at", "from", "by", "near", "behind", "outside", "past", "opposite", "over"})
_LONGEST = 5  # tokens before the head word
_OPENED = 3  # tokens after one that opens a name: temple beth shalom


def mark_institutions(reading: Reading) -> None:
    """Mark a head word with what stands before it, from the first word that names: listed, unknown, or of the land."""
    for i in reading.flagged(voc.ORG_HEAD.__and__):
        if reading.label[i] == ORG or reading.status[i] == TAKEN:
            continue
        if reading.low[i] in context.OPENING_HEADS:
            _mark_opening(reading, i)
        if reading.shape[i] != LOWER or reading.cased or _goes_on(reading, i):
            continue
        first = next((k for k in range(_content_start(reading, i), i) if _names(reading, k)), i)
        if first < i:
            reading.mark(first, i + 1, ORG, "institution")


def mark_parishes(reading: Reading) -> None:
    """A title of Mary is a parish or its school where somebody is, works or comes from: at Our Lady of Fatima."""
    for i in reading.at.get("our", ()):
        if not i or reading.low[i + 1 : i + 3] not in (["lady", "of"], ["lady", "queen"]):
            continue
        stop, turn = i + 3, reading.tokens.turn
        while stop < reading.count and reading.low[stop] in _OF_MARY:
            stop += 1
        named = stop < reading.count and turn[stop] == turn[i] and all(map(reading.joined, range(i + 1, stop + 1)))
        if named and reading.low[i - 1] in _WHEREABOUTS and reading.before[i] == SPACE:
            reading.mark(i, stop + 1, ORG, "parish")


def mark_congregations(reading: Reading) -> None:
    """Mark parishes that bear a number: the whole first lutheran; not the first baptist I met."""
    for i in reading.where(context.DENOMINATIONS):
        k = i - 1
        if not reading.joined(i) or not _ordinal(reading, k) or reading.label[i] or reading.suffix[i]:
            continue
        told = reading.capital(k) and reading.capital(i) if reading.cased else reading.before[k] == SPACE
        if told and (reading.cased or (k and reading.low[k - 1] not in _ONE_OF_MANY)):
            reading.mark(k, i + 1, ORG, "parish")


def mark_hospitals(reading: Reading) -> None:
    """Mark hospitals and schools of a faith: at Methodist."""
    for i in reading.where(context.HOSPITALS):
        lead = reading.low[i - 1] if reading.joined(i) else ""
        meant = reading.capital(i) and lead in ("at", "to", "from", "by") if reading.cased else lead == "at"
        if meant and not reading.suffix[i] and (reading.ends(i) or closed(reading, i + 1)):
            reading.mark(i, i + 1, ORG, "parish")


def mark_units(reading: Reading) -> None:
    """Mark units and schools by number, firms by letters: sixty third precinct; P.S. 254; at L and B Cash."""
    for i in reading.where(context.UNITS):
        first = i
        while reading.joined(first) and _ordinal(reading, first - 1):
            first -= 1
        if first < i and not any(reading.label[first : i + 1]):
            reading.mark(first, i + 1, ORG, "unit")
    for i in reading.numbers:
        school = i > 1 and reading.low[i - 2 : i] == ["p", "s"]
        if (school or (i and reading.low[i - 1] == "ps")) and not reading.status[i]:
            reading.mark(i - 1 - school, i + 1, ORG, "unit")  # P.S. 254
    for i in reading.letters:
        low, stop = reading.low[i : i + 4], i + 4
        if stop > reading.count or low[1] != "and" or len(low[2]) > 1 or low[0] + low[2] in _LETTER_PAIRS:
            continue
        joined = all(reading.joined(k) for k in range(i, stop))
        named = joined and reading.low[i - 1] in _LEADS and low[3] not in context.FUNCTION
        if named and not any(reading.label[i : stop - 1]) and reading.flag[stop - 1] & voc.WORD:
            reading.mark(i, stop, ORG, "letters")


def mark_crews(reading: Reading) -> None:
    """Mark fire companies: the fellows at Engine 2."""
    for i in reading.where(context.CREWS):
        lead = reading.capital(i) if reading.cased else i and reading.low[i - 1] in ("at", "from", "on")
        number = i + 1 < reading.count and reading.joined(i + 1) and reading.shape[i + 1] == NUMBER
        if lead and number and reading.low[i + 1].isdigit() and not any(reading.status[i : i + 2]):
            reading.mark(i, i + 2, ORG, "unit")


def mark_served(reading: Reading) -> None:
    """A house named for whom it serves: Midcoast Women's; over at seattle children's."""
    for i in reading.where(context.SERVED):
        first = i
        while first and reading.joined(first) and (reading.label[first - 1] or reading.capital(first - 1)):
            first -= 1
        meant = reading.capital(i) if reading.cased else any(reading.label[first:i])
        named = first < i and meant and reading.suffix[i] == "s" and (reading.ends(i) or closed(reading, i + 1))
        if named and not any(reading.status[first : i + 1]):
            reading.mark(first, i + 1, ORG, "institution")


def _ordinal(reading: Reading, k: int) -> bool:
    low = reading.low[k]
    written = reading.shape[k] == NUMBER and low.endswith(("st", "nd", "rd", "th"))
    return written or low in TENS or low in ORDINALS


def _goes_on(reading: Reading, i: int) -> bool:
    """Whether another head word follows: medical, center."""
    return reading.joined(i + 1) and bool(reading.flag[i + 1] & voc.ORG_HEAD) if i + 1 < reading.count else False


def _content_start(reading: Reading, i: int) -> int:
    """The first of the content words that stand before token i without a pause."""
    first = i
    while i - first < _LONGEST and _follows(reading, first) and reading.shape[first - 1] != NUMBER:
        if reading.low[first - 1] in context.FUNCTION or reading.flag[first - 1] & voc.KIN:
            break
        first -= 1
    return first


def _follows(reading: Reading, k: int) -> bool:
    """Whether token k stands right after its neighbour; "women's health" is one name."""
    if k and reading.status[k - 1] == TAKEN:
        return False
    return reading.joined(k) or (k > 1 and reading.before[k] == SPACE and reading.low[k - 1] in context.SERVED)


def _names(reading: Reading, k: int) -> bool:
    """Whether token k opens an organisation's name: decided already, or a people or a plain word before the land."""
    if reading.label[k] or (reading.solid(k) and not reading.flag[k] & voc.STATE):
        return True
    land = reading.joined(k + 1) and reading.low[k + 1] in context.LANDSCAPE
    return land and reading.low[k] not in context.GENERIC and not reading.flag[k] & voc.TITLE


def _mark_opening(reading: Reading, i: int) -> None:
    """Temple Beth Shalom; camp wakonda: what follows the head word names it."""
    k = i + 1
    while k < reading.count and k - i <= _OPENED and reading.joined(k) and reading.status[k] != TAKEN:
        capital = reading.capital(k) and reading.low[k] not in context.FUNCTION
        if not (capital if reading.capital(i) else not reading.cased and _named(reading, k)):
            break
        k += 1
    if k > i + 1 and not reading.suffix[i]:
        reading.mark(i, k, ORG, "institution")


def _named(reading: Reading, k: int) -> bool:
    return bool(reading.flag[k] & voc.NAME or not reading.flag[k]) and not reading.flag[k] & voc.CAPITAL
