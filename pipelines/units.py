"""What a worker does with one unit: survey it, and later, with its clients' rosters, replace and make examples.

Both functions are idempotent and leave one part file under a key of everything that went into it. Whatever a stage
raises on a session sets that session aside with the kind and place of the error, never its message, which may quote
the text.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from anonymize.keys import key_id, keyed
from anonymize.metadata import withheld
from corpora.deadline import OutOfTimeError, bound, time_limit
from corpora.errors import PrivacyError, TextError
from corpora.files import private_folder, sha256_file
from corpora.inputs import open_binary
from corpora.records import Drop, Example, Origin, Session, count_words
from corpora.sources.base import Unit
from expectations.metrics import AUDIT_COLUMNS
from pipelines.accounting import Tally, tally_session
from pipelines.books import Books, read_books, write_part
from pipelines.engines.work import LOST
from pipelines.guard import error_place
from pipelines.parts import Head, Place, Surveyed, SurveyPart, read_head, read_survey, work_key, write_survey
from pipelines.stages.base import MakeStage, MapStage, Stage
from pipelines.stages.deidentify import Deidentify, Replaced
from pipelines.stages.read import Read
from pipelines.trail import audit_line

if TYPE_CHECKING:
    from anonymize.roster import Roster
    from anonymize.spans import Span


_HEAD = 4096
_ERROR, _OUT_OF_TIME, _LOST = "error_in_", "out_of_time_in_", "workers_died_in_"
WITHDRAWN = "withdrawn"
_AGAIN = (_ERROR, _OUT_OF_TIME, _LOST, WITHDRAWN)
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


def client_of(session: Session, unit: Unit) -> str:
    """The client, or the question where there is none, or the file itself where nobody says who the client is."""
    return session.client_id or (f"question:{session.group_id}" if session.group_id else f"file:{unit.name}")


def roster_path(folder: Path, key: bytes, source: str, client: str) -> Path:
    """Where a client's roster stands."""
    return folder / f"{keyed(key, 'client', source, client)}.json"


def survey_unit(task: SurveyTask) -> tuple[int, Path]:
    """Read, clean and survey one unit, or find that this was done before; returns its order and its part."""
    place = _survey_place(task)
    head = _finished(place, read_head)
    sessions = head.sessions if head else ()
    gone = any(task.plan.is_withdrawn(task.read.source, client, session) for session, client, _, _ in sessions)
    if head is None or gone:
        write_survey(place, SurveyPart(*_survey(task)), partial(client_of, unit=task.unit))
    return task.order, place.path()


def lost_survey(task: SurveyTask) -> tuple[int, Path]:
    """Set aside a unit whose first pass killed its workers."""
    place = _survey_place(task)
    origin = Origin(task.unit.path, task.unit.start, task.unit.end)
    drop = Drop(f"{_LOST}survey", "file", origin, count=0, detail=LOST, quarantined=True)
    write_survey(place, SurveyPart([], [drop]), partial(client_of, unit=task.unit))
    return task.order, place.path()


def _survey_place(task: SurveyTask) -> Place:
    data = _unit_bytes(task.unit)
    plan, read = task.plan, task.read
    stages = [(stage.label, stage.parameters()) for stage in (read, *plan.maps, plan.deidentify)]
    key = work_key("survey", read.source, task.unit.name, task.unit.start, hashlib.sha256(data).hexdigest(), stages)
    return Place(task.folder, key, ".json")


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


def _survey(task: SurveyTask) -> tuple[list[Surveyed], list[Drop]]:
    stage = task.plan.deidentify
    kept: list[Surveyed] = []
    drops: list[Drop] = []
    for item in read_unit(task.read, task.unit):
        counts: Counter[str] = Counter()
        session = item if isinstance(item, Drop) else _stayed(introduced(item, task.read), task)
        if isinstance(session, Session):
            session = mapped(session, task.plan.maps, counts)
        if isinstance(session, Drop):
            drops.append(session)
            continue
        try:
            with time_limit(bound(_characters(session))):
                names = stage.survey(session, task.plan.key)
        except Exception as error:  # noqa: BLE001 - its message may quote the text
            drops.append(_set_aside(session, stage.name, error))
        else:
            kept.append(Surveyed(session, _session_digest(session), names, dict(counts)))
    return kept, drops


def _stayed(session: Session, task: SurveyTask) -> Session | Drop:
    """The session, unless it or its client was withdrawn."""
    if not task.plan.is_withdrawn(session.source, client_of(session, task.unit), session.session_id):
        return session
    return Drop(WITHDRAWN, "session", session.origin, session.session_id, len(session.turns))


def read_unit(read: Read, unit: Unit) -> list[Session | Drop]:
    """A unit's sessions and drops; none but one quarantine entry where reading ran out of time."""
    try:
        with time_limit(bound(unit.end - unit.start)):
            return list(read.reader.read(unit))
    except OutOfTimeError as error:
        origin = Origin(unit.path, unit.start, unit.end)
        return [Drop(f"{_OUT_OF_TIME}read", "file", origin, count=0, detail=str(error), quarantined=True)]


