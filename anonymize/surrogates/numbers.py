"""Made-up numbers, codes and addresses of the net, each in the shape it had and from ranges kept for fiction."""

# ruff: noqa: PLR2004  the numbers are lengths of identifiers

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from anonymize.surrogates.pools import given_names
from anonymize.words.numerals import NUMBER_WORDS, digits_of, respell

if TYPE_CHECKING:
    from anonymize.surrogates.draws import Draws

_TOLL_FREE = ("800", "888", "877", "866", "855", "844", "833")
_LABELS = (*NUMBER_WORDS, "mrn", "exp")


def phone(draws: Draws, surface: str) -> str:
    """The same shape with digits reserved for fiction: 555-01xx, after another area code."""
    old = digits_of(surface)
    size = len(old)
    tail = draws.digits("11", "PHONE", old[-4:])
    area = _area(draws, old[-10:][:3] if size >= 10 else old[:3])
    if size >= 7:  # a whole number, with or without area and country code
        new = ("1" * (size - 10) + area + "55501" + tail)[-size:]
    elif size == 4:  # the last four
        new = "01" + tail
    else:
        new = (area + "555")[:size]
    return _capital(respell(surface, new), surface)


def _area(draws: Draws, old: str) -> str:
    """Another area code, the same for all numbers of one; a toll-free one says nothing and stays."""
    new = str(200 + draws.below(700, "AREA", old))
    return old if old in _TOLL_FREE else new[0] + "2" + new[2] if new[1:] == "11" else new  # 911 and the like


def email(draws: Draws, surface: str) -> str:
    """A made-up user at example.com or example.org, written or spoken as it was."""
    name, number, spoken = _user(draws, "EMAIL", surface)
    zone = ("com", "org")[draws.below(2, "EMAIL", "zone", surface.lower())]
    made = f"{name}{number}@example.{zone}" if "@" in surface else f"{name} {spoken} at example dot {zone}"
    return made.upper() if surface.isupper() else made


def url(draws: Draws, surface: str) -> str:
    """A page of example.org, written or spoken as it was."""
    name, number, spoken = _user(draws, "URL", surface)
    low = surface.lower()
    if re.search(r"\bdot\b", low):
        made = "example dot org" + (f" slash {name} {spoken}" if "slash" in low else "")
    else:
        scheme = found.group() if (found := re.match(r"(?:https?://)?(?:www\.)?", low)) else ""
        made = f"{scheme}example.org" + (f"/{name}{number}" if "/" in low.removeprefix(scheme) else "")
    return made.upper() if surface.isupper() else made


def handle(draws: Draws, surface: str) -> str:
    """A made-up user name, with its "@" or "u/"."""
    name, number, spoken = _user(draws, "HANDLE", surface)
    lead = found.group() if (found := re.match(r"@|u/|at ", surface.lower())) else ""
    made = f"{lead}{name} {spoken}" if " " in surface else f"{lead}{name}_{number}"
    return made.upper() if surface.isupper() else made


def ip(draws: Draws, surface: str) -> str:
    """An address from the blocks kept for documentation (RFC 5737, RFC 3849), written or spoken as it was."""
    if ":" in surface:
        return f"2001:db8::{1 + draws.below(65535, 'IP', surface.lower()):x}"
    last = str(100 + draws.below(100, "IP", surface.lower()))
    if re.search(r"[a-z]", surface.lower()):
        return f"{respell('one two three', '192')} dot zero dot two dot {respell('one two three', last)}"
    return f"192.0.2.{last}"


def code(draws: Draws, span_type: str, surface: str) -> str:
    """The same shape with other digits and, where it holds short groups of letters, other letters."""
    low = surface.lower()
    new = draws.digits(digits_of(surface), span_type, low)
    if span_type == "SSN" and len(new) == 9:
        new = "9" + new[1:]  # the Social Security Administration gives no number from 900 on
    changed = respell(surface, new)
    out, last = "", 0
    for group in re.finditer(r"[^\W\d_]+", changed):
        text = group.group()
        out += changed[last : group.start()]
        last = group.end()
        keep = text.lower() in _LABELS or (len(text) > 4 and not any(c.isdigit() for c in surface))
        out += text if keep else draws.consonants(text, span_type, low, str(group.start()))
    return _capital(out + changed[last:], surface)


def _capital(new: str, old: str) -> str:
    """`new` with the capital that a sentence starts with: "Double seven" is "One three" in words of its own."""
    return new[:1].upper() + new[1:] if old[:1].isupper() else new


def _user(draws: Draws, span_type: str, surface: str) -> tuple[str, str, str]:
    """A made-up user: name, number in digits, number in words."""
    low = surface.lower()
    names = given_names("english", "u")
    number = str(10 + draws.below(90, span_type, "number", low))
    return names[draws.below(len(names), span_type, low)].lower(), number, respell("one two", number)
