"""Packages of the extra `evaluate`, imported where they are used; a missing one is one line that says what to do."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from corpora.errors import UsageError


def needed(module: str, package: str) -> Any:
    """Import a module of the extra.

    Raises:
        UsageError: its package is not installed.
    """
    try:
        return import_module(module)
    except ImportError:
        raise UsageError(
            f"{package} is not installed; run: pip install -c constraints.txt 'therapy-corpora[evaluate]'"
        ) from None
