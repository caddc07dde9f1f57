"""One build at growing sizes: memory that stays, time that grows in proportion, and what a second worker brings.

    python -m benchmarks.scale [--quick]

Generated dialogue, 1 to 100 times; every build in a fresh process. The driver's peak is its own high-water mark, the
workers' that of the largest of them, with all pages that they share. Near-duplicates hold something in memory for
every example, so the sizes are built without looking for them, and one is built again with.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.build import KEY, load_all
from benchmarks.generate import transcripts, write_csv
from benchmarks.harness import Run, Side, result_line, run_once, table

SIZES, UTTERANCES = (1, 3, 10, 30, 100), 4_000
QUICK_SIZES, QUICK_UTTERANCES = (1, 10, 100), 100
FILES = 4
"""Files of one size: several, so that the smallest corpus too has work for two."""
WORKERS = 2
LARGER, CORES = (10**6, 10**8, 10**10), (2, 64, 1024)
"""Turns, and processors, for which is said what would be needed."""
_SAMPLE_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Task:
    """The corpus in `folder`, to be built by so many workers, with or without a look for near-duplicates."""

    folder: Path
    workers: int
    duplicates: bool = False


def write_corpus(folder: Path, size: int, utterances: int) -> None:
    """`size` times so many utterances, of other seeds each time; transcripts are numbered through."""
    first = 0
    for seed in range(size):
        made = [replace(one, number=first + at) for at, one in enumerate(transcripts(utterances, seed))]
        first += len(made)
        (folder / f"{seed:03}").mkdir(parents=True)
        write_csv(made, folder / f"{seed:03}", FILES)


def start() -> Callable[[Task], dict[str, Any]]:
    """A build that says what it saw, how long its passes took, and the peaks of driver and workers."""
    load_all()

    def build(task: Task) -> dict[str, Any]:
        from pipelines.engines import Engine
        from pipelines.pipeline import Pipeline
        from pipelines.recipe import RECIPES, load_recipe
        from pipelines.stages import Duplicates

        recipe = load_recipe(
            RECIPES / "build.toml",
            {"read": {"source": "annomi", "input": task.folder}, "deidentify": {"encoder": "off"}},
        )
        stages = [stage for stage in recipe.stages if task.duplicates or not isinstance(stage, Duplicates)]
        latest: dict[str, float] = {}

        def note(name: str, _done: int, _total: int) -> None:
            latest[name] = time.perf_counter()

        with tempfile.TemporaryDirectory(dir=task.folder.parent) as scratch, _watched() as workers:
            key = Path(scratch, "key")
            key.touch(mode=0o600)
            key.write_bytes(KEY)
            began = time.perf_counter()
            engine: Engine = "serial" if task.workers == 1 else "local"
            manifest = Pipeline(stages).run(Path(scratch, "out"), engine, task.workers, key, note).manifest
            seconds = time.perf_counter() - began
            disk = {name: _size_mb(Path(scratch, name)) for name in ("out", "out.work")}
        return {
            "turns": manifest["accounting"]["turns"]["seen"],
            "examples": manifest["examples"]["total"],
            "seconds": seconds,
            "passes_s": latest["de-identify"] - began,
            "driver_mb": _peak_mb(Path("/proc/self")),
            "worker_mb": max(workers.values(), default=0.0),
            "out_mb": disk["out"],
            "work_mb": disk["out.work"],
        }

    return build


@contextmanager
def _watched() -> Iterator[dict[int, float]]:
    """Yield the peak of every process below this one, in MB by its number, as it grows."""
    peaks: dict[int, float] = {}
    done = threading.Event()

    def watch() -> None:
        while not done.wait(_SAMPLE_SECONDS):
            for process in _below(Path("/proc/self")):
                peaks[int(process.name)] = max(peaks.get(int(process.name), 0.0), _peak_mb(process))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield peaks
    finally:
        done.set()
        watcher.join()


def _below(process: Path) -> Iterator[Path]:
    try:
        children = " ".join(path.read_text() for path in process.glob("task/*/children")).split()
    except OSError:
        return
    for child in children:
        yield Path("/proc", child)
        yield from _below(Path("/proc", child))


def _peak_mb(process: Path) -> float:
    """The high-water mark of a process' resident memory; 0 where it is gone."""
    try:
        lines = (process / "status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 2**10 for line in lines if line.startswith("VmHWM:")), 0.0)


def _size_mb(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 2**20


SIDE = Side("therapy-corpora", start)


def fit(points: Sequence[tuple[float, float]]) -> tuple[float, float, float]:
    """Least squares through (x, y): intercept, slope, and R squared (1: all points are on the line)."""
    xs, ys = zip(*points, strict=True)
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x in xs)
    intercept = mean_y - slope * mean_x
    missed = sum((y - intercept - slope * x) ** 2 for x, y in points)
    return intercept, slope, 1 - missed / sum((y - mean_y) ** 2 for y in ys)


def needs(facts: Sequence[Mapping[str, float]], workers: int) -> list[tuple[object, ...]]:
    """What larger corpora need, in proportion to what the measured ones (smallest first) took.

    The passes over the sessions divide by the cores; what comes after runs in the driver alone.

    Returns:
        For each of `LARGER`: turns, core-hours of the passes, hours of the driver after them, hours in all on each of
        `CORES`, GB of the driver's memory, GB of work folder and of shards.
    """
    first, last = facts[0], facts[-1]
    turns = [fact["turns"] for fact in facts]
    passes = fit([*zip(turns, (fact["passes_s"] for fact in facts), strict=True)])[1] * workers
    after = max(fit([*zip(turns, (fact["seconds"] - fact["passes_s"] for fact in facts), strict=True)])[1], 0.0)
    held = max(last["driver_mb"] - first["driver_mb"], 0.0) / (last["turns"] - first["turns"])
    return [
        (
            f"{size:,}",
            f"{size * passes / 3600:,.1f}",
            f"{size * after / 3600:,.1f}",
            *(f"{size * (passes / cores + after) / 3600:,.1f}" for cores in CORES),
            f"{(last['driver_mb'] + size * held) / 2**10:,.1f}",
            f"{size * last['work_mb'] / last['turns'] / 2**10:,.1f}",
            f"{size * last['out_mb'] / last['turns'] / 2**10:,.1f}",
        )
        for size in LARGER
    ]


def main() -> None:
    """Build every size and print what came out."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a fortieth of the dialogue; within a minute")
    quick = parser.parse_args().quick
    sizes, utterances = (QUICK_SIZES, QUICK_UTTERANCES) if quick else (SIZES, UTTERANCES)
    compared = sizes[-1]
    runs: dict[int, Run] = {}
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            source = Path(folder, f"x{size}")
            write_corpus(source, size, utterances)
            runs[size] = run_once(SIDE, Task(source, WORKERS))
            if size == compared:
                alone = run_once(SIDE, Task(source, 1))
                likened = run_once(SIDE, Task(source, WORKERS, duplicates=True))
            shutil.rmtree(source)
    _print(runs, compared, alone, likened)


def _print(runs: dict[int, Run], compared: int, alone: Run, likened: Run) -> None:
    facts = {size: run.result for size, run in runs.items()}
    first, last, both = facts[min(facts)], facts[max(facts)], facts[compared]
    intercept, slope, r2 = fit([(fact["turns"], fact["seconds"]) for fact in facts.values()])
    ratios = {
        "driver_memory_1x_vs_100x": first["driver_mb"] / last["driver_mb"],
        "worker_memory_1x_vs_100x": first["worker_mb"] / last["worker_mb"],
        "two_workers_vs_one": alone.result["seconds"] / both["seconds"],
        "two_workers_vs_one_passes": alone.result["passes_s"] / both["passes_s"],
        "linear_fit_r2": r2,
    }
    held = (likened.result["driver_mb"] - both["driver_mb"]) * 2**20 / likened.result["examples"]
    shown = [
        (
            f"{size}x",
            f"{fact['turns']:,}",
            f"{fact['examples']:,}",
            f"{fact['seconds']:.1f}",
            f"{fact['passes_s']:.1f}",
            f"{1e6 * fact['seconds'] / fact['turns']:,.0f}",
            f"{fact['driver_mb']:.0f}",
            f"{fact['worker_mb']:.0f}",
            f"{fact['work_mb']:.1f}",
            f"{fact['out_mb']:.1f}",
        )
        for size, fact in facts.items()
    ]
    header = (
        "",
        "turns",
        "examples",
        "seconds",
        "of it passes",
        "us a turn",
        "driver MB",
        "worker MB",
        "work MB",
        "out MB",
    )
    print(table(header, shown))
    print(
        f"\nseconds = {intercept:.2f} + {1e6 * slope:.0f} us a turn (R2 {r2:.4f}), {WORKERS} workers; "
        f"{compared}x by one worker: {alone.result['seconds']:.1f} s\n"
        f"{compared}x with near-duplicates looked for: {likened.result['seconds']:.1f} s, driver "
        f"{likened.result['driver_mb']:.0f} MB, {held:.0f} bytes more an example\n"
    )
    columns = ("core-hours", "driver alone, h", *(f"h on {cores}" for cores in CORES), "driver GB", "work GB", "out GB")
    print(table(("turns", *columns), needs(list(facts.values()), WORKERS)), end="\n\n")
    ours = {
        "sizes": {f"{size}x": {name: round(value, 2) for name, value in fact.items()} for size, fact in facts.items()},
        "one_worker": {name: round(value, 2) for name, value in alone.result.items()},
        "with_near_duplicates": {name: round(value, 2) for name, value in likened.result.items()},
        "seconds_fixed": round(intercept, 2),
        "us_a_turn": round(1e6 * slope, 1),
        "bytes_an_example_with_near_duplicates": round(held),
    }
    rounded = {name: round(value, 3) for name, value in ratios.items()}
    print(result_line("scale", "itself at 1x, and by one worker", 1, rounded, ours, {}))


if __name__ == "__main__":
    main()
