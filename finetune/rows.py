"""The corpus' rows as the trainer reads them: shards stay on disk, mapped into memory, however many there are."""

from __future__ import annotations

import bisect
import hashlib
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

from corpora.errors import UsageError
from corpora.files import sha256_file
from corpora.shards import splits_in

COLUMNS = ("example_id", "prompt", "completion")
CHUNK_ROWS = 1_000
SPLIT_TOLERANCE = 0.1
"""How far the share of training rows may be from the paper's before it is said; clients are split as wholes."""


class Rows(Sequence[dict[str, Any]]):
    """One split's rows, in the shards' order, read where they lie (a memory map, so no copy of the corpus is held).

    Args:
        corpus: a built corpus.
        split: one of its splits.
        columns: what is read of each row.

    Raises:
        UsageError: the folder is no built corpus, has no such split, or a shard cannot be read.
    """

    def __init__(self, corpus: Path, split: str, columns: Sequence[str] = COLUMNS) -> None:
        import pyarrow as pa

        if split not in (splits := splits_in(corpus)):
            raise UsageError(f"{corpus} has no split {split!r}; it has {', '.join(splits)}")
        self.shards = sorted((corpus / split).glob("*.arrow"))
        try:
            self._tables = [
                pa.ipc.open_stream(pa.memory_map(str(path))).read_all().select(list(columns)) for path in self.shards
            ]
        except (pa.ArrowException, KeyError, OSError):
            raise UsageError(
                f"{corpus / split}: a shard cannot be read; `corpora verify {corpus}` says which, or build it again"
            ) from None
        self._ends = list(accumulate(table.num_rows for table in self._tables))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __getitem__(self, at: Any) -> Any:
        """The row at `at`: by default `example_id`, `prompt` and `completion` (lists of `role`/`content`)."""
        if not 0 <= at < len(self):
            raise IndexError(at)
        shard = bisect.bisect_right(self._ends, at)
        first = self._ends[shard - 1] if shard else 0
        return self._tables[shard].slice(at - first, 1).to_pylist()[0]

    def chunks(self) -> Iterator[list[dict[str, Any]]]:
        """All rows in order, at most `CHUNK_ROWS` at a time."""
        for table in self._tables:
            for batch in table.to_batches(max_chunksize=CHUNK_ROWS):
                yield batch.to_pylist()

    def digest(self) -> str:
        """One SHA-256 for the split's content: that of its shards' own, in order."""
        return hashlib.sha256("".join(map(sha256_file, self.shards)).encode()).hexdigest()


def other_split(corpus: Path, wanted: Sequence[float]) -> str:
    """A word where a corpus is not split as a preset's paper did (shares of train, validation, test); else nothing."""
    sizes = {name: len(Rows(corpus, name)) for name in splits_in(corpus)}
    share = sizes["train"] / sum(sizes.values())
    if not wanted or abs(share - wanted[0]) <= SPLIT_TOLERANCE:
        return ""
    asked = ",".join(str(part) for part in (*wanted, 0, 0)[:3])
    return f"the preset's paper trains on {wanted[0]:.0%}, this corpus on {share:.0%}: build --split {asked}"
