"""What a person should know of this installation before building: each check says that it is well, or what to do."""

from __future__ import annotations

import json
import platform
import shlex
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anonymize.keys import KEY_BYTES, key_id
from corpora.remote import cache_folder
from pipelines.egress import HEEDED, SWITCHES
from pipelines.versions import TOOL, package_versions
from pipelines.workplace import MANIFEST

if TYPE_CHECKING:
    from packaging.requirements import Requirement

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_UNIONS = ("all", "dev")


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, what was seen, and what to do about it ("" where all is well)."""

    what: str
    seen: str
    fix: str = ""


def examine(key_file: Path, out: Path | None = None) -> Iterator[Check]:
    """Look at key, packages, extras and egress switches, and at the folders of a build; nothing is changed."""
    yield _key(key_file)
    yield from _packages()
    yield from _egress()
    if (fetched := cache_folder()).exists():
        yield _modes(fetched)
    if out:
        yield from _build(out, key_file)


def _key(path: Path) -> Check:
    if not path.exists():
        return Check("key", f"none at {path}; the first build makes one")
    if open_to := stat.S_IMODE(path.stat().st_mode) & _OTHERS:
        return Check("key", f"{path} is open to others ({open_to:o})", f"chmod 600 {path}")
    if path.stat().st_size != KEY_BYTES:
        return Check("key", f"{path} has {path.stat().st_size} bytes", f"restore it: a key has {KEY_BYTES}")
    return Check("key", f"{path}, {KEY_BYTES} bytes, its owner's alone")


def _packages() -> Iterator[Check]:
    """Every package that we need, and that those need in turn, in a version that whoever needs it takes."""
    unmet = _unmet("")
    fix = f"pip install -c constraints.txt {shlex.join(unmet)}" if unmet else ""
    yield Check("packages", f"{TOOL} {version(TOOL)}; missing: {', '.join(unmet) or 'none'}", fix)
    if not unmet:
        versions = {"python": platform.python_version(), **package_versions()}
        yield Check("versions", ", ".join(f"{name} {number}" for name, number in versions.items()))
    for extra in metadata(TOOL).get_all("Provides-Extra") or ():
        if extra in _UNIONS:
            continue
        lacking = _unmet(extra)
        seen = f"not there: {', '.join(lacking)} (optional): pip install -c constraints.txt '{TOOL}[{extra}]'"
        yield Check(f"extra {extra}", seen if lacking else "installed")


def _unmet(extra: str) -> list[str]:
    """Requirements of this project (and of an extra) that nothing installed meets, those of requirements included."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    unmet: list[str] = []
    waiting, seen = [Requirement(f"{TOOL}[{extra}]" if extra else TOOL)], set[str]()
    while waiting:
        wanted = waiting.pop()
        if (text := f"{canonicalize_name(wanted.name)}{wanted.extras or ''}{wanted.specifier}") in seen:
            continue
        seen.add(text)
        there = _installed(wanted.name)
        if there is None or not wanted.specifier.contains(there, prereleases=True):
            unmet.append(f"{wanted.name}{wanted.specifier}")
        else:
            waiting += [part for line in requires(wanted.name) or () if _applies(part := Requirement(line), wanted)]
    return sorted(unmet)


def _applies(part: Requirement, wanted: Requirement) -> bool:
    """Whether a requirement of `wanted` counts here: on this machine, with the extras that are wanted of it."""
    extras = wanted.extras or {""}
    return part.marker is None or any(part.marker.evaluate({"extra": extra}) for extra in extras)


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _egress() -> Iterator[Check]:
    """Whether the libraries take what we set in their environment for what it is meant to be."""
    for switch, value in SWITCHES.items():
        module, attribute, silent = HEEDED.get(switch, ("", "", None))
        if not module or not _installed(module.partition(".")[0]):
            yield Check(f"egress {switch}", f"set to {value}")
            continue
        said = _ask(module, attribute)
        fix = "" if said == silent else "this version of it may send: install the one of constraints.txt"
        yield Check(f"egress {switch}", f"set to {value}; {module} says {attribute}: {said}", fix)


def _ask(module: str, attribute: str) -> Any:
    try:
        found = getattr(import_module(module), attribute)
    except (ImportError, AttributeError):
        return "not there"
    return found() if callable(found) else found


def _build(out: Path, key_file: Path) -> Iterator[Check]:
    """A build's folder and what lies beside it: who may read them, and whether key and packages are still the same."""
    for folder in (out, out.with_name(f"{out.name}.work"), out.with_name(f"{out.name}.previous")):
        if folder.exists():
            yield _modes(folder)
    if not (out / MANIFEST).is_file():
        return
    manifest = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
    built, here = manifest.get("key_id"), key_id(key_file.read_bytes()) if key_file.exists() else "none"
    yield Check(
        f"key of {out}",
        f"{built}, here {here}",
        "" if built == here else "give the build's key with --key-file; under another no decision or withdrawal fits",
    )
    then, now = manifest.get("packages", {}), package_versions()
    other = ", ".join(f"{name} {then[name]} -> {now.get(name)}" for name in then if then[name] != now.get(name))
    yield Check(f"versions of {out}", f"other ones here, so a rerun works anew: {other}" if other else "as here")


def _modes(folder: Path) -> Check:
    mine = [folder, *folder.rglob("*")]
    wide = [path for path in mine if not path.is_symlink() and stat.S_IMODE(path.stat().st_mode) & _OTHERS]
    seen = f"{len(mine)} files and folders, {len(wide)} of them open to others"
    return Check(f"modes of {folder}", seen, f"chmod -R go= {folder}" if wide else "")
