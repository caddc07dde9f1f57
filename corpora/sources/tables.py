"""Tables as corpora are published: CSV, TSV, JSON, JSON lines and Parquet, one record at a time.

CSV and JSON lines are streamed, so that memory does not grow with the file; a record that cannot be read is told from
the others by `cells` being None, and never keeps them from being read.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from corpora.errors import TextError
from corpora.inputs import MAX_FILE_BYTES, bare, is_plain, open_binary, read_bytes
from corpora.sources.base import Unit, file_unit
from corpora.text import decode

MAX_RECORD_BYTES = 2**20
"""A longer record is a quotation mark left open: the longest published utterance has 4 kB, the longest answer 220 kB
(of CounselChat, with a picture in it)."""

TABLES = frozenset({".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet"})
UNIT_BYTES = 1024 * 1024
"""About how much of a table of independent rows a unit holds."""

_MAX_ROWS = 20_000_000
_BATCH = 512
_NEVER = re.compile(rb"(?!)")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_PLAIN = re.compile(rb"[\t\n\x20-\x7e]*(?:\r\n)?")  # reads the same in every encoding, and needs no cleaning
_WRAPPERS = ("data", "rows", "train", "examples", "conversations", "dialogues")


@dataclass(frozen=True, slots=True)
class Record:
    """One CSV record: its cells (None where it is not CSV), its bytes in the file, and its first line (from 1)."""

    cells: list[str] | None
    start: int
    end: int
    line: int


@dataclass(frozen=True, slots=True)
class Row:
    """One row by its columns' names (None where it cannot be read), its bytes in the file, and its first line."""

    cells: Mapping[str, Any] | None
    start: int
    end: int
    line: int


def table_rows(path: Path, start: int = 0, end: int | None = None, line: int = 1) -> Iterator[Row]:
    """The rows of a table between two bytes, as `table_units` cuts it; `line` is the number of the line at `start`.

    Raises:
        TextError: it cannot be read, or is no table.
        OSError: it cannot be opened.
    """
    suffix = bare(path.name).suffix.lower()
    if suffix == ".parquet":
        yield from _parquet(path)
    elif suffix in (".csv", ".tsv"):
        yield from _csv(path, start, end, line, "\t" if suffix == ".tsv" else ",")
    elif _is_lines(path):
        yield from _json_lines(path, start, end, line)
    else:
        yield from _json(path)


def table_units(path: Path, name: str) -> list[Unit]:
    """Cut a table of independent rows about every `UNIT_BYTES`; one unit where it cannot be cut."""
    whole = file_unit(path, name)
    suffix = bare(path.name).suffix.lower()
    try:
        if whole.end <= UNIT_BYTES or not is_plain(path) or suffix == ".parquet":
            return [whole]
        if suffix not in (".csv", ".tsv") and not _is_lines(path):
            return [whole]
        cuts = [(0, 1)]
        for row in table_rows(path):
            if row.start - cuts[-1][0] >= UNIT_BYTES:
                cuts.append((row.start, row.line))
    except (TextError, OSError):
        return [whole]  # reading it says what is wrong
    return cut_units(whole, cuts, whole.end)


def cut_units(whole: Unit, cuts: Sequence[tuple[int, int]], end: int) -> list[Unit]:
    """The units between cuts, each the byte and the number of the line at which a unit starts; `end` is the last's."""
    bounds = pairwise([*cuts, (end, 0)])
    return [replace(whole, start=start, end=stop, line=line) for (start, line), (stop, _) in bounds]


def _csv(path: Path, start: int, end: int | None, line: int, delimiter: str) -> Iterator[Row]:
    header = csv_header(path, delimiter)
    end = file_unit(path, "").end if end is None else end
    for record in csv_records(path, start, end, line, delimiter=delimiter):
        if record.start == 0:
            continue
        cells = record.cells
        whole = cells is not None and len(cells) == len(header)
        row = dict(zip(header, cells or [], strict=False)) if whole else None
        yield Row(row, record.start, record.end, record.line)


def _is_lines(path: Path) -> bool:
    """Whether a JSON file holds one object a line, whatever it is called."""
    if bare(path.name).suffix.lower() in (".jsonl", ".ndjson"):
        return True
    with open_binary(path) as file:
        first, second = file.readline(MAX_RECORD_BYTES), file.readline(MAX_RECORD_BYTES)
    return isinstance(_object(first), dict) and (not second.strip() or isinstance(_object(second), dict))


def _json_lines(path: Path, start: int, end: int | None, line: int) -> Iterator[Row]:
    position = start
    with open_binary(path) as file:
        file.seek(start)
        while (end is None or position < end) and (raw := file.readline(8 * MAX_RECORD_BYTES)):
            value = _object(raw) if raw.strip() else None
            if raw.strip():
                yield Row(value if isinstance(value, dict) else None, position, position + len(raw), line)
            position += len(raw)
            line += raw.endswith(b"\n")


def _json(path: Path) -> Iterator[Row]:
    data = read_bytes(path, MAX_FILE_BYTES)
    if not data.strip():
        raise TextError("blank_file", "the file holds nothing but white space")
    value = _object(data)
    if value is None:
        raise TextError("damaged_table", "not readable as JSON; write it again")
    if isinstance(value, dict):
        value = next((value[key] for key in _WRAPPERS if _is_rows(value.get(key))), [value])
    if not isinstance(value, list):
        raise TextError("damaged_table", "JSON without rows; it should be a list of objects")
    for number, row in enumerate(value, start=1):
        yield Row(row if isinstance(row, dict) else None, 0, len(data), number)


