"""What sources of independent rows share: each row is a session of its own, read by the columns' published names."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from corpora.documents import page_lines
from corpora.errors import TextError, UsageError
from corpora.inputs import stem
from corpora.records import Drop, Origin, Session, Turn
from corpora.sources.base import Unit, file_drop, list_files
from corpora.sources.tables import TABLES, Row, table_rows, table_units
from corpora.text import tidy

_MARKUP = re.compile(r"<(?:/?(?:p|br|div|span|strong|em|b|i|ul|ol|li|a)\b|img\b)", re.IGNORECASE)
MAX_CELL_CHARS = 2**20
Columns = tuple[str, ...]
"""Names a column goes by, in order of preference; case and the marks between words do not count."""


class Unusable(Exception):  # noqa: N818 - it travels from a row to its Drop, no caller sees it
    """Why a row is left out: reason, advice, and whether it should be mended."""

    def __init__(self, reason: str, detail: str, *, quarantined: bool = True) -> None:
        super().__init__(reason)
        self.reason, self.detail, self.quarantined = reason, detail, quarantined


@dataclass(frozen=True)
class Rows:
    """A table of independent rows; a subclass says which columns are which and makes the turns of a row.

    `columns` is the caller's own naming, role of the column -> its name, and wins.
    """

    name: str = ""
    modality: str = "chat"
    license: str = "as the file's owner says; none was declared"
    consent: str = "as the file's owner says; none was declared"
    topic: Columns = ("topic", "topics", "problem_type")
    emotion: Columns = ("emotion", "emotion_type")
    client: Columns = ("client_id", "user_id", "patient_id")
    suffixes: frozenset[str] = TABLES
    columns: Mapping[str, str] = field(default_factory=dict)

    def files(self, root: Path) -> list[Path]:
        """The tables below `root`.

        Raises:
            UsageError: nothing to read, or `root` is a single file without the columns.
        """
        found = list_files(root, self.suffixes, f"a table of {self.name} ({', '.join(sorted(self.suffixes))})")
        if found == [root] and (problem := self.misfit(root)) and problem.startswith("columns missing"):
            raise UsageError(f"{root}: {problem}")
        return found

    def misfit(self, path: Path) -> str | None:
        """Why a table is not this source's, by its first row; None where it fits."""
        try:
            row = next((row for row in table_rows(path) if row.cells is not None), None)
        except (TextError, OSError) as error:
            return error.detail if isinstance(error, TextError) else "cannot be opened"
        if row is None or row.cells is None:
            return "no readable row"
        missing = [role for role in self.needed() if self.cell(row.cells, role) is None]
        wanted = ", ".join(f"{role} ({' or '.join(getattr(self, role)) or 'any name'})" for role in missing)
        return f"columns missing: {wanted}; name them with --columns" if missing else None

    def demand_columns(self, path: Path) -> None:
        """Look whether the columns are there.

        Raises:
            TextError: `missing_columns`, naming them.
        """
        problem = self.misfit(path)
        if problem and problem.startswith("columns missing"):
            raise TextError("missing_columns", problem)

    def needed(self) -> Sequence[str]:
        """The roles of columns without which no row can be read."""
        return ()

    def units(self, path: Path, name: str) -> list[Unit]:
        """About a mebibyte of rows each."""
        return table_units(path, name)

    def read(self, unit: Unit) -> Iterator[Session | Drop]:
        """One session a row, in file order."""
        path = Path(unit.path)
        try:
            if not unit.start:
                self.demand_columns(path)
            for row in table_rows(path, unit.start, unit.end, unit.line):
                yield self._session(row, unit)
        except TextError as error:
            yield file_drop(error, Origin(unit.path, unit.start, unit.end))
        except OSError as error:
            problem = f"{error.strerror}; check the file's permissions"
            yield file_drop(TextError("unreadable_file", problem), Origin(unit.path, unit.start, unit.end))

    def _session(self, row: Row, unit: Unit) -> Session | Drop:
        origin, session_id = Origin(unit.path, row.start, row.end), f"{stem(unit.name)}#{row.line}"
        try:
            cells, turns, group = self._turns(row)
        except Unusable as why:
            detail = f"line {row.line}: {why.detail}"
            return Drop(why.reason, "session", origin, session_id, 0, detail, quarantined=why.quarantined)
        asked = len(turns) == 2 and turns[0].role == "client"  # noqa: PLR2004 - a question and its answer
        client = self.text(cells, "client") or None
        group = group or (fingerprint(turns[0].text) if asked else f"row:{session_id}")
        meta = {"modality": self.modality, "topic": self.text(cells, "topic") or None}
        meta["emotion"] = self.text(cells, "emotion") or None
        kind = "qa" if asked else "transcript"
        return Session(
            session_id, self.name, client, turns, meta, origin, kind=kind, group_id=None if client else group
        )

    def _turns(self, row: Row) -> tuple[Mapping[str, Any], list[Turn], str | None]:
        if row.cells is None:
            raise Unusable("malformed_row", "not readable as a row of this table; mend it")
        turns, group = self.turns(row.cells)
        if not {"therapist", "client"} <= {turn.role for turn in turns}:
            raise Unusable("one_sided", "only one side speaks; fill the other")
        return row.cells, turns, group

    def turns(self, cells: Mapping[str, Any]) -> tuple[list[Turn], str | None]:
        """The turns of a row, and its group where a column says it.

        Raises:
            Unusable: the row cannot be read.
        """
        raise NotImplementedError

    def cell(self, cells: Mapping[str, Any], role: str) -> Any:
        """The value of the column with this role; None where there is no such column."""
        names = (self.columns[role],) if role in self.columns else getattr(self, role)
        folded = {_folded(str(name)): value for name, value in cells.items()}
        found = [folded[_folded(name)] for name in names if folded.get(_folded(name)) is not None]
        return next((value for value in found if value != ""), found[0] if found else None)

    def text(self, cells: Mapping[str, Any], role: str) -> str:
        """The text of that column; markup is taken out, lists are joined."""
        return written(self.cell(cells, role))


def written(value: Any) -> str:
    """A cell as clean text; empty where it holds none.

    Raises:
        Unusable: it holds something that is no text, or too much.
    """
    if value is None:
        return ""
    if isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value):
        value = "; ".join(value)
    if isinstance(value, (int, float)):
        value = str(value)
    if not isinstance(value, str):
        raise Unusable("malformed_row", "a cell holds a structure where text should be; mend the row")
    if len(value) > MAX_CELL_CHARS:
        raise Unusable("cell_too_long", f"a cell of over {MAX_CELL_CHARS} characters; cut it")
    return tidy(page_lines(value) if "<" in value and _MARKUP.search(value) else value)


def fingerprint(text: str) -> str:
    """What equal questions share, whatever their case, spaces and punctuation: the split keeps them together."""
    words = " ".join(re.findall(r"\w+", text.casefold()))
    return hashlib.sha256(words.encode()).hexdigest()[:32]


def as_json(value: Any) -> Any:
    """A cell that holds JSON as a string (as CSV files carry lists) read; anything else unchanged."""
    if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _folded(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold())
