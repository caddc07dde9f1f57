"""Made-up names of places and firms: the proper part exchanged, the kind and the numbers kept in shape."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from anonymize.surrogates.draws import Draws, in_case
from anonymize.surrogates.pools import made_up, words_of
from anonymize.words import vocabulary as voc
from anonymize.words.numerals import NUMBER_WORDS, ORDINALS, SPOKEN_ORDINAL, TENS, UNITS, digits_of, respell
from anonymize.words.tokens import fold

if TYPE_CHECKING:
    from collections.abc import Iterable

    from anonymize.roster import Roster

PLACES, FIRMS = "places", "firms"

_WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*|\d+")
_OWN = re.compile(r"['\u2019]s$", re.IGNORECASE)
_ROADS = frozenset(("calle", "avenida", "plaza", "colonia", "paseo", "rua", "rue"))
_ROADS_LAST = ("boulevard", "avenue", "street", "road")
_ARTICLES = frozenset(("the", "of", "in", "on", "at", "and", "for"))
_HEADS = frozenset(("st", "saint", "mt", "mount", "ft", "fort"))
_SAINTS = frozenset(("st", "saint"))
_LOOSE_END = re.compile(r"(?:[\s,]+(?:of|the|and|for|at|in|on|or|&|st|mt)\.?)+$", re.IGNORECASE)
_SILENT_NUMBERS = frozenset(("o", "oh", "hundred", "thousand", "double", "triple"))
_NUMBERED_STREET = re.compile(
    rf"(?P<tens>(?:a |one )?hundred and |(?:{'|'.join(TENS)})[- ])(?P<last>{SPOKEN_ORDINAL})"
    r"(?: street| avenue)?",
    re.IGNORECASE,
)
_ACRONYM = 5  # letters of the longest


class PlaceMaker:
    """The made-up places and firms of one client.

    Args:
        draws: the client's draws.
        roster: its places and firms are dealt first and are all different.
    """

    def __init__(self, draws: Draws, roster: Roster) -> None:
        self._draws = draws
        self._roster = roster
        self._made: dict[tuple[str, str], str] = {}
        for phrase, span_type in sorted(roster.others.items()):
            pool = FIRMS if span_type == "ORG" else PLACES
            words = list(_WORD.finditer(phrase))
            table = "saints" if _is_saint(words) else pool
            cluster = _cluster(pool, words)
            self._made[table, cluster] = self._name_for(table, cluster)

    @property
    def dealt(self) -> dict[str, str]:
        """Look-up form of the proper part of each place and firm on the roster -> made-up name."""
        return {cluster: name for (_, cluster), name in self._made.items()}

    def numbered_street(self, surface: str) -> str | None:
        """Another street for "Ninety-fifth"; None where this is none."""
        street = _NUMBERED_STREET.fullmatch(surface)
        if street is None:
            return None
        others = [word for word in ORDINALS[:9] if word != street["last"].lower()]
        new = others[self._draws.below(len(others), "STREET", surface.lower())]
        return surface[: street.start("last")] + in_case(new, street["last"]) + surface[street.end("last") :]

    def state(self, surface: str) -> str | None:
        """Another state for a state; None where this is none."""
        states = words_of(PLACES, "states")
        if surface.lower() not in {s.lower() for s in states}:
            return None
        others = [s for s in states if s.lower() != surface.lower()]
        return in_case(others[self._draws.below(len(others), "STATE", surface.lower())], surface)

    def rename(self, pool: str, surface: str) -> str:
        """`surface` with its proper part replaced by one made-up name, its numbers by others, its kind words kept."""
        words = list(_WORD.finditer(surface))
        if surface.lower().rstrip(".") in _HEADS:
            return surface  # a saint's or mount's title without its name
        proper = {word.start() for word in _proper(pool, words)}
        table = "saints" if _is_saint(words) else pool
        name = self._name_for(table, _cluster(pool, words))
        out, last, placed = "", 0, False
        for word in words:
            gap = surface[last : word.start()]
            last = word.end()
            if word.start() not in proper:
                out += gap + word.group()
            elif not placed:
                out += gap + self._written(name, words, proper)
                placed = True
            elif not gap.isspace():
                out += gap.rstrip("&-./").rstrip() if gap.strip() in ("&", "-", ".", "/") else gap
        if (own := _OWN.search(surface)) and not _OWN.search(out):
            out += own.group() * (words[-1].start() in proper)
        out = _LOOSE_END.sub("", (out + surface[last:]).strip())
        return self._renumbered(pool, surface, out)

    def _written(self, name: str, words: list[re.Match[str]], proper: set[int]) -> str:
        """The made-up name in the case of the proper part; an acronym among words of other cases becomes another."""
        part = " ".join(word.group() for word in words if word.start() in proper)
        loud = all(word.group().isupper() for word in words)
        if part.isupper() and not loud and 1 < len(part) <= _ACRONYM:
            return self._draws.consonants(part, "ACRONYM", part.lower())
        return in_case(name, part)

    def _renumbered(self, pool: str, surface: str, out: str) -> str:
        numbers = [w.group().lower() for w in _WORD.finditer(out) if w.group().isdigit() or _is_number(w.group())]
        if all(number in _SILENT_NUMBERS for number in numbers):
            return out
        return respell(out, self._draws.digits(digits_of(out), pool, surface.lower())) if digits_of(out) else out

    def _name_for(self, table: str, cluster: str) -> str:
        """The made-up name for a proper part."""
        if (table, cluster) in self._made:
            return self._made[table, cluster]
        names = self._draws.order(list(_pool(table)), table, cluster)
        taken = {*self._roster.names, *self._roster.others, cluster, *(fold(name) for name in self._made.values())}
        return next((name for name in names if fold(name) not in taken), names[0])


def pool_of(surface: str) -> str | None:
    """The pool of a place or firm that was taken for a person ("Calle Allende", "Tessier Poultry"), else None."""
    words = [word.group().lower() for word in _WORD.finditer(surface)]
    if len(words) < 2 or " " not in surface:  # noqa: PLR2004 - one word tells nothing
        return None
    if words[0] in _ROADS or words[-1] in _ROADS_LAST:
        return PLACES
    if words[0] in words_of("people", "titles"):
        return None
    flags = voc.vocabulary().flags
    first, last = flags.get(words[0], 0), flags.get(words[-1], 0)
    firm = last & voc.ORG_HEAD or (last & voc.WORD and not first & (voc.GIVEN | voc.TITLE))
    headed = first & voc.ORG_HEAD and not first & (voc.NAME | voc.TITLE)
    return FIRMS if headed or (firm and not last & (voc.NAME | voc.AMBIGUOUS)) else None


def is_postal_code(surface: str) -> bool:
    """Whether a place is all numbers, in digits or words."""
    return not re.search(r"[^\W\d_]{2}", re.sub(rf"\b(?:{'|'.join(NUMBER_WORDS)})\b", "", surface.lower()))


def is_acronym(surface: str) -> bool:
    """Whether a firm is known by its letters alone: UCLA, the DMV."""
    letters = surface.removeprefix("the ")
    return letters.isupper() and letters.isalpha() and len(letters) <= _ACRONYM


def _pool(table: str) -> tuple[str, ...]:
    return words_of(PLACES, "saints") if table == "saints" else made_up(table)


@functools.cache
def _kinds(pool: str) -> frozenset[str]:
    return frozenset(words_of(pool, "kinds"))


def _is_saint(words: list[re.Match[str]]) -> bool:
    return len(words) > 1 and words[0].group().lower() in _SAINTS


def _is_number(word: str) -> bool:
    return word.lower() in NUMBER_WORDS


def _proper(pool: str, words: list[re.Match[str]]) -> list[re.Match[str]]:
    """The words of a place or firm that are its name, not its kind ("Dunmore" of "Dunmore Road"), nor numbers."""
    kinds = _kinds(pool)
    if len(words) == 2 and words[0].group().lower() in UNITS and words[1].group().lower() not in kinds:  # noqa: PLR2004
        return words  # "Three Rivers"
    named = [w for w in words if not w.group().isdigit() and not _is_number(w.group()) and len(w.group()) > 1]
    named = [w for w in named if w.group().lower() not in _ARTICLES] or named
    return [w for w in named if w.group().lower() not in kinds] or named[:1]


def _cluster(pool: str, words: Iterable[re.Match[str]]) -> str:
    return " ".join(fold(_OWN.sub("", w.group())) for w in _proper(pool, list(words)))
