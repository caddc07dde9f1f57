"""Importing a library without the heavy ones that it would take along wherever they happen to be installed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

HEAVY = ("torch", "transformers", "tensorflow", "cupy")
"""What spaCy and Presidio look for; none of our rules needs them, and they take seconds to import."""


@contextmanager
def without(*packages: str) -> Iterator[None]:
    """Let imports in here find none of `packages`, but those that are imported already; afterwards they can be again.

    The library keeps to what it found for as long as the process lives.
    """
    hidden = [package for package in packages if package not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None is how Python marks a failed import
    try:
        yield
    finally:
        for package in hidden:
            sys.modules.pop(package, None)


@contextmanager
def standing_in(module: str, *names: str) -> Iterator[None]:
    """Let imports in here find `names`, as None, in place of a module that is slow to import and of no use.

    Only for a process that is all ours, since the library that imports it keeps to what it found. A module that is
    imported already stays as it is.
    """
    if module in sys.modules:
        yield
        return
    stand_in = ModuleType(module)
    vars(stand_in).update(dict.fromkeys(names))
    sys.modules[module] = stand_in
    try:
        yield
    finally:
        del sys.modules[module]
