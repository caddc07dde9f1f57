"""Which source reads a path, and why: names and columns of a few files are looked at, never their text."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from corpora.errors import CorporaError, TextError, UsageError
from corpora.inputs import bare
from corpora.records import Session
from corpora.sources import get_source, source_names
from corpora.sources.rows import Rows
from corpora.sources.tables import TABLES, table_rows

LOOKED_AT = 5
_ROLES = ("question", "title", "answer", "question_id", "messages", "topic", "emotion")
_GENERAL = ("utterances", "chat", "pairs")


@dataclass(frozen=True, slots=True)
class Fit:
    """A source that reads a path: its name, what speaks for it, and how specific that is (higher wins)."""

    source: str
    why: str
    score: int


def detect(root: Path) -> list[Fit]:
    """The sources that fit the files at a path, the likeliest first; empty where none does.

    Raises:
        UsageError: there is nothing at the path.
    """
    if not root.exists():
        raise UsageError(f"{root}: no such file or folder")
    fits = [fit for name in source_names() if (fit := _fit(name, root))]
    return sorted(fits, key=lambda fit: (-fit.score, fit.source))


def detected(root: Path) -> str:
    """The name of the source that fits best.

    Raises:
        UsageError: none does.
    """
    fits = detect(root)
    if not fits:
        raise UsageError(f"{root}: no source reads this; see `corpora sources`, or name the columns with --columns")
    return fits[0].source


def _fit(name: str, root: Path) -> Fit | None:
    try:
        source = get_source(name)
        files = source.files(root)[:LOOKED_AT]
    except CorporaError:
        return None
    if isinstance(source, Rows):
        return _fit_columns(source, files)
    if name == "annomi" or not any(_is_table(path) for path in files):
        return _fit_sessions(name, files)
    return None


def _is_table(path: Path) -> bool:
    return bare(path.name).suffix.lower() in TABLES


def _fit_columns(source: Rows, files: list[Path]) -> Fit | None:
    """By the columns: the more of a source's own names a table has, the better it fits."""
    for path in (path for path in files if _is_table(path)):
        if source.misfit(path):
            continue
        try:
            row = next(row for row in table_rows(path) if row.cells is not None)
        except (TextError, OSError, StopIteration):
            continue
        if not _readable(source, path):
            continue
        named = {str(column) for column in row.cells or {}}
        by_role = [named & set(names) for role in _ROLES if (names := getattr(source, role, ()))]
        own = set().union(*by_role)
        score = 10 + len(own) - by_role.count(set())
        if source.name in _GENERAL:
            score = 1 + _GENERAL[::-1].index(source.name)
        return Fit(source.name, f"{path.name} has its columns: {', '.join(sorted(own or named)[:6])}", score)
    return None


def _readable(source: Rows, path: Path) -> bool:
    """Whether the first rows of a table are read as sessions."""
    [unit, *_] = source.units(path, path.name)
    for tried, item in enumerate(source.read(unit)):
        if isinstance(item, Session):
            return True
        if tried >= LOOKED_AT:
            break
    return False


def _fit_sessions(name: str, files: list[Path]) -> Fit | None:
    """By reading: a file in which a session is found."""
    source = get_source(name)
    for path in files:
        for unit in source.units(path, path.name)[:1]:
            if any(isinstance(item, Session) for item in source.read(unit)):
                return Fit(name, f"{path.name} holds a session with both sides' turns", 30 if name == "annomi" else 5)
    return None
