"""What a transcript's header says of the session and its client."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from corpora.records import Role
from corpora.sources.labels import role_word

_FIELD = re.compile(r"\s*([A-Za-z][A-Za-z /&'’()-]{1,40}?)\s*[:=]\s*(\S.*)")
_SESSION_NO = re.compile(r"\bsession\s*(?:no\.?|number|num\.?|\#)?\s*[:.]?\s*\#?(\d{1,4})\b(?![/.]\d)", re.IGNORECASE)
_CLIENT_NUMBERS = re.compile(
    r"\b(?:client|patient|couple)s?\s*(?:id|no\.?|number|\#)?\s*[:.]?\s*\#?(\d{1,6})\b(?:\s*(?:and|&|,|/)\s*(?:client\s*)?(\d{1,6})\b)?",
    re.IGNORECASE,
)
_SYNOPSIS = re.compile(r"\s*(?:clients?|patients?|couples?|introduction|synopsis|summary)\b", re.IGNORECASE)
_FEMALE = re.compile(r"\b(?:female|woman|girl)\b", re.IGNORECASE)
_MALE = re.compile(r"\b(?:male|man|boy)\b", re.IGNORECASE)
_AGE = re.compile(
    r"\b(\d{1,3})(?=\s+years?\s+(?:of\s+age|old)|[- ]years?[- ]old|\s*y/?o\b)"
    r"|\bage[ds]?:?\s+(\d{1,3})\b|\b(?:fe)?male,\s*(?:aged?\s*)?(\d{1,3})\b",
    re.IGNORECASE,
)
_NAMED = re.compile(r"^\s*([A-Za-z]{5,15})\s*[:=]\s*((?:[A-Z][\w.'’-]*[ ,]*){1,4})\Z")
_ASIDE = re.compile(r"((?:[A-Z][\w.'’-]*\s){1,3})\(([A-Za-z]{5,15})\)")
_ITEMS = re.compile(r"\s*(?:[;,/|]|\band\b)\s*", re.IGNORECASE)
_NOTHING = frozenset({"", "n/a", "na", "none", "unknown", "not specified", "-", "?"})
_KEYS = {
    "symptoms": re.compile(r"(?:symptoms?|presenting (?:problem|issue|concern|condition|complaint)s?(?:\(s\))?)\Z"),
    "topic": re.compile(r"(?:topics?|subjects?|themes?|focus)\Z"),
    "approach": re.compile(
        r"(?:(?:therapeutic |treatment |counsell?ing )?(?:approach|orientation|modality)|(?:type|school) of therapy"
        r"|therapy(?: type)?|therapies|treatment(?: type)?|theoretical orientation)\Z"
    ),
    "gender": re.compile(r"(?:client(?:'s)? |patient(?:'s)? )?(?:gender|sex)\Z"),
    "age_range": re.compile(r"(?:client(?:'s)? |patient(?:'s)? )?age(?: range)?\Z"),
}
_HEADER_LINE = re.compile(
    r"""\s*+(?:
      (?:session|date|file|site|client\sid|patient\sid|id|subject|topics?|title|introduction|synopsis|summary|abstract
        |gender|sex|age|race|ethnicity|symptoms?|presenting\s\w+|diagnos[ei]s|approach|orientation|therapy|treatment
        |school|location|language|duration|length|recorded|transcribed|transcriber|speakers|participants|keywords?
        |notes?|mrn|dob|therapist\sid)\b[\w\ /()'’-]{0,40}:
    | (?:clients?|patients?|couples?|cl|pt)\b[^:]{0,40}:\s*+(?:
        \#?\d{1,6}\s*+\Z | n/?a\Z | see\s
      | (?!i\b)(?=.{0,200}?(?:
            \b(?:fe)?male\b | \b(?:wo)?man\b | \byears?\sof\sage | \byears?\sold | \byear-old\b | \bage[ds]?\s\d
          | \bpresent(?:s|ed|ing)\s(?:in|with|for|to)\b | \breferred\b | \bdiagnosed\b))
        (?-i:[A-Z0-9]).{5,} )
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_MAX_HEADING = 100
_OLDEST = 90  # 45 CFR 164.514(b)(2)(i)(C): ages over 89 are one category


def read_header(lines: Iterable[str]) -> tuple[dict[str, Any], str | None]:
    """The metadata a header states (a subset of `META_KEYS`) and the client's number, if any.

    Couples keep both numbers (`118-119`); gender and age are left out where the header's people differ.
    """
    meta: dict[str, Any] = {}
    client: str | None = None
    genders: set[str] = set()
    bands: set[str] = set()
    for line in lines:
        if "session_no" not in meta and (found := _SESSION_NO.search(line)) and len(line) < _MAX_HEADING:
            meta["session_no"] = int(found[1])
        if client is None and (found := _CLIENT_NUMBERS.search(line)):
            client = "-".join(number for number in found.groups() if number)
        if _SYNOPSIS.match(line):
            genders |= _genders(line)
            bands |= {age_band(int(next(filter(None, found.groups())))) for found in _AGE.finditer(line)}
        _read_field(line, meta, genders, bands)
    if len(genders) == 1:
        meta["gender"] = genders.pop()
    if len(bands) == 1:
        meta["age_range"] = bands.pop()
    return meta, client


def is_header_line(text: str) -> bool:
    """Whether a labelled line states facts about the session rather than speech (`Client 205: White female, 38`)."""
    return _HEADER_LINE.match(text) is not None


def named_roles(lines: Iterable[str]) -> dict[str, Role]:
    """Whom the header names as therapist or client: each word of the name, case-folded, with the role."""
    named: dict[str, Role] = {}
    for line in lines:
        pairs = [(found[1], found[2]) for found in _NAMED.finditer(line)]
        pairs += [(found[2], found[1]) for found in _ASIDE.finditer(line)]
        for word, name in pairs:
            if role := role_word(word.casefold()):
                named.update((part, role[0]) for part in re.findall(r"[^\W\d_]{2,}", name.casefold()))
    return named


def _read_field(line: str, meta: dict[str, Any], genders: set[str], bands: set[str]) -> None:
    found = _FIELD.match(line)
    if not found or found[2].strip().casefold() in _NOTHING:
        return
    name, value = " ".join(found[1].casefold().replace("’", "'").split()), found[2].strip().rstrip(".")
    key = next((key for key, pattern in _KEYS.items() if pattern.match(name)), None)
    if key == "symptoms":
        items = [item.strip().casefold() for item in _ITEMS.split(value)]
        meta["symptoms"] = list(dict.fromkeys([*meta.get("symptoms", []), *filter(None, items)]))
    elif key == "gender":
        genders |= _genders({"f": "female", "m": "male"}.get(value.casefold(), value))
    elif key == "age_range":
        ages = [int(age) for age in re.findall(r"\d{1,3}", value)]
        bands |= {age_band(age) for age in ages[:1]}
    elif key:
        meta.setdefault(key, value)


def _genders(text: str) -> set[str]:
    return {name for name, pattern in (("female", _FEMALE), ("male", _MALE)) if pattern.search(text)}


def age_band(age: int) -> str:
    """The band of ten years an age lies in: `30-39`; `90+` from 90 on (Safe Harbor's top category)."""
    return f"{_OLDEST}+" if age >= _OLDEST else f"{age // 10 * 10}-{age // 10 * 10 + 9}"
