"""What a person should know of this installation before building: each check says that it is well, or what to do."""

from __future__ import annotations

import importlib.util
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from anonymize.keys import KEY_BYTES
from pipelines.egress import SWITCHES
from pipelines.versions import TOOL

EXTRAS = {"paraphrase": "llama_cpp", "finetune": "peft", "ray": "ray"}
"""Extra -> the module that shows it is installed."""
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, what was seen, and what to do about it ("" where all is well)."""

    what: str
    seen: str
    fix: str = ""


def examine(key_file: Path, out: Path | None = None) -> Iterator[Check]:
    """Look at the key, packages, extras and egress switches, and at the folders of a build; nothing is changed."""
    yield _key(key_file)
    yield _packages()
    for extra, module in EXTRAS.items():
        there = importlib.util.find_spec(module) is not None
        hint = "installed" if there else f"not installed (optional): pip install '{TOOL}[{extra}]'"
        yield Check(f"extra {extra}", hint)
    for name, value in SWITCHES.items():
        now = os.environ.get(name)
        yield Check(f"egress {name}", str(now), "" if now == value else f"set it to {value}")
    if out:
        yield from _folders(out)


def _key(path: Path) -> Check:
    if not path.exists():
        return Check("key", f"none at {path}; the first build makes one")
    if open_to := stat.S_IMODE(path.stat().st_mode) & _OTHERS:
        return Check("key", f"{path} is open to others ({open_to:o})", f"chmod 600 {path}")
    if path.stat().st_size != KEY_BYTES:
        return Check("key", f"{path} has {path.stat().st_size} bytes", f"restore it: a key has {KEY_BYTES}")
    return Check("key", f"{path}, {KEY_BYTES} bytes, its owner's alone")


def _packages() -> Check:
    missing = [name for name in _required() if not _installed(name)]
    fix = f"pip install {' '.join(missing)}" if missing else ""
    return Check("packages", f"{TOOL} {version(TOOL)}; missing: {', '.join(missing) or 'none'}", fix)


def _required() -> Iterator[str]:
    for line in requires(TOOL) or ():
        if "extra ==" not in line:
            yield line.split(";")[0].strip()


def _installed(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True


def _folders(out: Path) -> Iterator[Check]:
    """The build's folder and what holds raw text beside it."""
    for folder in (out, out.with_name(f"{out.name}.work"), out.with_name(f"{out.name}.previous")):
        if not folder.exists():
            continue
        mine = [folder, *folder.rglob("*")]
        wide = [path for path in mine if not path.is_symlink() and stat.S_IMODE(path.stat().st_mode) & _OTHERS]
        seen = f"{len(mine)} files and folders, {len(wide)} of them open to others"
        yield Check(f"modes of {folder}", seen, f"chmod -R go= {folder}" if wide else "")
