"""The encoder's second reading: where the rules are unsure, the words around decide.

In a session with capitals the doubts are few: candidates that missed their threshold, capitals that nothing explains,
decisions that rest on context or memory alone. They are read with ten words on each side. Without capitals any
plain word may belong to a name, and the whole session is read. The encoder may add and may take back; it takes back
only what it is sure of, since recall comes first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from anonymize.naming.evidence import judge, threshold
from anonymize.naming.names import candidate
from anonymize.naming.reading import FREE, KEPT, LOCATION, NAME, ORG, TAKEN
from anonymize.ner.encoder import NAMED, STRUCTURED, encoder
from anonymize.words import context
from anonymize.words import vocabulary as voc
from anonymize.words.lexicon import words
from anonymize.words.numerals import NUMBER_WORDS, ORDINALS, SPOKEN_YEAR, digits_of
from anonymize.words.tokens import LOWER, NUMBER, SPACE, START

if TYPE_CHECKING:
    from anonymize.naming.reading import Reading

RULE = "encoder"
_AROUND = 10  # words read on each side of a doubt
_UNDER = {True: 4.0, False: 1.5}  # how far under its threshold a score is worth a look, with and without a capital
_IDLE = voc.CAPITAL | voc.KEEP | voc.STATE | voc.KIN | voc.TITLE  # identifies nobody by itself
_STRETCH = 40  # words read at once where all are read; a sentence is not cut before twice as many

_DICTATED = 3  # number words, fewer say how many
_SHORT = 2  # digits of a number that is more often an amount
_ORDINALS = frozenset(ordinal.split("-")[-1] for ordinal in ORDINALS) - {"first", "second", "third"}
_FIGURES = frozenset(NUMBER_WORDS) | _ORDINALS
_COUNTED = _FIGURES | {"first", "second", "third"}
"""One of these, or a figure, stands in every date."""

_SIGNS = frozenset({"dot", "underscore"})
"""Words that stand in addresses and user names read aloud."""

_SHORT_CODES = words("short_codes")
_A_YEAR = re.compile(rf"(?:in )?{SPOKEN_YEAR}|(?:19|20)\d\d")
_PLACEHOLDER = re.compile(r"\[[A-Z][A-Z0-9_]+-\d+$")

_CANDIDATE = {True: 0.25, False: 0.3}
_OTHER = {True: 0.6, False: 0.35}
_BARRED = {True: 0.7, False: 0.6}
_CODE = 0.4
_CODE_NOT_NAME = 0.8
_CODE_ALOUD = 0.85
"""The probability that a candidate, another word, a word that identifies nobody by itself, a part of a date, number or
code, such a part that is marked as a name, and number words need; where capitals mean something, and where not. Set on
gold-dev and tests/gold/seventh, sealed, fifteenth and seventeenth before adapters were trained on the latter four; the
later adapters kept them, one on gold-dev, twentieth and twentyfirst."""

_SMALL_WORD, _KEPT_WORD = 0.6, 0.9
"""What function words and cries need, and what is kept by a rule or a list."""

_GAP, _KEPT_BUT = 0.5, 0.8
"""What words inside or before a name need to become part of it, small ones and words that are kept elsewhere."""

_NOTHING = 0.03
_TAKEN_BACK = {
    True: {"context": 0.02, "list": 0.05, "capital": 0.05, "head": 0.02, "memory": 0.02},
    False: {"context": 0.05, "list": 0.1, "unheard": 0.25, "head": 0.02, "memory": 0.1},
}
"""The probability under which an open word stays one, and under which each rule is overruled; set on the same, where
capitals mean nothing on gold-dev, twentieth and twentyfirst."""


def reread(reading: Reading) -> bool:
    """Add and take back decisions where the rules are unsure; whether there were any."""
    read = encoder().read(reading, _around(reading, _doubts(reading)) if reading.cased else _all(reading))
    changed = _add(reading, read)
    for i, (nothing, *_) in read.items():
        if reading.strict:
            break
        if _soft(reading, i) and 1.0 - nothing < _TAKEN_BACK[reading.cased][reading.rule[i]]:
            reading.label[i] = reading.rule[i] = ""
            reading.status[i] = KEPT
            changed = True
        elif 1.0 - nothing < _NOTHING and reading.wordy(i) and not (reading.label[i] or reading.status[i]):
            reading.status[i] = KEPT  # the word, also where the session knows a name like it
    _close_gaps(reading, {i: dict(zip(NAMED, found, strict=False)) for i, (_, *found) in read.items()})
    _mark_codes(
        reading, {i: dict(zip(STRUCTURED, found[len(NAMED) :], strict=True)) for i, (_, *found) in read.items()}
    )
    return changed


def _add(reading: Reading, read: Mapping[int, Sequence[float]]) -> bool:
    """Mark what is likely enough a name, place or organisation; whether there was any."""
    added = False
    for i, (_, *found) in read.items():
        named = dict(zip(NAMED, found, strict=False))
        if _open(reading, i) and sum(named.values()) >= _needed(reading, i):
            inside = reading.label[i - 1] if i and reading.joined(i) and _small(reading, i) else ""  # Solar do Minho
            reading.mark(i, i + 1, inside or max(named, key=lambda kind: named[kind]), RULE)
            added = True
    return added


def _close_gaps(reading: Reading, read: dict[int, dict[str, float]]) -> None:
    """Let names take in what stands in or before them: Solar do Minho; 6418 North Larkmoor; Twin Peaks Cardiology."""
    for i in sorted(read, reverse=True):
        n = i + 1
        if n >= reading.count or reading.label[i] or reading.status[i] == TAKEN or not reading.joined(n):
            continue
        kind, likely = reading.label[n], sum(read[i].values())
        small = i and reading.low[i] in context.FUNCTION and reading.joined(i) and reading.label[i - 1] == kind
        house = reading.shape[i] == NUMBER and kind == LOCATION
        kept = reading.status[i] == KEPT and kind in (LOCATION, ORG) and likely >= _KEPT_BUT
        if kind and (kept or ((small or house) and likely >= _GAP)):
            reading.mark(i, n, kind, RULE)


def _mark_codes(reading: Reading, read: dict[int, dict[str, float]]) -> None:
    """Mark the stretches of tokens that are likely dates, numbers or codes which the rules do not know."""
    likely = {i: found for i, found in read.items() if sum(found.values()) >= _CODE}
    free = [i for i in sorted(likely) if _free(reading, i, sum(likely[i].values()))]
    turn = reading.tokens.turn
    at = 0
    while at < len(free):
        end = at + 1
        while end < len(free) and free[end] == free[end - 1] + 1 and turn[free[end]] == turn[free[at]]:
            end += 1
        a, b = free[at], free[end - 1] + 1
        total = {kind: sum(likely[i][kind] for i in range(a, b)) for kind in STRUCTURED}
        kind = max(total, key=lambda kind: total[kind])
        said = " ".join(reading.low[a:b])
        tells = any(_tells(reading, i, kind) for i in range(a, b)) or _dictated(reading, a, b, total[kind])
        year = kind == "DATE" and _A_YEAR.fullmatch(said)
        if tells and not year and digits_of(said) not in _SHORT_CODES:  # 988
            reading.label[a:b] = reading.rule[a:b] = [""] * (b - a)
            reading.mark_code(a, b, kind, RULE)
        at = end


def _tells(reading: Reading, i: int, kind: str) -> bool:
    """Whether token i is what a date or code is made of; a month alone is no date, and small words are nothing."""
    if kind == "DATE":
        return reading.shape[i] == NUMBER or reading.low[i] in _COUNTED
    return reading.low[i] not in context.FUNCTION


def _dictated(reading: Reading, a: int, b: int, likely: float) -> bool:
    """Whether tokens a to b (exclusive) are a number read aloud, and nobody's counting: three three one seven."""
    said = list(reading.low[a:b])
    figures = b - a >= _DICTATED and all(low in NUMBER_WORDS for low in said)
    return figures and likely >= _CODE_ALOUD * (b - a) and said[:3] != ["one", "two", "three"]


