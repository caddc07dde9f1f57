"""The rows of a corpus, whoever made it, some at a time: `datasets` folders, and Parquet, Arrow, JSON and CSV files.

Nothing is mapped into memory, so that what was read can be let go of; a corpus larger than memory is read like a small
one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from corpora.errors import UsageError
from corpora.shards import SPLITS

if TYPE_CHECKING:
    import polars as pl

ROWS_AT_ONCE = 25_000
SUFFIXES = (".arrow", ".parquet", ".jsonl", ".ndjson", ".json", ".csv")
_ARROW_FILE = b"ARROW1"
_SPLIT_NAMES = {
    **{name: name for name in SPLITS},
    **dict.fromkeys(("valid", "val", "dev", "eval"), "validation"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """One file of rows, and the split that it belongs to (`train` where nothing tells)."""

    split: str
    path: Path


def parts_in(path: Path) -> list[Part]:
    """The files of a corpus in order.

    Args:
        path: a file; a folder of `save_to_disk`, of one dataset or a dictionary of them; or any folder of data files,
            whose names or folders say the split as the hub has it (`train-00000-of-00002.parquet`, `test/0.jsonl`).

    Raises:
        UsageError: there is nothing to read, or a folder's listing is damaged.
    """
    if path.is_file():
        if path.suffix.lower() not in SUFFIXES:
            raise UsageError(f"{path}: no file of rows; known endings are {', '.join(SUFFIXES)}")
        return [Part(_split_of(Path(path.name)), path)]
    if (path / "dataset_dict.json").is_file():
        splits = _listing(path / "dataset_dict.json")["splits"]
        parts = [part for split in splits for part in _saved(path / split, split)]
    elif (path / "state.json").is_file():
        parts = _saved(path, _split_of(Path(path.name)))
    else:
        files = sorted(file for file in path.rglob("*") if file.suffix.lower() in set(SUFFIXES) - {".json"})
        parts = [Part(_split_of(file.relative_to(path)), file) for file in files]
    if not parts:
        raise UsageError(f"{path}: it holds no rows; give a `datasets` folder or a {', '.join(SUFFIXES)} file")
    return parts


def frames(part: Part, size: int = ROWS_AT_ONCE) -> Iterator[pl.DataFrame]:
    """The rows of one file, about `size` at a time, under the names and types it has them in.

    Raises:
        UsageError: the file is not what its ending says; for JSON with the line.
    """
    read = {".arrow": _arrow, ".parquet": _parquet, ".csv": _csv, ".json": _json}.get(part.path.suffix.lower(), _lines)
    import polars as pl
    import pyarrow as pa

    try:
        yield from read(part.path, size)
    except (pa.ArrowInvalid, pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        raise UsageError(f"{part.path}: it cannot be read as {part.path.suffix} ({type(error).__name__})") from None


def _saved(folder: Path, split: str) -> list[Part]:
    """The shards that `save_to_disk` lists; what it cached beside them is no part of the corpus."""
    files = _listing(folder / "state.json")["_data_files"]
    return [Part(split, folder / entry["filename"]) for entry in files]


def _listing(path: Path) -> Any:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        _ = document["splits"] if path.name == "dataset_dict.json" else [f["filename"] for f in document["_data_files"]]
    except (OSError, ValueError, KeyError, TypeError):
        raise UsageError(f"{path}: it is missing or damaged, so the folder's shards are unknown") from None
    return document


def _split_of(path: Path) -> str:
    """The split that a relative path names: by a folder, or by the first or last word of the file's name."""
    words = re.split(r"[^a-z]+", path.name.split(".")[0].lower())
    named = [part.lower() for part in path.parts[:-1]] + [word for word in words if word]
    return next((_SPLIT_NAMES[name] for name in named if name in _SPLIT_NAMES), SPLITS[0])


def _arrow(path: Path, size: int) -> Iterator[pl.DataFrame]:
    import pyarrow as pa

    with pa.OSFile(str(path)) as file:
        if file.read(len(_ARROW_FILE)) == _ARROW_FILE:
            table = pa.ipc.open_file(file)
            batches = (table.get_batch(at) for at in range(table.num_record_batches))
        else:
            file.seek(0)
            batches = iter(pa.ipc.open_stream(file))
        yield from _gathered(batches, size)


def _parquet(path: Path, size: int) -> Iterator[pl.DataFrame]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path, memory_map=False) as file:
        yield from _gathered(file.iter_batches(size), size)


def _gathered(batches: Iterator[Any], size: int) -> Iterator[pl.DataFrame]:
    """Record batches put together to frames of `size` rows or a little more."""
    import polars as pl
    import pyarrow as pa

    held: list[Any] = []
    for batch in batches:
        held.append(batch)
        if sum(len(part) for part in held) >= size:
            yield cast("pl.DataFrame", pl.from_arrow(pa.Table.from_batches(held)))
            held = []
    if held:
        yield cast("pl.DataFrame", pl.from_arrow(pa.Table.from_batches(held)))


def _csv(path: Path, size: int) -> Iterator[pl.DataFrame]:
    import polars as pl

    yield from pl.scan_csv(path, infer_schema=False).collect_batches(chunk_size=size)


def _lines(path: Path, size: int) -> Iterator[pl.DataFrame]:
    with path.open("rb") as file:
        number = 0
        while chunk := list(islice(file, size)):
            yield _rows(path, chunk, number)
            number += len(chunk)


def _rows(path: Path, lines: list[bytes], before: int) -> pl.DataFrame:
    import polars as pl

    try:
        return pl.read_ndjson(b"".join(lines), infer_schema_length=None)
    except pl.exceptions.PolarsError:
        for number, line in enumerate(lines, start=before + 1):
            _check(path, number, line)
        raise


def _check(path: Path, number: int, line: bytes) -> None:
    try:
        row = json.loads(line) if line.strip() else {}
    except ValueError:
        row = None
    if not isinstance(row, dict):
        raise UsageError(f"{path}, line {number}: no JSON object; every line must be one row")


def _json(path: Path, size: int) -> Iterator[pl.DataFrame]:
    """A JSON array of rows; a file that starts otherwise is read line by line."""
    import polars as pl

    with path.open("rb") as file:
        if not _is_array(file):
            yield from _lines(path, size)
            return
        yield pl.read_json(file, infer_schema_length=None)


def _is_array(file: BinaryIO) -> bool:
    head = file.read(64).lstrip()
    file.seek(0)
    return head.startswith(b"[")
