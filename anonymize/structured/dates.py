"""Dates more precise than a year, and ages over 89 (45 CFR 164.514(b)(2)(i)(C)), in digits and in words.

Months, weekdays, holidays and years that stand alone are not dates here, nor are ages under 90.
"""

# ruff: noqa: PLR2004  the numbers are lengths of identifiers and days, months and years

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from anonymize.spans import Span
from anonymize.words.lexicon import any_in, pattern, words
from anonymize.words.numerals import BELOW_100, ORDINAL, ORDINALS, SPOKEN_ORDINAL, SPOKEN_YEAR, UNIT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MONTHS = "january february march april may june july august september october november december".split()  # noqa: SIM905  reads better
MONTH = f"(?:{'|'.join(MONTHS)})"
WEEKDAY = "(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_UNCLEAR = "(?:may|march)"  # verbs, too
_CALENDARS = pattern("calendars")
_SHORT = r"(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?"
_DAY = r"(?:\d{1,2}(?:-\d{1,2})?(?![\d:%])(?![.,/]\d))"
_YEAR = rf"(?:(?:19|20)\d\d\b|'\d\d\b|{SPOKEN_YEAR}\b)"
_TWO_DIGIT_YEAR = rf"(?:(?:thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[- ]{UNIT})?|oh[- ]{UNIT})"
_TAIL = rf"(?:,? {{1,2}}(?:of |in )?(?:{_YEAR}|{_TWO_DIGIT_YEAR}(?=[.,?!]|$)))?"
_SAID = rf"(?:{BELOW_100}|\d{{1,2}})"
_CLOSED = r"(?= {0,2}(?:[.,;:?!\"')\]-]|$))"
_FUNCTION = pattern("clause_openers")

_BELOW_TENTH = "(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)"
_COUNTED = rf"(?!{_BELOW_TENTH} \w+ (?:after|since|that|when|without|i|we|you|he|she|they)\b)"
"""Not before months that are counted: the first December after I left."""

_AFTER = rf"(?! of (?:each|every|the)\b)(?:{_CLOSED}| (?:{_FUNCTION})\b)"
_DATE = re.compile(
    r"\b(?=\w)(?:"
    rf"{MONTH} (?:the )?{ORDINAL} (?:and|or|to|through) (?:the )?{ORDINAL}(?={_AFTER}){_TAIL}"
    rf"|(?:the )?{ORDINAL} (?:or|and|to|through) (?:the )?{ORDINAL} of {MONTH}\b{_TAIL}"
    rf"|(?:{MONTH}|{_SHORT}(?= ?(?:\d|the |{ORDINAL}\b))),? (?:the )?"
    rf"(?:{ORDINAL}\b|{_DAY}(?: of)?(?= ?{_YEAR}|,? {_YEAR}|\b)){_TAIL}"
    rf"|{MONTH} (?:{BELOW_100})(?:,? {_YEAR}|{_CLOSED})"
    rf"|(?:the )?(?:{ORDINAL}|{_DAY})(?: day)? of (?:{MONTH}|(?!mar\b){_SHORT})(?!\w){_TAIL}"
    rf"|{_SHORT} (?:of )?(?:19|20)\d\d\b"
    rf"|(?:the )?{ORDINAL} of the {ORDINAL},? {_YEAR}"
    rf"|{_SAID} (?P<by>slash|dash|point|stroke) {_SAID} (?P=by) (?:{_YEAR}|{BELOW_100}|oh[- ]{UNIT}|\d\d)\b"
    rf"|(?:the )?{_COUNTED}{ORDINAL} (?:(?!{_UNCLEAR}){MONTH}\b|(?!ma[ry]\b){_SHORT}){_TAIL}"
    rf"|{BELOW_100} (?!{_UNCLEAR}){MONTH},? (?:{_YEAR}|{_TWO_DIGIT_YEAR}\b)"
    rf"|(?:the |el )?(?:{ORDINAL}|{_DAY}) (?:of |de )?(?:{_CALENDARS})\b"
    rf"|\d{{1,2}} (?:{MONTH}|{_SHORT}),? (?:19|20)\d\d\b"
    rf"|(?<!\bat )(?<![\d:/])\b(?:[1-9]|[12]\d|3[01]) "
    rf"(?:(?!{_UNCLEAR}){MONTH}\b|{_UNCLEAR}\b"
    rf"(?:{_CLOSED}|(?= (?:at|in|on|for|and|the|we|they|he|she)\b)))"
    rf"|{MONTH} of {_TWO_DIGIT_YEAR}{_CLOSED}"
    rf"|(?:{pattern('feasts')}),? (?:of |in )?{_YEAR}"
    rf"|{MONTH},? (?:of )?(?:(?:19|20)\d\d\b|'\d\d\b|{SPOKEN_YEAR}\b)"
    r")"
)
_SHORT_MONTH = re.compile(rf"\b{_SHORT}")
_YEAR_HINT = re.compile(r" (?:(?:19|20)\d\d|'\d\d)\b")
_DATED = frozenset(
    {*MONTHS, *"jan feb mar apr jun jul aug sep sept oct nov dec".split()}  # noqa: SIM905  reads better
    | {word.split()[-1].split("-")[-1] for word in _CALENDARS.split("|")}
    | {"slash", "dash", "point", "stroke", "nineteen", "eighteen", "thousand", "twenty"}
)
"""A date has a month of ours or of another calendar, a stroke, or a year."""

