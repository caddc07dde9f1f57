"""How units are run: one after the other, or by a pool of fresh processes. The order of results never matters."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any, Literal

from corpora.errors import CorporaError
from pipelines.guard import error_place

Engine = Literal["serial", "local"]
WORTH_A_WORKER = 2 * 2**20
"""Bytes of input: starting a process costs about four seconds of lists and imports, as much as one reads of this."""
Runner = Callable[[Callable[[Any], Any], Sequence[Any]], Iterator[Any]]
"""Called as (a module-level function, its tasks); yields the results as they come."""


def available_workers() -> int:
    """The processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def open_engine(engine: Engine, workers: int | None, tasks: int, size: int) -> Iterator[Runner]:
    """Yield a runner whose processes, once started, serve all passes of a build.

    Args:
        engine: `serial`, or `local` for a pool of spawned processes.
        workers: the pool's size; by default one a processor, but no more than `size` is worth.
        tasks: how many tasks a pass has; a pool is never larger, and for one process none is started.
        size: bytes of input.

    Raises:
        CorporaError: from the runner, where a worker process died, or the work failed; the message never quotes what
            the work said.
    """
    count = min(workers or min(available_workers(), size // WORTH_A_WORKER), tasks)
    if engine == "serial" or count <= 1:
        yield lambda work, items: (_guarded(work, item) for item in items)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, mp_context=context, initializer=_start_worker, initargs=(os.getpid(),)) as pool:
        try:
            yield lambda work, items: _run(pool, work, items)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _start_worker(driver: int) -> None:
    os.umask(0o077)
    threading.Thread(target=_end_with, args=(driver,), daemon=True).start()


def _end_with(driver: int) -> None:
    """End this worker when its driver is gone: a killed driver must leave no process that holds raw text."""
    while os.getppid() == driver:
        time.sleep(1)
    os._exit(1)


def _run(pool: ProcessPoolExecutor, work: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Any]:
    try:
        for future in as_completed([pool.submit(_guarded, work, item) for item in items]):
            yield future.result()
    except BrokenProcessPool:
        raise CorporaError(
            "a worker process died (killed, or out of memory); run the same command again: finished work is kept. "
            "Fewer --workers need less memory."
        ) from None


def _guarded(work: Callable[[Any], Any], item: Any) -> Any:
    try:
        return work(item)
    except CorporaError:
        raise
    except Exception as error:  # noqa: BLE001 - its message may quote the text
        raise CorporaError(f"internal error: {error_place(error)}; please report this line") from None
