"""What a worker does with one unit: survey it, and later, with its clients' rosters, replace and make examples.

Both functions are idempotent and leave one part file under a key of everything that went into it. Whatever a stage
raises on a session sets that session aside with the kind and place of the error, never its message, which may quote
the text.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anonymize.keys import keyed
from anonymize.metadata import withheld
from corpora.deadline import OutOfTimeError, bound, time_limit
from corpora.errors import PrivacyError
from corpora.inputs import open_binary
from corpora.records import Drop, Example, Origin, Session, count_words
from corpora.sources.base import Unit
from expectations.metrics import AUDIT_COLUMNS
from pipelines.accounting import Tally, tally_session
from pipelines.books import Books, write_part
from pipelines.engines.work import LOST
from pipelines.guard import error_place
from pipelines.parts import Place, Surveyed, SurveyPart, read_survey, write_survey
from pipelines.stages.base import MakeStage, MapStage, Stage
from pipelines.stages.deidentify import Replaced
from pipelines.stages.read import Read
from pipelines.tasks import DIED, ERROR, OUT_OF_TIME, WITHDRAWN, BuildTask, Built, SurveyTask
from pipelines.trail import audit_line

if TYPE_CHECKING:
    from anonymize.roster import Roster
    from anonymize.spans import Span


def client_of(session: Session, unit: Unit) -> str:
    """The client, or the question where there is none, or the file itself where nobody says who the client is."""
    return session.client_id or (f"question:{session.group_id}" if session.group_id else f"file:{unit.name}")


def survey_unit(task: SurveyTask) -> tuple[int, Path]:
    """Read, clean and survey one unit, or find that this was done before; returns its order and its part."""
    if done := task.finished():
        return done
    place = task.place()
    write_survey(place, SurveyPart(*_survey(task)), partial(client_of, unit=task.unit))
    return task.order, place.path()


def lost_survey(task: SurveyTask) -> tuple[int, Path]:
    """Set aside a unit whose first pass killed its workers."""
    place = task.place()
    origin = Origin(task.unit.path, task.unit.start, task.unit.end)
    drop = Drop(f"{DIED}survey", "file", origin, count=0, detail=LOST, quarantined=True)
    write_survey(place, SurveyPart([], [drop]), partial(client_of, unit=task.unit))
    return task.order, place.path()


def _survey(task: SurveyTask) -> tuple[list[Surveyed], list[Drop]]:
    stage = task.plan.deidentify
    kept: list[Surveyed] = []
    drops: list[Drop] = []
    for raw in read_unit(task.read, task.here):
        counts: Counter[str] = Counter()
        item = replace(raw, origin=replace(raw.origin, path=task.unit.path)) if raw.origin else raw
        session = item if isinstance(item, Drop) else _stayed(introduced(item, task.read), task)
        if isinstance(session, Session):
            session = mapped(session, task.plan.maps, counts)
        if isinstance(session, Drop):
            drops.append(session)
            continue
        try:
            with time_limit(bound(_characters(session))):
                names, structured = stage.survey(session, task.plan.key)
        except Exception as error:  # noqa: BLE001 - its message may quote the text
            drops.append(_set_aside(session, stage.name, error))
        else:
            digest = _digest(task.lies, session.origin)
            kept.append(Surveyed(session, digest, names, structured, dict(counts)))
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
        return [Drop(f"{OUT_OF_TIME}read", "file", origin, count=0, detail=str(error), quarantined=True)]


def _characters(session: Session) -> int:
    return sum(len(turn.text) for turn in session.turns)


def _digest(path: Path, origin: Origin) -> str:
    with open_binary(path) as file:
        file.seek(origin.start)
        return hashlib.sha256(file.read(origin.end - origin.start)).hexdigest()


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
    reason, detail = ERROR, error_place(error) if error else ""
    if error is None:
        reason, detail = DIED, LOST
    elif isinstance(error, OutOfTimeError):
        reason, detail = OUT_OF_TIME, str(error)
    count = len(session.turns)
    return Drop(f"{reason}{stage}", "session", session.origin, session.session_id, count, detail, quarantined=True)


def build_unit(task: BuildTask) -> Built:
    """Replace identifiers and make examples of one surveyed unit, or find that this was done before."""
    return task.finished() or _written(*task.places(), _Builder(task))


def lost_build(task: BuildTask) -> Built:
    """Set aside the sessions of a unit whose second pass killed its workers."""
    return _written(*task.places(), _Builder(task, lost=True))


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
                replaced = self.plan.deidentify.replace(session, entry.structured, roster, self.plan.key)
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
