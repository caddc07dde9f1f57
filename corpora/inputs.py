"""Where bytes come from: plain files, compressed ones (`.gz`, `.zst`), and members of a `.zip`, read as a folder.

Nothing is unpacked to disk: a member is a path below its archive (`corpus.zip/a/b.txt`) and is read in memory, within
declared limits, so that neither a link nor a `..` in an archive can reach outside it.
"""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

from corpora.errors import TextError

MAX_FILE_BYTES = 64 * 2**20
"""A larger text file is refused: an hour of speech is about 60 kB, and reading takes some ten times its size."""

MAX_TABLE_BYTES = 512 * 2**20
"""A compressed table that unpacks to more is refused; plain ones are streamed and have no limit."""

MAX_MEMBERS = 100_000
MAX_ARCHIVE_BYTES = 8 * 2**30
"""What all members of one archive may unpack to."""

MAX_RATIO = 250
"""Unpacked by packed size above which a large member is a bomb: transcripts compress about 3 times, tables up to 30."""

_RATIO_COUNTS_FROM = 2**20
_BLOCK = 2**16
COMPRESSED = frozenset({".gz", ".zst"})
ARCHIVES = frozenset({".zip"})
_UNSAFE = "%2E%2E"  # how a `..` of a member's name is written in its path, so that no path leads upwards


def bare(path: Path | PurePosixPath | str) -> PurePosixPath:
    """The path without a compression's suffix: `a.csv.gz` is `a.csv`."""
    path = PurePosixPath(path)
    return path.with_suffix("") if path.suffix.lower() in COMPRESSED else path


def stem(name: str) -> str:
    """A file's name (with its folders) without suffixes: what session ids are made of."""
    return str(bare(name).with_suffix(""))


def is_plain(path: Path) -> bool:
    """Whether the file's own bytes are its content, so that a part of it can be read without the rest."""
    return path.suffix.lower() not in COMPRESSED and _within(path) is None


def file_of(path: Path) -> Path:
    """The file on disk that holds the content: the archive of a member, else the path itself."""
    return _within(path) or path


def is_archive(path: Path) -> bool:
    """Whether this is an archive whose members are read as files."""
    return path.suffix.lower() in ARCHIVES and path.is_file()


def members(archive: Path) -> list[Path]:
    """The paths of an archive's files, folders and hidden ones left out; the archive itself where it cannot be used."""
    try:
        return [archive / name for name in _members(archive, archive.stat().st_mtime_ns)]
    except TextError:
        return [archive]  # reading it says why


def open_binary(path: Path, limit: int = MAX_TABLE_BYTES) -> IO[bytes]:
    """The content of a file, seekable; compressed content and archive members are held in memory.

    Raises:
        TextError: `unreadable_file`, `file_too_large`, or what is wrong with the archive.
        OSError: a plain file cannot be opened.
    """
    if not is_plain(path):
        return io.BytesIO(read_bytes(path, limit))
    if not path.is_file():
        raise TextError("unreadable_file", "not a regular file, or a link to nothing; copy the file itself here")
    return path.open("rb")


def read_bytes(path: Path, limit: int = MAX_FILE_BYTES) -> bytes:
    """The whole content of a file.

    Raises:
        TextError: `unreadable_file`, `file_too_large`, `damaged_archive`, `suspicious_archive`, `unsafe_member` or
            `nested_archive`.
    """
    archive = _within(path)
    try:
        if archive:
            return _unpacked(_member(archive, path), path, limit)
        if path.suffix.lower() in ARCHIVES and path.is_file():
            _members(path, path.stat().st_mtime_ns)
            raise TextError("nested_archive", "archives are read as an input or in a folder; unpack this one")
        if not path.is_file():
            raise TextError("unreadable_file", "not a regular file, or a link to nothing; copy the file itself here")
        with path.open("rb") as file:
            return _unpacked(file, path, limit)
    except OSError as error:
        raise TextError(
            "unreadable_file", f"{error.strerror or 'damaged'}; check the file and its permissions"
        ) from None


