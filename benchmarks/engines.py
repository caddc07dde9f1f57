"""What an engine costs: its start, each task it hands out, and a small build, whose bytes must be the same on all.

    python -m benchmarks.engines [--quick]

Tasks that do nothing show what handing one over costs; a build on two workers shows what is left of that in real work.
Ray runs as a cluster of this machine alone.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.build import KEY, load_all
from benchmarks.generate import transcripts, write_csv
from benchmarks.harness import PAIRS, Run, Side, alternate, result_line, same_work, table
from pipelines.engines import Engine, open_engine

QUICK_UTTERANCES, UTTERANCES = 400, 4_000
FILES = 16
WORKERS = 2
TASKS = 2_000
ENGINES: tuple[Engine, ...] = ("serial", "local", "ray")


@dataclass(frozen=True, slots=True)
class Task:
    """The CSV files in `folder`, to be built below `scratch`."""

    folder: Path
    scratch: Path


def nothing(number: int) -> int:
    """A task that does nothing."""
    return number


def start(engine: Engine) -> Callable[[Task], dict[str, Any]]:
    """The engine's costs, and a build on it, with all loaded that the driver needs."""
    load_all()

    def measure(task: Task) -> dict[str, Any]:
        with ExitStack() as stack:
            began = time.perf_counter()
            run = stack.enter_context(open_engine(engine, WORKERS, TASKS, 0))
            list(run(nothing, range(WORKERS)))
            ready = time.perf_counter()
            if sorted(run(nothing, range(TASKS))) != list(range(TASKS)):
                raise RuntimeError(f"{engine}: a task was lost or done twice")
            handed = time.perf_counter()
        return _built(engine, task) | {"start_s": ready - began, "task_us": 1e6 * (handed - ready) / TASKS}

    return measure


def _built(engine: Engine, task: Task) -> dict[str, Any]:
    from pipelines.pipeline import Pipeline
    from pipelines.recipe import RECIPES, load_recipe

    place = Path(tempfile.mkdtemp(dir=task.scratch))
    key = place / "key"
    key.touch(mode=0o600)
    key.write_bytes(KEY)
    stages = load_recipe(RECIPES / "build.toml", {"read": {"source": "annomi", "input": task.folder}}).stages
    began = time.perf_counter()
    out = Pipeline(stages).run(place / "out", engine, WORKERS, key).out
    seconds = time.perf_counter() - began
    published = chain(out.glob("*.arrow"), out.glob("*/*.arrow"), [out / "SHA256SUMS"])
    return {"build_s": seconds, "sums": (out / "SHA256SUMS").read_text(), "files": len(list(published))}


def main() -> None:
    """Measure every engine that is installed and print the costs."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engines", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the dialogue, one round; within a minute")
    quick = parser.parse_args().quick
    pairs = 1 if quick else PAIRS
    engines = [engine for engine in ENGINES if engine != "ray" or find_spec("ray")]
    sides = [Side(engine, partial(start, engine)) for engine in engines]
    with tempfile.TemporaryDirectory() as folder:
        source, scratch = Path(folder, "csv"), Path(folder, "scratch")
        source.mkdir()
        scratch.mkdir()
        write_csv(transcripts(QUICK_UTTERANCES if quick else UTTERANCES), source, FILES)
        runs = alternate(sides, Task(source, scratch), pairs, warm_up=not quick)
    same_work({f"{engine}, run {at}": _work(run) for engine, side in runs.items() for at, run in enumerate(side, 1)})
    figures = {engine: _figures(side) for engine, side in runs.items()}
    rows = [(engine, *(found[name] for name in ("start_s", "task_us", "build_s"))) for engine, found in figures.items()]
    print(f"{FILES} files, {WORKERS} workers; the same bytes of all; {pairs} counted rounds\n")
    print(table(("", "start s", "us a task", "build s"), rows), end="\n\n")
    serial = figures["serial"]["build_s"]
    ratios = {f"{engine}_vs_serial": round(serial / figures[engine]["build_s"], 3) for engine in engines[1:]}
    peer = f"ray {version('ray')}" if "ray" in engines else "none"
    print(result_line("engines", peer, pairs, ratios, figures, figures.get("ray", {})))


def _work(run: Run) -> dict[str, Any]:
    return {"SHA256SUMS": run.result["sums"]}


def _figures(runs: list[Run]) -> dict[str, float]:
    return {name: round(median(run.result[name] for run in runs), 2) for name in ("start_s", "task_us", "build_s")}


if __name__ == "__main__":
    main()
