"""Examples that quote an evaluation set are left out: a model must not be trained on what it is tested with."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from corpora.errors import UsageError
from corpora.shards import splits_in
from pipelines.stages.base import MARKS, CorpusStage, stage
from pipelines.stages.shingles import plain, shingled

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

_BATCH = 20_000


@stage
class Decontaminate(CorpusStage):
    """Leaves out every example with a message that shares a run of `words` words with a text in `against`.

    Thirteen words follow the study of GPT-3 (Brown et al., 2020, appendix C). A text with fewer counts where a whole
    message is the same. `against` lists text files (a text a line), CSV and JSON-lines files (every value that is
    text), and built corpora (folders).
    """

    name: ClassVar[str] = "decontaminate"
    version: ClassVar[str] = "1"

    against: Annotated[tuple[Path, ...], Field(min_length=1)]
    words: Annotated[int, Field(ge=3)] = 13

    def check(self) -> None:
        """Read the evaluation sets."""
        self._runs()

    def apply(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        """The frame with `contaminated` in `dropped` where a message quotes a set."""
        import numpy as np
        import polars as pl

        runs = self._runs()
        content = pl.element().struct.field("content")
        texts = pl.concat_list(pl.col("prompt").list.eval(content), pl.col("completion").list.eval(content))
        rows = frame.select("example_id", texts.alias("text")).explode("text").with_columns(plain(pl.col("text")))
        quoting: set[str] = set()
        for batch in rows.collect_batches(chunk_size=_BATCH):
            hashes, offsets = shingled(batch["text"], self.words)
            found = np.concatenate([[0], np.cumsum(np.isin(hashes, runs))])
            ends = offsets.astype(np.int64)
            quotes = found[ends[1:]] > found[ends[:-1]]
            quoting.update(batch["example_id"].filter(pl.Series(quotes)).to_list())
        marks = pl.LazyFrame({"example_id": sorted(quoting)}, schema={"example_id": pl.String}).with_columns(
            pl.lit("contaminated").alias("dropped")
        )
        return frame.drop(MARKS[0]).join(marks, on="example_id", how="left").select(*frame.collect_schema().names())

    def findings(self, before: pl.LazyFrame, after: pl.LazyFrame) -> Mapping[str, Any]:
        """`decontamination`: the sets' size in word runs, and how many examples quoted them."""
        import polars as pl

        quoted = after.select(pl.col("dropped").is_not_null().sum()).collect().item()
        return {
            "decontamination": {
                "sets": len(self.against),
                "words": self.words,
                "runs": len(self._runs()),
                "compared": before.select(pl.len()).collect().item(),
                "contaminated": quoted,
            }
        }

    def _runs(self) -> NDArray[np.uint64]:
        import numpy as np
        import polars as pl

        texts = pl.Series([text for path in self.against for text in _texts(path)], dtype=pl.String)
        words = pl.select(plain(pl.lit(texts))).to_series()
        return np.unique(shingled(words.filter(words != ""), self.words).hashes)


def _texts(path: Path) -> Iterator[str]:
    """Every text of an evaluation set.

    Raises:
        UsageError: it cannot be read as what its suffix says.
    """
    try:
        if path.is_dir():
            yield from _published_texts(path)
        elif path.suffix == ".csv":
            with path.open(encoding="utf-8-sig", newline="") as file:
                yield from (cell for row in csv.reader(file) for cell in row)
        elif path.suffix == ".jsonl":
            with path.open(encoding="utf-8") as file:
                for line in file:
                    yield from _strings(json.loads(line or "null"))
        else:
            with path.open(encoding="utf-8") as file:
                yield from file
    except (OSError, ValueError, csv.Error) as error:
        raise UsageError(
            f"decontaminate: {path} cannot be read as text, CSV, JSON lines or a built corpus ({type(error).__name__})"
        ) from None


def _published_texts(folder: Path) -> Iterator[str]:
    import pyarrow as pa

    for split in splits_in(folder):
        for shard in sorted((folder / split).glob("*.arrow")):
            with pa.memory_map(str(shard)) as file, pa.ipc.open_stream(file) as batches:
                for batch in batches:
                    for row in batch.select(["prompt", "completion"]).to_pylist():
                        yield from (message["content"] for message in (*row["prompt"], *row["completion"]))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _strings(part)
