"""Identifiers with a written form of their own: e-mail, web and network addresses, numbers, street addresses."""

# ruff: noqa: PLR2004  the numbers are lengths of identifiers and days, months and years

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from anonymize.spans import Span
from anonymize.words.lexicon import pattern, words
from anonymize.words.numerals import NUMBER_WORDS, ORDINAL, SPOKEN_ORDINAL, TENS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

TLDS = pattern("zones")
PUBLIC_SITES = words("public_sites")
"""Sites that all the world visits: their bare name identifies nobody."""

_TEXTS = {
    "EMAIL": r"[a-z0-9][\w.+%-]{0,63}@[a-z0-9][a-z0-9-]{0,62}(?:\.[a-z0-9-]{1,63}){1,5}",
    "URL": r"(?:https?://|www\.)[^\s<>\"]+[^\s<>\".,;:?!)\]']",
    "SITE": rf"(?<![\w@.])[a-z0-9][a-z0-9-]{{1,62}}(?:\.[a-z0-9-]{{2,63}}){{0,3}}\.(?:{TLDS})\b(?![\w.]\w)"
    r"(?:/[^\s<>\"]*[^\s<>\".,;:?!)\]'])?",
    "DEVICE": r"(?<![\w:])(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}(?![\w:])",
    "IP": r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w]|\.\d)|"
    r"(?<![\w:])(?:[0-9a-f]{1,4}:){3,7}(?::?[0-9a-f]{1,4}){1,4}(?![\w:])|"
    r"(?<![\w:])(?=[0-9a-f:]{0,35}::)(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{1,4}(?![\w:])",
    "ORG": r"\blocal (?:\d{1,4}-)?\d{2,5}\b(?= of\b|[.,;?!]|$)",
    "SSN": r"(?<![\w-])(?:\d{3}|[x*]{3})-(?:\d\d|[x*]{2})-\d{4}(?![\w-])",
    "PHONE": r"(?<![\w-])(?:\+?1[-. ]{1,2})?(?:\(\d{3}\)[-. ]{0,2}|\d{3}[-. ]{1,2})\d{3}[-. ]{1,2}\d{4}(?![\w-])"
    r"(?:,? ?(?:x|ext\.?|extension) ?\d{1,6})?|(?<![\w+])\+\d{1,3}(?:[-. ]?\(?\d{1,4}\)?){2,5}(?!\d)",
    "LOCAL": r"(?<![\w-])\d{3}-\d{4}(?![\w-])",
    "VEHICLE": r"(?<![\w/+])(?=[a-z]*\d[a-z\d]*[a-z])(?=\d*[a-z])[a-hj-npr-z\d]{11} ?[a-hj-npr-z\d]{6}(?!\w)",
    "SERIAL": r"(?<![\w/+@.-])(?=[a-z\d]*\d[a-z]+\d)(?=[a-z\d]*[a-z]\d+[a-z])[a-z\d]{10,16}(?![\w-])",
    "CARD": r"(?<![\w-])\d{4}[- ]\d{4}[- ]\d{4}[- ]\d{1,7}(?![\w-])|"
    r"(?<!\w)[a-z]{2}\d{2}(?: ?[a-z]{4})?(?: ?\d{2,4}){3,7}(?!\w)",
    "HANDLE": r"(?<![\w.@])@[a-z_][\w.]{1,29}(?<!\.)|"
    r"(?<![\w./@])[a-z][a-z\d]{1,20}(?:[._][a-z\d]{1,20}){0,3}_[a-z\d]{1,20}(?![\w/@])|(?<![\w/+])u/[\w-]{3,20}|"
    r"(?<![\w.@])[a-z]{2,20}\.(?:[a-z]{2,20}(?:\.[a-z]{2,20}|\.?\d{2,4})|[a-z]{1,20}(?:\.[a-z]{1,20}){2,4})(?![\w@]|\.\w)",
    "DRIVER": r"(?<!\w)(?=[a-z])[a-z9]{5} ?\d{6} ?[a-z][a-z9][a-z\d][a-z]{2}(?!\w)",
    "STARRED": r"(?<![\w*])[a-z]{2,8}\*\d{2,8}[a-z]{0,3}(?!\w)",
}
_FORMS = {form: re.compile(text) for form, text in _TEXTS.items()}
"""The written forms in their order: where several match at one place, the first counts."""

