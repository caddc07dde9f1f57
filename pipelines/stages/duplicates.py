"""Exact and near duplicates among all examples, whatever their source; one of each is kept, by rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, NamedTuple

from pydantic import Field

from pipelines.stages.base import MARKS, CorpusStage, stage
from pipelines.stages.shingles import likeness, plain, shingled

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

PERMUTATIONS = 128
MISSED = 0.001
"""Two texts just as near as the threshold asks are overlooked at most this often."""
KINDS = ("transcript", "qa", "paraphrase", "synthetic")
EXACT, NEAR = "exact_duplicate", "near_duplicate"
_BATCH = 20_000
_SEED = 11
_SHOWN = 20


@stage
class Duplicates(CorpusStage):
    """Leaves out what stands in the corpus twice, or nearly.

    Near are two examples whose therapist's answers, and whose exchanges (the client's last message and the answer),
    share `threshold` or more of their distinct runs of `shingle_words` words (Jaccard). MinHash signatures only name
    the pairs to look at; each is then counted exactly. The defaults find all of 125 windows of the packaged sample
    again in a copy under another client, whose surrogates differ, and nothing in AnnoMI or CounselChat. With
    `on = "response"` the answers alone decide. An answer under `least_words` says too little: it is a duplicate only
    where the whole prompt is the same too.

    `across = "sources"` leaves alone what one source repeats, and only counts it; `all` takes that out too.

    Kept is what stands first by: its source in `prefer`, then its kind (people's words before a model's), then the
    session with most examples, then most words. Everything left out is at least `threshold` like the one kept for it.
    Clients (or other groups) that shared a duplicate go to one split, so that what is left of both does not leak.
    """

    name: ClassVar[str] = "duplicates"
    version: ClassVar[str] = "1"

    threshold: Annotated[float, Field(ge=0.5, le=1)] = 0.7
    on: Literal["exchange", "response"] = "exchange"
    across: Literal["all", "sources"] = "all"
    shingle_words: Annotated[int, Field(ge=1, le=10)] = 2
    least_words: Annotated[int, Field(ge=0)] = 20
    prefer: tuple[str, ...] = ()

    def apply(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        """The frame with `dropped`, `dropped_for` and, for groups to be kept together, `bound_to`."""
        import polars as pl

        suspects = self._ordered(frame, self._suspects(frame))
        found = list(self._decide(suspects))
        if not found:
            return frame
        names = {"example_id": pl.String, "dropped": pl.String, "dropped_for": pl.String}
        marks = pl.LazyFrame([(f.example, f.reason, f.kept) for f in found], schema=names, orient="row")
        bound = pl.LazyFrame(
            list(_bound((f.group, f.kept_group) for f in found if f.reason)),
            schema={"group_id": pl.String, "bound_to": pl.String},
            orient="row",
        )
        return (
            frame.drop(MARKS)
            .join(marks, on="example_id", how="left")
            .join(bound, on="group_id", how="left")
            .select(*frame.collect_schema().names())
        )

    def findings(self, before: pl.LazyFrame, after: pl.LazyFrame) -> Mapping[str, Any]:
        """`duplicates`: how many of each sort, in how many clusters of which size, between which sources."""
        import polars as pl

        alike = after.filter(pl.col("dropped").is_null() & pl.col("dropped_for").is_not_null())
        columns = ("example_id", "source", "dropped", "dropped_for")
        gone = after.filter(pl.col("dropped").is_not_null()).select(columns)
        kept = after.select(pl.col("example_id").alias("dropped_for"), pl.col("source").alias("kept_source"))
        rows = gone.join(kept, on="dropped_for").sort("dropped_for", "example_id").collect()
        clusters = rows.group_by("dropped_for", maintain_order=True).agg("example_id")
        sizes = Counter(len(ids) + 1 for ids in clusters["example_id"])
        pairs = Counter(zip(rows["kept_source"], rows["source"], strict=True))
        largest = clusters.sort(pl.col("example_id").list.len(), "dropped_for", descending=[True, False]).head(_SHOWN)
        found = {
            "compared": before.select(pl.len()).collect().item(),
            "threshold": self.threshold,
            "on": self.on,
            "exact": int((rows["dropped"] == EXACT).sum()),
            "near": int((rows["dropped"] == NEAR).sum()),
            "left_within_a_source": alike.select(pl.len()).collect().item(),
            "clusters": clusters.height,
            "sizes": {str(size): count for size, count in sorted(sizes.items())},
            "between": [{"kept": kept, "dropped": gone, "examples": n} for (kept, gone), n in sorted(pairs.items())],
            "largest": [{"kept": kept, "dropped": ids} for kept, ids in largest.rows()],
            "bytes_per_example": self.bytes_per_example,
        }
        return {"duplicates": found}

    @property
    def bands(self) -> int:
        """Into how many bands the signature is cut: the fewest (so: longest) that overlook at most `MISSED`."""
        rows = (rows for rows in range(PERMUTATIONS, 0, -1) if self._missed(PERMUTATIONS // rows, rows) <= MISSED)
        return PERMUTATIONS // next(rows)

    def _missed(self, bands: int, rows: int) -> float:
        return float((1 - self.threshold**rows) ** bands)

    @property
    def bytes_per_example(self) -> int:
        """What the search holds in memory for each example: a hash a band, two of the whole text, and the id."""
        return 8 * self.bands + 8 * 2 + 48

    def _texts(self) -> list[pl.Expr]:
        """`response`, `exchange` and `whole`, as plain words, of an example."""
        import polars as pl

        content = pl.element().struct.field("content")
        prompt = pl.col("prompt").list.eval(content)
        response = plain(pl.col("completion").list.eval(content).list.last())
        last = plain(prompt.list.last().fill_null(""))
        return [
            response.alias("response"),
            pl.concat_str(last, response, separator=" ").str.strip_chars().alias("exchange"),
            pl.concat_str(plain(prompt.list.join(" ")), response, separator=" ").alias("whole"),
        ]

    def _suspects(self, frame: pl.LazyFrame) -> pl.DataFrame:
        """Every example that shares a hash with another: `example_id`, `text_hash`, and `bands` (empty where short)."""
        import numpy as np
        import polars as pl

        ids, texts, bands = [], [], []
        rows = frame.select("example_id", "response_words", *self._texts()[::2])
        for batch in rows.collect_batches(chunk_size=_BATCH, maintain_order=True):
            ids.append(batch["example_id"])
            texts.append(np.stack([batch["whole"].hash(seed).to_numpy() for seed in (_SEED, _SEED + 1)], axis=1))
            hashes = self._band_hashes(batch["response"])
            hashes[(batch["response_words"] < self.least_words).to_numpy()] = 0
            bands.append(hashes)
        if not ids:
            return pl.DataFrame(schema={"example_id": pl.String, "text_hash": pl.UInt64, "bands": pl.List(pl.UInt64)})
        every, whole = np.concatenate(bands), np.concatenate(texts)
        shared = _repeated(whole[:, 0])
        for band in range(every.shape[1]):
            shared |= _repeated(every[:, band]) & (every[:, band] != 0)
        return pl.DataFrame({"example_id": pl.concat(ids).filter(pl.Series(shared))}).with_columns(
            pl.Series("text_hash", whole[shared, 0]),
            pl.Series("bands", every[shared], dtype=pl.Array(pl.UInt64, every.shape[1])),
        )

    def _band_hashes(self, texts: pl.Series) -> NDArray[np.uint64]:
        """One hash a band (rows: texts)."""
        import numpy as np
        from rensa import RMinHash

        shingles = shingled(texts, self.shingle_words)
        made = RMinHash.digest_matrix_from_flat_token_hashes(*shingles, PERMUTATIONS, _SEED)
        signatures = np.array(made.to_rows(), dtype=np.uint64).reshape(len(texts), PERMUTATIONS)
        rows = PERMUTATIONS // self.bands
        parts = signatures[:, : self.bands * rows].reshape(len(texts), self.bands, rows)
        hashes = np.zeros((len(texts), self.bands), dtype=np.uint64)
        for at in range(rows):
            hashes = hashes * np.uint64(0x9E3779B97F4A7C15) + parts[:, :, at]
        return hashes

    def _ordered(self, frame: pl.LazyFrame, suspects: pl.DataFrame) -> pl.DataFrame:
        """The suspects with their texts, the one to keep first."""
        import polars as pl

        words = pl.col("prompt").list.eval(pl.element().struct.field("content").str.count_matches(r"\S+")).list.sum()
        sizes = frame.group_by("source", "session_id").agg(pl.len().alias("size"), words.sum().alias("words"))
        places = {name: place for place, name in enumerate(self.prefer)}
        kinds = {name: place for place, name in enumerate(KINDS)}
        turn = pl.col("provenance").struct.field("turn_start")
        return (
            frame.select(
                "example_id", "session_id", "group_id", "source", "kind", turn, "response_words", *self._texts()
            )
            .join(suspects.lazy(), on="example_id")
            .join(sizes, on=["source", "session_id"])
            .sort(
                pl.col("source").replace_strict(places, default=len(places), return_dtype=pl.Int32),
                pl.col("kind").replace_strict(kinds, default=len(kinds), return_dtype=pl.Int32),
                pl.col("size"),
                pl.col("words"),
                "source",
                "session_id",
                "turn_start",
                "example_id",
                descending=[False, False, True, True, False, False, False, False],
            )
            .collect(engine="streaming")
        )

    def _decide(self, suspects: pl.DataFrame) -> Iterator[_Found]:
        """Go through the suspects, best first; each stays unless a kept one is like it."""
        responses = list(shingled(suspects["response"], self.shingle_words).each())
        exchanges = list(shingled(suspects["exchange"], self.shingle_words).each())
        same: dict[str, int] = {}
        buckets: dict[tuple[int, int], list[int]] = {}
        rows = suspects.select("example_id", "group_id", "source", "whole", "response_words").rows()
        for at, (name, group, source, whole, words) in enumerate(rows):
            places = list(enumerate(suspects["bands"][at])) if words >= self.least_words else []
            reason, kept = EXACT, same.get(whole)
            if kept is None:
                reason = NEAR
                near = sorted({one for place in places for one in buckets.get(place, ())})
                kept = self._nearest(at, near, responses, exchanges)
            if kept is None:
                same[whole] = at
                for place in places:
                    buckets.setdefault(place, []).append(at)
                continue
            same.setdefault(whole, kept)
            apart = self.across == "all" or source != rows[kept][2]
            yield _Found(name, reason if apart else None, rows[kept][0], group, rows[kept][1])

    def _nearest(
        self,
        at: int,
        others: list[int],
        responses: list[NDArray[np.uint64]],
        exchanges: list[NDArray[np.uint64]],
    ) -> int | None:
        """The one of the others most like it, if one is like it enough; the better ranked of equals."""
        near = []
        for other in others:
            alike = likeness(responses[at], responses[other])
            if self.on == "exchange" and alike >= self.threshold:
                alike = min(alike, likeness(exchanges[at], exchanges[other]))
            if alike >= self.threshold:
                near.append((-alike, other))
        return min(near)[1] if near else None


class _Found(NamedTuple):
    """An example that is like a kept one, why it goes (None: it stays all the same), and the groups of both."""

    example: str
    reason: str | None
    kept: str
    group: str
    kept_group: str


def _repeated(values: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Which values stand more than once."""
    import numpy as np

    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray(counts[place] > 1)


def _bound(pairs: Iterator[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Each group of a chain of pairs, with the first (by name) of its chain; pairs within one group bind nothing."""
    above: dict[str, str] = {}

    def first(name: str) -> str:
        while above.setdefault(name, name) != name:
            above[name] = name = above[above[name]]
        return name

    for one, other in pairs:
        if one != other:
            low, high = sorted((first(one), first(other)))
            above[high] = low
    for name in sorted(above):
        yield name, first(name)
