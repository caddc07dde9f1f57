"""The tasks of the two passes over units: what goes into each, which files it reads, where its parts stand.

A task is an engine's to run (`pipelines.units` does the work), wherever its files lie.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from anonymize.keys import key_id, keyed
from corpora.errors import TextError
from corpora.files import private_folder, sha256_file
from corpora.inputs import file_of, is_plain, open_binary
from corpora.sources.base import Unit
from pipelines.books import Books, read_books
from pipelines.parts import Head, Place, read_head, work_key
from pipelines.stages.base import MakeStage, MapStage
from pipelines.stages.deidentify import Deidentify
from pipelines.stages.read import Read

_HEAD = 4096
ERROR, OUT_OF_TIME, DIED = "error_in_", "out_of_time_in_", "workers_died_in_"
WITHDRAWN = "withdrawn"
_AGAIN = (ERROR, OUT_OF_TIME, DIED, WITHDRAWN)
"""Reasons that may not hold another time: parts with such drops are done again."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The per-session part of a pipeline: maps before and after de-identification, then the makers, under one key."""

    maps: tuple[MapStage, ...]
    deidentify: Deidentify
    later_maps: tuple[MapStage, ...]
    makers: tuple[MakeStage, ...]
    key: bytes
    keep_sessions: bool = False
    """Whether a later pass needs the de-identified sessions."""
    withdrawn: frozenset[str] = frozenset()
    """Published ids of clients and sessions that are left out as soon as they are read."""

    def files(self) -> list[Path]:
        """The files and folders that its stages name."""
        stages = (*self.maps, self.deidentify, *self.later_maps, *self.makers)
        return [path for stage in stages for path in stage.files()]

    def is_withdrawn(self, source: str, client: str, session: str) -> bool:
        """Whether a session is, by its plain ids."""
        ids = (("client", client), ("session", session)) if self.withdrawn else ()
        return any(keyed(self.key, kind, source, name) in self.withdrawn for kind, name in ids)


@dataclass(frozen=True, slots=True)
class SurveyTask:
    """First pass over one unit, the `order`-th of the run; its part goes to `folder`."""

    order: int
    read: Read
    unit: Unit
    plan: Plan
    folder: Path
    lies: Path
    """Where the unit's bytes are: at its path, or on a node that has a copy of them."""

    @property
    def here(self) -> Unit:
        """The unit as it can be read here."""
        return replace(self.unit, path=str(self.lies))

    def files(self) -> tuple[list[Path], list[Path]]:
        """What this and other tasks read, and what only this one does: an archive or a long table serves many."""
        named, file = [*self.read.files(), *self.plan.files()], file_of(self.lies)
        piece = is_plain(file) and self.unit.end - self.unit.start < file.stat().st_size
        return ([*named, file], []) if piece or file != self.lies else (named, [file])

    def place(self) -> Place:
        """Where its part stands, by all that goes into it."""
        data = _unit_bytes(self.here)
        stages = [(stage.label, stage.parameters()) for stage in (self.read, *self.plan.maps, self.plan.deidentify)]
        source, unit = self.read.source, self.unit
        key = work_key("survey", source, unit.name, unit.start, hashlib.sha256(data).hexdigest(), stages)
        return Place(self.folder, key, ".json")

    def finished(self) -> tuple[int, Path] | None:
        """Its order and its part, if that stands, and none of its sessions was withdrawn since."""
        place = self.place()
        if (head := _finished(place, read_head)) is None:
            return None
        gone = any(self.plan.is_withdrawn(self.read.source, client, session) for session, client, _, _ in head.sessions)
        return None if gone else (self.order, place.path())


@dataclass(frozen=True, slots=True)
class SurveyDone:
    """A unit and its survey's part."""

    task: SurveyTask
    part: Path


@dataclass(frozen=True, slots=True)
class BuildTask:
    """Second pass over one surveyed unit, with the folder of its clients' rosters."""

    survey: SurveyDone
    rosters: Path
    folder: Path

    @property
    def order(self) -> int:
        """The unit's place in the run."""
        return self.survey.task.order

    def files(self) -> tuple[list[Path], list[Path]]:
        """What stages name, and the unit's own: the survey's part and its clients' rosters."""
        rosters = [self.roster_path(client) for client in sorted(self.clients())]
        return self.survey.task.plan.files(), [self.survey.part, *rosters]

    def places(self) -> tuple[Place, Place]:
        """Where the unit's examples and its audit lines stand, by all that goes into them."""
        plan = self.survey.task.plan
        stages = [(stage.label, stage.parameters()) for stage in (plan.deidentify, *plan.later_maps, *plan.makers)]
        digests = {client: sha256_file(self.roster_path(client)) for client in self.clients()}
        kept = ["sessions"] if plan.keep_sessions else []
        key = work_key("build", self.survey.part.stem, digests, stages, key_id(plan.key), *kept)
        return Place(self.folder, key, ".arrow"), Place(private_folder(self.folder.parent / "audit"), key, ".jsonl")

    def finished(self) -> Built | None:
        """What stands already."""
        place, trail = self.places()
        books = _finished(place, read_books) if trail.found() else None
        return Built(self.order, place.path(), trail.path(), books) if books else None

    def clients(self) -> set[str]:
        """Whose sessions the unit holds."""
        return {client for _, client, _, _ in read_head(self.survey.part).sessions}

    def roster_path(self, client: str) -> Path:
        """The roster of one of the unit's clients."""
        return roster_path(self.rosters, self.survey.task.plan.key, self.survey.task.read.source, client)


@dataclass(frozen=True, slots=True)
class Built:
    """What a worker says of a unit when its second pass is done: its parts and its books."""

    order: int
    part: Path
    trail: Path
    """The unit's audit lines."""
    books: Books


Part = TypeVar("Part", Head, Books)


def roster_path(folder: Path, key: bytes, source: str, client: str) -> Path:
    """Where a client's roster stands."""
    return folder / f"{keyed(key, 'client', source, client)}.json"


def _finished(place: Place, read: Callable[[Path], Part]) -> Part | None:
    """A finished part; None where there is none, or a stage raised on some of it."""
    path = place.found()
    part = read(path) if path else None
    return None if part is None or any(drop.reason.startswith(_AGAIN) for drop in part.drops) else part


def _unit_bytes(unit: Unit) -> bytes:
    """The unit's bytes after the head of its file (where a table has its columns); empty where it cannot be read."""
    try:
        with open_binary(Path(unit.path)) as file:
            head = file.read(_HEAD) if unit.start else b""
            file.seek(unit.start)
            return head + file.read(unit.end - unit.start)
    except (OSError, TextError):
        return b""
