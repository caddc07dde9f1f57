"""A collection's own table of its sessions: who the client is and what is known of the session, joined by id.

Only declared columns are read (`META_KEYS` and the client): therapists, titles, links and whatever else could identify
somebody never leave the table.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from corpora.errors import TextError, UsageError
from corpora.inputs import bare, read_bytes
from corpora.sources.header import age_band
from corpora.text import decode

_STRAY = re.compile(r"\[\^\]\s*")
_NOTHING = frozenset({"", "n/a", "na", "none", "unknown", "not specified", "unspecified", "null", "nan", "-", "?"})
_RANGE = re.compile(r"(\d{1,3})\s*(?:-|–|to)\s*(\d{1,3})")
_SESSION_NO = re.compile(r"[1-9]\d{0,3}")
_SINGLE = ("age_range", "gender", "session_no")
_OLDEST = 90  # 45 CFR 164.514(b)(2)(i)(C): ages over 89 are one category
_ID = """session_id id transcript_id document_id doc_id entity_id item_id file_id file filename file_name source_file
    transcript name"""
_COLUMNS = {
    "client": "client_id client_no client_number patient_id patient_number client patient",
    "symptoms": "symptoms symptom presenting_problem presenting_problems presenting_condition presenting_conditions",
    "approach": "school_of_therapy approach therapeutic_approach theoretical_orientation therapies therapy modality",
    "topic": "topic topics subject subjects specific_content_area",
    "emotion": "emotion emotion_type",
    "age_range": "client_age_range age_range client_age age",
    "gender": "client_gender gender client_sex sex",
    "session_no": "session_no session_number session",
    "language": "language",
    "quality": "quality",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """What the table says of one session."""

    client: str | None
    meta: Mapping[str, Any]


@cache
def read_catalogue(path: Path) -> dict[str, Entry]:
    """A CSV or TSV file as session id -> entry; ids lose a file's suffix.

    Lists are separated by `; `, and stray `[^]` marks are taken out.

    Raises:
        UsageError: the file cannot be read, has no column of ids, none that is known, or an id twice.
    """
    header, rows = table_rows(path, "--metadata")
    id_at = _first(header, _ID)
    if id_at is None:
        raise UsageError(f"--metadata {path}: no column of session ids; name it session_id")
    columns = {key: at for key, names in _COLUMNS.items() if (at := _first(header, names)) not in (None, id_at)}
    if not columns:
        known = ", ".join(names.split()[0] for names in _COLUMNS.values())
        raise UsageError(f"--metadata {path}: none of its columns is known; known are such as {known}")
    entries: dict[str, Entry] = {}
    for line, cells in rows:
        session = _session(cells[id_at])
        if not cells[id_at].strip():
            raise UsageError(f"--metadata {path}, line {line}: the id is empty; fill it")
        if session in entries:
            raise UsageError(f"--metadata {path}, line {line}: the id of an earlier line again; keep one of them")
        values = {key: cells[at].strip() for key, at in columns.items() if at is not None}
        client = values.pop("client", "")
        meta = {key: _value(key, _items(value)) for key, value in values.items()}
        entries[session] = Entry(client or None, {key: value for key, value in meta.items() if value is not None})
    return entries


def entry_of(entries: Mapping[str, Entry], session_id: str) -> Entry | None:
    """The entry of a session, by its id, its file's, or its file's last name."""
    for name in (session_id, session_id.partition("#")[0]):
        for wanted in (name, PurePosixPath(name).name):
            if wanted in entries:
                return entries[wanted]
    return None


def table_rows(path: Path, option: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """A small CSV or TSV file: its column names (lower case, underscores), and rows with their line.

    Rows are padded to the header's length; empty ones are left out.

    Raises:
        UsageError: it cannot be read as a table; `option` names the flag that gave it.
    """
    try:
        lines = decode(read_bytes(path)).lines
        delimiter = "\t" if "\t" in lines[0] else ";" if lines[0].count(";") > lines[0].count(",") else ","
        reader = csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter)
        header = [re.sub(r"\W+", "_", name.strip().casefold()).strip("_") for name in next(reader)]
        rows = [(reader.line_num, cells + [""] * len(header)) for cells in reader if any(map(str.strip, cells))]
    except (csv.Error, TextError, StopIteration) as error:
        detail = error.detail if isinstance(error, TextError) else "not a CSV or TSV table"
        raise UsageError(f"{option} {path}: {detail}") from None
    return header, rows


def _first(header: list[str], names: str) -> int | None:
    return next((header.index(name) for name in names.split() if name in header), None)


def _session(cell: str) -> str:
    path = bare(cell.strip())
    return str(path.with_suffix("")) if path.suffix.lower() in {".txt", ".pdf", ".docx", ".rtf", ".html"} else str(path)


def _items(value: str) -> list[str]:
    items = [" ".join(_STRAY.sub("", item).split()) for item in value.split(";")]
    return list(dict.fromkeys(item for item in items if item.casefold() not in _NOTHING))


def _value(key: str, items: list[str]) -> Any:
    if not items or (key in _SINGLE and len(items) > 1):  # of several people the row cannot say whose
        return None
    readings: dict[str, Any] = {
        "symptoms": [item.casefold() for item in items],
        "age_range": _age(items[0]),
        "gender": {"f": "female", "m": "male"}.get(items[0].casefold(), items[0].casefold()),
        "session_no": int(items[0]) if _SESSION_NO.fullmatch(items[0]) else None,
    }
    return readings.get(key, "; ".join(items))


def _age(text: str) -> str | None:
    if found := _RANGE.search(text):
        low, high = int(found[1]), int(found[2])
        return f"{_OLDEST}+" if low >= _OLDEST else f"{low}-{min(high, _OLDEST - 1)}"
    found_age = re.search(r"\d{1,3}", text)
    return age_band(int(found_age[0])) if found_age else None
