"""What the session itself says is somebody's name, whatever the lists know of it: they call him Whataburger; Mr. He."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from anonymize.naming.reading import FREE, KEPT, NAME, TAKEN
from anonymize.words import context
from anonymize.words import vocabulary as voc
from anonymize.words.tokens import COMMA, LOWER, SPACE, TITLE

if TYPE_CHECKING:
    from anonymize.naming.reading import Reading

_CALLS = frozenset({"call", "calls", "called", "calling", "named", "naming", "nicknamed", "christened", "baptized"})
_BAPTIZING = frozenset({"named", "naming", "christened", "baptized"})
_NEAR = 8  # tokens from a thing's "name" to what it is
_WHOM = frozenset({"him", "her", "me"})
_WHOSE = context.POSSESSIVES | frozenset(
    {"real", "full", "first", "middle", "last", "given", "maiden", "whole", "nick"}
)
_GOES = frozenset({"go", "goes", "going", "went"})
_GREETINGS = frozenset({"hello", "hi", "hey", "goodbye", "goodnight", "morning"})
"""Fewer than `context.GREETINGS`: what stands here outweighs the lists, so that "okay, Facebook" must not count."""

_LONGEST = 3  # tokens of such a name
_NOBODY = voc.KEEP | voc.CAPITAL | voc.STATE | voc.FAMOUS
_SMALL_SURNAMES = frozenset({"he", "you", "an", "so", "do", "to", "ho", "her", "my", "no", "she", "who", "may", "see"})
"""Surnames that are small words; China's He is borne by fifteen million."""

_ABBREVIATED = frozenset({"mr", "mrs", "ms"})


def mark_christened(reading: Reading) -> None:
    """Mark what is introduced as a name, and let it be one wherever it stands with a capital, or in lower case."""
    for i in sorted({*_called(reading), *_titled(reading)}):
        stop = i + 1
        while reading.cased and stop < min(reading.count, i + _LONGEST) and _goes_on(reading, stop):
            stop += 1
        reading.mark(i, stop, NAME, "christened")
        for low in {*reading.low[i:stop]} - context.FUNCTION:
            for k in reading.at[low]:
                if reading.status[k] != TAKEN and (reading.capital(k) or not reading.cased):
                    word = voc.AMBIGUOUS if reading.wordy(k) or reading.flag[k] & voc.CAPITAL else 0
                    reading.status[k] = FREE
                    reading.flag[k] &= ~_NOBODY
                    reading.enrich(k, voc.GIVEN | word)  # it stays a word where another session means one


def _goes_on(reading: Reading, k: int) -> bool:
    small = reading.low[k] in context.FUNCTION - _SMALL_SURNAMES
    return reading.joined(k) and reading.shape[k] == TITLE and reading.status[k] != TAKEN and not small


def _called(reading: Reading) -> list[int]:
    """Where names are given: calls him X; her name is X; he goes by X; my dog X; hello, X."""
    low = reading.low
    after_whom = [i + 1 for i in reading.where(_WHOM) if i and low[i - 1] in _CALLS and reading.before[i] == SPACE]
    after_whom += [i + 1 for i in reading.at.get("it", ()) if i and _baptized(reading, i - 1)]
    after_name = []
    for i in reading.at.get("name", ()):
        if i and low[i - 1] in _WHOSE and reading.before[i] == SPACE:
            be = i + 1 < reading.count and low[i + 1] in ("is", "was") and reading.before[i + 1] == SPACE
            after_name.append(i + 2 if be else i + 1 if reading.suffix[i] == "s" else reading.count)
    goes = [i + 1 for i in reading.at.get("by", ()) if i and low[i - 1] in _GOES]
    animals = [i + 1 for i in reading.where(context.ANIMALS) if _of_somebody(reading, i)]
    found = [k for k in (*after_name, *goes) if _fits(reading, k, SPACE)]
    found += [k for k in after_whom if _fits(reading, k, SPACE) and reading.status[k] != KEPT]  # calls me Debbie Downer
    found += [k for k in animals if _fits(reading, k, SPACE, COMMA)]
    return found + [k + 1 for k in reading.where(_GREETINGS) if _fits(reading, k + 1, COMMA) and reading.ends(k + 1)]


def _baptized(reading: Reading, i: int) -> bool:
    """Whether token i says that a thing got a name: I named it X; it had a name, he called it X."""
    named = reading.low[i] in _CALLS and "name" in reading.low[max(0, i - _NEAR) : i]
    return (named or reading.low[i] in _BAPTIZING) and reading.before[i + 1] == SPACE


def _of_somebody(reading: Reading, i: int) -> bool:
    """Whether an animal is one of those present: my dog, there's a turtle."""
    whose = i and (reading.low[i - 1] in context.POSSESSIVES or reading.low[i - 1] in ("a", "the", "this", "that"))
    if not whose or i + 1 >= reading.count:
        return False
    return reading.before[i + 1] == COMMA or reading.low[i - 1] in context.POSSESSIVES


def _fits(reading: Reading, k: int, *gaps: int) -> bool:
    """Whether token k may be such a name: with a capital of its own, or, where there are none, proper without doubt."""
    if not 0 < k < reading.count or reading.before[k] not in gaps or reading.status[k] == TAKEN:
        return False
    low, flag = reading.low[k], reading.flag[k]
    if (
        len(low) == 1
        or low in _no_names()
        or flag & (voc.KIN | voc.STATE)
        or (flag & voc.TITLE and not flag & voc.NAME)
    ):
        return False
    if low in context.FUNCTION and not (reading.cased and reading.ends(k)):
        return False
    if low in context.ENDEARMENTS | context.MACHINES or reading.label[k]:
        return False
    if reading.cased:
        return reading.shape[k] == TITLE
    return reading.shape[k] == LOWER and bool(flag & voc.KEEP) and flag & voc.COMMON != voc.WORD


def _titled(reading: Reading) -> list[int]:
    """Surnames that are small words, after their title: Mr. He, Pastor You; Mr. and Mrs. Look."""
    found = []
    for i in reading.where(context.TITLES):
        k = i + 1
        if k >= reading.count or reading.before[k] != SPACE or reading.low[k] not in context.FUNCTION:
            continue
        couple = i > 1 and reading.low[i - 2] in _ABBREVIATED and reading.low[i - 1] == "and"
        whole = reading.cased and reading.shape[k] == TITLE and reading.low[k] not in ("and", "or", "i", "the")
        if not (reading.low[k] in _SMALL_SURNAMES or couple or (whole and reading.low[i] in _ABBREVIATED)):
            continue
        text, end = reading.turns[reading.tokens.turn[i]], reading.tokens.end[i]
        abbreviated = reading.low[i] in _ABBREVIATED
        if reading.shape[k] == TITLE if reading.cased else abbreviated:
            found += [k] if abbreviated or text[end : end + 1] == " " else []
    return found


@functools.cache
def _no_names() -> frozenset[str]:
    """Days and feasts, which say when somebody was called, and what parents are called."""
    return frozenset(voc.read_list("calendar.txt")) | {"mom", "dad", "mum", "pa", "ma", "mommy", "mummy", "daddy"}
