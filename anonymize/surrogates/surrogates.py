"""Surrogates: what stands in the output for each identifier, drawn under the key and consistent for a client.

The same key, client and person (place, number ...) always give the same surrogate, whatever the session, the order of
the calls or the process; another key or client gives another.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from anonymize.surrogates import numbers, places
from anonymize.surrogates.dates import another_date, shifted_date
from anonymize.surrogates.draws import Draws
from anonymize.surrogates.names import NameMaker
from corpora.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from anonymize.roster import Roster

STYLES = ("surrogate", "placeholder")
DATES = ("surrogate", "shift")
OVER_89 = "90 or older"
"""The one category that 45 CFR 164.514(b)(2)(i)(C) allows ages over 89."""

OVER_89_ATTRIBUTE = "90-plus"
"""The same before "years old"."""

_REDACTED = re.compile(r"[\[(<{].*[\])>}]|[_*\u2026.\s-]+|[xX]{2,}", re.DOTALL)


class Surrogates:
    """The surrogates of one client.

    Args:
        key: the secret key.
        client_id: whose sessions these are; part of every draw.
        roster: the client's names; none of them is ever drawn.
        style: "surrogate", or "placeholder" for "[NAME-1]", "[DATE]".
        dates: "surrogate" (each date moved by itself) or "shift" (all by one multiple of seven days).

    Raises:
        UsageError: `style` or `dates` is unknown.
    """

    def __init__(
        self, key: bytes, client_id: str, roster: Roster, style: str = "surrogate", dates: str = "surrogate"
    ) -> None:
        if style not in STYLES or dates not in DATES:
            raise UsageError(f"style must be one of {', '.join(STYLES)} and dates one of {', '.join(DATES)}")
        self.roster = roster
        self._placeholder = style == "placeholder"
        draws = self._draws = Draws(key, client_id)
        self._places = places.PlaceMaker(draws, roster)
        self._names = NameMaker(draws, roster, self._places.dealt)
        date = shifted_date if dates == "shift" else another_date
        self._makers: dict[str, Callable[[str], str]] = {
            "NAME": self._name,
            "LOCATION": self._place,
            "ORG": self._firm,
            "DATE": lambda text: date(draws, text) or numbers.code(draws, "DATE", text),
            "AGE90": lambda text: OVER_89.upper() if len(text) > 3 and text.isupper() else OVER_89,  # noqa: PLR2004
            "PHONE": lambda text: numbers.phone(draws, text),
            "FAX": lambda text: numbers.phone(draws, text),
            "EMAIL": lambda text: numbers.email(draws, text),
            "URL": lambda text: numbers.url(draws, text),
            "HANDLE": lambda text: numbers.handle(draws, text),
            "IP": lambda text: numbers.ip(draws, text),
        }
        self._cache: dict[tuple[str, str], str] = {}

    def text_for(self, span_type: str, surface: str) -> str:
        """What stands for `surface`, an identifier of class `span_type`; a publisher's redaction stays as it is."""
        if (span_type, surface) not in self._cache:
            self._cache[span_type, surface] = self._make(span_type, surface)
        return self._cache[span_type, surface]

    @property
    def mapping(self) -> dict[tuple[str, str], str]:
        """(Class, text) -> surrogate for all that was asked for; it identifies people, so it is never published."""
        return dict(self._cache)

    def _make(self, span_type: str, surface: str) -> str:
        if _REDACTED.fullmatch(surface):
            return surface
        if self._placeholder:
            return self._names.placeholder(surface) if span_type == "NAME" else f"[{span_type}]"
        if maker := self._makers.get(span_type):
            return maker(surface)
        return numbers.code(self._draws, span_type, surface)

    def _name(self, surface: str) -> str:
        pool = places.pool_of(surface)
        return self._places.rename(pool, surface) if pool else self._names.name(surface)

    def _place(self, surface: str) -> str:
        if places.is_postal_code(surface):
            return numbers.code(self._draws, "LOCATION", surface)
        known = self._places.numbered_street(surface) or self._places.state(surface)
        return known or self._places.rename(places.PLACES, surface)

    def _firm(self, surface: str) -> str:
        if places.is_acronym(surface):
            article = surface[: len(surface) - len(surface.removeprefix("the "))]
            return article + numbers.code(self._draws, "ORG", surface.removeprefix("the "))
        return self._places.rename(places.FIRMS, surface)
