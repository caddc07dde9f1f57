"""How units are run: one after the other, by a pool of processes, or on a Ray cluster. The order never matters."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from corpora.errors import UsageError
from pipelines.engines.work import Runner, attempt, result_of

__all__ = ["WARM", "Engine", "Runner", "available_workers", "open_engine", "prepare"]

Engine = Literal["serial", "local", "ray"]
WARM = {False: "pipelines.engines.warm_rules", True: "pipelines.engines.warm_encoder"}
"""What a pool's workers share, without and with the sentence encoder."""

WORTH_A_WORKER = 2 * 2**20
"""Bytes of input: starting a process costs about two seconds of lists and imports, as much as one reads of this."""


def available_workers() -> int:
    """The processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def prepare(engine: Engine, workers: int | None, files: Sequence[Path], preload: str | None) -> None:
    """Begin to load what a pool's workers share, if the input's `files` get a pool, beside what the driver does first.

    The other arguments are `open_engine`'s.
    """
    size = sum(path.stat().st_size for path in files if path.is_file())
    if engine == "local" and preload and _size_of_pool(workers, max(len(files), size // WORTH_A_WORKER), size) > 1:
        from pipelines.engines.pool import start_server

        start_server(preload)


def _size_of_pool(workers: int | None, tasks: int, size: int) -> int:
    return min(workers or min(available_workers(), size // WORTH_A_WORKER), tasks)


@contextmanager
def open_engine(
    engine: Engine,
    workers: int | None,
    tasks: int,
    size: int,
    *,
    ray_address: str | None = None,
    ray_storage: str | None = None,
    shared: Path | None = None,
    preload: str | None = None,
) -> Iterator[Runner]:
    """Yield a runner whose processes, once started, serve all passes of a build.

    Args:
        engine: `serial`, `local` for a pool of processes, or `ray`.
        workers: most tasks at a time; by default one a processor, but for `local` no more than `size` is worth.
        tasks: how many tasks a pass has; a pool is never larger, and for one process none is started.
        size: bytes of input.
        ray_address: of a running cluster (`auto`: the one this machine belongs to); by default one of this machine
            alone is started and stopped again.
        ray_storage: URL of a folder through which tasks' files travel, encrypted, where nodes do not see `shared`.
        shared: the folder that results go to; without `ray_storage` all nodes of the cluster must see it.
        preload: one of `WARM`, a module with what a pool's workers share; None with a user's model, which may need what
            those do without.

    Raises:
        UsageError: `ray_address` or `ray_storage` goes with another engine, Ray is not installed, the storage cannot be
            used, or a node cannot do the work.
        CorporaError: from the runner, see `Runner`.
    """
    for flag, given in (("--ray-address", ray_address), ("--ray-storage", ray_storage)):
        if given and engine != "ray":
            raise UsageError(f"{flag} goes with --engine ray")
    if engine == "ray":
        from pipelines.engines.cluster import open_cluster

        with open_cluster(ray_address, workers, shared, ray_storage) as runner:
            yield runner
        return
    count = _size_of_pool(workers, tasks, size)
    if engine == "serial" or count <= 1:
        yield lambda work, items, _lost=None: (result_of(attempt(work, item)) for item in items)
        return
    from pipelines.engines.pool import Pool

    with Pool(count, preload=preload) as pool:
        yield pool.run
