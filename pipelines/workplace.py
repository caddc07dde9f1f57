"""The folders of one build: OUT, its work folder, its previous build; and how OUT appears at once.

A new build is staged in the work folder and renamed into place. An older build of ours moves to `OUT.previous`, whose
own predecessor is deleted first; one with the same sums is simply replaced. A swap that was cut off is finished by the
next run.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from corpora.errors import CorporaError, UsageError
from corpora.files import PART, PRIVATE_FILE, fsync_tree, private_folder, write_atomic
from corpora.shards import SUMS
from pipelines.decisions import LOG, MANIFEST
from pipelines.versions import TOOL

LOCK = "lock"

__all__ = ["LOCK", "MANIFEST", "Workplace"]


class Workplace:
    """Where one build of `out` happens."""

    def __init__(self, out: Path) -> None:
        """Name the folders; nothing is touched yet.

        Raises:
            UsageError: `out` holds something that is not a build of ours.
        """
        self.out = out.resolve()
        self.work = self.out.with_name(f"{self.out.name}.work")
        self.previous = self.out.with_name(f"{self.out.name}.previous")
        self.staging = self.work / "staging"
        self._outgoing = self.work / "outgoing"
        if self.work.exists() and any(self.work.iterdir()) and not (self.work / LOCK).is_file():
            raise UsageError(
                f"{self.work} exists and is no work folder of {TOOL}; it stays untouched. Choose another --out."
            )
        for folder in (self.out, self.previous):
            if folder.exists() and not _is_ours(folder):
                raise UsageError(
                    f"{folder} exists and is no build of {TOOL}; it stays untouched. Choose another --out."
                )

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the build's lock and finish a swap that was cut off.

        Raises:
            CorporaError: another build of the same output is running, or the folder cannot be written.
        """
        try:
            private_folder(self.work)
            lock = os.open(self.work / LOCK, os.O_CREAT | os.O_RDWR, PRIVATE_FILE)
        except OSError as error:
            raise CorporaError(f"{self.work}: {error.strerror}; choose an --out that you may write to") from None
        with os.fdopen(lock):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise CorporaError(
                    f"another build of {self.out} is running; wait for it or choose another --out"
                ) from None
            self._finish_swap()
            self._sweep()
            try:
                yield
            finally:
                self._sweep()

    def _sweep(self) -> None:
        """Delete what processes that were killed left half written; it may hold raw text."""
        for part in self.work.glob(f"*/.*{PART}"):
            part.unlink(missing_ok=True)

    @property
    def folders(self) -> tuple[Path, Path, Path]:
        """The folders that hold builds and work, which are no input."""
        return self.out, self.work, self.previous

    def forget_refusal(self) -> None:
        """Remove what an earlier, refused build left to read."""
        shutil.rmtree(self.work / "report", ignore_errors=True)
        (self.work / MANIFEST).unlink(missing_ok=True)

    def folder(self, name: str) -> Path:
        """A private folder of the work folder."""
        return private_folder(self.work / name)

    def fresh_staging(self) -> Path:
        """An empty folder to put the new build together in."""
        shutil.rmtree(self.staging, ignore_errors=True)
        return private_folder(self.staging)

    def last_manifest(self) -> dict[str, Any]:
        """The manifest of the build that stands at OUT; empty where none does."""
        path = self.out / MANIFEST
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}

    def publish(self, manifest: Mapping[str, Any]) -> None:
        """Put the staged build in OUT's place; its manifest is written last, as the mark that it is whole."""
        fsync_tree(self.staging)
        write_atomic(self.staging / MANIFEST, json.dumps(manifest, indent=2, ensure_ascii=False).encode())
        if self.out.is_dir() and not any(self.out.iterdir()):
            self.out.rmdir()
        if self.out.exists() and self._same_rows():
            self._renew()
            return
        if self.out.exists():
            if (self.out / LOG).is_file():
                shutil.copy2(self.out / LOG, self.staging / LOG)
            if self.previous.exists():
                self._discard(self.previous)
            self.out.rename(self.previous)
        self._finish_swap()

    def _same_rows(self) -> bool:
        sums = self.out / SUMS
        return sums.is_file() and sums.read_bytes() == (self.staging / SUMS).read_bytes()

    def _renew(self) -> None:
        """The same rows again: only the report and the manifest are new."""
        if (report := self.out / "report").exists():
            self._discard(report)
        (self.staging / "report").rename(report)
        (self.staging / MANIFEST).replace(self.out / MANIFEST)
        shutil.rmtree(self.staging)

    def _discard(self, folder: Path) -> None:
        """Delete a folder of ours; a kill on the way leaves no half of it where it stood."""
        folder.rename(self._outgoing)
        shutil.rmtree(self._outgoing)

    def _finish_swap(self) -> None:
        if not self.out.exists() and (self.staging / MANIFEST).is_file():
            self.staging.rename(self.out)
        shutil.rmtree(self._outgoing, ignore_errors=True)


def _is_ours(folder: Path) -> bool:
    if not folder.is_dir():
        return False
    manifest = folder / MANIFEST
    try:
        return not any(folder.iterdir()) or json.loads(manifest.read_text(encoding="utf-8")).get("tool") == TOOL
    except (OSError, ValueError, AttributeError):
        return False