_CLASS = {
    "SITE": "URL",
    "LOCAL": "PHONE",
    "CARD": "ACCOUNT",
    "SERIAL": "DEVICE",
    "STARRED": "LICENSE",
    "DRIVER": "LICENSE",
}
_SIGNS = {
    "@": ("EMAIL", "HANDLE"),
    "_": ("HANDLE",),
    "u/": ("HANDLE",),
    "*": ("SSN", "STARRED"),
    "://": ("URL",),
    "x-": ("SSN",),
    "local ": ("ORG",),
    ":": ("DEVICE", "IP"),
    "+": ("PHONE",),
}
_SHAPES = {
    re.compile(r"[\w-]\.\w"): ("URL", "SITE", "IP", "HANDLE"),
    re.compile(r"-[\da-f]{2}-"): ("DEVICE",),
    re.compile(r"\d[-.:) ]{0,2}\d\d"): ("SSN", "PHONE", "LOCAL", "CARD"),
    re.compile(r"\d[a-z]"): ("VEHICLE", "SERIAL"),
    re.compile(r"\d{6} ?[a-z]"): ("DRIVER",),
}
"""What a turn must hold somewhere for a form to be there."""


def find_written(low: str) -> Iterator[Span]:
    """Identifiers that their written form alone gives away."""
    forms = {form for sign, named in _SIGNS.items() if sign in low for form in named}
    forms.update(form for shape, named in _SHAPES.items() if shape.search(low) for form in named)
    for kind, match in _in_order(low, forms) if forms else ():
        if kind == "SITE" and match.group().split(".")[-2] in PUBLIC_SITES and "/" not in match.group():
            continue
        yield Span(match.start(), match.end(), _CLASS.get(kind, kind), f"written_{kind.lower()}")


def _in_order(low: str, forms: Collection[str]) -> Iterator[tuple[str, re.Match[str]]]:
    """The matches of some forms as those of one pattern with all as alternatives; of the others none is there."""
    found = {form: pattern.search(low) for form, pattern in _FORMS.items() if form in forms}
    while ahead := {form: match for form, match in found.items() if match}:
        first = min(ahead, key=lambda form: ahead[form].start())
        yield first, (match := ahead[first])
        found = {
            form: _FORMS[form].search(low, match.end()) if other.start() < match.end() else other
            for form, other in ahead.items()
        }


_STREET = pattern("street")
_STREET_WORD = pattern("street_word")
_NUMBER = "|".join(NUMBER_WORDS)
_UNIT_NAME = r"(?:(?:apartment|apt|flat|unit|suite|ste|number|no|room|rm|lot|trailer|floor|bldg|building|space)\b\.?|#)"
_UNIT = (
    rf"{_UNIT_NAME} ?#?(?:[a-z]?-?\d{{1,5}}[a-z]?\b|(?:{_NUMBER})\b(?:[- ](?:{_NUMBER})\b)*(?: [a-z]\b)?|[a-z]\b(?!'))"
)
_PART = rf"{ORDINAL}|ground|top|upper|lower|garden|basement|rear|back|front|left|right|main"
_KIND = "floor|flat|unit|apartment|suite|level|door"
"""Parts of a house: "second floor", "the garden unit"."""

_ADDRESS = re.compile(
    rf"\b(?P<number>\d{{1,6}}(?:-?[a-z])?|(?:{_NUMBER})\b(?:[- ](?:{_NUMBER})\b){{0,5}}),? "
    rf"(?P<name>(?:(?:[nsew]\.?|north|south|east|west) )?"
    rf"(?:[^\W\d_][\w'.-]{{0,25}} |\d{{1,3}}(?:st|nd|rd|th) ){{1,3}}?)(?P<street>{_STREET}|"
    rf"{_STREET_WORD})\b\.?(?: (?:north|south|east|west)\b)?"
    rf"(?P<unit>,? {_UNIT}|,? {{1,2}}(?:the )?(?:{_PART}) (?:{_KIND})\b)?"
)
_STREETS = frozenset(f"{_STREET}|{_STREET_WORD}".split("|"))
_NOT_A_STREET = words("not_a_street")
_BOOK = re.compile(r"\b(?:deed|plat|record|docket) book (?P<book>\d{1,6})(?:,? (?:at |on )?page (?P<page>\d{1,5}))?\b")
_HOUSE = re.compile(
    rf"\b(?:(?:{_STREET})|(?:calle|avenida|carrera|rua|rue|via|paseo) [^\W\d_]+(?: [^\W\d_]+){{0,2}}),? {{1,2}}"
    rf"(?:number|no\.?|#) ?(?P<house>\d{{1,5}}|(?:{_NUMBER})\b(?:[- ](?:{_NUMBER})\b){{0,3}})\b"
)
_HOUSE_HINT = re.compile(rf" (?:number|no\.?|#) ?(?:\d|(?:{_NUMBER})\b)")
_DIGIT = re.compile(r"\d")
_PLACED = frozenset(
    "box apartment apt flat suite ste unit room rm street avenue ave route rt rr hc road highway hwy rte fm".split()  # noqa: SIM905  reads better
)
_POSTCODE_HINT = re.compile(r"[a-z]\d")
"""What stands in all of `_OTHER_PLACES`: one of the words, or a letter before a digit."""

