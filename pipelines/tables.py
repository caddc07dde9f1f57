"""Small tables that users give with an option: CSV files of two columns."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from corpora.errors import UsageError


def read_pairs(path: Path, option: str, key: str, value: str) -> Iterator[tuple[int, str, str]]:
    """The rows of a CSV file as (line number, `key` column, `value` column).

    Raises:
        UsageError: the file cannot be read as UTF-8 CSV, lacks a column, or a row misses a value (with its line).
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if missing := {key, value} - set(rows.fieldnames or ()):
                raise UsageError(f"{option} {path}: it has no column {', '.join(sorted(missing))}")
            for row in rows:
                if not row[key] or not row[value]:
                    raise UsageError(f"{option} {path}, line {rows.line_num}: {key} and {value} are both needed")
                yield rows.line_num, row[key], row[value]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{option} {path}: cannot be read as UTF-8 CSV ({type(error).__name__})") from None
