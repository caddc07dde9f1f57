"""Dates written anew in the shape they had: "March the second" -> "October the nineteenth", "4/8/11" -> "9/22/11"."""

# ruff: noqa: PLR2004  the numbers are lengths of identifiers and days, months and years

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from anonymize.structured.dates import MONTHS
from anonymize.surrogates.draws import in_case
from anonymize.words.lexicon import pattern
from anonymize.words.numerals import BELOW_100, ORDINAL, ORDINALS, SPOKEN_YEAR, TEENS, TENS, UNITS, day_of, digits_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from anonymize.surrogates.draws import Draws

_PART = re.compile(
    rf"(?P<year>\b(?:19|20)\d\d\b|'\d\d\b|\b{SPOKEN_YEAR}\b)"
    rf"|\b(?P<month>{'|'.join(MONTHS)}|(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b)"
    rf"|\b(?P<ordinal>{ORDINAL})\b|\b(?P<number>\d{{1,2}})\b|\b(?P<spoken>{BELOW_100})\b"
)
_OTHER_MONTHS = pattern("calendars").split("|")
_OTHER_MONTH = re.compile(rf"(?<= )(?:{'|'.join(_OTHER_MONTHS)})$")
_SHIFT_WEEKS = 26
_PADDED = 2  # digits of a month or day in 04/08
_COMMON_YEAR = 2001
"""Stands for the year where none is given: not a leap year."""


@dataclass(frozen=True, slots=True)
class _Part:
    start: int
    end: int
    role: str  # year, month or day
    form: str  # the group of `_PART` that read it
    value: int


def another_date(draws: Draws, surface: str) -> str | None:
    """A drawn date in the shape of `surface`, None where it says none; a day alone becomes what it is in full dates.

    The day is drawn from the day and the month from both, so that "April fifteenth" and "the fifteenth" agree and no
    interval is kept.
    """
    surface = _other_calendar(draws, surface)
    _, month, day = read_date(surface)
    if month is None and day is None:
        return None

    def move(date: dt.date) -> dt.date:
        new_month = (date.month + draws.below(11, "MONTH", f"{month}-{day}")) % 12 + 1
        new_day = 3 + (date.day - 3 + 1 + draws.below(25, "DAY", str(day))) % 26
        return dt.date(date.year, new_month, new_day)

    return move_date(surface, move)


def shifted_date(draws: Draws, surface: str) -> str | None:
    """The date moved by the client's own number of weeks, None where it says none: weekdays and intervals stay."""
    surface = _other_calendar(draws, surface)
    if read_date(surface)[1:] == (None, None):
        return None
    weeks = 1 + draws.below(2 * _SHIFT_WEEKS, "SHIFT")
    weeks = weeks - 1 - _SHIFT_WEEKS if weeks <= _SHIFT_WEEKS else weeks - _SHIFT_WEEKS
    return move_date(surface, lambda date: date + dt.timedelta(weeks=weeks))


def _other_calendar(draws: Draws, surface: str) -> str:
    """The date with its month exchanged, where that is one of another calendar ("the 4th of Azar")."""
    found = _OTHER_MONTH.search(surface.lower())
    if found is None:
        return surface
    at = _OTHER_MONTHS.index(found.group())
    year = _OTHER_MONTHS[at - at % 12 : at - at % 12 + 12]
    new = year[(at % 12 + 1 + draws.below(11, "OTHER MONTH", found.group())) % 12]
    old = surface[found.start() : found.end()]
    new = new.title() if old.istitle() else in_case(new, old)
    return surface[: found.start()] + new + surface[found.end() :]


def read_date(surface: str) -> tuple[int | None, int | None, int | None]:
    """The (year, month, day) that a date says, None for what it leaves out."""
    return _values(_parts(surface))


def move_date(surface: str, move: Callable[[dt.date], dt.date]) -> str:
    """`surface` with the date it says moved, in the same shape; parts it leaves out stand in by fixed values."""
    parts = _parts(surface)
    if not parts:
        return surface
    year, month, day = _values(parts)
    moved = move(_date(year or _COMMON_YEAR, month or 1, day or 15))
    written = [surface[part.start : part.end] for part in parts if part.form == "number"]
    padded = any(number[0] == "0" for number in written) or (
        len(written) > 1 and all(len(number) == _PADDED for number in written)
    )
    new = {"year": moved.year, "month": moved.month, "day": moved.day}
    out, last = "", 0
    for part in parts:
        old = surface[part.start : part.end]
        value = new[part.role]
        if part.role == "day" and part.value != day:  # a further day: "June 3-5", "May first and second"
            value = max(1, min(28, value + part.value - (day or 0)))
        out += surface[last : part.start] + (old if value == part.value else _write(part, old, value, padded=padded))
        last = part.end
    return out + surface[last:]


