"""Two or more programs on the same work, alternating, each run in a fresh process of its own.

A run's clock starts after imports and model loading, which are told apart as start-up, and stops before its result goes
home; its peak memory belongs to it alone. Runs alternate so that a machine that slows down slows everybody, the first
round is not counted, and a ratio is the median of the rounds' own ratios.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any

PAIRS = 3
SAMPLE_SECONDS = 0.05
_QUIET = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "GX_ANALYTICS_ENABLED": "false", "TQDM_DISABLE": "1"}


def _same(result: Any) -> Any:
    return result


@dataclass(frozen=True, slots=True)
class Side:
    """One of the programs compared.

    `start` imports and loads all that is needed (this is the start-up) and returns the function whose run over the task
    is timed. `finish`, outside the clock, turns what that returns into what travels home. Both are module-level
    functions, since they travel to the run's process.
    """

    name: str
    start: Callable[[], Callable[[Any], Any]]
    finish: Callable[[Any], Any] = _same


@dataclass(frozen=True, slots=True)
class Run:
    """One run: seconds of start-up and of work, peak memory in MB, and its result.

    The memory is the larger of the process' own high-water mark and of the sum over all of the run's processes, looked
    at every 50 ms (on Linux); pages that they share count once a process.
    """

    startup_s: float
    seconds: float
    memory_mb: float
    result: Any


def alternate(sides: Sequence[Side], task: Any, pairs: int = PAIRS, *, warm_up: bool = True) -> dict[str, list[Run]]:
    """Run every side `pairs` times, by turns; the order turns round each time.

    Args:
        sides: who is compared.
        task: what each is given.
        pairs: counted rounds.
        warm_up: one round more, first, that is not counted; False where every side's start warms itself up.

    Raises:
        RuntimeError: a run ended without a result (its own error is on stderr).
    """
    runs: dict[str, list[Run]] = {side.name: [] for side in sides}
    for number in range(0 if warm_up else 1, pairs + 1):
        for side in sides if number % 2 else reversed(sides):
            run = run_once(side, task)
            if number:
                runs[side.name].append(run)
    return runs


def run_once(side: Side, task: Any) -> Run:
    """One run in a spawned process.

    Raises:
        RuntimeError: the process ended without a result.
    """
    os.environ.update(_QUIET)
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(there, side, task))
    process.start()
    there.close()
    peak = 0.0
    while not here.poll(SAMPLE_SECONDS):
        peak = max(peak, _resident_mb(process.pid))
    try:
        run: Run = here.recv()
    except EOFError:
        process.join()
        raise RuntimeError(f"{side.name}: the run ended without a result (exit code {process.exitcode})") from None
    process.join()
    return Run(run.startup_s, run.seconds, max(peak, run.memory_mb), run.result)


def _child(pipe: Connection, side: Side, task: Any) -> None:
    began = time.perf_counter()
    work = side.start()
    ready = time.perf_counter()
    result = work(task)
    done = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    memory = peak / (2**20 if sys.platform == "darwin" else 2**10)
    pipe.send(Run(ready - began, done - ready, memory, side.finish(result)))


def _resident_mb(pid: int | None) -> float:
    """Resident memory of a process and its descendants now; 0 where /proc does not tell."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        children = " ".join(path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children"))
    except (OSError, IndexError):
        return 0.0
    return pages * resource.getpagesize() / 2**20 + sum(_resident_mb(int(child)) for child in children.split())


def ratio(ours: Sequence[Run], theirs: Sequence[Run], of: Callable[[Run], float] = lambda run: run.seconds) -> float:
    """Median over the rounds of theirs by ours: above 1, ours needs less (by default, less time)."""
    return round(median(of(b) / of(a) for a, b in zip(ours, theirs, strict=True)), 3)


def middle(runs: Sequence[Run], of: Callable[[Run], float]) -> float:
    """The median of one figure over runs, to three digits after the point."""
    return round(median(of(run) for run in runs), 3)


def same_work(facts: Mapping[str, Mapping[str, Any]]) -> None:
    """Hold the sides to equal work: name of the side -> what it did.

    Raises:
        RuntimeError: two sides differ; the message names the fact and both values.
    """
    (first, expected), *others = facts.items()
    for name, found in others:
        for fact in sorted(expected.keys() | found.keys()):
            a, b = expected.get(fact), found.get(fact)
            if a != b:
                raise RuntimeError(f"unequal work, so no comparison: {fact} is {a} for {first}, {b} for {name}")


def table(header: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    """Plain-text columns, the first one left, the others right."""
    cells = [list(map(str, row)) for row in (header, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        )
        for row in cells
    ]
    return "\n".join(line.rstrip() for line in lines)


def result_line(
    benchmark: str,
    peer: str,
    pairs: int,
    ratios: Mapping[str, float],
    ours: Mapping[str, Any],
    theirs: Mapping[str, Any],
) -> str:
    """The last line that a benchmark prints, as JSON; a ratio above 1 means that we are better."""
    document = {"benchmark": benchmark, "peer": peer, "pairs": pairs, "ratios": ratios, "ours": ours, "theirs": theirs}
    return json.dumps(document)
