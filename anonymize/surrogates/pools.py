"""The pools that surrogates are drawn from (`pools.toml`), and which of them fits a name."""

from __future__ import annotations

import functools
import importlib.resources
import tomllib
from collections.abc import Iterator
from typing import Any

from anonymize.words import vocabulary as voc

_ENGLISH = "english"


@functools.cache
def pools() -> dict[str, dict[str, Any]]:
    """The tables of `pools.toml`."""
    return tomllib.loads((importlib.resources.files("anonymize.surrogates") / "pools.toml").read_text(encoding="utf-8"))


@functools.cache
def words_of(table: str, key: str) -> tuple[str, ...]:
    """The words of one entry of a table."""
    return tuple(pools()[table][key].split())


def origin_of(token: str) -> str:
    """The pool of like origin for a name in look-up form; "" for one that no list knows."""
    return _listed().get(token, ("", ""))[0]


def listed_gender(token: str) -> str:
    """The gender that the list of given names says: "f", "m", or "" for both, or not known."""
    return _listed().get(token, ("", ""))[1]


def given_names(origin: str, gender: str) -> list[str]:
    """Given names of an origin; for an unknown gender ("") those that both bear."""
    names: dict[str, str] = pools()["given"][origin]
    return (names.get(gender) or names["u"]).split()


def candidates(origin: str, gender: str, *, is_surname: bool) -> Iterator[list[str]]:
    """Pools to draw from, the best first; the last, of double names, is never used up."""
    for pool in (origin or _ENGLISH, _ENGLISH):
        yield _surnames(pool) if is_surname else given_names(pool, gender)
    everybody = _surnames(_ENGLISH) if is_surname else [n for g in (gender or "fm") for n in given_names(_ENGLISH, g)]
    yield everybody
    yield [f"{first}-{second}" for first in everybody for second in everybody]


@functools.cache
def made_up(table: str) -> tuple[str, ...]:
    """Every made-up name of places or firms: a first half with each second half that it can be spoken with."""
    heads = words_of(table, "first")
    tails = words_of(table, "second") if "second" in pools()[table] else ("",)
    return tuple(head + tail for head in heads for tail in tails if head[-1] != tail[:1])


@functools.cache
def genders() -> dict[str, str]:
    """Titles and words of kinship -> the gender that they show."""
    return {word: gender for gender in "fm" for word in words_of("gendered", gender)}


def _surnames(origin: str) -> list[str]:
    return list(words_of("surname", origin))


@functools.cache
def _listed() -> dict[str, tuple[str, str]]:
    """Name -> (pool, gender); labels without a pool of their own are led to one in `[origins]`, else to the English."""
    alias, known = pools()["origins"], pools()["surname"]
    found: dict[str, tuple[str, str]] = {}
    for file in ("surnames.tsv", "given.tsv"):
        for line in voc.read_list(file):
            name, *gender, label = line.split("\t")
            pool = alias.get(label, label)
            found[name] = (pool if pool in known else _ENGLISH, "".join(gender).replace("u", ""))
    return found
