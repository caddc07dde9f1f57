"""Which pairs of words English says: the frequent word pairs of symspellpy's packaged list.

A name made of plain words stands where the words do not ("at regency kidney", "dawn still don't know"), so that a pair
which is in no list speaks for a name. The list is read when the first text without capitals asks for it.
"""

from __future__ import annotations

import functools
import importlib.resources

_FILE = "frequency_bigramdictionary_en_243_342.txt"


def said(first: str, second: str) -> bool:
    """Whether the two words, in look-up form, are frequent side by side."""
    return f"{first} {second}" in _pairs()


@functools.cache
def _pairs() -> frozenset[str]:
    text = (importlib.resources.files("symspellpy") / _FILE).read_text(encoding="utf-8-sig")
    return frozenset(line.rpartition(" ")[0] for line in text.splitlines())
