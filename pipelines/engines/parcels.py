"""Tasks for nodes that share no folder with the driver: they travel as parcels, their files through a `Storage`.

The driver puts every file that a task reads into the storage. The node that gets the task fetches them into a private
scratch folder, in which each path stands as it does in the driver, works there, and puts what it wrote back; the driver
brings that into the work folder, under the names that any engine gives it.
"""

from __future__ import annotations

import fcntl
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache, partial
from itertools import chain
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from corpora.errors import CorporaError
from corpora.files import private_folder, replacing
from corpora.remote import cache_folder
from pipelines.engines.storage import Brought, Storage
from pipelines.engines.work import attempt, result_of
from pipelines.parts import Place

_AT_ONCE = 16
"""Files that the driver brings or fetches at a time: a storage answers late, not slowly."""
_GRACE_SECONDS = 60
"""So long a scratch folder that no process holds may be one that is just about to be held."""


class Task(Protocol):
    """What can be taken to a node without a shared folder: a dataclass that says what it reads and whether it is done.

    Its paths, and those of the result, are `Path` values in dataclasses, lists and tuples.
    """

    def files(self) -> tuple[Sequence[Path], Sequence[Path]]:
        """The files and folders that many tasks read, which a node keeps, and those that only this one reads."""
        ...

    def finished(self) -> Any:
        """The result where it is at hand already, else None."""
        ...


@dataclass(frozen=True, slots=True)
class Parcel:
    """A task on its way to a node: the work, the files that it needs, and the folder that what it writes belongs to."""

    storage: Storage
    work: Callable[[Any], Any]
    task: Task
    home: Path
    shared: tuple[Brought, ...]
    own: tuple[Brought, ...]
    roots: tuple[Path, ...]
    """The files and folders that the task names, and thereby what of its paths is elsewhere on the node."""


@dataclass(frozen=True, slots=True)
class Returned:
    """A task's result, in the driver's paths, and the files that were written."""

    result: Any
    files: tuple[Brought, ...]


class Courier:
    """The driver's end: makes parcels of tasks, and brings what nodes return into the work folder."""

    def __init__(self, storage: Storage, home: Path) -> None:
        """Start with nothing brought; `home` is the driver's work folder."""
        self._storage, self._home = storage, home
        self._threads = ThreadPoolExecutor(_AT_ONCE)
        self._known: dict[Path, tuple[Brought, ...]] = {}
        """What many tasks read, and what came back and will be read next."""
        self._lock = Lock()

    def close(self) -> None:
        """Let what is on its way arrive, and bring nothing more."""
        self._threads.shutdown(cancel_futures=True)

    def packed(
        self, work: Callable[[Any], Any], tasks: Iterable[Task]
    ) -> Iterator[tuple[Callable[[Any], Any], Parcel | Any]]:
        """For each task the function and the argument that a node gets in its stead."""
        return self._threads.map(partial(self._pack, work), tasks)

    def unpacked(self, answers: Iterable[Any]) -> Iterator[Any]:
        """The results, when their files have arrived.

        Raises:
            CorporaError: a file is gone from the storage, or damaged.
        """
        return self._threads.map(self._unpack, answers)

    def _pack(self, work: Callable[[Any], Any], task: Task) -> tuple[Callable[[Any], Any], Parcel | Any]:
        task = mapped(task, _absolute)
        if (result := task.finished()) is not None:
            return _same, result
        try:
            shared, own = task.files()
            with self._lock:
                many = [self._known.get(path) or self._known.setdefault(path, self._put(path)) for path in shared]
            few = [self._known.pop(path, ()) or self._put(path) for path in own]
        except OSError:  # what cannot be read here needs no node to say so
            return _same, result_of(attempt(work, task))
        roots = (*shared, *own)
        return carry_out, Parcel(self._storage, work, task, self._home, (*chain(*many),), (*chain(*few),), roots)

    def _put(self, path: Path) -> tuple[Brought, ...]:
        """Bring a file, or all files in a folder."""
        files = sorted(found for found in path.rglob("*") if found.is_file()) if path.is_dir() else [path]
        return tuple(self._storage.put_file(file, file) for file in files)

    def _unpack(self, answer: Any) -> Any:
        if not isinstance(answer, Returned):
            return answer
        for brought in answer.files:
            path = brought.path
            if not path.resolve().is_relative_to(self._home):
                raise CorporaError(f"a node returned a file that is not of {self._home}; stop trusting that node")
            place = Place(private_folder(path.parent), path.stem.rpartition("-")[0], path.suffix)
            with place.writing() as temporary:
                self._storage.get_file(brought, temporary)
            self._known[path] = (brought,)
        return answer.result


