"""Inputs that lie elsewhere: URLs that fsspec knows, and data sets of the Hugging Face hub.

They are copied once into a private folder of the user's cache, and read from there like any input. Nothing else in this
project fetches anything.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path, PurePosixPath
from typing import Any

from corpora.errors import CorporaError, UsageError
from corpora.files import private_folder, write_atomic

HUB = "hf:"
MAX_FILES = 100_000
MAX_BYTES = 64 * 2**30
_LISTING = ".listing.json"


def is_remote(text: str) -> bool:
    """Whether an input is a URL or a hub's data set, not a path."""
    return text.startswith(HUB) or "://" in text


def local_input(text: str) -> Path:
    """The path of an input; a remote one is fetched first.

    Raises:
        UsageError: a remote input is not there or cannot be reached.
        CorporaError: it is over the limits.
    """
    if not is_remote(text):
        return Path(text)
    target = private_folder(cache_folder()) / hashlib.sha256(text.encode()).hexdigest()[:32]
    return _from_hub(text.removeprefix(HUB), target) if text.startswith(HUB) else _from_url(text, target)


def cache_folder() -> Path:
    """Where fetched inputs lie: in the user's cache, private."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "therapy-corpora" / "fetched"


def _from_url(url: str, target: Path) -> Path:
    import fsspec

    try:
        files, root = fsspec.core.url_to_fs(url)
        listing: dict[str, Any] = files.find(root, detail=True)
    except Exception as error:  # noqa: BLE001 - every file system raises its own kinds
        raise UsageError(f"--input {url}: cannot be reached ({type(error).__name__}); check the URL") from None
    if not listing:
        raise UsageError(f"--input {url}: nothing is there")
    sizes = {path: int(entry.get("size") or 0) for path, entry in listing.items()}
    if len(sizes) > MAX_FILES or sum(sizes.values()) > MAX_BYTES:
        raise CorporaError(f"--input {url}: over {MAX_FILES} files or {MAX_BYTES} bytes; name a part of it")
    names = {path: _below(path, root) for path in sizes}
    marks = {
        path: str(entry.get("mtime") or entry.get("ETag") or entry.get("created")) for path, entry in listing.items()
    }
    state = json.dumps([[names[path], size, marks[path]] for path, size in sorted(sizes.items())]).encode()
    if not (target / _LISTING).is_file() or (target / _LISTING).read_bytes() != state:
        shutil.rmtree(target, ignore_errors=True)
        for path, name in names.items():
            private_folder((target / name).parent)
            files.get_file(path, str(target / name))
            (target / name).chmod(0o600)
        write_atomic(target / _LISTING, state)
    return target / names[root] if list(sizes) == [root] else target


def _below(path: str, root: str) -> str:
    """A fetched file's name below its folder; no part of it leads out."""
    relative = path.removeprefix(root).strip("/") or PurePosixPath(path).name
    return "/".join(part for part in relative.split("/") if part not in ("", ".", ".."))


def _from_hub(name: str, target: Path) -> Path:
    """Every split of a data set as one file of JSON lines."""
    from datasets import disable_progress_bars, load_dataset

    if (target / _LISTING).is_file() and not Path(name).exists():
        return target
    shutil.rmtree(target, ignore_errors=True)
    disable_progress_bars()
    scratch = private_folder(target / ".scratch")
    try:
        splits = load_dataset(name, cache_dir=str(scratch))
        for split, rows in splits.items():
            rows.to_json(str(target / f"{split}.jsonl"), force_ascii=False)
            (target / f"{split}.jsonl").chmod(0o600)
    except Exception as error:  # noqa: BLE001 - its message may quote rows
        shutil.rmtree(target, ignore_errors=True)
        detail = "cannot be loaded; check the name, the network, and whether access must be asked for"
        raise UsageError(f"--input {HUB}{name}: {detail} ({type(error).__name__})") from None
    shutil.rmtree(scratch)
    write_atomic(target / _LISTING, b"{}")
    return target
