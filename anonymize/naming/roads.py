"""Roads by number, crossings, and places whose kind is named first: Route 9, Ninety-fifth, Plaza de la Luz."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from anonymize.naming.cues import place_cue
from anonymize.naming.reading import LOCATION
from anonymize.words import context
from anonymize.words.tokens import HYPHEN, NUMBER, SPACE

if TYPE_CHECKING:
    from anonymize.naming.reading import Reading

_ROADS = frozenset({"highway", "hwy", "route", "rte", "interstate", "loop", "beltway"})
_ON_ROADS = frozenset({"on", "off", "down", "along", "up", "over", "take", "took", "taking", "past", "by", "near"})
_BY_STREET = _ON_ROADS | {"at", "to", "toward", "towards", "from", "between", "around", "across"}
_DIGITS = frozenset({"one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "oh", "zero", "ten"})
_TENS = frozenset({"twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"})
_UNITS = frozenset({"first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"})
_ORDINALS = _UNITS | frozenset(
    {
        *("tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth"),
        *("eighteenth", "nineteenth", "twentieth", "thirtieth", "fortieth", "fiftieth", "sixtieth", "seventieth"),
        *("eightieth", "ninetieth", "hundredth"),
    }
)
_WRITTEN_ORDINAL = re.compile(r"\d{1,3}(?:st|nd|rd|th)")
_LAST_DAY = 31  # of a month; a larger ordinal is no date
_ON_BUSES = frozenset({"for", "catch", "caught", "ride", "riding", "rode", "miss", "missed"})
_BUSES = frozenset({"bus", "buses", "tram", "trolley", "streetcar"})
_REACH = 8  # words from such a one to its number
_ROUTE = 3  # digits of a road's number that needs no "highway"
_KINDS = frozenset({"plaza", "calle", "avenida", "colonia", "barrio", "parque", "paseo", "camino", "piazza", "rue"})
_QUARTERS = frozenset({"side", "end", "shore", "bank", "loop"})
_OPENINGS = _ROADS | _KINDS | _DIGITS | _TENS | _ORDINALS | {"i", "us", "hundred"}
_ARTICLES = frozenset({"de", "del", "la", "las", "los", "el", "di", "della", "du", "des"})


def mark_roads(reading: Reading) -> None:
    """Mark roads by number, crossings of numbered streets, and Spanish, Italian or French streets and squares."""
    for i in sorted({*reading.where(_OPENINGS | context.DIRECTIONS), *reading.numbers}):
        word = reading.low[i]
        if word in context.DIRECTIONS:
            _mark_quarter(reading, i)
        if (word not in _OPENINGS and reading.shape[i] != NUMBER) or reading.label[i] or reading.status[i]:
            continue
        if word in _ROADS:
            _mark(reading, i, _number_end(reading, i + 1))
        elif word in ("i", "us") and reading.tokens.shape[i] and i + 1 < reading.count:
            if reading.before[i + 1] == HYPHEN and reading.shape[i + 1] == NUMBER:
                _mark(reading, i, i + 2)
        elif word in _KINDS:
            _mark(reading, i, _kind_end(reading, i))
        elif _spoken_route(reading, i):
            _mark(reading, i, _number_end(reading, i))
        elif word in _ORDINALS or word in _TENS or word == "hundred" or reading.shape[i] == NUMBER:
            _mark_ordinal(reading, i)


def mark_miles(reading: Reading) -> None:
    """Mark places on a road: mile marker 437."""
    for i in reading.at.get("mile", ()):
        stop = _number_end(reading, i + 2) if reading.low[i + 1 : i + 2] in (["marker"], ["post"]) else 0
        if stop > i + 2:
            reading.mark(i, stop, LOCATION, "road")


def _mark(reading: Reading, a: int, b: int) -> None:
    if b > a + (reading.low[a] in _ROADS or reading.low[a] in _KINDS):
        reading.mark(a, b, LOCATION, "road")


def _numbered_street(reading: Reading, i: int) -> bool:
    """Whether token i is a street's number in its name: No. 3 Road."""
    numbered = i > 0 and i + 1 < reading.count and reading.shape[i] == NUMBER and reading.low[i - 1] == "no"
    return numbered and reading.joined(i + 1) and reading.low[i + 1] in context.STREETS


