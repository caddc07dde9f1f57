"""Units as tasks of a Ray cluster, an existing one or this machine alone.

Parts, rosters and the input lie in folders that every node sees under the same path, or travel through a storage
(`pipelines.engines.storage`); before any work each node says whether it reaches them and has our versions. What goes
through Ray is paths, parameters, keys and counts, so the cluster must be as trusted as this machine (Ray itself can
encrypt: `RAY_USE_TLS`).
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from corpora.errors import CorporaError, UsageError
from corpora.lean import HEAVY, without
from pipelines.egress import close_egress
from pipelines.engines.parcels import Courier, sweep
from pipelines.engines.storage import Storage, open_storage
from pipelines.engines.work import DEATHS, Runner, attempt, given_up, result_of
from pipelines.versions import package_versions

_AHEAD = 2
"""Tasks handed over at a time for each processor: enough that none waits for the driver, and few enough to hold."""
_PROBE_SECONDS, _SWEEP_SECONDS = 120, 20


@contextmanager
def open_cluster(
    address: str | None, workers: int | None, shared: Path | None, storage: str | None = None
) -> Iterator[Runner]:
    """Connect, see that every node can do the work, and yield a runner; see `open_engine` for the arguments.

    Raises:
        UsageError: Ray is not installed, nothing answers at the address, the storage cannot be used, or a node cannot
            do the work.
    """
    close_egress()
    ray = _imported()
    running: dict[Any, Any] = {}
    with ExitStack() as ends:
        stored = ends.enter_context(open_storage(storage, shared)) if storage and shared else None
        if not ray.is_initialized():
            ends.callback(ray.shutdown)
            _connect(ray, address, workers)
        if stored:
            ends.callback(_sweep, ray, stored.run)
            _check_nodes(ray, partial(_reaches, stored, stored.put(secrets.token_bytes(32))))
        elif shared:
            _check_mount(ray, shared)
        courier = ends.enter_context(closing(Courier(stored, shared))) if stored and shared else None
        ends.callback(_cancel, ray, running)
        yield _runner(ray, workers, courier, running)


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
            os.environ.setdefault("RAY_worker_niceness", "0")  # as a pool's; Ray's own 15 waits for all else that runs
            ray.init(address="local", num_cpus=workers, include_dashboard=False, **quiet)
    except (ConnectionError, ValueError, RuntimeError, OSError) as error:
        raise UsageError(
            f"no Ray cluster answers at {address or 'this machine'} ({type(error).__name__}); start one with "
            "`ray start --head`, and name it by --ray-address HOST:PORT or `auto`"
        ) from None


def _check_mount(ray: Any, shared: Path) -> None:
    """Ask every node for a file that was just written.

    Raises:
        UsageError: see `_check_nodes`.
    """
    token = shared / f".seen-{secrets.token_hex(8)}"
    token.touch(0o600)
    try:
        _check_nodes(ray, partial(_sees, token))
    finally:
        token.unlink()


def _check_nodes(ray: Any, reach: Callable[[], str]) -> None:
    """Ask every node for our versions, and for what `reach` finds wrong there.

    Raises:
        UsageError: a node has other versions, a problem, or no answer; the message names the node.
    """
    for host, answer in _asked(ray, partial(_look, reach), _PROBE_SECONDS):
        if answer is None:
            raise UsageError(
                f"node {host} cannot run our tasks; install the same therapy-corpora there, or stop the node"
            )
        versions, problem = answer
        if ours := sorted(name for name, version in package_versions().items() if versions.get(name) != version):
            raise UsageError(f"node {host} has other versions of {', '.join(ours)}; install what this machine has")
        if problem:
            raise UsageError(f"node {host}: {problem}")


def _asked(ray: Any, question: Callable[[], Any], seconds: float) -> Iterator[tuple[str, Any]]:
    """Each node's address and answer; first those that have none."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    nodes = {node["NodeID"]: node["NodeManagerAddress"] for node in ray.nodes() if node["Alive"]}
    call = ray.remote(num_cpus=0, max_retries=0)(_ask)
    asked = {
        call.options(scheduling_strategy=NodeAffinitySchedulingStrategy(node, soft=False)).remote(question): host
        for node, host in nodes.items()
    }
    answered, silent = ray.wait(list(asked), num_returns=len(asked), timeout=seconds)
    yield from ((asked[one], None) for one in silent)
    for one in answered:
        try:
            yield asked[one], ray.get(one)
        except ray.exceptions.RayError:
            yield asked[one], None


def _ask(question: Callable[[], Any]) -> Any:
    """On a node: the answer; whatever is written is its owner's alone."""
    os.umask(0o077)
    close_egress()
    return question()


def _look(reach: Callable[[], str]) -> tuple[dict[str, str], str]:
    """On a node: its versions, and what keeps it from the files."""
    return package_versions(), reach()


def _sees(token: Path) -> str:
    """On a node: whether it sees a file that the driver has just made."""
    seen = token.exists()
    return "" if seen else f"it does not see {token.parent}; name an --out that all nodes mount alike, or --ray-storage"


def _reaches(storage: Storage, token: str) -> str:
    """On a node: whether it can read from the storage, and write to it; what an earlier, killed process left goes."""
    sweep()
    try:
        storage.put(storage.get(token))
    except CorporaError as error:
        return str(error)
    return ""


def _sweep(ray: Any, run: str) -> None:
    """Let every node that still answers forget the run."""
    with suppress(ray.exceptions.RayError):  # the cluster is gone; the next run sweeps what comes back
        list(_asked(ray, partial(sweep, run), _SWEEP_SECONDS))


def _cancel(ray: Any, running: dict[Any, Any]) -> None:
    """End what nobody waits for any more, and see that it has ended."""
    with suppress(ray.exceptions.RayError):
        for answer in running:
            ray.cancel(answer, force=True)
        if running:
            ray.wait(list(running), num_returns=len(running), timeout=_SWEEP_SECONDS)


def _remote(work: Callable[[Any], Any], task: Any) -> tuple[bool, Any]:
    """On a node: one task."""
    os.umask(0o077)
    close_egress()
    return attempt(work, task)


def _runner(ray: Any, workers: int | None, courier: Courier | None, running: dict[Any, Any]) -> Runner:
    """Run tasks, those under way in `running`; with a courier, their files travel with them."""
    call = ray.remote(max_retries=DEATHS - 1)(_remote)

    def run(
        work: Callable[[Any], Any], tasks: Sequence[Any], lost: Callable[[Any], Any] | None = None
    ) -> Iterator[Any]:
        waiting = iter(tasks)
        while True:
            room = (workers or _AHEAD * max(1, int(ray.cluster_resources().get("CPU", 1)))) - len(running)
            batch = list(islice(waiting, max(0, room)))
            handed = courier.packed(work, batch) if courier else ((work, task) for task in batch)
            for task, (function, item) in zip(batch, handed, strict=True):
                running[call.remote(function, item)] = task
            if not running:
                return
            ready, rest = ray.wait(list(running), num_returns=1)
            if rest:
                ready += ray.wait(rest, num_returns=len(rest), timeout=0)[0]
            answers = [_answer(ray, answer, running.pop(answer), lost) for answer in ready]
            yield from courier.unpacked(answers) if courier else answers

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
