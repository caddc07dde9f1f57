"""Whether a corpus' rows may be handed on: what the sources' licence and consent say, read cautiously.

A licence that is known to allow use and redistribution for any purpose passes. Everything else (silence, "no
redistribution", non-commercial or no-derivatives clauses, research only) is for a person to read and accept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

OWN_FICTION = "Apache-2.0 (fiction written for this project)"
NO_PERSON = "no real person's words"

_FREE = re.compile(
    r"\b(?:MIT|BSD|Apache(?:[- ]2(?:\.0)?)?|CC0|CC[- ]BY(?:[- ]SA)?(?![- ]N)|Creative Commons Attribution"
    r"|ODC[- ]BY|PDDL|public domain|OpenRAIL(?:-D)?)\b",
    re.IGNORECASE,
)
_BOUND = re.compile(
    r"non[- ]?commercial|\bNC\b|no[- ]?deriv|\bND\b|\bnone\b|\bno (?:re)?distribution|not redistribute|research only"
    r"|on request|personal use|all rights reserved|restricted",
    re.IGNORECASE,
)
_NO_CONSENT = re.compile(r"\bnone\b|\bno consent|without (?:their )?consent|withdrawn|refused|unknown", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Terms:
    """What one source's rows come under; None where nobody says."""

    source: str
    license: str | None
    consent: str | None = None

    @property
    def free(self) -> bool:
        """Whether they may be handed on without anybody having to read the terms."""
        licence, consent = self.license or "", self.consent or ""
        return bool(_FREE.search(licence)) and not _BOUND.search(licence) and not _NO_CONSENT.search(consent)

    def __str__(self) -> str:
        consent = f"; consent: {self.consent}" if self.consent else ""
        return f"{self.source} (licence: {self.license or 'none stated'}{consent})"