def size_of(path: Path) -> int:
    """Bytes of a file's content; 0 where it cannot be read."""
    try:
        if is_plain(path):
            return path.stat().st_size
        return len(read_bytes(path, MAX_TABLE_BYTES))
    except (OSError, TextError):
        return 0


def _within(path: Path) -> Path | None:
    """The archive that a path leads into, if it does."""
    if not any(Path(part).suffix.lower() in ARCHIVES for part in path.parts[:-1]):
        return None
    return next((parent for parent in path.parents if is_archive(parent)), None)


@lru_cache(maxsize=8)
def _members(archive: Path, _modified: int) -> dict[str, zipfile.ZipInfo]:
    """Safe path -> entry of an archive's files.

    Raises:
        TextError: the archive is damaged, or larger than the limits.
    """
    try:
        with zipfile.ZipFile(archive) as file:
            entries = [entry for entry in file.infolist() if not entry.is_dir()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise TextError("damaged_archive", "not a readable ZIP archive; pack it again, or unpack it") from None
    if len(entries) > MAX_MEMBERS or sum(entry.file_size for entry in entries) > MAX_ARCHIVE_BYTES:
        detail = f"over {MAX_MEMBERS} members or {MAX_ARCHIVE_BYTES} bytes unpacked; cut it into several archives"
        raise TextError("suspicious_archive", detail)
    found = {_safe(entry.filename): entry for entry in entries}
    return {name: found[name] for name in sorted(found) if name and not _hidden(name)}


def _safe(name: str) -> str:
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
    return "/".join(_UNSAFE if part == ".." else part for part in parts)


def _hidden(name: str) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in name.split("/"))


def _member(archive: Path, path: Path) -> IO[bytes]:
    name = path.relative_to(archive).as_posix()
    entry = _members(archive, archive.stat().st_mtime_ns).get(name)
    if entry is None:
        raise TextError("unreadable_file", "the archive has no such member")
    if _UNSAFE in name or entry.filename.startswith(("/", "\\")) or stat.S_ISLNK(entry.external_attr >> 16):
        raise TextError("unsafe_member", "a link, or a path that leads out of the archive; pack the file itself")
    if entry.filename.lower().endswith(tuple(ARCHIVES)):
        raise TextError("nested_archive", "an archive in an archive is not opened; unpack the outer one")
    if entry.file_size > max(_RATIO_COUNTS_FROM, MAX_RATIO * entry.compress_size):
        raise TextError("suspicious_archive", f"the member unpacks to over {MAX_RATIO} times its size")
    try:
        with zipfile.ZipFile(archive) as file:
            return io.BytesIO(_bounded(file.open(entry), MAX_TABLE_BYTES))
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, ValueError):
        detail = "the member is damaged, encrypted, or packed by an unknown method; pack it again without a password"
        raise TextError("damaged_archive", detail) from None


def _unpacked(file: IO[bytes], path: Path, limit: int) -> bytes:
    suffix = path.suffix.lower()
    if suffix not in COMPRESSED:
        return _bounded(file, limit)
    try:
        return _bounded(_gunzipping(file) if suffix == ".gz" else _zstd(file), limit)
    except (OSError, EOFError, zlib.error, ValueError):
        raise TextError("damaged_archive", f"not a readable {suffix} file; compress it again, or unpack it") from None


def _gunzipping(file: IO[bytes]) -> IO[bytes]:
    import gzip

    return gzip.GzipFile(fileobj=file)  # type: ignore[return-value]


def _zstd(file: IO[bytes]) -> IO[bytes]:
    import pyarrow as pa

    stream: BinaryIO = pa.CompressedInputStream(file, "zstd")
    return stream


def _bounded(file: IO[bytes], limit: int) -> bytes:
    """All that a stream gives, read in blocks, so that a bomb costs no more than the limit."""
    data = bytearray()
    while block := file.read(_BLOCK):
        data += block
        if len(data) > limit:
            raise TextError("file_too_large", f"more than {limit} bytes of content; cut it into one file a session")
    return bytes(data)