def _characters(session: Session) -> int:
    return sum(len(turn.text) for turn in session.turns)


def _session_digest(session: Session) -> str:
    with open_binary(Path(session.origin.path)) as file:
        file.seek(session.origin.start)
        return hashlib.sha256(file.read(session.origin.end - session.origin.start)).hexdigest()


def introduced(session: Session, read: Read) -> Session:
    """The session on the build's terms: raw whatever it says of itself, with its client and its source's terms."""
    known = read.joined(session)
    said = {key: value for key, value in known.meta.items() if value is not None}
    return replace(known, meta=read.terms | said, deidentified=False)


def mapped(session: Session, stages: Sequence[MapStage], counts: Counter[str] | None = None) -> Session | Drop:
    """Take a session through map stages in order; one that raises sets it aside. `counts` gathers what they change."""
    current: Session | Drop = session
    for stage in stages:
        if isinstance(current, Drop):
            break
        try:
            with time_limit(bound(_characters(current))):
                if counts is not None:
                    counts.update(stage.counted(current))
                current = stage.map(current)
        except Exception as error:  # noqa: BLE001 - its message may quote the text
            current = _set_aside(session, stage.name, error)
    return current


def _set_aside(session: Session, stage: str, error: Exception | None) -> Drop:
    """The session as set aside; without an error, because its workers died."""
    reason, detail = _ERROR, error_place(error) if error else ""
    if error is None:
        reason, detail = _LOST, LOST
    elif isinstance(error, OutOfTimeError):
        reason, detail = _OUT_OF_TIME, str(error)
    count = len(session.turns)
    return Drop(f"{reason}{stage}", "session", session.origin, session.session_id, count, detail, quarantined=True)


def build_unit(task: BuildTask) -> Built:
    """Replace identifiers and make examples of one surveyed unit, or find that this was done before."""
    place, trail = _build_places(task)
    books = _finished(place, read_books) if trail.found() else None
    return Built(task.order, place.path(), trail.path(), books) if books else _written(place, trail, _Builder(task))


def lost_build(task: BuildTask) -> Built:
    """Set aside the sessions of a unit whose second pass killed its workers."""
    return _written(*_build_places(task), _Builder(task, lost=True))


def _build_places(task: BuildTask) -> tuple[Place, Place]:
    """Of the unit's examples and of its audit lines."""
    plan = task.survey.task.plan
    stages = [(stage.label, stage.parameters()) for stage in (plan.deidentify, *plan.later_maps, *plan.makers)]
    clients = {client for _, client, _, _ in read_head(task.survey.part).sessions}
    digests = {client: sha256_file(task.roster_path(client)) for client in clients}
    kept = ["sessions"] if plan.keep_sessions else []
    key = work_key("build", task.survey.part.stem, digests, stages, key_id(plan.key), *kept)
    return Place(task.folder, key, ".arrow"), Place(private_folder(task.folder.parent / "audit"), key, ".jsonl")


def _written(place: Place, trail: Place, built: _Builder) -> Built:
    with trail.writing() as path:
        path.write_text("".join(f"{line}\n" for line in built.trail), encoding="ascii")
    write_part(place, built.rows, built.books, built.pending)
    return Built(built.task.order, place.path(), trail.path(), built.books)


def drop_id(drop: Drop, task: SurveyTask) -> str:
    """What a published page calls something left out by: its session's id, else its file's."""
    kind, name = ("session", drop.session_id) if drop.session_id else ("file", task.unit.name)
    return keyed(task.plan.key, kind, task.read.source, name)


