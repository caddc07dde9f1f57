"""A corpus at a glance, for a terminal: tables of rich, and plots as lists of lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpora.plots import Bins, binned
from corpora.rows import frames, parts_in
from corpora.shards import SUMS, splits_in
from corpora.terminal import bars, columns

if TYPE_CHECKING:
    import polars as pl
    from rich.table import Table

    from finetune.lengths import Lengths

_LENGTHS = {
    "response_words": ("responses", "words"),
    "turn_words": ("client's last turn", "words"),
    "prompt_words": ("prompts", "words"),
    "context_turns": ("context", "turns"),
    "sessions_per_client": ("clients", "sessions"),
}
_TOKENS = {"prompt": "prompts", "completion": "responses", "whole": "rows"}


def overview(corpus: Path) -> Iterator[Table | list[str]]:
    """Counts and distributions of a built corpus, from its shards alone, read some thousand rows at a time.

    Raises:
        UsageError: it is no built corpus.
    """
    import polars as pl

    from expectations.distributions import distributions
    from expectations.metrics import AUDIT_COLUMNS, measure

    splits_in(corpus)
    zero = [pl.lit(0, pl.Int32).alias(name) for name in AUDIT_COLUMNS]
    flags = Counter[str]()

    def rows() -> Iterator[pl.DataFrame]:
        for part in parts_in(corpus):
            for frame in frames(part):
                flags.update(frame["flags"].explode().drop_nulls())
                yield frame.with_columns(pl.lit(part.split).alias("split"), *zero)

    metrics = measure(rows())
    found = distributions(metrics)
    yield _splits(found["splits"])
    for name in ("source", "kind"):
        yield [f"\n{name}s", *bars(_counted(metrics, name))]
    for title, counts in (("flags", flags), ("topics", found["topics"])):
        if counts:
            yield [f"\n{title}", *bars(dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))))]
    yield from (_histogram(name, entry) for name, entry in found["lengths"].items())
    if (corpus / SUMS).is_file():
        yield ["\n" + _standing(corpus)]


def token_overview(lengths: Lengths, document: Mapping[str, Any], preset: str) -> Iterator[Table | list[str]]:
    """How long rows are in tokens, and what a trainer cuts.

    Args:
        lengths: the counts.
        document: what `lengths.document` says for the preset's bounds.
        preset: its name.
    """
    from rich.table import Table

    for name, title in _TOKENS.items():
        marks = document[name]
        if not marks:
            continue
        said = f"median {marks['median']:,}, 95 % up to {marks['p95']:,}, {marks['sum']:,} in all"
        yield [f"\n{title} by tokens: {said}", *columns(binned(getattr(lengths, name)), "tokens")]
    table = Table(f"of {document['rows']:,} rows", "rows", "per cent")
    cut = {
        f"prompts over {document['source_max']:,} tokens, cut ({preset})": document["prompts_cut"],
        f"responses over {document['target_max']:,}, left out ({preset})": document["responses_left_out"],
        **{f"longer than a window of {int(size):,}": over for size, over in document["over_window"].items()},
    }
    for what, over in cut.items():
        table.add_row(what, f"{over['rows']:,}", f"{100 * over['share']:.1f}")
    for reason, count in document["unusable"].items():
        table.add_row(f"unusable: {reason}", f"{count:,}", f"{100 * count / document['rows']:.1f}")
    yield table


def _splits(rows: list[dict[str, Any]]) -> Table:
    from rich.table import Table

    from corpora.shards import SPLITS

    names = ("examples", "clients", "sessions", "words")
    table = Table("split", *names)
    for row in sorted(rows, key=lambda row: [*SPLITS, row["split"]].index(row["split"])):
        table.add_row(row["split"], *(f"{row[name]:,}" for name in names))
    return table


def _histogram(name: str, entry: Mapping[str, Any]) -> list[str]:
    what, unit = _LENGTHS[name]
    half = f"half of them {entry['quarter']:,} to {entry['three_quarters']:,}, median {entry['median']:,}"
    bins = Bins(entry["start"], entry["width"], tuple(entry["counts"]))
    return [f"\n{what} by {unit}: {half}", *columns(bins, unit)]


def _counted(metrics: pl.DataFrame, column: str) -> dict[str, int]:
    return dict(metrics[column].value_counts().sort("count", column, descending=[True, False]).iter_rows())


def _standing(corpus: Path) -> str:
    """What a steward decided about it, as far as can be told without the key."""
    from pipelines.decisions import standing

    return f"{corpus} is {standing(corpus, None).sentence}"
