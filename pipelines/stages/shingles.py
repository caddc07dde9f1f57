"""Texts as sets of hashed word runs, for comparing many of them: how near two are, and where one quotes another."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

_SEED = 1
_FACTOR = 0x9E3779B97F4A7C15  # odd, so that products keep all 64 bits apart
_PAD = " \u0000"


class Shingles(NamedTuple):
    """Word runs of many texts: all hashes (uint64) in one row, text n's from `offsets[n]` to `offsets[n + 1]`."""

    hashes: NDArray[np.uint64]
    offsets: NDArray[np.uint64]

    def each(self) -> Iterator[NDArray[np.uint64]]:
        """The distinct hashes of each text, sorted."""
        import numpy as np

        for start, end in zip(self.offsets[:-1].tolist(), self.offsets[1:].tolist(), strict=True):
            yield np.unique(self.hashes[start:end])


def plain(text: pl.Expr) -> pl.Expr:
    """Lower-case words with one space between, every number as 0: what comparisons look at."""
    letters = text.str.to_lowercase().str.replace_all(r"\p{N}+", "0").str.replace_all(r"[^\p{L}0]+", " ")
    return letters.str.strip_chars()


def shingled(texts: pl.Series, size: int) -> Shingles:
    """The runs of `size` words of plain texts; one that is shorter is one run."""
    import numpy as np
    import polars as pl

    short = texts.str.count_matches(" ") < size - 1
    padded = pl.select(pl.when(short).then(texts + _PAD * (size - 1)).otherwise(texts)).to_series()
    words = padded.str.split(" ")
    lengths = words.list.len().to_numpy().astype(np.int64)
    every = words.explode().hash(_SEED).to_numpy()
    runs = np.zeros(max(len(every) - size + 1, 0), dtype=np.uint64)
    for at in range(size):
        runs = runs * np.uint64(_FACTOR) + every[at : len(every) - size + 1 + at]
    place = np.arange(len(every)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    counts = np.where(short.to_numpy(), 1, lengths - size + 1)
    inside = place < np.repeat(counts, lengths)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.uint64)
    return Shingles(runs[inside[: len(runs)]], offsets)


def likeness(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> float:
    """Jaccard similarity of two sets of distinct hashes: what they share, of what either has."""
    import numpy as np

    shared = len(np.intersect1d(one, other, assume_unique=True))
    return shared / (len(one) + len(other) - shared)
