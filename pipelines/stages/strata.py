"""Groups of examples by what is known of them, for drawing samples and for showing what a draw changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import polars as pl

By = Literal[
    "source",
    "client",
    "kind",
    "topic",
    "symptom",
    "emotion",
    "age_range",
    "gender",
    "approach",
    "modality",
    "quality",
    "response_length",
    "dialogue_length",
]
"""What examples can be grouped by; lengths are in bands of words and of turns."""

UNKNOWN = "unknown"
_WORDS, _TURNS = (20, 50, 100, 200), (2, 4, 8)


def grouped(frame: pl.LazyFrame, by: Sequence[By]) -> pl.LazyFrame:
    """The rows as `example_id`, `client_id` and one string column for each of `by`, without nulls.

    An example with several symptoms counts under that one of them which fewest examples have.
    """
    import polars as pl

    columns = {
        "client": pl.col("client_id"),
        "symptom": pl.lit(None, pl.String),
        "response_length": _banded("response_words", _WORDS),
        "dialogue_length": _banded("context_turns", _TURNS),
    }
    rows = frame.select("example_id", "client_id", *(columns.get(name, pl.col(name)).alias(name) for name in by))
    if "symptom" in by:
        each = frame.select("example_id", pl.col("symptoms").alias("symptom")).explode("symptom").drop_nulls()
        counts = each.group_by("symptom").agg(pl.len().alias("size"))
        rarest = (
            each.join(counts, on="symptom")
            .group_by("example_id")
            .agg(pl.col("symptom").sort_by("size", "symptom").first())
        )
        rows = rows.drop("symptom").join(rarest, on="example_id", how="left")
    return rows.with_columns(pl.col(list(by)).fill_null(UNKNOWN)) if by else rows


def _banded(column: str, bounds: Sequence[int]) -> pl.Expr:
    """A count as the band it lies in: `0-19`, `20-49` and so on, the last one open."""
    import polars as pl

    starts = (0, *bounds)
    band = pl.lit(f"{starts[-1]}+")
    for start, end in reversed(list(zip(starts, bounds, strict=False))):
        band = pl.when(pl.col(column) < end).then(pl.lit(f"{start}-{end - 1}")).otherwise(band)
    return band


def draws(ids: Iterable[str], seed: int) -> list[int]:
    """A number for each example, by which it is drawn early or late: the same whatever else is in the corpus."""
    return [int.from_bytes(hashlib.sha256(f"draw:{seed}:{name}".encode()).digest()[:8]) for name in ids]


def shared_out(size: int, supply: Mapping[str, int], allocation: Literal["proportional", "equal"]) -> dict[str, int]:
    """How many of `size` examples each stratum gives, never more than it has.

    `proportional` keeps the shares (largest remainders make up the sum); `equal` takes as many of each as can be, and
    what small strata cannot give is shared by the others.
    """
    size = min(size, sum(supply.values()))
    if allocation == "proportional":
        exact = {name: size * have / max(sum(supply.values()), 1) for name, have in supply.items()}
        given = {name: int(share) for name, share in exact.items()}
        order = sorted(exact, key=lambda name: (given[name] - exact[name], name))
    else:
        given, rest, left = {}, size, len(supply)
        for name, have in sorted(supply.items(), key=lambda item: (item[1], item[0])):
            given[name] = min(have, rest // left)
            rest, left = rest - given[name], left - 1
        order = sorted((name for name in supply if given[name] < supply[name]), key=lambda name: (-supply[name], name))
    for name in order[: size - sum(given.values())]:
        given[name] += 1
    return given


def audit(before: pl.LazyFrame, after: pl.LazyFrame, by: Sequence[By]) -> dict[str, list[dict[str, Any]]]:
    """For each of `by`, every value with its examples and share before and after a draw, most frequent first."""
    import polars as pl

    frames = [grouped(frame, by).collect(engine="streaming") for frame in (before, after)]
    tables: dict[str, list[dict[str, Any]]] = {}
    for name in by:
        counts = [dict(frame.group_by(name).agg(pl.len()).rows()) for frame in frames]
        values = sorted(counts[0], key=lambda value: (-counts[0][value], value))
        tables[name] = [
            {
                "value": value,
                "before": counts[0][value],
                "after": counts[1].get(value, 0),
                "share_before": round(counts[0][value] / max(frames[0].height, 1), 4),
                "share_after": round(counts[1].get(value, 0) / max(frames[1].height, 1), 4),
            }
            for value in values
        ]
    return tables