def _values(parts: list[_Part]) -> tuple[int | None, int | None, int | None]:
    found = {part.role: part.value for part in reversed(parts)}
    return found.get("year"), found.get("month"), found.get("day")


def _date(year: int, month: int, day: int) -> dt.date:
    try:
        return dt.date(year, month, day)
    except ValueError:  # the thirtieth of February, a slip of the tongue
        return dt.date(year, month, 28)


def _parts(surface: str) -> list[_Part]:
    """The parts of a date in the order they stand."""
    found = [
        (m.start(), m.end(), str(m.lastgroup), m.group())
        for m in _PART.finditer(surface.lower().replace("\u2019", "'"))
    ]
    named = any(form in ("month", "ordinal") for _, _, form, _ in found)
    roles = [_role(form) for _, _, form, _ in found]
    if not named:
        roles = _numeric_roles([text for *_, text in found], roles)
    parts = []
    for (start, end, form, text), role in zip(found, roles, strict=True):
        value = _value(form, role, text)
        if value is not None and (role != "month" or 1 <= value <= 12) and (role != "day" or 1 <= value <= 31):
            parts.append(_Part(start, end, role, form, value))
    return parts


def _role(form: str) -> str:
    return form if form in ("year", "month") else "day"


def _numeric_roles(texts: list[str], roles: list[str]) -> list[str]:
    """Roles of the parts of 4/8/11, 22.4.2011, 2011-04-08: month first unless it cannot be."""
    places = [i for i, role in enumerate(roles) if role != "year"]
    if len(places) == 3 and "year" not in roles:  # 4/8/11
        roles[places.pop()] = "year"
    if len(places) == 2:
        first = texts[places[0]]
        month = places[1] if first.isdigit() and int(first) > 12 else places[0]
        roles[month] = "month"
    return roles


def _value(form: str, role: str, text: str) -> int | None:
    if form == "month":
        return next(i for i, name in enumerate(MONTHS, 1) if name.startswith(text[:3]))
    if form == "ordinal":
        return day_of(text)
    if role == "year":
        return _year(text)
    return int(text) if text.isdigit() else int(digits_of(text) or 0) or None


def _year(text: str) -> int | None:
    if text.strip("'").isdigit():
        number = int(text.strip("'"))
        return number if number > 99 else number + (1900 if number > 30 else 2000)
    words = re.split(r"[ -]+(?:and )?", text)
    century = {"nineteen": 1900, "eighteen": 1800, "twenty": 2000, "two": 2000}.get(words[0])
    if century is None:
        return 1900 + int(digits_of(text) or 0)
    rest = sum({**UNITS, **TEENS, **TENS}.get(word, 0) for word in words[1:])
    return century + rest


def _write(part: _Part, old: str, value: int, *, padded: bool) -> str:
    """`value` in the form and case of `old`."""
    match part.form, part.role:
        case "month", _:
            name = MONTHS[value - 1]
            new = name if len(old) > 4 or old.lower() in MONTHS else name[:3]  # abbreviations are shorter
        case "ordinal", _:
            new = f"{value}{_suffix(value)}" if old[0].isdigit() else _spoken_ordinal(value, old)
        case "year", _:
            new = (
                str(value)
                if old.isdigit()
                else f"{old[0]}{value % 100:02}"
                if old[1:].isdigit()
                else _spoken_year(value)
            )
        case "number", role:
            new = f"{value % 100:02}" if padded or role == "year" else str(value)
        case _:
            new = _cardinal(value % 100)
    if old.isupper():
        return new.upper()
    return new.capitalize() if old[0].isupper() else new


def _suffix(day: int) -> str:
    return "th" if day in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def _spoken_ordinal(day: int, old: str) -> str:
    return ORDINALS[day - 1].replace("-", " ") if " " in old else ORDINALS[day - 1]


def _cardinal(value: int) -> str:
    names = {n: word for word, n in (*reversed(UNITS.items()), *TEENS.items()) if word != "o"}
    if value in names:
        return names[value]
    tens = next(word for word, n in TENS.items() if n == value // 10 * 10)
    return tens if value % 10 == 0 else f"{tens}-{names[value % 10]}"


def _spoken_year(year: int) -> str:
    if 2000 <= year < 2010:
        return "two thousand" + (f" {_cardinal(year - 2000)}" if year > 2000 else "")
    rest = year % 100
    return f"{_cardinal(year // 100)} " + (
        f"oh {_cardinal(rest)}" if 0 < rest < 10 else _cardinal(rest) if rest else "hundred"
    )
