"""A source that another package adds: `corpora build --source diaries` reads it once the package is installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from corpora.errors import TextError
from corpora.inputs import stem
from corpora.records import Drop, Origin, Role, Session, Turn
from corpora.sources.base import Unit, file_drop, file_unit, list_files
from corpora.text import read_text

ROLES: dict[str, Role] = {"T": "therapist", "C": "client"}


class Diaries:
    """Two-column text: T or C, a tab, what was said."""

    name, modality = "diaries", "chat"
    license, consent = "ours", "written consent, on file"

    def files(self, root: Path) -> list[Path]:
        """The .tsv files below a folder, packed or not."""
        return list_files(root, {".tsv"}, "a folder of .tsv files")

    def units(self, path: Path, name: str) -> list[Unit]:
        """A file is small: one unit."""
        return [file_unit(path, name)]

    def read(self, unit: Unit) -> Iterator[Session | Drop]:
        """One session a file; a line of another form is set aside."""
        origin = Origin(unit.path, unit.start, unit.end)
        try:
            lines = read_text(Path(unit.path)).lines
        except TextError as error:
            yield file_drop(error, origin)
            return
        turns: list[Turn] = []
        for number, line in enumerate(lines, start=1):
            who, _, text = line.partition("\t")
            if who in ROLES and text.strip():
                turns.append(Turn(len(turns), ROLES[who], who, text.strip()))
            elif line.strip():
                detail = f"line {number}: not T or C, a tab, and a text; mend it"
                yield Drop("malformed_line", "turn", origin, stem(unit.name), detail=detail, quarantined=True)
        yield Session(stem(unit.name), self.name, None, turns, {}, origin)