_NUMERIC = re.compile(
    r"(?<![\w/.-])(?:\d{4}-\d{1,2}-\d{1,2}|(?P<a>\d{1,2})(?P<by>[/.-])(?P<b>\d{1,2})(?P=by)(?:\d{4}|\d{2}))(?![\w/-])"
)
_EVENTS = (
    "funeral|wedding|hearing|court|rent|appointment|surgery|birthday|flight|trial|move|memorial|procedure|deadline|"
    "anniversary|due date|party"
)
_MONTH_DAY = re.compile(
    r"\b(?:on|since|by|until|till|before|after|from|dated|due|through|thru|for|of|to|admitted|discharged|born|died|(?:date|birthday|"
    rf"{_EVENTS})(?:'s| is| was)?) "
    r"(?P<date>(?P<a>\d{1,2})/(?P<b>\d{1,2}))(?![\w/])"
)
_HAPPENS = (
    r"due|ends?|ended|starts?|started|begins?|began|pa(?:id|ys?)|expires?|opens?|closes?|moves?|moved|leaves?|left|comes?|"
    r"came|out|in|back|home|here|there|rent|born|died|passed|court|appointment|surgery"
)
_HAPPENED = r"out|in|back|home|here|there|away|off|over|up|again|work|school|born|died|left|rang|came|started|went"
_LATE = rf"(?:the (?:[4-9]th|[12]\dth|10th|2[123]?(?:st|nd|rd)|3(?:0th|1st)|(?!{_BELOW_TENTH}\b){SPOKEN_ORDINAL}))"
_NO_COUNT = rf"(?! of (?:each|every|the)\b| (?:{pattern('counted')})\b)"
_DAY_ALONE = re.compile(
    rf"\b(?:on|by|until|till|since|before|after|from|to|through|between|between now and|around) "
    rf"(?P<dated>the (?:\d{{1,2}}(?:st|nd|rd|th)|(?!(?:first|second)\b){ORDINAL})){_AFTER}"
    rf"|\b(?:{_EVENTS})(?:'s| is)(?: due)? (?P<event>the (?:first|second)){_CLOSED}"
    rf"|\b(?:{_HAPPENS}) (?:on|by|until|till) (?P<happens>the (?:first|second)){_AFTER}"
    rf"|\b(?:{_HAPPENED}),? (?P<happened>the (?!(?:first|second)\b){ORDINAL})(?=[.,])"
    rf"|(?:^|[.?!\"] )(?P<whole>(?!{_BELOW_TENTH}\b){ORDINAL})(?=[.!](?: |$))"
    rf"|\b(?P<weekday>(?:(?:that|last) )?{WEEKDAY},? {{1,2}}(?:the {ORDINAL}\b{_NO_COUNT}|{ORDINAL}{_AFTER}))"
    rf"|\b(?P<late>{_LATE})(?:{_AFTER}|(?= (?:works?|sounds?|good|suit)\b))"
    rf"|\b(?P<early>the (?:[123](?:st|nd|rd)|(?!(?:first|second)\b){ORDINAL})){_AFTER}"
)
_DAY_HINTS = frozenset(ordinal.split("-")[-1] for ordinal in ORDINALS) - {"first", "second"}
_EARLY_DAYS = tuple(before + day for before in ("the ", "day ", "day, ", "ty ", "ty-") for day in ("first", "second"))
"""What these two need before them: the first; Monday, second; thirty-first."""

