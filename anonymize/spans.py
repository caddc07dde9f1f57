"""What a detector reports: a half-open character range, its class, and the rule that found it."""

from __future__ import annotations

from dataclasses import dataclass

SPAN_TYPES = (
    "NAME",
    "LOCATION",
    "ORG",
    "DATE",
    "AGE90",
    "PHONE",
    "FAX",
    "EMAIL",
    "SSN",
    "MRN",
    "HEALTH_PLAN",
    "ACCOUNT",
    "LICENSE",
    "VEHICLE",
    "DEVICE",
    "URL",
    "IP",
    "HANDLE",
    "ID",
)
"""The classes of identifiers; they cover the eighteen of 45 CFR 164.514(b)(2) that text can hold."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """One identifier in one turn: `text[start:end]`, its class (one of `SPAN_TYPES`), and the rule that found it."""

    start: int
    end: int
    type: str
    rule: str
