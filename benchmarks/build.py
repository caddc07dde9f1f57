"""The whole build: ours beside datatrove doing its core, on generated dialogue of AnnoMI's size.

    python -m benchmarks.build [--quick]

Both read the same CSV files, take identifiers out with the same detector and surrogates, keep therapist turns of fifty
words or more with their context, and write; the rows must be equal, word for word. Ours does more, which is printed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.generate import UTTERANCES, transcripts, write_csv
from benchmarks.harness import PAIRS, Run, Side, alternate, middle, ratio, result_line, same_work, table

QUICK_UTTERANCES = 800
FILES = 8
WORKERS = 2
KEY = bytes(range(32))
BESIDES = (
    "a client's names joined over all sessions before any is written (datatrove's run knows one session at a time)",
    "a language check of every session",
    "a second detector, other than the first, over everything that was written",
    "the fate of every file, session and turn; resumable part files, synced to disk",
    "ids under a key, a split by client, sorted shards with checksums",
    "validation by Great Expectations, and a gate before anything is published",
    "dataset card, Croissant metadata, manifest, the steward's report with plots, Data Docs",
)


@dataclass(frozen=True, slots=True)
class Task:
    """The CSV files in `folder`, to be built below `scratch` with so many workers."""

    folder: Path
    scratch: Path
    workers: int

    def fresh(self) -> Path:
        """A new, empty folder for one run."""
        return Path(tempfile.mkdtemp(dir=self.scratch))


@dataclass(frozen=True, slots=True)
class Built:
    """Where a run left its rows, how many turns it saw, and (of ours) the seconds of its passes over sessions."""

    out: Path
    turns: int
    passes_s: float = 0.0


def start_ours() -> Callable[[Task], Built]:
    """Our pipeline, with everything imported and loaded that a build needs (a pool's workers load for themselves)."""
    for package in ("datasets", "great_expectations", "matplotlib.figure", "polars", "pipelines.engines.warm"):
        import_module(package)  # imported later by a build; here, so that the clock does not see it

    from pipelines.egress import close_egress
    from pipelines.engines import Engine
    from pipelines.pipeline import Pipeline
    from pipelines.recipe import RECIPES, load_recipe

    close_egress()

    def build(task: Task) -> Built:
        place = task.fresh()
        key = place / "key"
        key.touch(mode=0o600)
        key.write_bytes(KEY)
        pipeline = Pipeline(
            load_recipe(RECIPES / "build.toml", {"read": {"source": "annomi", "input": task.folder}}).stages
        )
        engine: Engine = "serial" if task.workers == 1 else "local"
        latest: dict[str, float] = {}

        def note(name: str, _done: int, _total: int) -> None:
            latest[name] = time.perf_counter()

        began = time.perf_counter()
        published = pipeline.run(place / "out", engine, task.workers, key, note)
        turns = published.manifest["accounting"]["turns"]["seen"]
        return Built(published.out, turns, latest["de-identify"] - began)

    return build


def _load_detector() -> None:
    """The detector that both use, the recognizer that it asks in doubt included."""
    from anonymize import Deidentifier
    from pipelines.engines.warm import SAID

    Deidentifier(key=KEY).find(list(SAID))


def finish_ours(built: Built) -> dict[str, Any]:
    """Read our shards again."""
    import pyarrow as pa

    rows: list[dict[str, Any]] = []
    for path in built.out.glob("*/data-*.arrow"):
        with pa.OSFile(str(path)) as file:
            rows += pa.ipc.open_stream(file).read_all().select(["prompt", "completion"]).to_pylist()
    return _facts(built, ([*row["prompt"], *row["completion"]] for row in rows))


def start_datatrove() -> Callable[[Task], Built]:
    """The same for datatrove."""
    from benchmarks import datatrove_peer

    _load_detector()

    def build(task: Task) -> Built:
        out = task.fresh()
        with _stderr_to(out / "stderr"):  # its workers log every step there
            return Built(out, datatrove_peer.build(task.folder, out, KEY, task.workers))

    return build


@contextmanager
def _stderr_to(path: Path) -> Iterator[None]:
    """Send what this process and those it starts write on stderr to a file."""
    kept = os.dup(2)
    try:
        with path.open("wb") as file:
            os.dup2(file.fileno(), 2)
            yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def finish_datatrove(built: Built) -> dict[str, Any]:
    """Read datatrove's rows again."""
    import pyarrow.parquet as pq

    rows = [row for path in (built.out / "rows").glob("*.parquet") for row in pq.read_table(path).to_pylist()]
    return _facts(built, ([*row["prompt"], {"role": "assistant", "content": row["text"]}] for row in rows))


def _facts(built: Built, rows: Iterable[Sequence[Mapping[str, str]]]) -> dict[str, Any]:
    texts = sorted(json.dumps([[message["role"], message["content"]] for message in row]) for row in rows)
    digest = hashlib.sha256("\n".join(texts).encode()).hexdigest()
    work = {"turns seen": built.turns, "rows": len(texts), "SHA-256 of the rows": digest}
    return {"work": work, "passes_s": built.passes_s}


OURS = Side("therapy-corpora", start_ours, finish_ours)
PEER = Side("datatrove", start_datatrove, finish_datatrove)


def compare(task: Task) -> tuple[list[Run], list[Run]]:
    """Alternating runs of both, which must have written the same rows."""
    runs = alternate([OURS, PEER], task)
    same_work(
        {f"{name}, run {at}": run.result["work"] for name, side in runs.items() for at, run in enumerate(side, start=1)}
    )
    return runs[OURS.name], runs[PEER.name]


def _figures(runs: Sequence[Run], words: int, sessions: int) -> dict[str, Any]:
    seconds = median(run.seconds for run in runs)
    figures = {
        "words_per_s": round(words / seconds),
        "sessions_per_s": round(sessions / seconds, 1),
        "seconds": round(seconds, 2),
        "startup_s": middle(runs, lambda run: run.startup_s),
        "peak_memory_mb": round(median(run.memory_mb for run in runs)),
    }
    if passes := median(run.result["passes_s"] for run in runs):
        figures["passes_s"] = round(passes, 2)
    return figures


def main() -> None:
    """Run the comparison and print it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.build", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--quick", action="store_true", help="a twelfth of the dialogue, one worker each; within a minute"
    )
    quick = parser.parse_args().quick
    made = transcripts(QUICK_UTTERANCES if quick else UTTERANCES)
    words = sum(len(turn.split()) for transcript in made for turn in transcript.turns)
    ratios: dict[str, float] = {}
    figures: dict[str, dict[str, Any]] = {OURS.name: {}, PEER.name: {}}
    with tempfile.TemporaryDirectory() as folder:
        source, scratch = Path(folder, "csv"), Path(folder, "scratch")
        source.mkdir()
        scratch.mkdir()
        write_csv(made, source, FILES)
        for suffix, workers in {"": 1}.items() if quick else {"": WORKERS, "_serial": 1}.items():
            mine, peers = compare(Task(source, scratch, workers))
            ratios[f"build_vs_datatrove{suffix}"] = ratio(mine, peers)
            ratios[f"memory_vs_datatrove{suffix}"] = ratio(mine, peers, lambda run: run.memory_mb)
            for name, runs in ((OURS.name, mine), (PEER.name, peers)):
                figures[name][f"workers_{workers}"] = _figures(runs, words, len(made))
    rows = mine[0].result["work"]["rows"]
    print(f"{len(made)} sessions, {words:,} words in; {rows} rows out, the same of both; {PAIRS} counted pairs\n")
    _show(figures)
    peer = f"datatrove {version('datatrove')}"
    print(result_line("build", peer, PAIRS, ratios, figures[OURS.name], figures[PEER.name]))


def _show(figures: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> None:
    header = ("", "words/s", "sessions/s", "seconds", "of it passes", "start-up s", "peak MB")
    rows = [
        (
            f"{name}, {workers.replace('_', ' ')}",
            f"{entry['words_per_s']:,}",
            entry["sessions_per_s"],
            entry["seconds"],
            entry.get("passes_s", ""),
            entry["startup_s"],
            entry["peak_memory_mb"],
        )
        for name, sides in figures.items()
        for workers, entry in sides.items()
    ]
    print(table(header, rows))
    print("\nWith the same detector, surrogates and windows inside. Our run does besides, inside the same clock:")
    print("".join(f"- {line}\n" for line in BESIDES))


if __name__ == "__main__":
    main()
