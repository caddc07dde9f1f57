"""Validation: our metrics and gate beside Great Expectations held directly against the pandas frame of the rows.

    python -m benchmarks.validate [--quick] [--examples N]

Both start from the shards on disk and run the same checks of the suites structure, privacy, splits and quality, which
must come to the same: which held, and how many examples were against each. Ours also writes Data Docs.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.harness import PAIRS, Run, Side, alternate, middle, ratio, result_line, same_work, table
from benchmarks.rows import write_corpus
from expectations.thresholds import Thresholds

EXAMPLES, QUICK = 1_000_000, 70_000

BOUNDS = Thresholds(min_words={"transcript": 50})
_NOT_OF_ROWS = frozenset({"other_hits_rate", "shards_alike"})
"""The checks that the peer cannot hold a frame of rows to: a rate a split, and one of shards."""


@dataclass(frozen=True, slots=True)
class Task:
    """The corpus in `folder`; Data Docs go below `scratch`."""

    folder: Path
    scratch: Path


def start_ours() -> Callable[[Task], Any]:
    """Our metrics and gate, with everything imported."""
    import_module("great_expectations")
    import polars as pl

    from corpora.rows import frames, parts_in
    from expectations.gate import run_gate
    from expectations.metrics import AUDIT_COLUMNS, measure
    from expectations.suites import privacy, quality, splits, structure

    suites = {"structure": structure, "privacy": privacy, "splits": splits, "quality": quality}
    import_module("expectations.bounds")
    none_left = [pl.lit(0, pl.Int32).alias(name) for name in AUDIT_COLUMNS]

    def validate(task: Task) -> Any:
        rows = (
            frame.with_columns(pl.lit(part.split).alias("split"), *none_left)
            for part in parts_in(task.folder)
            for frame in frames(part)
        )
        docs = Path(tempfile.mkdtemp(dir=task.scratch))
        chosen = {name: module.expectations for name, module in suites.items()}
        return run_gate(measure(rows), BOUNDS, docs, "benchmark", datetime.now(UTC), suites=chosen)

    return validate


def finish_ours(result: Any) -> dict[str, Any]:
    """Which checks held, and how many examples were against each."""
    return {
        outcome.expectation: (outcome.passed, outcome.against or 0)
        for outcome in result.results
        if outcome.expectation not in _NOT_OF_ROWS
    }


def start_peer() -> Callable[[Task], Any]:
    """Great Expectations on the frame, with everything imported."""
    import pandas as pd
    from datasets import load_from_disk

    from benchmarks.gx_peer import validate as hold
    from expectations.metrics import AUDIT_COLUMNS

    def validate(task: Task) -> Any:
        splits = load_from_disk(str(task.folder))
        frames = [splits[name].to_pandas().assign(split=name) for name in splits]
        rows = pd.concat(frames, ignore_index=True).assign(**dict.fromkeys(AUDIT_COLUMNS, 0))
        return hold(rows, BOUNDS)

    return validate


OURS = Side("therapy-corpora", start_ours, finish_ours)
PEER = Side("great-expectations", start_peer)


def _figures(runs: Sequence[Run], examples: int) -> dict[str, Any]:
    seconds = middle(runs, lambda run: run.seconds)
    return {
        "examples": examples,
        "seconds": seconds,
        "examples_per_s": round(examples / seconds),
        "startup_s": middle(runs, lambda run: run.startup_s),
        "peak_memory_mb": round(middle(runs, lambda run: run.memory_mb)),
    }


def compare(examples: int, scratch: Path) -> dict[str, list[Run]]:
    """Alternating runs of both, which must have come to the same."""
    folder = scratch / f"corpus-{examples}"
    write_corpus(folder, examples)
    runs = alternate([OURS, PEER], Task(folder, scratch))
    same_work({f"{name}, run {at}": run.result for name, side in runs.items() for at, run in enumerate(side, start=1)})
    return runs


def main() -> None:
    """Run the comparison and print it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.validate", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help=f"{QUICK:,} examples; within a minute")
    parser.add_argument("--examples", type=int, default=EXAMPLES, help="how many examples [default: %(default)s]")
    options = parser.parse_args()
    count = QUICK if options.quick else options.examples
    with tempfile.TemporaryDirectory() as folder:
        runs = compare(count, Path(folder))
    ours, theirs = (_figures(runs[side.name], count) for side in (OURS, PEER))
    mine, peers = runs[OURS.name], runs[PEER.name]
    ratios = {
        "speed_vs_gx": ratio(mine, peers),
        "memory_vs_gx": ratio(mine, peers, lambda run: run.memory_mb),
    }
    checks = len(mine[0].result)
    print(f"{count:,} examples, {checks} checks, the same outcome of both; {PAIRS} counted pairs\n")
    _show({OURS.name: ours, PEER.name: theirs})
    peer = f"great-expectations {version('great-expectations')}"
    print(result_line("validate", peer, PAIRS, ratios, ours, theirs))


def _show(figures: Mapping[str, Mapping[str, Any]]) -> None:
    header = ("", "examples", "seconds", "examples/s", "start-up s", "peak MB")
    keys = ("examples", "seconds", "examples_per_s", "startup_s", "peak_memory_mb")
    rows = [(name, *(f"{entry[key]:,}" for key in keys)) for name, entry in figures.items()]
    print(table(header, rows) + "\n")


if __name__ == "__main__":
    main()
