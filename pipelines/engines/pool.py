"""A pool of processes on this machine that outlives its workers.

Each worker has a pipe of its own, so that the driver knows which task a dead one had: that task goes to a fresh worker,
and one that killed three is given up. A worker whose driver is gone ends itself: it holds raw text.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from types import TracebackType
from typing import Any, Self

from corpora.errors import CorporaError
from pipelines.engines.work import DEATHS, attempt, given_up, result_of

_READY = "ready"
_GRACE = 5.0
"""Seconds that a worker has to end when it is told to."""


def start_server(preload: str) -> None:
    """Start the process that workers are forked from, unless it runs; it imports the module `preload` by itself."""
    forkserver.set_forkserver_preload([preload])
    forkserver.ensure_running()


class Pool:
    """So many workers; use it as a context manager."""

    def __init__(self, count: int, *, preload: str | None = None) -> None:
        """Start the workers: from a server that imports the module `preload` once for all, else each by itself."""
        self._context: BaseContext = multiprocessing.get_context("forkserver" if preload else "spawn")
        if preload:
            start_server(preload)
        self._alive, self._hold = self._context.Pipe(duplex=False)
        self._workers: list[_Worker] = [_Worker(self._context, self._alive) for _ in range(count)]
        self._stillborn = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.end(kill=kind is not None)
        self._hold.close()
        self._alive.close()

    def run(
        self, work: Callable[[Any], Any], tasks: Sequence[Any], lost: Callable[[Any], Any] | None = None
    ) -> Iterator[Any]:
        """Yield the results of `work` over `tasks`; see `Runner`."""
        waiting, deaths = deque(range(len(tasks))), Counter[int]()
        while waiting or any(worker.task is not None for worker in self._workers):
            for worker in self._workers:
                if worker.ready and worker.task is None and waiting:
                    worker.give(waiting.popleft(), (work, tasks))
            by_pipe = {worker.pipe: worker for worker in self._workers if worker.task is not None or not worker.ready}
            for pipe in wait(list(by_pipe)):
                worker = by_pipe[pipe]  # type: ignore[index]  # only pipes were waited for
                task, ready = worker.task, worker.ready
                try:
                    answer = worker.answer()
                except (EOFError, OSError):
                    self._replace(worker, ready=ready)
                    if task is None:
                        continue
                    deaths[task] += 1
                    if deaths[task] < DEATHS:
                        waiting.appendleft(task)
                    else:
                        yield given_up(tasks[task], lost)
                else:
                    if task is not None:
                        yield result_of(answer)

    def _replace(self, worker: _Worker, *, ready: bool) -> None:
        """Start a fresh worker for a dead one.

        Raises:
            CorporaError: several died in a row before they had any work.
        """
        worker.end(kill=True)
        self._stillborn = 0 if ready else self._stillborn + 1
        if self._stillborn >= DEATHS:
            raise CorporaError(
                "worker processes die as soon as they start (killed, or out of memory); finished work is kept: run the "
                "same command again with fewer --workers, or with --engine serial, which says more. A program of your "
                "own starts its build under `if __name__ == '__main__':`, for workers import its file"
            )
        self._workers[self._workers.index(worker)] = _Worker(self._context, self._alive)


class _Worker:
    """One process, the pipe to it, and the number of the task it has."""

    def __init__(self, context: BaseContext, alive: Connection) -> None:
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, alive), daemon=True)  # type: ignore[attr-defined]
        self.process.start()
        theirs.close()  # so that the pipe breaks when the process dies
        self.task: int | None = None
        self.ready = False

    def give(self, task: int, work: tuple[Callable[[Any], Any], Sequence[Any]]) -> None:
        """Hand over a task; that the worker is dead shows when its answer is read."""
        self.task = task
        function, tasks = work
        try:
            self.pipe.send((function, tasks[task]))
        except OSError:
            return

    def answer(self) -> Any:
        """What the worker has to say; it has no task then.

        Raises:
            EOFError, OSError: it died.
        """
        answer = self.pipe.recv()
        self.task, self.ready = None, True
        return answer

    def end(self, *, kill: bool) -> None:
        """End the process: at once, or when it has done what it does."""
        if not kill:
            try:
                self.pipe.send(None)
            except OSError:
                kill = True
        if kill:
            self.process.kill()
        self.process.join(_GRACE)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.pipe.close()


def _serve(pipe: Connection, alive: Connection) -> None:
    """A worker's life: tasks come by the pipe and results go back, until None comes or the driver is gone."""
    os.umask(0o077)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the driver, which gets it too, ends its workers
    threading.Thread(target=_end_with_driver, args=(alive,), daemon=True).start()
    pipe.send(_READY)
    while (call := pipe.recv()) is not None:
        pipe.send(attempt(*call))


def _end_with_driver(alive: Connection) -> None:
    """Nothing is ever sent here: the pipe ends with the driver, whose death no worker may outlive."""
    alive.poll(None)
    os._exit(1)
