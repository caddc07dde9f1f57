"""Firms by how they are named: for owners and partners, with their trade, by a sign: Dhaliwal and Sons, Gas & Go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anonymize.naming.places import closed
from anonymize.naming.reading import KEPT, LOCATION, NAME, ORG
from anonymize.words import context
from anonymize.words import vocabulary as voc
from anonymize.words.tokens import COMMA, OTHER, SPACE, START, TITLE

if TYPE_CHECKING:
    from anonymize.naming.reading import Reading

_LEADS = frozenset({"at", "with", "for", "from", "by"})


def mark_firms(reading: Reading) -> None:
    """A name with "and sons", or with its trade where capitals are lost, is a firm: Dhaliwal and Sons Cartage."""
    for owner in reading.decided():
        i = owner + 1
        if reading.label[owner] != NAME or i + 1 >= reading.count or reading.label[i]:
            continue
        if not (reading.joined(i) or _signed(reading, i)):
            continue
        stop = i
        if reading.low[i] in context.KINDRED and _signed(reading, i):
            stop = i + 1  # Lo Presti & Son
        if reading.low[i] == "and" and reading.low[i + 1] in context.KINDRED and reading.joined(i + 1):
            stop = i + 2 if not reading.cased or reading.capital(i + 1) else i
        while stop < reading.count and reading.joined(stop) and _trade(reading, stop):
            stop += 1
        first = i - 1
        while reading.joined(first) and reading.label[first - 1] == NAME:
            first -= 1
        if stop > i:
            reading.mark(first, stop, ORG, "firm")


def mark_pairs(reading: Reading) -> None:
    """A name before two trades, or with its street, is a firm: dale's tire and lube; Mackey's on Main."""
    low = reading.low
    for owner in list(reading.decided()):
        if reading.label[owner] != NAME:
            continue
        trades = (
            low[owner + 2 : owner + 3] == ["and"] and {low[owner + 1], *low[owner + 3 : owner + 4]} <= context.PAIRED
        )
        on = reading.suffix[owner] == "s" and low[owner + 1 : owner + 2] == ["on"]
        stop = owner + 3 + trades
        if stop > reading.count or not (trades or (on and low[owner + 2] in context.MAIN_STREETS)):
            continue
        if all(gap == SPACE for gap in reading.before[owner + 1 : stop]) and (
            reading.capital(stop - 1) or not reading.cased
        ):
            first = owner
            while reading.joined(first) and reading.label[first - 1] == NAME:
                first -= 1
            reading.mark(first, stop, ORG, "firm")


def _signed(reading: Reading, i: int) -> bool:
    """Whether an ampersand stands between tokens i - 1 and i."""
    turn, end, start = reading.tokens.turn, reading.tokens.end, reading.tokens.start
    return turn[i] == turn[i - 1] and reading.turns[turn[i]][end[i - 1] : start[i]] == " & "


def mark_ampersands(reading: Reading) -> None:
    """Capitals on both sides of the sign are a firm: Gas & Go."""
    for i in reading.raised if reading.cased else ():
        if not i or reading.before[i] != OTHER or reading.shape[i] != TITLE or not reading.capital(i - 1):
            continue
        sign = _signed(reading, i)
        brand = reading.vocab.phrases.get(f"{reading.low[i - 1]} {reading.low[i]}", 0) & voc.KEEP  # Ben & Jerry's
        if brand and sign:
            reading.status[i - 1 : i + 1] = bytes([KEPT, KEPT])
        elif sign and not reading.status[i] and not reading.status[i - 1]:
            reading.mark(i - 1, i + 1, ORG, "firm")


def mark_clipped(reading: Reading) -> None:
    """Capitals on both sides of a clipped "and", or words after "the", are a firm: the Gas 'N Dash."""
    for i in reading.at.get("n", ()):
        turn, start, text = reading.tokens.turn, reading.tokens.start[i], reading.turns[reading.tokens.turn[i]]
        inside = 1 < i < reading.count - 1 and turn[i - 2] == turn[i + 1]
        if not inside or text[start - 1 : start] not in ("'", "\u2019") or any(reading.status[i - 1 : i + 2]):
            continue
        if not (reading.capital(i - 1) and reading.capital(i + 1) if reading.cased else reading.low[i - 2] == "the"):
            continue
        if reading.low[i - 1] == "rock":
            reading.status[i - 1 : i + 2] = bytes([KEPT] * 3)
        else:
            reading.mark(i - 1, i + 2, ORG, "firm")


def mark_partners(reading: Reading) -> None:
    """A firm named for its partners, after "at" or "with": Tolliver, Banks and Reyes."""
    for i in reading.where(_LEADS):
        stop = i + 1
        while stop < reading.count and _partner(reading, stop) and (stop == i + 1 or reading.before[stop] == COMMA):
            stop += 1
        last = stop + 1
        if not i + 1 < stop < reading.count - 1 or reading.low[stop] != "and" or not _partner(reading, last):
            continue
        if stop - i > 2 or (reading.low[i] == "at" and reading.inside(i)):  # noqa: PLR2004 - three partners
            reading.mark(i + 1, last + 1, ORG, "firm")


def mark_answers(reading: Reading) -> None:
    """Two surnames that make a whole sentence are a firm, or an answer that names one: Perrin and Stroud."""
    for i in reading.at.get("and", ()) if reading.cased else ():
        a, b = i - 1, i + 1
        ends = b + 1 == reading.count or reading.before[b + 1 : b + 2] == [START]
        if not (i and ends and reading.before[a] == START and reading.before[i] == reading.before[b] == SPACE):
            continue
        new = all(reading.capital(k) and len(reading.at[reading.low[k]]) == 1 for k in (a, b))
        if new and _partner(reading, a) and _partner(reading, b) and not reading.flag[b] & voc.GIVEN:
            reading.mark(a, b + 1, ORG, "firm")


def _partner(reading: Reading, k: int) -> bool:
    given = reading.flag[k] & voc.GIVEN and not reading.flag[k] & voc.SURNAME
    return reading.label[k] == NAME and not given and bool(reading.flag[k] & voc.SURNAME) and not reading.suffix[k]


def _trade(reading: Reading, i: int) -> bool:
    if reading.status[i] or (reading.cased and not reading.capital(i)):
        return False
    return reading.low[i] in context.TRADES and (reading.ends(i) or closed(reading, i + 1))


def mark_signs(reading: Reading) -> None:
    """A house named by plain words with its article is an organisation: The Rusty Anchor."""
    for i in reading.at.get("the", ()):
        last = i + 1 >= reading.count
        if last or reading.label[i] or not reading.capital(i) or not reading.label[i + 1]:
            continue
        stop = i + 1
        while stop < reading.count and reading.label[stop] and reading.joined(stop) and reading.wordy(stop):
            stop += 1
        if reading.joined(i + 1) and stop - i > 2 and reading.capital(stop - 1):  # noqa: PLR2004 - two words
            reading.mark(i, stop, ORG, "sign")


def mark_owned(reading: Reading) -> None:
    """What a decided token owns is one name with it where it is decided, too: hogg's hollow, st. finbarr's cemetery."""
    for i in reading.decided():
        n = i + 1
        if reading.suffix[i] != "s" or n >= reading.count or reading.before[n] != SPACE:
            continue
        if reading.label[n] in (LOCATION, ORG) and (reading.wordy(n) or reading.flag[n] & voc.ORG_HEAD):
            reading.mark(i, n, reading.label[n], "owner")
