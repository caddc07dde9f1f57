"""Which of a client's name forms mean one person: Robert and Bob, Dunleavy and the Dunleavys.

Two wrongs are weighed here. One person under two surrogates reads badly; two people under one tell a false story. So
forms are linked only where the lists or the spelling say so and no third form claims the link as well.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Protocol

from anonymize.surrogates.pools import words_of
from anonymize.words import vocabulary as voc

_SHORTEST_CLIP = 3  # letters of a short form that no list knows ("Thib"); a clipped end ("Quim") needs one more


class Form(Protocol):
    """What is known of a name form: "given", "surname" or "either"; "f", "m" or ""."""

    @property
    def kind(self) -> str:
        """What its places in the sessions say."""
        ...

    @property
    def gender(self) -> str:
        """What lists and sessions say."""
        ...


def clusters(forms: Mapping[str, Form]) -> dict[str, str]:
    """Name form -> an id (one of the forms) that all forms of one person's name, or one family's, share."""
    leader = {token: token for token in sorted(forms)}

    def find(token: str) -> str:
        while leader[token] != token:
            token = leader[token]
        return token

    def union(a: str, b: str) -> None:
        low, high = sorted((find(a), find(b)))
        leader[high] = low

    for token in leader:
        for singular in singulars(token):
            if singular in leader:
                union(token, singular)
    for token in leader:
        owners = [full for full in leader if _may_be_short(token, full) and _agree(forms[token], forms[full])]
        owners = owners or [other for other in leader if _variants(token, other) and _agree(forms[token], forms[other])]
        if len({find(owner) for owner in owners}) == 1:
            union(token, owners[0])
    return {token: find(token) for token in leader}


def singulars(token: str) -> Iterable[str]:
    """What a family's plural may be made of: "dunleavys", "stavroses"."""
    if token.endswith("es"):
        yield token[:-2]
    if token.endswith("s"):
        yield token[:-1]


def _agree(a: Form, b: Form) -> bool:
    """Whether nothing that is known of the two forms keeps them apart."""
    return not (a.gender and b.gender and a.gender != b.gender) and {a.kind, b.kind} != {"given", "surname"}


def _may_be_short(short: str, full: str) -> bool:
    """Whether `short` is a listed nickname of `full`, or a clipped form of it that no list has as a name of its own."""
    if short == full:
        return False
    table = voc.vocabulary()
    if full in table.nicknames.get(short, ()):
        return short in words_of("people", "familiar") or short not in _full_names()
    if table.flags.get(short, 0) & (voc.GIVEN | voc.WORD) or len(short) < _SHORTEST_CLIP or full in singulars(short):
        return False
    return full.startswith(short) or (len(short) > _SHORTEST_CLIP and full.endswith(short))


@functools.cache
def _full_names() -> frozenset[str]:
    """Names that have short forms: Anna is one, so she is not taken for Annabelle."""
    return frozenset(full for names in voc.vocabulary().nicknames.values() for full in names)


def _variants(a: str, b: str) -> bool:
    """Whether two nicknames stand for one full name and they sound alike: Rob and Robbie."""
    table = voc.vocabulary().nicknames
    shared = set(table.get(a, ())) & set(table.get(b, ()))
    return a != b and bool(shared) and (a[:2] == b[:2] or _initial_pair(a, b))


def _initial_pair(a: str, b: str) -> bool:
    """Whether one is a rhyme of the other: Bob and Rob, Bill and Will."""
    return a[1:] == b[1:]
