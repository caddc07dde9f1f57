"""Files that are either whole or not there: temporary name, fsync, rename. Raw text and keys are private (0600)."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700
PART = ".part"
"""Suffix of a file that is being written; one that no program writes any more is litter."""


@contextmanager
def replacing(path: Path, named: Callable[[Path], Path] | None = None, *, flushed: bool = True) -> Iterator[Path]:
    """Yield a private temporary path beside `path` to write to; at the end it is flushed to disk and takes its place.

    A failure or a kill leaves `path` as it was.

    Args:
        path: what is replaced.
        named: tells another name in the same folder from the file when it is written; the name then goes to disk when
            the system likes, since whoever looks for such a file can tell that it is not there, and why.
        flushed: False where the file, too, may go to disk when the system likes, since its bytes are compared before
            they are trusted again.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}{PART}")
    part.touch(PRIVATE_FILE)
    try:
        yield part
        if flushed:
            _fsync(part)
        part.replace(named(part) if named else path)
        if flushed and not named:
            _fsync(path.parent)
    finally:
        part.unlink(missing_ok=True)


def write_atomic(path: Path, data: bytes, *, flushed: bool = True) -> None:
    """Write `data` to `path` whole or not at all, readable by its owner only; `flushed` as in `replacing`."""
    with replacing(path, flushed=flushed) as part:
        part.write_bytes(data)


def private_folder(path: Path) -> Path:
    """Make `path` (and its parents) if missing, open to its owner only; returns it."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(PRIVATE_FOLDER)
    return path


def sha256_file(path: Path) -> str:
    """The SHA-256 of a file as 64 hex characters, read in blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fsync_tree(folder: Path) -> None:
    """Flush every file and folder under `folder` to disk."""
    for path in sorted(folder.rglob("*")):
        _fsync(path)
    _fsync(folder)


def _fsync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