_DAY_HINT = re.compile(r"\d(?:st|nd|rd|th)")
_DIGIT = re.compile(r"\d")
_NEAR_DAY = re.compile(
    rf"\b(?:{WEEKDAY}s?|{MONTH}|\w+ day|(?:next|this|last) (?:week|month)|in the morning|birthday|"
    r"anniversary|christmas|easter|thanksgiving)\b"
)
_NEAR = 25
"""How near a weekday, month or feast makes "the sixth" a day, in characters."""

_HOLIDAY = re.compile(r"(?:the )?(?:fourth|4th) of july|july (?:the )?(?:fourth|4th)|(?:the )?fifth of november")
_MAY_I = re.compile(rf"may (?:first|second|third|fourth|fifth|{UNIT})")
_END_OF_CLAUSE = re.compile(r"[.,;:?!]|$")
_BEFORE_MONTH = re.compile(
    r"\b(?:on|by|until|till|since|before|after|from|to|in|of|for|around|this|last|next|it's|was|is|\w*day),? $"
)


def find_dates(text: str, low: str, said: frozenset[str]) -> Iterator[Span]:
    """Dates in one turn; `low` is the normalised `text`, of the same length, `said` its words."""
    digit = _DIGIT.search(low)
    dated = not said.isdisjoint(_DATED) or (digit and (_YEAR_HINT.search(low) or _SHORT_MONTH.search(low)))
    for match in _DATE.finditer(low) if dated else ():
        if _HOLIDAY.fullmatch(match.group()) or _is_verb(text, low, match):
            continue
        yield Span(match.start(), match.end(), "DATE", "date_month")
    if digit:
        for match in _NUMERIC.finditer(low):
            if match["a"] is None or _is_day(match["a"], match["b"]):
                yield Span(match.start(), match.end(), "DATE", "date_numeric")
        for match in _MONTH_DAY.finditer(low) if "/" in low else ():
            if _is_day(match["a"], match["b"]) and match["date"] != "9/11":
                yield Span(*match.span("date"), "DATE", "date_month_day")
    day = not said.isdisjoint(_DAY_HINTS) or any_in(low, _EARLY_DAYS) or (digit and _DAY_HINT.search(low))
    for match in _DAY_ALONE.finditer(low) if day else ():
        around = low[max(0, match.start() - _NEAR) : match.start()], low[match.end() : match.end() + _NEAR]
        if match["early"] is None or any(map(_NEAR_DAY.search, around)):
            yield Span(*match.span(str(match.lastgroup)), "DATE", "date_day")


def _is_verb(text: str, low: str, match: re.Match[str]) -> bool:
    """Whether "may first", "may two" is the verb: neither capitalised inside a sentence nor after a preposition."""
    if not _MAY_I.fullmatch(match.group()) or _END_OF_CLAUSE.match(low, match.end()):
        return False
    before = low[max(0, match.start() - 12) : match.start()]
    said = text[match.start() : match.end()]
    inside = (
        said[0].isupper() and not said.isupper() and before[-1:] == " " and before.rstrip()[-1:] not in tuple(".?!")
    )
    return not inside and not _BEFORE_MONTH.search(before)