def _free(reading: Reading, i: int, likely: float) -> bool:
    """Whether token i may become part of a code; a name only where it is likely one: the user cash money miles."""
    if reading.status[i] or _placed(reading, i) or _clock(reading, i):
        return False
    return not reading.label[i] or likely >= _CODE_NOT_NAME


def _placed(reading: Reading, i: int) -> bool:
    """Whether token i is the number of a placeholder that stands already: [NAME-1]."""
    text, end = reading.turns[reading.tokens.turn[i]], reading.tokens.end[i]
    return text[end : end + 1] == "]" and bool(_PLACEHOLDER.search(text, 0, end))


def _open(reading: Reading, i: int) -> bool:
    """Whether token i may become a name at all."""
    if reading.label[i] or reading.status[i] == TAKEN or reading.shape[i] == NUMBER or i in reading.begun:
        return False
    if _small(reading, i) and _after_blank(reading, i):
        return False
    return not (reading.wordy(i) and i + 1 < reading.count and reading.shape[i + 1] == NUMBER)  # Room 4, page 114


def _after_blank(reading: Reading, i: int) -> bool:
    """Whether a blank for what was taken out before stands right before token i: told ____ about."""
    text, start = reading.turns[reading.tokens.turn[i]], reading.tokens.start[i]
    return text[max(0, start - 2) : start].rstrip().endswith("_")


