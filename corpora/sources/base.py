"""What a source is: a named reader that cuts files into work units and reads each unit into sessions.

A source lists its files, cuts each into units (one file, or a run of whole sessions of a large one) and reads a unit.
Everything it cannot use comes out as a `Drop`, so that nothing is lost between the folder and the sessions.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from corpora.errors import TextError, UsageError
from corpora.inputs import bare, is_archive, members, size_of
from corpora.records import Drop, Origin, Session


@dataclass(frozen=True, slots=True)
class Unit:
    """A piece of work: bytes `start` to `end` (half-open) of the file at `path`.

    `name` is the file's POSIX path relative to the input, which session ids are made of: the same corpus keeps its ids
    wherever it lies. `line` is the number (from 1) of the line at `start`, for messages.
    """

    path: str
    name: str
    start: int
    end: int
    line: int = 1


class Source(Protocol):
    """A reader of one kind of corpus; see CONTRIBUTING for adding one.

    `modality`, `license` and `consent` state the terms the corpus comes under; they reach every row and the report.
    """

    name: str
    modality: str
    license: str
    consent: str

    def files(self, root: Path) -> list[Path]:
        """The files below `root` (or `root` itself) that are this source's, sorted.

        Raises:
            UsageError: nothing is there to read.
        """
        ...

    def units(self, path: Path, name: str) -> list[Unit]:
        """Cut one file at whole sessions; one unit where the file is small. Its name is relative to the input."""
        ...

    def read(self, unit: Unit) -> Iterator[Session | Drop]:
        """The sessions of a unit in file order, cleaned, and a `Drop` for whatever was left out."""
        ...


def list_files(root: Path, suffixes: Collection[str], wanted: str) -> list[Path]:
    """The files with one of `suffixes` (lower case, with dot) below a folder, sorted; a single file is taken as it is.

    A `.zip` is listed like a folder, and `.gz` or `.zst` may follow a suffix. Hidden files and folders are passed over,
    links to folders are not followed.

    Raises:
        UsageError: the path is missing, cannot be listed, or holds no such file; `wanted` says what should be there.
    """
    if not root.exists():
        raise UsageError(f"{root}: no such file or folder; give the path of {wanted}")
    if not root.is_dir() and not is_archive(root):
        return [root]
    everything = members(root) if is_archive(root) else _walk(root)
    if everything == [root]:
        return [root]  # an archive that cannot be used: reading it says why
    found = [path for path in everything if bare(path.name).suffix.lower() in {*suffixes, ".zip"}]
    if not found:
        raise UsageError(f"{root}: holds no {' or '.join(sorted(suffixes))} file; give the path of {wanted}")
    return sorted(found, key=lambda path: path.parts)


def _walk(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root, onerror=_refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for path in (Path(folder, name) for name in names if not name.startswith(".")):
            yield from members(path) if is_archive(path) else [path]


def unit_name(root: Path, file: Path) -> str:
    """A file's POSIX path relative to the input it was found in: folder, archive, or the file itself."""
    return file.name if file == root else file.relative_to(root).as_posix()


def file_drop(error: TextError, origin: Origin) -> Drop:
    """A file that cannot be read, as the accounting wants it: set aside, or dropped where it is blank."""
    quarantined = error.reason != "blank_file"
    return Drop(error.reason, "file", origin, count=0, detail=error.detail, quarantined=quarantined)


def _refuse(error: OSError) -> None:
    raise UsageError(f"{error.filename}: cannot be listed ({error.strerror}); check the folder's permissions")


def file_unit(path: Path, name: str) -> Unit:
    """The whole file as one unit (of size 0 where it cannot be read, which its reader then says)."""
    return Unit(str(path), name, 0, size_of(path))