def _is_rows(value: Any) -> bool:
    """Whether a value is rows of a table, and not the messages of one conversation."""
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict) and not _MESSAGE & value[0].keys()


_MESSAGE = frozenset({"role", "from", "speaker"})


def _object(raw: bytes) -> Any:
    try:
        return json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None


def _parquet(path: Path) -> Iterator[Row]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with open_binary(path) as file:
            table = pq.ParquetFile(file)
            if table.metadata.num_rows > _MAX_ROWS:
                raise TextError("file_too_large", f"{table.metadata.num_rows} rows, limit {_MAX_ROWS}; cut it")
            size, number = file_unit(path, "").end, 0
            for batch in table.iter_batches(batch_size=_BATCH):
                for row in batch.to_pylist():
                    number += 1
                    yield Row(row, 0, size, number)
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, TextError):
            raise
        raise TextError("damaged_table", "not a readable Parquet file; write it again") from None


def csv_header(path: Path, delimiter: str = ",") -> list[str]:
    """The column names.

    Raises:
        TextError: the file cannot be read, is empty, or is not text.
    """
    try:
        with open_binary(path) as file:
            head = file.read(2**16)
    except OSError as error:
        raise TextError("unreadable_file", f"{error.strerror}; check the file's permissions") from None
    lines = decode(head).lines
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise TextError("unsupported_encoding", "UTF-16 tables are not read; save the table as CSV UTF-8")
    try:
        return next(csv.reader([lines[0]], delimiter=delimiter), [])
    except csv.Error:
        raise TextError("missing_columns", "the first line is no CSV header; name the columns there") from None


def csv_records(
    path: Path,
    start: int,
    end: int,
    line: int = 1,
    *,
    row_start: re.Pattern[bytes] = _NEVER,
    delimiter: str = ",",
    leading: int | None = None,
) -> Iterator[Record]:
    """The CSV records between two bytes: lines are joined until their quotes pair up or a row surely starts.

    Args:
        path: the file; the header is a record too.
        start: a byte at which a record starts.
        end: where the last one ends.
        line: the number of the line at `start`.
        row_start: what only a row's start looks like, so that an open quotation mark costs one row.
        delimiter: between cells.
        leading: how many cells are wanted, so that most records need not be read to their ends.
    """
    with open_binary(path) as file:
        file.seek(start)
        position, held, quotes, first = start, bytearray(), 0, line
        while position < end and (raw := file.readline(min(MAX_RECORD_BYTES, end - position))):
            if quotes % 2 and row_start.match(raw):  # an open quotation mark costs its own row, not all that follow
                yield Record(None, position - len(held), position, first)
                held, quotes, first = bytearray(), 0, line
            held += raw
            quotes += raw.count(b'"')
            position += len(raw)
            line += raw.endswith(b"\n")
            if not held.strip():
                held, first = bytearray(), line
            elif len(held) > MAX_RECORD_BYTES or (quotes % 2 == 0 and (raw.endswith(b"\n") or position >= end)):
                cells = _leading(held, delimiter, leading) or _parsed(bytes(held), delimiter)
                yield Record(cells, position - len(held), position, first)
                held, quotes, first = bytearray(), 0, line
        if held:
            yield Record(None, position - len(held), position, first)


def _leading(raw: bytearray, delimiter: str, count: int | None) -> list[str] | None:
    """A record's first cells by a plain cut; None where one is quoted or not ASCII, or all are wanted."""
    if not count or len(cells := raw.split(delimiter.encode(), count)) <= count:
        return None
    head = b"".join(cells[:count])
    return [cell.decode("ascii") for cell in cells[:count]] if head.isascii() and b'"' not in head else None


def _parsed(raw: bytes, delimiter: str) -> list[str] | None:
    plain = _PLAIN.fullmatch(raw)
    if len(raw) > MAX_RECORD_BYTES or not raw.strip() or (not plain and _CONTROL.search(raw)):
        return None
    csv.field_size_limit(MAX_RECORD_BYTES)
    try:
        text = raw.decode("ascii") if plain else "\n".join(decode(raw).lines)
        rows = list(csv.reader([text], strict=True, delimiter=delimiter))
    except (csv.Error, TextError):
        return None
    return rows[0] if len(rows) == 1 else None


def session_cuts(records: Iterable[Record], column: int, unit_bytes: int) -> tuple[list[tuple[int, int]], int]:
    """Where units may start, between sessions: byte and line; only the file's start if sessions are interleaved.

    Returns:
        The cuts, and the byte at which the last record ends.
    """
    cuts, end, current = [(0, 1)], 0, None
    finished: set[str] = set()
    scattered = False
    for record in records:
        end = record.end
        cells = record.cells
        session = cells[column].strip() if cells and len(cells) > column else current
        if session != current:
            scattered = scattered or session in finished
            finished.add(current or "")
            current = session
            if record.start - cuts[-1][0] >= unit_bytes:
                cuts.append((record.start, record.line))
    return cuts[:1] if scattered else cuts, end
