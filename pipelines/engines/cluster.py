"""Units as tasks of a Ray cluster, an existing one or this machine alone.

Parts, rosters and the input must lie in folders that every node sees under the same path; before any work each node
says whether it sees them and has our versions. What goes through Ray is paths, parameters, the build's key and counts,
so the cluster must be as trusted as this machine (Ray itself can encrypt: `RAY_USE_TLS`).
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from corpora.errors import CorporaError, UsageError
from corpora.lean import HEAVY, without
from pipelines.egress import close_egress
from pipelines.engines.work import DEATHS, Runner, attempt, given_up, result_of
from pipelines.versions import package_versions

_AHEAD = 2
"""Tasks handed over at a time for each processor: enough that none waits for the driver, and few enough to hold."""
_PROBE_SECONDS = 120


@contextmanager
def open_cluster(address: str | None, workers: int | None, shared: Path | None) -> Iterator[Runner]:
    """Connect, see that every node can do the work, and yield a runner; see `open_engine` for the arguments.

    Raises:
        UsageError: Ray is not installed, nothing answers at the address, or a node cannot do the work.
    """
    close_egress()
    ray = _imported()
    own = ray.is_initialized()
    try:
        if not own:
            _connect(ray, address, workers)
        if shared:
            _probe(ray, shared)
        yield _runner(ray, workers)
    finally:
        if not own:
            ray.shutdown()


def _imported() -> Any:
    try:
        with without(*HEAVY):
            import ray
    except ImportError:
        raise UsageError("--engine ray needs Ray; run: pip install 'therapy-corpora[ray]'") from None
    return ray


def _connect(ray: Any, address: str | None, workers: int | None) -> None:
    quiet = {"log_to_driver": False, "logging_level": "ERROR"}
    try:
        if address:
            ray.init(address=address, **quiet)
        else:
            ray.init(address="local", num_cpus=workers, include_dashboard=False, **quiet)
    except (ConnectionError, ValueError, RuntimeError, OSError) as error:
        raise UsageError(
            f"no Ray cluster answers at {address or 'this machine'} ({type(error).__name__}); start one with "
            "`ray start --head`, and name it by --ray-address HOST:PORT or `auto`"
        ) from None


def _probe(ray: Any, shared: Path) -> None:
    """Ask every node for our versions and a file that was just written.

    Raises:
        UsageError: a node lacks either, or does not answer; the message names the node.
    """
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    token = shared / f".seen-{secrets.token_hex(8)}"
    token.touch(0o600)
    try:
        nodes = {node["NodeID"]: node["NodeManagerAddress"] for node in ray.nodes() if node["Alive"]}
        look = ray.remote(num_cpus=0, max_retries=0)(_look)
        asked = {
            look.options(scheduling_strategy=NodeAffinitySchedulingStrategy(node, soft=False)).remote(str(token)): host
            for node, host in nodes.items()
        }
        answered, silent = ray.wait(list(asked), num_returns=len(asked), timeout=_PROBE_SECONDS)
        for answer in (*silent, *answered):
            _check(ray, asked[answer], None if answer in silent else answer, shared)
    finally:
        token.unlink()


def _check(ray: Any, host: str, answer: Any, shared: Path) -> None:
    try:
        versions, sees = ray.get(answer) if answer is not None else (None, False)
    except ray.exceptions.RayError:
        versions, sees = None, False
    if versions is None:
        raise UsageError(f"node {host} cannot run our tasks; install the same therapy-corpora there, or stop the node")
    if ours := sorted(name for name, version in package_versions().items() if versions.get(name) != version):
        raise UsageError(f"node {host} has other versions of {', '.join(ours)}; install what this machine has")
    if not sees:
        raise UsageError(f"node {host} does not see {shared}; choose an --out on storage that all nodes mount alike")


def _look(token: str) -> tuple[dict[str, str], bool]:
    """On a node: its versions, and whether it sees a file that the driver has just made."""
    return package_versions(), Path(token).exists()


def _remote(work: Callable[[Any], Any], task: Any) -> tuple[bool, Any]:
    """On a node: one task; whatever is written is its owner's alone."""
    os.umask(0o077)
    close_egress()
    return attempt(work, task)


def _runner(ray: Any, workers: int | None) -> Runner:
    call = ray.remote(max_retries=DEATHS - 1)(_remote)

    def run(
        work: Callable[[Any], Any], tasks: Sequence[Any], lost: Callable[[Any], Any] | None = None
    ) -> Iterator[Any]:
        waiting, running = iter(tasks), dict[Any, Any]()
        while True:
            room = (workers or _AHEAD * max(1, int(ray.cluster_resources().get("CPU", 1)))) - len(running)
            for _, task in zip(range(room), waiting, strict=False):
                running[call.remote(work, task)] = task
            if not running:
                return
            for answer in ray.wait(list(running), num_returns=1)[0]:
                yield _answer(ray, answer, running.pop(answer), lost)

    return run


def _answer(ray: Any, answer: Any, task: Any, lost: Callable[[Any], Any] | None) -> Any:
    """A task's result.

    Raises:
        CorporaError: the work failed, or the cluster is gone.
    """
    try:
        return result_of(ray.get(answer))
    except (ray.exceptions.WorkerCrashedError, ray.exceptions.NodeDiedError, ray.exceptions.OutOfMemoryError):
        return given_up(task, lost)
    except ray.exceptions.RayError as error:
        raise CorporaError(
            f"the Ray cluster failed ({type(error).__name__}); finished work is kept: run the same command again"
        ) from None