def _is_day(a: str, b: str) -> bool:
    low, high = sorted((int(a), int(b)))
    return 1 <= low <= 12 and 1 <= high <= 31  # months and days


_OVER_89 = (
    rf"(?>ninety(?:(?:[- ]| and ){UNIT}\b)?(?:[- ](?:something|odd)\b)?|9\d|1[01]\d"
    rf"|(?:a|one) hundred (?:and )?{BELOW_100}|\b(?:a|one) hundred(?= years old))"
)
_AGED = rf"(?<!\ba )(?:ninety[- ]{UNIT}|9[1-9])"
_NO_AGE = rf"(?![\d%°$]|[- ]{_BELOW_TENTH}\b|[:.,/]\d|[- ]?(?:{pattern('not_after_age')})\b)"
_KIN = pattern("kin")
_LINK = rf"(?:,? (?:{pattern('before_age')}),?)?"
_AGE = re.compile(
    rf"\b(?P<a>{_OVER_89})[- ](?:years?[- ]olds?|yrs?[- ]olds?|years?[- ]young|years of age|y/?o)\b"
    rf"|\b(?:aged?|age of|turn(?:s|ed|ing)?|lived to(?: be| see)?|ma(?:d|k)es? it to|reach(?:ed|es)?|"
    rf"went to(?= (?:a|one) hundred)|(?:died|dies|passed|passed away|gone|still \w+ing|living alone) at|"
    rf"pushing|going on|closing in on|nearing|past|"
    rf"she'?s|he'?s|she is|he is|she was|he was|i'm|i am|who'?s|who is|who was|(?:will|'ll|'d|would|gonna|to) be|"
    rf"would've been|(?:would|'d) have been|"
    rf"(?:woman|man|lady|person) of|"
    rf"(?:{_KIN})(?:'s| is| was)){_LINK} (?P<b>{_OVER_89}(?:,? (?:or|maybe) {_AGED})?)\b{_NO_AGE}"
    rf"|\b(?P<subject>[^\W\d]+)(?:'s| is| was){_LINK} (?P<c>{_OVER_89})\b{_NO_AGE}"
    rf"|(?P<named>[^\W\d]+), (?P<d>9\d|1[01]\d),(?! \d)"
    rf"|(?<!hundred)[,.] (?P<f>ninety[- ]{UNIT}|a hundred and {BELOW_100})(?=[,.](?! \d| eighty\b))"
    rf"|\b(?P<l>(?:ninety-{_BELOW_TENTH}|9\dth|9[123](?:st|nd|rd)|ninetieth|hundredth|10\dth)) (?:birthday|year)\b"
    rf"|\b(?:till|until|past|(?<!\bwere )(?<!\bare )(?<!'re )at) (?P<m>9\d|ninety[- ]{UNIT})"
    rf"(?=[.,?!]| (?:she|he|and|my|with)\b|$)"
    rf"|(?:^|[.?!] )(?P<n>ninety[- ]{UNIT}|(?:a|one) hundred and {UNIT})"
    rf"(?=, (?:and|she|he|but|sharp|still)\b|\. (?:she|he)(?:'d|'s| was| is)\b)"
    rf"|\b(?:they're|they were|we're) (?P<o>{_AGED} and {_AGED})\b{_NO_AGE}"
    rf"|\b(?:was|be|being|like) (?P<s>{_AGED}(?:,? (?:or|maybe) {_AGED})?|a hundred(?={_CLOSED}))\b{_NO_AGE}"
    rf"|\bbig (?P<p>nine[- ]oh)\b"
    rf"|\boldest\b[^.?!]{{0,25}}? (?:is|was) (?P<q>{_OVER_89})\b{_NO_AGE}"
    rf"|\b(?P<r>{_AGED}) when (?:he|she|they|my \w+) (?:died|passed|went|moved|quit|stopped|was|were|had|got)\b"
    rf"|\b(?P<h>{_AGED}) and (?:still|never|sharp(?:er)?|mean(?:er)?|living|lives|alone|dancing)\b"
    rf"|\b(?:her|his|my|their|mom's|dad's|grandma's|grandpa's) (?P<t>ninety-{_BELOW_TENTH}|9\dth|9[123](?:st|nd|rd)|"
    rf"ninetieth|hundredth)(?={_CLOSED})"
    rf"|\b(?P<i>{_AGED}) (?:(?:next|this|come) (?:month|week|year|spring|summer|fall|winter|{MONTH})"
    rf"|(?:in|on) {MONTH})\b"
    rf"|\b(?P<j>ninety[- ](?:something|odd|plus)\b){_NO_AGE}"
    rf"|\b(?:turn(?:s|ed|ing)?|lived to(?: be)?|ma(?:d|k)es? it to|will be|'ll be|gonna be|she's|he's) "
    rf"(?P<k>(?:a|one) hundred|100)\b(?:{_CLOSED}|(?= (?:in|next|this|on) ))"
    rf"|(?<!\bwere )(?<!\bare )(?<!'re )\bat (?P<g>ninety(?:[- ]{UNIT})?)(?=[.,?!]| (?:she|he|and|my|with)\b|$)"
    r"|\b(?:her|his|their|my|your) (?:early |mid[- ]?|late |high )?(?P<e>nineties|90's|90s)\b"
)
_OLD = re.compile(r"ninet|big nine|\b(?:9|1[01])\d(?!\d)|\bhundred")
_OLD_HINTS = ("9", "10", "11", "ninet", "big nine", "hundred")
_NO_SUBJECT = words("not_an_age")


