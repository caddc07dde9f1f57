"""Phrases of several words: those that the lists know, and those that the session, or the client's others, used."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from anonymize.naming.cues import employer_cue, place_cue
from anonymize.naming.reading import KEPT, LOCATION, NAME, ORG
from anonymize.words import context
from anonymize.words import vocabulary as voc
from anonymize.words.numerals import NUMBER_WORDS
from anonymize.words.tokens import COMMA, HYPHEN, LOWER, NUMBER, SPACE

if TYPE_CHECKING:
    from anonymize.naming.reading import Reading

_INDIFFERENT = voc.KEEP | voc.CAPITAL | voc.STATE
_NO_PARISH = frozenset({"bernard", "nick", "elmo", "ives", "pauli", "tropez", "kilda", "patrick"})
"""A dog, feasts and brands."""
_PRAYING = frozenset(
    "pray prays prayed praying prayer prayers novena novenas devotion devoted promise candle candles offered".split()  # noqa: SIM905  reads better
)
_TO_PARISHES = frozenset({"at", "to", "from", "by", "in", "near", "behind", "outside", "past", "for", "over", "called"})
_ZIP = re.compile(r"\d{5}")


def mark_phrases(reading: Reading) -> None:
    """Match the lists' phrases: those that identify nobody are kept, places and organisations are marked."""
    low, vocab, done = reading.low, reading.vocab, 0
    for i in vocab.openings(low):
        for stop, flag in vocab.phrases_at(low, i) if i >= done else ():
            kept = bool(flag & voc.KEEP)
            owner = kept and low[i] in context.PREPOSITIONS and reading.suffix[stop - 1]  # in Harmony's room
            parish = kept and low[i] in ("st", "saint") and _is_parish(reading, i, stop)
            if not (owner or parish) and _in_one_piece(reading, i, stop, commas=kept) and _take(reading, i, stop, flag):
                done = stop
                break


def _is_parish(reading: Reading, a: int, b: int) -> bool:
    """Whether a saint's name may be a parish's, a school's, a hospital's: not where one prays to it or has it."""
    low = reading.low
    if not reading.flag[a + 1] & voc.GIVEN or low[a + 1] in _NO_PARISH or any(reading.suffix[a:b]):
        return False
    before = low[max(0, a - 2) : a]
    if reading.before[a] == SPACE and before and before[-1] not in _TO_PARISHES:
        return False
    return before[-1:] != ["to"] or before[0] not in _PRAYING


def _take(reading: Reading, a: int, b: int, flag: int) -> bool:
    """Act on a phrase's flag; False where the phrase does not stand for what it is listed as."""
    double = flag & voc.NAME_FIRST and (not reading.cased or all(map(reading.capital, range(a, b))))  # mai see
    hyphens = flag & voc.GIVEN and all(reading.before[k] == HYPHEN for k in range(a + 1, b))
    if double or (hyphens and not flag & voc.KEEP):
        reading.mark(a, b, NAME, "phrase")
        return True
    sure = flag & voc.USUAL and not reading.cased  # las vegas
    place = flag & voc.PLACE and (place_cue(reading, a) if flag & voc.KEEP else sure or _stands(reading, a, b))
    if place:
        reading.mark(a, b, LOCATION, "phrase")  # in St. Paul
    elif flag & _INDIFFERENT and _employs(reading, a, b, flag):
        reading.mark(a, b, ORG, "phrase")
    elif flag & _INDIFFERENT:
        reading.status[a:b] = bytes([KEPT]) * (b - a)
    elif flag & (voc.KIN | voc.TITLE | voc.ORG_HEAD):
        reading.enrich(b - 1, flag)
    elif flag & voc.ORG:
        return _take_organisation(reading, a, b, flag)
    else:
        return False
    return True


def _employs(reading: Reading, a: int, b: int, flag: int) -> bool:
    """Whether somebody works at what is kept elsewhere, or is at what also names organisations: at Good Samaritan."""
    lead = reading.low[a - 1] if a and reading.before[a] == SPACE else ""
    if (
        lead not in ("at", "for")
        or reading.low[a] == "the"
        or len(reading.low[a]) == 1
        or (reading.cased and not all(map(reading.capital, range(a, b))))
    ):
        return False
    if lead == "at" and flag & voc.ORG and not flag & voc.CHAIN:
        return True
    return not flag & voc.FAMOUS and employer_cue(reading, a, voc.CHAIN)