class _Builder:
    """Takes one unit's sessions through the second pass and keeps the books."""

    def __init__(self, task: BuildTask, *, lost: bool = False) -> None:
        self.task = task
        self.plan = task.survey.task.plan
        self.rows: list[dict[str, Any]] = []
        self.books = Books()
        self.trail: list[str] = []
        self.pending: list[dict[str, Any]] = []
        first = read_survey(task.survey.part)
        for drop in first.drops:
            self._leave_out(drop)
        for at, entry in enumerate(first.sessions):
            if lost:
                self._leave_out(_set_aside(entry.session, "second_pass", None))
            else:
                self._add(at, entry)

    def _leave_out(self, drop: Drop) -> None:
        self.books.leave_out(drop, drop_id(drop, self.task.survey.task))

    def _add(self, at: int, entry: Surveyed) -> None:
        client = client_of(entry.session, self.task.survey.task.unit)
        session = replace(entry.session, client_id=client)
        try:
            with time_limit(bound(_characters(session))):
                roster = load_roster(self.task.roster_path(client))
                replaced = self.plan.deidentify.replace(session, roster, self.plan.key)
                made, kept = self._made_of(replaced)
        except PrivacyError:
            raise
        except Exception as error:  # noqa: BLE001 - its message may quote the text
            made = _set_aside(session, "second_pass", error)
        books = self.books
        if isinstance(made, Drop):
            self._leave_out(made)
            return
        audit = [{name: int(getattr(residue, name)) for name in AUDIT_COLUMNS} for residue in replaced.residues]
        left = {name: sum(turn[name] for turn in audit) for name in AUDIT_COLUMNS}
        for item in made:
            if isinstance(item, Drop):
                books.list_drop(item)
        if kept:
            self.pending.append({**kept, "digest": entry.digest, "made": _fates(made)})
        else:
            tally: Tally = Counter()
            books.kept_sessions += tally_session(tally, len(session.turns), made)
            books.count(tally, keyed(self.plan.key, "session", session.source, session.session_id))
        books.identifiers.update((span.type, span.rule) for turn in replaced.found for span in turn)
        if hidden := withheld(session.meta, replaced.session.meta):
            books.identifiers["METADATA", "withheld"] += hidden
        books.words += sum(count_words(turn.text) for turn in replaced.session.turns)
        books.notes.update(replaced.notes)
        books.notes.update({("cleaning", what): count for what, count in entry.cleaned.items()})
        part = self.task.survey.part.name
        self.trail.append(audit_line(self.plan.key, part, at, session, replaced.found, left))
        self.rows += list(self._rows(made, audit, entry.digest))

    def _made_of(self, replaced: Replaced) -> tuple[list[Example | Drop] | Drop, dict[str, Any] | None]:
        """What the makers made of a session, and what later passes need of it."""
        ready = mapped(replaced.session, self.plan.later_maps)
        if isinstance(ready, Drop):
            return ready, None
        if not ready.deidentified:
            raise PrivacyError("a session reached the makers that is not de-identified")
        made = [item for maker in self.plan.makers for item in self._made(maker, ready)]
        if not self.plan.keep_sessions:
            return made, None
        return made, {"session": asdict(ready), "surrogates": _texts(replaced.session, replaced.surrogates)}

    def _made(self, maker: MakeStage, session: Session) -> Iterator[Example | Drop]:
        labels = stage_labels(self.task, maker)
        for item in maker.make(session):
            yield item if isinstance(item, Drop) else replace(item, provenance=replace(item.provenance, stages=labels))

    def _rows(
        self, made: Sequence[Example | Drop], audit: list[dict[str, int]], digest: str
    ) -> Iterator[dict[str, Any]]:
        ordinals: Counter[tuple[int, int, str]] = Counter()
        for example in made:
            if isinstance(example, Drop):
                continue
            origin = example.provenance
            place = (origin.turn_start, origin.turn_end, example.kind)
            published = pseudonymous(example, self.plan.key, digest, ordinals[place])
            ordinals[place] += 1
            turns = audit[origin.context_start : origin.turn_end]
            yield published.row() | {name: sum(turn[name] for turn in turns) for name in AUDIT_COLUMNS}


def stage_labels(task: BuildTask, last: Stage) -> tuple[str, ...]:
    """`name/version` of every stage that a row of this unit went through; `last` made it."""
    plan = task.survey.task.plan
    stages = (task.survey.task.read, *plan.maps, plan.deidentify, *plan.later_maps, last)
    return tuple(stage.label for stage in stages)


def _texts(session: Session, spans: list[list[Span]]) -> list[str]:
    """The surrogates that stand in a session, each once."""
    placed = zip(session.turns, spans, strict=True)
    return sorted({turn.text[span.start : span.end] for turn, found in placed for span in found})


def _fates(made: Sequence[Example | Drop]) -> list[dict[str, Any]]:
    """What the makers did with a session's turns, as JSON values."""
    return [{"drop": asdict(item)} if isinstance(item, Drop) else {"example": asdict(item.provenance)} for item in made]


def pseudonymous(example: Example, key: bytes, digest: str, ordinal: int) -> Example:
    """The example with every id as an HMAC under the key; the same turn keeps its id whatever the recipe.

    Args:
        example: with plain ids.
        key: the build's 32 bytes.
        digest: hash of the session's source bytes.
        ordinal: counts examples of one kind over the same turns.
    """
    origin, source = example.provenance, example.source
    place = (str(origin.turn_start), str(origin.turn_end), example.kind, str(ordinal))
    return replace(
        example,
        example_id=keyed(key, "example", source, example.session_id, *place),
        session_id=keyed(key, "session", source, example.session_id),
        client_id=keyed(key, "client", source, example.client_id),
        group_id=group_key(key, source, example.group_id),
        provenance=replace(origin, source_hash=keyed(key, "source", digest)),
    )


def group_key(key: bytes, source: str, group: str) -> str:
    """The published id of a group (client or question) of one source."""
    return keyed(key, "group", source, group)


def load_roster(path: Path) -> Roster:
    """The roster of one client from its file."""
    from anonymize.roster import Roster

    return Roster.from_json(path.read_text(encoding="utf-8"))