def _absolute(path: Path) -> Path:
    """The path from the root; a bare name that is no file's is no path (such as that of an installed model)."""
    return Path(os.path.abspath(path)) if path.exists() or len(path.parts) > 1 else path  # noqa: PTH100 - a link stays


def _same(result: Any) -> Any:
    return result


def mapped(value: Any, at: Callable[[Path], Path]) -> Any:
    """The value with every path in its dataclasses, lists and tuples taken through `at`."""
    if isinstance(value, Path):
        return at(value)
    if is_dataclass(value) and not isinstance(value, type):
        held = {one.name: getattr(value, one.name) for one in fields(value) if one.init}
        new = {name: mapped(old, at) for name, old in held.items()}
        return replace(value, **new) if any(new[name] is not held[name] for name in held) else value
    if type(value) in (list, tuple):
        items = [mapped(item, at) for item in value]
        return type(value)(items) if any(a is not b for a, b in zip(items, value, strict=True)) else value
    return value


def carry_out(parcel: Parcel) -> Returned:
    """On a node: fetch what the task reads, do it in the scratch folder, and put what it wrote into the storage.

    Raises:
        CorporaError: the work failed, or the storage did.
    """
    storage, scratch = parcel.storage, _scratch(parcel.storage.run)
    written: list[Brought] = []

    def there(path: Path) -> Path:
        if not any(path.is_relative_to(root) for root in (parcel.home, *parcel.roots)):
            return path
        here = _below(scratch, path)
        return private_folder(here) if path.is_relative_to(parcel.home) and not here.exists() else here

    def back(path: Path) -> Path:
        if not path.is_relative_to(scratch):
            return path
        original = Path("/") / path.relative_to(scratch)
        written.append(storage.put_file(path, original))
        return original

    try:
        for brought in (*parcel.shared, *parcel.own):
            here = _below(scratch, brought.path)
            if not here.exists():
                private_folder(here.parent)
                with replacing(here) as part:
                    storage.get_file(brought, part)
        result = parcel.work(mapped(parcel.task, there))
        return Returned(mapped(result, back), tuple(written))
    finally:
        shutil.rmtree(_below(scratch, parcel.home), ignore_errors=True)
        for brought in parcel.own:
            _below(scratch, brought.path).unlink(missing_ok=True)


def _below(scratch: Path, path: Path) -> Path:
    return scratch / path.relative_to(path.anchor)


def _scratches() -> Path:
    """Where this node's scratch folders are: in the user's cache, private."""
    return private_folder(cache_folder().with_name("nodes") / (platform.node() or "node"))


@cache
def _scratch(run: str) -> Path:
    """This process' folder for one run; a lock, which ends with the process, says that it is in use."""
    folder = Path(tempfile.mkdtemp(prefix=f"{run}-", dir=_scratches()))
    fcntl.flock(os.open(folder, os.O_RDONLY), fcntl.LOCK_SH)
    return folder


def sweep(run: str = "") -> None:
    """On a node: remove the scratch folders of a run, and those whose process was killed."""
    for folder in _scratches().iterdir():
        if (run and folder.name.startswith(run)) or _left(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _left(folder: Path) -> bool:
    """Whether no process holds the folder, nor is just about to."""
    try:
        if time.time() - folder.stat().st_mtime < _GRACE_SECONDS:
            return False
        handle = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        finally:
            os.close(handle)
    except OSError:
        return False
    return True