def _mark_quarter(reading: Reading, i: int) -> None:
    """Mark a town's quarter by its direction: the East Side, the West End."""
    quarter = i > 0 and i + 1 < reading.count and reading.joined(i + 1) and reading.low[i + 1] in _QUARTERS
    if quarter and reading.low[i - 1] == "the" and (reading.capital(i + 1) or not reading.cased):
        reading.mark(i, i + 2, LOCATION, "quarter")


def _number_end(reading: Reading, k: int) -> int:
    """The end of the number, digits or words, that begins at token k, and of a box number after it."""
    while k < reading.count and reading.joined(k):
        box = reading.low[k] == "box" and reading.shape[k - 1] == NUMBER
        if not (box or reading.shape[k] == NUMBER or reading.low[k] in context.NUMBERS or reading.low[k] == "oh"):
            break
        k += 1
    return k


def _spoken_route(reading: Reading, i: int) -> bool:
    """Whether token i begins a road's number: "on the 405", "the four-oh-one"."""
    low = reading.low
    if i < 2 or low[i - 1] != "the" or reading.before[i] != SPACE:  # noqa: PLR2004 - two words lead to it
        return False
    if low[i - 2] in _ON_BUSES or _BUSES.intersection(low[max(0, i - _REACH) : i]):
        return False
    if reading.shape[i] == NUMBER:
        return len(low[i]) == _ROUTE and low[i].isdigit() and low[i - 2] in _ON_ROADS
    if low[i + 1 : i + 2] != ["oh"] or low[i + 3 : i + 4] == ["k"]:  # a four oh one k
        return False
    return low[i] in _DIGITS and low[i + 2 : i + 3] != [] and low[i + 2] in _DIGITS


def _mark_ordinal(reading: Reading, i: int) -> None:
    """Mark a numbered street without "street": past Ninety-fifth, at Sixty-third and Cottage."""
    if _numbered_street(reading, i):
        reading.mark(i - 1, i + 2, LOCATION, "road")
        return
    low, stop = reading.low, i + 1
    if low[i] == "hundred":
        stop += low[stop : stop + 1] == ["and"]
    if low[i] in _TENS or low[i] == "hundred":
        if stop >= reading.count or low[stop] not in _ORDINALS or not reading.joined(stop):
            return
        stop += 1
    elif reading.shape[i] == NUMBER and not _WRITTEN_ORDINAL.fullmatch(low[i]):
        return
    first = i - 1 if i and low[i] == "hundred" and low[i - 1] in ("a", "one") else i
    corner = first > 1 and low[first - 2 : first] == ["corner", "of"]
    if not first or not (corner or low[first - 1] in _BY_STREET) or reading.before[first] != SPACE:
        return
    crossing = _crossing(reading, stop)
    number = int(low[i][:-2]) if reading.shape[i] == NUMBER else 0
    sure = corner or crossing > stop or number > _LAST_DAY or low[i] in _TENS or low[i] == "hundred"
    bare = reading.ends(stop - 1) or crossing > stop or low[stop] in context.FUNCTION
    if bare and (sure or (reading.capital(i) and reading.inside(i))):
        _mark(reading, first, crossing)


def _crossing(reading: Reading, k: int) -> int:
    """The end of "and Cottage" after a numbered street that ends before token k; k itself where none follows."""
    if k + 1 >= reading.count or reading.low[k] != "and" or not reading.joined(k + 1):
        return k
    street = reading.low[k + 1]
    proper = reading.capital(k + 1) if reading.cased else reading.solid(k + 1)
    return k + 2 if proper or street in _ORDINALS or _WRITTEN_ORDINAL.fullmatch(street) else k


def _kind_end(reading: Reading, i: int) -> int:
    """Where the name ends that follows a square's or street's kind: Plaza de las Culturas, Calle Allende."""
    k = i + 1
    while k < reading.count and reading.joined(k) and reading.low[k] in _ARTICLES:
        k += 1
    if k >= reading.count or not reading.joined(k) or reading.status[k] or reading.low[k] in context.FUNCTION:
        return i
    if reading.cased:
        return k + 1 if reading.capital(k) else i
    rare = reading.solid(k) or not reading.flag[k]
    return k + 1 if k > i + 1 or rare or (place_cue(reading, i) and not reading.wordy(k)) else i