_TOO_OLD = re.compile(r"(?:a|one) hundred(?: and)? (?:thirty|forty|fifty|sixty|seventy|eighty|ninety)|1[3-9]\d\b")
"""More years than anyone lived: a hundred and sixty-three."""

_CLOSE = 3  # turns

_ASKED = re.compile(r"\b(?:how old|what age|(?:his|her|your|their) age)\b[^?]{0,60}\?\s*$")
_ANSWER = re.compile(
    rf"(?:\W|\b(?:oh|um|uh|well|he's|she's|he is|she is|i'm|about|like|let's see|now)\b)*(?P<age>{_OVER_89})\b"
)


def ages_again(lows: Sequence[str], found: Sequence[Sequence[Span]]) -> Iterator[tuple[int, list[Span]]]:
    """(turn, spans) of ages in words that are said again close by: "Ninety-four. Ninety-four and sharper."."""
    near: dict[int, set[str]] = {}
    for turn, spans in enumerate(found):
        ages = (lows[turn][span.start : span.end] for span in spans if span.type == "AGE90")
        if said := {re.sub("[- ]", "[- ]", age) for age in ages if not age.isalnum() and not _DIGIT.search(age)}:
            for close in range(max(0, turn - _CLOSE), min(len(lows), turn + _CLOSE + 1)):
                near.setdefault(close, set()).update(said)
    for turn, forms in sorted(near.items()):
        again = re.compile(rf"\b(?:{'|'.join(sorted(forms))})\b{_NO_AGE}")
        yield turn, [Span(*match.span(), "AGE90", "age_again") for match in again.finditer(lows[turn])]


def find_ages(text: str, low: str, before: str) -> Iterator[Span]:
    """Ages over 89 in one turn; the span is the number alone. `before` is the end of the turns before."""
    if not (any_in(low, _OLD_HINTS) and _OLD.search(low)):
        return
    if (answer := _ANSWER.match(low)) and _ASKED.search(before):
        yield Span(*answer.span("age"), "AGE90", "age_over_89")
    for match in _AGE.finditer(low):
        kind = next(name for name in "abcdefghijklmnopqrst" if match[name] is not None)
        if kind == "c" and match["subject"] in _NO_SUBJECT:
            continue
        if _TOO_OLD.match(low, match.start(kind)):
            continue
        if kind == "d" and not (text[match.start("named")].isupper() or re.fullmatch(_KIN, match["named"])):
            continue
        yield Span(*match.span(kind), "AGE90", "age_over_89")
