"""The ledger of what was asked and answered: append-only JSON lines, on disk before a reply is read.

Each line has an `id`. `asked` lines say what is about to be sent, with its worst case in tokens; `raw` lines hold the
reply as it came; `lost` lines stand for requests that may have been charged though no reply came, `refused` ones for
those that were not. A request that a kill cut off has an `asked` line only, and counts as spent. Replies are found by
(config, step, index, attempt) and the hash of their prompt.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from corpora.errors import CorporaError
from corpora.files import PRIVATE_FILE
from synth.budget import Tokens

Key = tuple[str, str, int, int]
"""(hash of the configuration, step, index, attempt)."""


class Ledger:
    """One open ledger; use it in a `with` block. Nobody else can open it meanwhile."""

    def __init__(self, path: Path) -> None:
        """Open or make the file and read it; a last line that a kill left half written is cut off.

        Raises:
            CorporaError: it cannot be opened, another run has it, or a line in the middle is damaged.
        """
        self.path = path
        self.asked: dict[int, tuple[str, Tokens]] = {}
        """Requests by id without an end: the prompt's hash, the worst case."""
        self._replies: dict[tuple[Key, str], tuple[int, str]] = {}
        self._used: dict[tuple[Key, str], str] = {}
        self.replies: list[tuple[str, Tokens]] = []
        """Every reply that earlier runs left, with its request's worst case, for counting what was spent."""
        self.lost = Tokens()
        self.ended: Counter[str] = Counter()
        """Requests of all runs by how they ended: `reply`, or why there was none."""
        self._next = 0
        try:
            path.touch(PRIVATE_FILE)
            self._file = path.open("r+b", buffering=0)
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CorporaError(f"{path}: another run is writing to it; wait for it or choose another --out") from None
        except OSError as error:
            raise CorporaError(f"{path}: cannot be opened ({error.strerror})") from None
        self._read()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def found(self, key: Key, prompt: str) -> str | None:
        """The raw reply to this very prompt under this key; None where there is none."""
        entry = self._replies.get((key, prompt))
        if entry is None:
            return None
        self._used[key, prompt] = entry[1]
        return entry[1]

    def ask(self, key: Key, prompt: str, worst: Tokens) -> int:
        """Note that a request is about to be sent; returns its id. It survives a kill, if not a power cut."""
        number, self._next = self._next, self._next + 1
        self.asked[number] = (prompt, worst)
        self._write([{"id": number, "asked": list(key), "prompt": prompt, "most": [worst.read, worst.written]}])
        return number

    def end(self, number: int, how: str, why: str) -> None:
        """Note that a request ended without a reply: `how` is `lost` or `refused`."""
        self._write([{"id": number, how: why}])
        self._ended(number, why)

    def keep(self, replies: Iterable[tuple[int, Key, str, str]]) -> None:
        """Write raw replies, each as (id, key, prompt's hash, text); `sync` puts them on disk.

        Raises:
            CorporaError: the disk is full or cannot be written; what was kept before stays.
        """
        kept = list(replies)
        self._write([{"id": at, "key": list(key), "prompt": prompt, "raw": raw} for at, key, prompt, raw in kept])
        for number, key, prompt, raw in kept:
            self._replies[key, prompt] = (number, raw)
            self._ended(number, "reply")

    def sync(self) -> None:
        """Put all that was written on disk.

        Raises:
            CorporaError: the disk failed.
        """
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise CorporaError(f"{self.path}: replies could not be put on disk ({error.strerror})") from None

    def digest(self) -> str:
        """SHA-256 (64 hex characters) of all replies that were used since it was opened, in no order."""
        used = sorted((*key, prompt, raw) for (key, prompt), raw in self._used.items())
        return hashlib.sha256(json.dumps(used).encode()).hexdigest()

    def _write(self, lines: list[dict[str, Any]]) -> None:
        data = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)
        left = memoryview(data.encode("utf-8", "surrogatepass"))
        start = self._file.tell()
        try:
            while left:
                left = left[self._file.write(left) or 0 :]
        except OSError as error:
            self._file.truncate(start)
            self._file.seek(start)
            raise CorporaError(
                f"{self.path}: a reply could not be kept ({error.strerror}); make room and run the same command again"
            ) from None

    def _read(self) -> None:
        data = self._file.readall()
        whole = data.rfind(b"\n") + 1
        for number, line in enumerate(data[:whole].splitlines(), start=1):
            try:
                self._take(json.loads(line))
            except (ValueError, KeyError, TypeError, IndexError, StopIteration):
                raise CorporaError(
                    f"{self.path}, line {number}: damaged; bring back a copy, or take the file away to start anew"
                ) from None
        if whole < len(data):
            self._file.truncate(whole)
        self._file.seek(whole)

    def _take(self, line: Mapping[str, Any]) -> None:
        number = int(line["id"])
        self._next = max(self._next, number + 1)
        if "asked" in line:
            read, written = line["most"]
            self.asked[number] = (line["prompt"], Tokens(int(read), int(written)))
            return
        how = next(name for name in ("raw", "lost", "refused") if name in line)
        worst = self._ended(number, "reply" if how == "raw" else line[how])
        if how == "raw":
            config, step, index, attempt = line["key"]
            self._replies[(config, step, index, attempt), line["prompt"]] = (number, line["raw"])
            self.replies.append((line["raw"], worst))
        elif how == "lost":
            self.lost += worst

    def _ended(self, number: int, how: str) -> Tokens:
        """Count a request's end once (a reply that stands for tries which all failed ends none); its worst case."""
        if number not in self.asked:
            return Tokens()
        self.ended[how] += 1
        return self.asked.pop(number)[1]
