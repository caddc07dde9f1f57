"""A folder of any fsspec storage as a place for one run's files: it sees random names and ciphertext.

Each object is sealed (AES-256-GCM, its name with it) under a key that is drawn for the run, travels with the tasks
only, and is kept nowhere: what a killed run leaves behind, nobody can read.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from corpora.errors import CorporaError, UsageError
from corpora.files import write_atomic

MARK = "ray-storage"
"""The file of the work folder that says where a run's objects are, until they are removed."""
_BLOCK = 16 * 2**20
_NONCE = 12


@dataclass(frozen=True, slots=True)
class Brought:
    """A file in the storage: its path in the driver, and its objects in order."""

    path: Path
    blocks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Storage:
    """One run's folder at a URL, and the key of what is in it."""

    url: str
    key: bytes = field(repr=False)

    @property
    def run(self) -> str:
        """What this run is called in the storage, and in nodes' scratch folders."""
        return self.url.rpartition("/")[2]

    def put(self, data: bytes) -> str:
        """Store bytes under a name that is new each time, and return it."""
        name, nonce = secrets.token_hex(16), secrets.token_bytes(_NONCE)
        sealed = nonce + _cipher(self.key).encrypt(nonce, data, name.encode())
        self._ask("cannot be written to", lambda files, root: files.pipe_file(f"{root}/{name}", sealed))
        return name

    def get(self, name: str) -> bytes:
        """The bytes under a name.

        Raises:
            CorporaError: they are gone, or not what was put there.
        """
        from cryptography.exceptions import InvalidTag

        sealed: bytes = self._ask("lacks what was put there", lambda files, root: files.cat_file(f"{root}/{name}"))
        try:
            data: bytes = _cipher(self.key).decrypt(sealed[:_NONCE], sealed[_NONCE:], name.encode())
        except (InvalidTag, ValueError):
            raise CorporaError(
                f"--ray-storage {self.url}: an object was changed since it was put there; see who writes to the "
                "storage, then run the same command again (finished work is kept)"
            ) from None
        return data

    def put_file(self, path: Path, called: Path) -> Brought:
        """Store a file that the driver knows by the path `called`."""
        with path.open("rb") as file:
            return Brought(called, tuple(map(self.put, iter(partial(file.read, _BLOCK), b""))))

    def get_file(self, brought: Brought, path: Path) -> None:
        """Write a stored file to `path`."""
        with path.open("wb") as file:
            for name in brought.blocks:
                file.write(self.get(name))

    def make(self) -> None:
        """Make the folder, where the storage has such."""
        self._ask("cannot be written to", lambda files, root: files.makedirs(root, exist_ok=True))

    def clear(self) -> None:
        """Remove the folder with all that is in it."""
        self._ask("cannot be cleared", _remove)

    def _ask(self, what: str, question: Callable[[Any, str], Any]) -> Any:
        files, root = _opened(self.url)
        try:
            return question(files, root)
        except Exception as error:  # noqa: BLE001 - every file system raises its own kinds
            raise CorporaError(
                f"--ray-storage {self.url}: {what} ({type(error).__name__}); finished work is kept: see to the storage "
                "and run the same command again"
            ) from None


@cache
def _cipher(key: bytes) -> Any:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key)


def _opened(url: str) -> tuple[Any, str]:
    """The file system of a URL and the path in it; a connection of its own for each thread.

    Raises:
        UsageError: there is none such, its package is missing, or a password stands in the URL.
    """
    from fsspec.core import url_to_fs

    address = urlsplit(url)
    if address.password or not address.scheme:
        raise UsageError(
            "--ray-storage takes a URL such as s3://bucket/folder, without a password: the storage's package reads "
            "that from its own settings"
        )
    try:
        files, root = url_to_fs(url)
    except ImportError as error:
        package = getattr(error.__cause__, "name", None) or address.scheme
        raise UsageError(f"--ray-storage {url}: its package is not installed; run: pip install {package}") from None
    except Exception as error:  # noqa: BLE001 - every file system raises its own kinds
        raise UsageError(f"--ray-storage {url}: cannot be reached ({type(error).__name__}); check the URL") from None
    return files, root


def _remove(files: Any, root: str) -> None:
    files.invalidate_cache()
    if files.exists(root):
        files.rm(root, recursive=True)


@contextmanager
def open_storage(url: str, home: Path) -> Iterator[Storage]:
    """Yield a fresh folder at the URL, removed in the end with all that is in it.

    Args:
        url: a folder that the driver and all nodes can write to.
        home: the driver's work folder, where a run that is killed leaves word of what is to be removed.

    Raises:
        UsageError: the URL is wrong, or its package is missing.
        CorporaError: the storage does not take or remove something.
    """
    _opened(url)
    mark = home / MARK
    if mark.is_file():
        Storage(mark.read_text(encoding="utf-8"), b"").clear()
    storage = Storage(f"{url.rstrip('/')}/{secrets.token_hex(16)}", secrets.token_bytes(32))
    write_atomic(mark, storage.url.encode())
    try:
        storage.make()
        yield storage
    finally:
        storage.clear()
        mark.unlink()
