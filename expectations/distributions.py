"""How the examples are distributed, as counts for the manifest, so that the report can be drawn from it alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from corpora.plots import binned
from expectations.metrics import by_shard, by_split

if TYPE_CHECKING:
    import polars as pl

LENGTHS = ("response_words", "turn_words", "prompt_words", "context_turns")
MARKS = {"least": 0.0, "quarter": 0.25, "median": 0.5, "three_quarters": 0.75, "most": 1.0}
TOPICS = 15
"""Most topics that are told apart; the rest are counted together."""


def distributions(metrics: pl.DataFrame) -> dict[str, Any]:
    """Count a metrics table.

    Returns:
        `splits`, `shards`: the rows of `metrics.by_split` and `by_shard`; `lengths`: name -> bins
        (`corpora.plots.binned`) and the quantiles `least` to `most`, for `LENGTHS` and `sessions_per_client` (none
        without examples); `topics`: topic -> examples, the most frequent first; `topics_besides`: how many
        further topics there are; `crisis`: examples with the flag.
    """
    lengths = {name: metrics[name].drop_nulls() for name in LENGTHS}
    lengths["sessions_per_client"] = metrics.group_by("client_id").agg(_distinct("session_id"))["session_id"]
    topics = Counter(dict(metrics["topic"].drop_nulls().value_counts().iter_rows())).most_common()
    return {
        "splits": by_split(metrics).to_dicts(),
        "shards": by_shard(metrics).to_dicts(),
        "lengths": {name: _length(values) for name, values in lengths.items() if len(values)},
        "topics": dict(sorted(topics, key=lambda item: (-item[1], item[0]))[:TOPICS]),
        "topics_besides": max(0, len(topics) - TOPICS),
        "crisis": int(metrics["crisis"].sum()),
    }


def _distinct(column: str) -> pl.Expr:
    import polars as pl

    return pl.col(column).n_unique()


def _length(values: pl.Series) -> dict[str, Any]:
    bins = binned(dict(values.value_counts().iter_rows()))
    return {
        **asdict(bins),
        "counts": list(bins.counts),
        **{mark: round(values.quantile(at, "nearest") or 0) for mark, at in MARKS.items()},
    }
