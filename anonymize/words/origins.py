"""Where a name's form is most at home, as far as our lists say, in groups large enough to measure each."""

from __future__ import annotations

import functools

from anonymize.words import vocabulary as voc
from anonymize.words.tokens import fold

UNLISTED = "unlisted"

GROUPS = {
    "english": ("english", "british", "scottish", "welsh", "irish"),
    "african american": ("aa", "southern_black"),
    "caribbean": ("caribbean", "haitian"),
    "spanish": ("spanish",),
    "portuguese": ("portuguese",),
    "french": ("french",),
    "italian": ("italian",),
    "german and dutch": ("german", "dutch"),
    "scandinavian": ("scandinavian",),
    "polish": ("polish",),
    "russian and slavic": ("slavic",),
    "balkan and baltic": ("balkan_central", "hungarian", "romanian", "albanian", "lithuanian"),
    "greek": ("greek",),
    "jewish": ("hebrew", "jewish"),
    "arabic": ("arabic",),
    "persian": ("persian",),
    "turkish": ("turkish",),
    "armenian": ("armenian",),
    "south asian": ("indian", "bengali", "pakistani", "pakistani_bengali", "sikh"),
    "chinese": ("chinese",),
    "korean": ("korean",),
    "japanese": ("japanese",),
    "vietnamese": ("vietnamese",),
    "south-east asian": ("thai", "khmer", "hmong", "indonesian", "filipino", "southeast_asian"),
    "pacific": ("hawaiian", "polynesian", "hawaiian_polynesian"),
    "native american": ("nativeamerican",),
    "west african": ("westafrican",),
    "east and southern african": ("eastafrican", "southernafrican"),
}
"""Group -> the lists' labels in it. A form that several peoples share has one label: it is about forms, not people."""


def origin_of(name: str) -> str:
    """The group of the first part of a name that our lists know, given names first; `UNLISTED` where they know none."""
    given, surnames = _listed()
    words = [*fold(name).split(), *voc.split_words(name)]  # "ji-hoon" as a whole first
    for table in (given, surnames):
        for word in words:
            if word in table:
                return table[word]
    return UNLISTED


def names_of(group: str) -> tuple[list[str], list[str]]:
    """The given names and the surnames that our lists have for one group, as they stand there (lower case)."""
    labels = GROUPS[group]
    given = [row[0] for row in _rows("given.tsv") if row[2] in labels]
    return given, [row[0] for row in _rows("surnames.tsv") if row[1] in labels]


def _rows(name: str) -> list[list[str]]:
    return [line.split("\t") for line in voc.read_list(name)]


@functools.cache
def _listed() -> tuple[dict[str, str], dict[str, str]]:
    group = {label: name for name, labels in GROUPS.items() for label in labels}
    given = {fold(row[0]): group.get(row[2], UNLISTED) for row in _rows("given.tsv")}
    return given, {fold(row[0]): group.get(row[1], UNLISTED) for row in _rows("surnames.tsv")}