def _take_organisation(reading: Reading, a: int, b: int, flag: int) -> bool:
    """An organisation counts where one works, not where one shops."""
    if employer_cue(reading, a, flag) or _known_by(reading, a, flag):
        if reading.cased and not _stands(reading, a, b):
            return False
        reading.mark(a, b, ORG, "phrase")
    elif flag & voc.CHAIN or reading.low[a] == "the":
        reading.status[a:b] = bytes([KEPT]) * (b - a)
    else:
        return False
    return True


def _known_by(reading: Reading, a: int, flag: int) -> bool:
    """Whether its capitals, or what leads to it, tell that a school, parish or clinic is meant: many bear the name."""
    if flag & voc.CHAIN or reading.low[a] == "the":
        return False
    if reading.cased:
        return reading.capital(a)
    return bool(a) and reading.before[a] == SPACE and reading.low[a - 1] in ("from", "to", "by")


def _in_one_piece(reading: Reading, a: int, b: int, *, commas: bool = False) -> bool:
    """Whether tokens a to b stand together, as the list has them; what is kept may have commas (Tom, Dick, Harry)."""
    gaps = (SPACE, HYPHEN, COMMA) if commas else (SPACE, HYPHEN)
    return not any(reading.status[a:b]) and all(reading.before[k] in gaps for k in range(a + 1, b))


def _stands(reading: Reading, a: int, b: int) -> bool:
    """Whether a listed phrase is meant as such here: capitals where they mean something, else a cue for plain words."""
    if reading.cased and reading.shape[a] != LOWER:
        return reading.shape[b - 1] != LOWER
    if (
        reading.cased
        and reading.shape[b - 1] == LOWER
        and all(reading.wordy(k) or reading.low[k] == "the" for k in range(a, b))
    ):
        return False
    if not all(_plain(reading, k) for k in range(a, b)):
        return True
    zipped = b < reading.count and reading.before[b] == COMMA and bool(_ZIP.fullmatch(reading.low[b]))
    return zipped or place_cue(reading, a)


def _plain(reading: Reading, k: int) -> bool:
    """Whether token k is no more than a word; what is always capitalised (Sioux) is part of a place's name."""
    return reading.low[k] in context.FUNCTION or (reading.wordy(k) and not reading.flag[k] & voc.KEEP)


def mark_remembered(reading: Reading) -> None:
    """Mark phrases of several tokens that the session, or the client's others, used as a place or an organisation."""
    table: dict[tuple[str, ...], list[tuple[list[str], str]]] = {}
    _mark_streets_again(reading)
    for phrase, kind in reading.phrases.items():
        head, second, *rest = phrase.split(" ")
        table.setdefault((head, second), []).append((rest, kind))
    if not table:
        return
    low = reading.low
    for i in reading.where({head for head, _ in table}):
        for rest, kind in table.get((low[i], *low[i + 1 : i + 2]), ()):
            stop = i + 2 + len(rest)
            if low[i + 2 : stop] != rest or (
                reading.cased and all(shape == LOWER for shape in reading.shape[i:stop])
            ):  # the three rivers
                continue
            clause = i and low[i] in context.MODALS and low[i - 1] in context.SUBJECTS  # she will drive
            decided = all(reading.label[i:stop])  # by a rule whose sureness is its own
            free = not decided and _in_one_piece(reading, i, stop) and NAME not in reading.label[i:stop]
            if free and not clause:
                reading.mark(i, stop, kind, "memory")


def _mark_streets_again(reading: Reading) -> None:
    """Mark a street of the session's that has lost its type: 18 Tern, the old lady on Tern."""
    stems = {tuple(phrase.split(" ")[:-1]) for phrase in reading.phrases if phrase.split(" ")[-1] in context.STREETS}
    low = reading.low
    for stem in stems:
        for i in reading.at.get(stem[0], ()):
            stop = i + len(stem)
            if not i or tuple(low[i:stop]) != stem or reading.before[i] != SPACE:
                continue
            house = i
            while reading.joined(house) and not reading.status[house - 1] and _numbers(reading, house - 1):
                house -= 1
            if house == i and any(reading.label[i:stop]):
                continue
            capital = reading.capital(i) or not reading.cased
            if capital and _in_one_piece(reading, i, stop) and (house < i or low[i - 1] == "on"):
                reading.mark(house, stop, LOCATION, "memory")


def _numbers(reading: Reading, i: int) -> bool:
    """Whether token i is a number, in figures or words."""
    return reading.shape[i] == NUMBER or reading.low[i] in NUMBER_WORDS
