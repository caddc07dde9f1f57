"""The answers a model gave, in one private sqlite file of the work folder: written before they are used.

Every attempt is kept as it came, and judged anew whenever it is read, so that a bad answer is never taken for a good
one and a changed limit asks no model again. The key holds all that an answer depends on.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from corpora.errors import CorporaError
from corpora.files import PRIVATE_FILE
from synth.backend import Answer

_TABLE = """CREATE TABLE IF NOT EXISTS answers (
    key TEXT, attempt INTEGER, text TEXT, finish TEXT, tokens INTEGER, prompt_tokens INTEGER,
    PRIMARY KEY (key, attempt)) WITHOUT ROWID"""


def answer_key(**parts: Any) -> str:
    """SHA-256 (64 hex characters) of JSON values: model, prompt, sampling, answers at once, page."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


class Answers:
    """A cache of answers; use it in a `with` block."""

    def __init__(self, path: Path) -> None:
        """Open or make the file.

        Raises:
            CorporaError: it cannot be opened or is no answer cache.
        """
        self.path = path
        self._used: dict[tuple[str, int], str] = {}
        try:
            path.touch(PRIVATE_FILE)
            self._base = sqlite3.connect(path, isolation_level=None)
            self._base.execute("PRAGMA journal_mode = WAL")
            self._base.execute(_TABLE)
        except (OSError, sqlite3.Error) as error:
            why = error.strerror if isinstance(error, OSError) else error
            raise CorporaError(f"{path}: the answer cache cannot be opened ({why})") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._base.close()

    def get(self, key: str, attempt: int) -> Mapping[str, Any] | None:
        """One attempt's `text`, `finish`, `tokens` and `prompt_tokens`; None where it was never made."""
        found = self._base.execute(
            "SELECT text, finish, tokens, prompt_tokens FROM answers WHERE key = ? AND attempt = ?", (key, attempt)
        ).fetchone()
        if found is None:
            return None
        self._used[key, attempt] = found[0]
        return dict(zip(("text", "finish", "tokens", "prompt_tokens"), found, strict=True))

    def put(self, key: str, answer: Answer) -> None:
        """Keep an answer; it is on disk when this returns.

        Raises:
            CorporaError: the disk is full or cannot be written; what was kept before stays.
        """
        row = (key, answer.job.attempt, answer.text, answer.finish, answer.tokens, answer.prompt_tokens)
        try:
            self._base.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?)", row)
        except sqlite3.Error as error:
            raise CorporaError(
                f"{self.path}: an answer could not be kept ({error}); make room and run the same command again"
            ) from None
        self._used[key, answer.job.attempt] = answer.text

    def digest(self) -> str:
        """SHA-256 (64 hex characters) of all answers that were read or written since it was opened, in no order."""
        entries = sorted((*place, text) for place, text in self._used.items())
        return hashlib.sha256(json.dumps(entries).encode()).hexdigest()