_ASKED = re.compile(r"\b(?:address|where do you live)\b[^?]{0,30}\?\s*$")
_NUMBER_AND_NAME = re.compile(
    r"\b(?:[Aa]t|[Bb]y|[Aa]ddress(?:'s|\u2019s| is| was)?|[Ff]rom|[Tt]o|[Pp]ast|[Ii]n|[Ii]s),? "
    r"(?P<address>(?!(?:19|20)\d\d )\d{1,5} (?P<name>[A-Z][a-z]{2,})(?: [A-Z][a-z]+){0,2})\b(?!['\u2019])"
)
_NO_STREET_NAME = words("not_a_street_name")
_OTHER_PLACES = re.compile(
    rf"\b(?:p\.? ?o\.? {{0,2}}box (?:number )?(?:\d{{1,6}}|(?:{_NUMBER})\b(?:[- ](?:{_NUMBER})\b){{0,5}})"
    rf"|flat (?:number )?(?:\d{{1,4}}[a-z]?\b|(?:{_NUMBER})\b(?! (?:percent|tyres?|tires?)))"
    rf"|(?:apartment|apt|suite|ste)\b\.? ?#?(?:number )?(?:[a-z]?-?\d{{1,5}}[a-z]?\b|"
    rf"(?:{_NUMBER})\b(?:[- ](?:{_NUMBER})\b)*(?: [a-f]\b)?|\d*[b-hj-z]\b(?!'))"
    r"|(?:unit|room|rm)\b\.? ?#?(?:number )?(?:\d{3,5}[a-z]?\b|\d{1,3}-?[a-z]\b|[a-z]-?\d{1,4}\b)"
    rf"|(?:(?:north|south|east|west|[nsew]\.?) )?(?:\d{{1,3}}(?:st|nd|rd|th)|(?:(?:{'|'.join(TENS)})[- ])?"
    rf"{SPOKEN_ORDINAL}) (?:street|avenue|ave)\b"
    r"|(?:post |mail )?box \d{1,5}(?=, [a-z])"
    r"|(?:rural )?(?:route|rt\.?|rr|hc|star route) \d{1,3},? box \d{1,5}[a-z]?\b"
    r"|(?:(?:county|state|rural|farm)(?: to market)? (?:road|route)|highway|hwy|route(?! 66\b)|rte|fm) \d{1,4}\b"
    r"|road \d{3,5}\b|(?:mile|county|range|concession|township|sideroad|lot) \d{1,4} (?:road|rd|line)\b"
    r"|[a-z]\d[a-z] ?\d[a-z]\d\b|[a-z]{1,2}\d[a-z\d]? \d[a-z]{2}\b"
    r"|[ac-fhknprtv-y]\d[\dw] ?(?=[a-z]*\d)(?=\d*[a-z])(?!\d+(?:[ap]m|[km]g|m[lm]|[ck]m)\b)[a-z\d]{4}\b)"
)
"""The last three: postcodes of Canada, the United Kingdom and Ireland (Eircode: a routing key and four signs)."""


def find_addresses(text: str, low: str, said: frozenset[str], before: str) -> Iterator[Span]:
    """Street addresses, units, PO boxes, numbered roads, postcodes with letters; pages of a deed book.

    `said` are the turn's words; `before` is the end of the turns before, which may ask for the address.
    """
    for match in _ADDRESS.finditer(low) if not said.isdisjoint(_STREETS) else ():
        if _is_address(text, match) or _ASKED.search(before):
            yield Span(match.start(), match.end(), "LOCATION", "street_address")
    for match in _HOUSE.finditer(low) if _HOUSE_HINT.search(low) else ():
        yield Span(*match.span("house"), "LOCATION", "house_number")
    digit = _DIGIT.search(low)
    placed = not said.isdisjoint(_PLACED) or (digit and _POSTCODE_HINT.search(low))
    for match in _OTHER_PLACES.finditer(low) if placed else ():
        yield Span(match.start(), match.end(), "LOCATION", "unit_or_box")
    if digit:
        yield from _in_digits(text, low)


def _in_digits(text: str, low: str) -> Iterator[Span]:
    """Pages of a deed book, and house numbers before a street's bare name."""
    for match in _BOOK.finditer(low):
        for part in ("book", "page"):
            if match[part]:
                yield Span(*match.span(part), "ID", "deed_book")
    for match in _NUMBER_AND_NAME.finditer(text):
        if match["name"].lower() not in _NO_STREET_NAME:
            yield Span(*match.span("address"), "LOCATION", "house_number")


def _is_address(text: str, match: re.Match[str]) -> bool:
    words = match["name"].split()
    if any(word in _NOT_A_STREET or (word[-1] == "." and len(word) > 3) for word in words):
        return False
    if all(text[match.start("name") + match["name"].index(word)].isupper() or word[0].isdigit() for word in words):
        return True
    if not text[match.start() : match.end()].islower():
        return False
    number = match["number"]
    long = len(number) > 2 if number[0].isdigit() else len(re.split("[- ]", number)) > 1  # hundreds
    return long or bool(match["unit"]) or (re.fullmatch(_STREET, match["street"]) is not None and number[0].isdigit())