def _needed(reading: Reading, i: int) -> float:
    low = reading.low[i]
    if low in context.WEEKDAYS and low not in reading.memory:
        return _KEPT_WORD
    if reading.status[i] == KEPT:
        return _KEPT_BUT if i and reading.label[i - 1] and reading.status[i - 1] == KEPT else _KEPT_WORD
    if _small(reading, i):
        return _SMALL_WORD
    article = not reading.cased and i and reading.low[i - 1] == "the" and reading.before[i] == SPACE
    shop = reading.suffix[i] == "s" and reading.flag[i] & voc.CHAIN and not reading.flag[i] & voc.GIVEN
    if reading.flag[i] & _IDLE or shop or (article and reading.ends(i)) or len(low) == 1 or low in context.ENDEARMENTS:
        return _BARRED[reading.cased]  # the kibbeh, at McDonald's
    return (_CANDIDATE if candidate(reading, i) else _OTHER)[reading.cased]


def _small(reading: Reading, i: int) -> bool:
    """Whether token i is a function word, or a cry where no capital says otherwise."""
    cry = reading.low[i] in context.CRIES and not (reading.capital(i) and reading.inside(i))
    return cry or reading.low[i] in context.FUNCTION


def _soft(reading: Reading, i: int) -> bool:
    """Whether the decision on token i can be taken back: by a rule of weight, where the token is a word or unknown."""
    if not reading.label[i]:
        return False
    low = reading.low[i]
    family = low[-1] == "s" and reading.memory.get(low[:-1]) == NAME and reading.capital(i)
    if family and i and reading.low[i - 1] == "the":
        return False  # all the Holidays
    if reading.rule[i] == "memory":
        return reading.label[i] == NAME and reading.wordy(i)  # a remembered phrase is sure
    if reading.rule[i] not in _TAKEN_BACK[reading.cased]:
        return False
    return reading.wordy(i) or not reading.flag[i] or not reading.cased or reading.shape[i] == LOWER


def _doubts(reading: Reading) -> list[int]:
    words = (i for i in range(reading.count) if _doubted(reading, i))
    return sorted({*words, *_figures(reading), *reading.where(context.SIGNED_IN)})


def _doubted(reading: Reading, i: int) -> bool:
    if reading.label[i]:
        return _soft(reading, i)
    capital = reading.capital(i)
    if not _open(reading, i) or reading.status[i] == KEPT or _small(reading, i):
        return False
    if capital and reading.inside(i):
        return True
    if reading.flag[i] & _IDLE or not candidate(reading, i):
        return False
    kind, score, _ = judge(reading, i)
    return score >= threshold(reading, i, kind) - _UNDER[capital]


def _figures(reading: Reading) -> list[int]:
    """Free tokens that may be of a date, number or code: figures that stand together or are long, ordinals, signs."""
    where = reading.where(_FIGURES | _SIGNS)
    figures = {*where, *(i for i in reading.numbers if not _clock(reading, i))}
    return [i for i in figures if reading.status[i] == FREE and (i + 1 in figures or _telling(reading.low[i]))]


def _clock(reading: Reading, i: int) -> bool:
    """Whether token i is part of a time or a time stamp, 00:02:30, or of all hours, 24/7."""
    text, start, end = reading.turns[reading.tokens.turn[i]], reading.tokens.start[i], reading.tokens.end[i]
    always = "24/7" in (text[start : start + 4], text[end - 4 : end])
    return always or ":" in (text[start - 1 : start], text[end : end + 1])


def _telling(low: str) -> bool:
    return low in _SIGNS or low in _ORDINALS or (low[0].isdigit() and (len(low) > _SHORT or not low.isdigit()))


def _around(reading: Reading, doubts: list[int]) -> list[tuple[int, int]]:
    """The tokens around the doubts, as ranges (first, end) that do not overlap."""
    ranges: list[tuple[int, int]] = []
    for i in doubts:
        a, b = max(0, i - _AROUND), min(reading.count, i + _AROUND + 1)
        if ranges and a <= ranges[-1][1] and b - ranges[-1][0] <= 2 * _STRETCH:
            ranges[-1] = (ranges[-1][0], b)
        else:
            ranges.append((max(a, ranges[-1][1] if ranges else 0), b))
    return ranges


def _all(reading: Reading) -> list[tuple[int, int]]:
    """The whole session in ranges that end where a sentence does."""
    ranges, a = [], 0
    for i in range(1, reading.count + 1):
        long = i - a >= _STRETCH and (i == reading.count or reading.before[i] == START)
        if long or i - a == 2 * _STRETCH or i == reading.count:
            ranges.append((a, i))
            a = i
    return ranges
