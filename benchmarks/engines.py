"""What an engine costs: its start, each task it hands out, and a small build, whose bytes must be the same on all.

    python -m benchmarks.engines [--quick]

Tasks that do nothing show what handing one over costs, by a storage with a file of 4 kB each; a build on two workers
shows what is left of that in real work. Ray runs as a cluster of this machine alone, its storage is a local folder.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.build import KEY, load_all
from benchmarks.generate import transcripts, write_csv
from benchmarks.harness import PAIRS, Run, Side, alternate, result_line, same_work, table
from benchmarks.nothing import Nothing, number_of
from pipelines.engines import Engine, open_engine

QUICK_UTTERANCES, UTTERANCES = 400, 2_000
FILES = 16
WORKERS = 2
TASKS = 200
TASK_BYTES = 4096
SIDES: dict[str, tuple[Engine, bool]] = {
    "serial": ("serial", False),
    "local": ("local", False),
    "ray": ("ray", False),
    "ray_storage": ("ray", True),
}
"""Name -> engine, and whether files travel through a storage."""


@dataclass(frozen=True, slots=True)
class Task:
    """The CSV files in `folder`, to be built below `scratch`."""

    folder: Path
    scratch: Path


def start(engine: Engine, *, travels: bool) -> Callable[[Task], dict[str, Any]]:
    """The engine's costs, and a build on it, with all loaded that the driver needs."""
    load_all()
    os.environ["PYTHONPATH"] = str(Path(__file__).parents[1])  # Ray's workers know what is installed, and this

    def measure(task: Task) -> dict[str, Any]:
        place = Path(tempfile.mkdtemp(dir=task.scratch))
        storage = f"file://{place}/storage" if travels else None
        nothings = [Nothing(number, place / str(number)) for number in range(TASKS)]
        for nothing in nothings:
            nothing.file.write_bytes(bytes(TASK_BYTES))
        began = time.perf_counter()
        with open_engine(engine, WORKERS, TASKS, 0, ray_storage=storage, shared=place) as run:
            list(run(number_of, nothings[:WORKERS]))
            ready = time.perf_counter()
            if sorted(run(number_of, nothings)) != list(range(TASKS)):
                raise RuntimeError(f"{engine}: a task was lost or done twice")
            handed = time.perf_counter()
        return _built(engine, storage, task, place) | {
            "start_s": ready - began,
            "task_ms": 1e3 * (handed - ready) / TASKS,
        }

    return measure


def _built(engine: Engine, storage: str | None, task: Task, place: Path) -> dict[str, Any]:
    from pipelines.pipeline import Pipeline
    from pipelines.recipe import RECIPES, load_recipe

    key = place / "key"
    key.touch(mode=0o600)
    key.write_bytes(KEY)
    flags: dict[str, dict[str, Any]] = {
        "read": {"source": "annomi", "input": task.folder},
        "deidentify": {"encoder": "off"},  # as `load_all` warms it
    }
    stages = load_recipe(RECIPES / "build.toml", flags).stages
    began = time.perf_counter()
    out = Pipeline(stages).run(place / "out", engine, WORKERS, key, ray_storage=storage).out
    return {"build_s": time.perf_counter() - began, "sums": (out / "SHA256SUMS").read_text(encoding="utf-8")}


def main() -> None:
    """Measure every engine that is installed and print the costs."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engines", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--quick", action="store_true", help="a fifth of the dialogue, one round, no storage; within a minute"
    )
    quick = parser.parse_args().quick
    pairs = 1 if quick else PAIRS
    left_out = {"ray_storage"} if quick else set()
    names = [name for name in SIDES if name not in left_out and (SIDES[name][0] != "ray" or find_spec("ray"))]
    sides = [Side(name, partial(start, SIDES[name][0], travels=SIDES[name][1])) for name in names]
    with tempfile.TemporaryDirectory() as folder:
        source, scratch = Path(folder, "csv"), Path(folder, "scratch")
        source.mkdir()
        scratch.mkdir()
        write_csv(transcripts(QUICK_UTTERANCES if quick else UTTERANCES), source, FILES)
        runs = alternate(sides, Task(source, scratch), pairs, warm_up=not quick)
    same_work({f"{name}, run {at}": _work(run) for name, side in runs.items() for at, run in enumerate(side, 1)})
    figures = {name: _figures(side) for name, side in runs.items()}
    print(f"{FILES} files, {WORKERS} workers; the same bytes of all; {pairs} counted rounds\n")
    print(table(("", "start s", "task ms", "build s"), ((name, *found.values()) for name, found in figures.items())))
    serial = figures["serial"]["build_s"]
    ratios = {f"{name}_vs_serial": round(serial / figures[name]["build_s"], 3) for name in names[1:]}
    peer = f"ray {version('ray')}" if "ray" in names else "none"
    print()
    print(result_line("engines", peer, pairs, ratios, figures, figures.get("ray", {})))


def _work(run: Run) -> dict[str, Any]:
    return {"SHA256SUMS": run.result["sums"]}


def _figures(runs: list[Run]) -> dict[str, float]:
    return {name: round(median(run.result[name] for run in runs), 3) for name in ("start_s", "task_ms", "build_s")}


if __name__ == "__main__":
    main()
