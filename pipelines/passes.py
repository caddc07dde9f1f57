"""The two per-unit passes from the driver's side: survey everywhere, one roster a client, build everywhere."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from anonymize.keys import keyed
from corpora.errors import UsageError
from corpora.files import write_atomic
from corpora.records import Drop, Origin
from corpora.sources.base import Unit, unit_name
from corpora.sources.catalogue import entry_of, read_catalogue
from pipelines.accounting import Tally, Where
from pipelines.engines import Runner
from pipelines.parts import read_head
from pipelines.stages import Read
from pipelines.stages.read import client_table
from pipelines.tasks import BuildTask, Built, Plan, SurveyDone, SurveyTask, roster_path
from pipelines.trail import TRAIL, write_trail
from pipelines.units import build_unit, drop_id, lost_build, lost_survey, survey_unit
from pipelines.workplace import Workplace

QUARANTINE = "quarantine.jsonl"
Progress = Callable[..., None]
"""Called as (name of the pass, units done, units in all), and sometimes with a note on how it goes."""


@dataclass(frozen=True, slots=True)
class BuildDone:
    """A unit after both passes: its task, its examples' part, and the fate of its sessions and turns."""

    task: BuildTask
    part: Path
    kept_sessions: int
    drops: list[Drop]
    """Of files, of sessions, and of turns that were set aside."""
    tally: Tally
    words: int
    where: Where


@dataclass(frozen=True, slots=True)
class Passes:
    """What both passes came to: the parts in order of their units, the whole tally, and who the clients are."""

    done: list[BuildDone]
    tally: Tally
    identifiers: Counter[tuple[str, str]]
    notes: Counter[tuple[str, str]]
    """What two readers found in the input, and the stories that sessions tell."""
    clients: dict[tuple[str, str], bool]
    """(source, client) -> whether the source says who the client is."""
    where: Where = field(default_factory=dict)
    """Some of what was left out, by its published ids, when all is settled."""


NO_PASSES = Passes([], Counter(), Counter(), Counter(), {})
"""Of a pipeline that reads nothing."""


def run_passes(
    place: Workplace, plan: Plan, units: Sequence[tuple[Read, Unit]], run: Runner, progress: Progress
) -> Passes:
    """Take every unit through both passes; finished ones are found, not redone.

    The driver keeps a few lines a unit, and one a client: what was said and found stays in the parts.
    """
    surveys, examples, rosters = place.folder("survey"), place.folder("examples"), place.folder("rosters")
    tasks = [SurveyTask(order, read, unit, plan, surveys, Path(unit.path)) for order, (read, unit) in enumerate(units)]
    parts = dict(_watched("survey", run(survey_unit, tasks, lost_survey), len(tasks), progress))
    surveyed = [SurveyDone(task, parts[task.order]) for task in tasks]
    check_sessions(surveyed)
    clients = write_rosters(surveyed, plan, rosters)
    build_tasks = [BuildTask(survey, rosters, examples) for survey in surveyed]
    identifiers, notes = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    done: list[BuildDone | None] = [None] * len(build_tasks)
    trails: list[Path | None] = [None] * len(build_tasks)
    built: Built
    for built in _watched("de-identify", run(build_unit, build_tasks, lost_build), len(build_tasks), progress):
        books, at = built.books, built.order
        done[at] = BuildDone(
            build_tasks[at], built.part, books.kept_sessions, books.drops, books.tally, books.words, books.where
        )
        trails[at] = built.trail
        identifiers.update(books.identifiers)
        notes.update(books.notes)
    write_trail(filter(None, trails), place.work / TRAIL)
    whole = [unit for unit in done if unit]
    tally: Tally = sum((unit.tally for unit in whole), Counter())
    return Passes(whole, tally + file_tally(whole), identifiers, notes, clients)


def _watched(name: str, results: Iterator[Any], total: int, progress: Progress) -> Iterator[Any]:
    progress(name, 0, total)
    for number, result in enumerate(results, start=1):
        yield result
        progress(name, number, total)


def check_sessions(surveyed: Sequence[SurveyDone]) -> None:
    """Look whether ids are unique and the clients' tables name sessions that are there.

    Raises:
        UsageError: two files give a session the same id, or a table names a session that no file holds.
    """
    files: dict[tuple[str, str], str] = {}
    for survey in surveyed:
        source, unit, head = survey.task.read.source, survey.task.unit, read_head(survey.part)
        left_out = [drop.session_id for drop in head.drops if drop.session_id and drop.level == "session"]
        for session in (*(entry[0] for entry in head.sessions), *left_out):
            if (first := files.setdefault((source, session), unit.path)) != unit.path:
                raise UsageError(f"{first} and {unit.path} both give session {session!r}; rename or remove one of them")
    for read in {survey.task.read for survey in surveyed}:
        if read.metadata and not any(
            entry_of(read_catalogue(read.metadata), session) for source, session in files if source == read.source
        ):
            raise UsageError(
                f"--metadata {read.metadata}: none of its ids is a session's; an id is the file's name without suffix"
            )
        if read.clients:
            table = client_table(read.clients)
            if missing := sorted(session for session in table if (read.source, session) not in files):
                raise UsageError(
                    f"--clients {read.clients}: {len(missing)} of its {len(table)} sessions are not in the input, "
                    f"such as {missing[0]!r}; a session's id is its file's path without the suffix"
                )


def files_of(read: Read, outputs: Sequence[Path] = ()) -> list[tuple[Read, Path]]:
    """The files of one source in order, those under `outputs` (of an earlier build) left out.

    Raises:
        UsageError: the input is not there, or holds no file of the source.
    """
    files = read.reader.files(read.root)
    return [(read, path) for path in files if not any(path.resolve().is_relative_to(folder) for folder in outputs)]


def units_of(files: Sequence[tuple[Read, Path]]) -> list[tuple[Read, Unit]]:
    """The work units of files, in their order."""
    return [(read, unit) for read, path in files for unit in read.reader.units(path, unit_name(read.root, path))]


def write_rosters(surveyed: Sequence[SurveyDone], plan: Plan, folder: Path) -> dict[tuple[str, str], bool]:
    """Join each client's names over all of the client's sessions; one private file a client, named by its keyed id.

    A client's names are held only until the last of the client's sessions is read.

    Returns:
        (source, client) -> whether the source says who the client is.
    """
    clients: dict[tuple[str, str], bool] = {}
    sessions, names = Counter[tuple[str, str]](), defaultdict[tuple[str, str], list[str]](list)
    for survey in surveyed:
        for _, client, known, _ in read_head(survey.part).sessions:
            clients[survey.task.read.source, client] = known
            sessions[survey.task.read.source, client] += 1
    for survey in surveyed:
        for _, client, _, found in read_head(survey.part).sessions:
            who = (survey.task.read.source, client)
            names[who].append(found)
            if len(names[who]) == sessions[who]:
                _write_roster(plan, folder, who, names.pop(who))
    return clients


def _write_roster(plan: Plan, folder: Path, who: tuple[str, str], found: Sequence[str]) -> None:
    from anonymize.roster import Survey, build_roster

    surveys = [Survey.from_json(entry) for entry in found]
    roster = build_roster(keyed(plan.key, "client", *who), surveys, plan.deidentify.caller_names())
    path, data = roster_path(folder, plan.key, *who), roster.to_json().encode()
    if not path.exists() or path.read_bytes() != data:
        write_atomic(path, data, flushed=False)  # a rerun compares it, as above


def file_tally(done: Sequence[BuildDone]) -> Tally:
    """The files by their fates."""
    return Counter(("file", outcome, reason) for outcome, reason in file_fates(done).values())


def file_fates(done: Sequence[BuildDone]) -> dict[tuple[str, str], tuple[str, str]]:
    """One fate a file: kept where any of its sessions was, else the reason it, or its sessions, were left out.

    Returns:
        (source, name) -> (outcome, reason).
    """
    fates: dict[tuple[str, str], tuple[str, str]] = {}
    for build in done:
        task = build.task.survey.task
        file = (task.read.source, task.unit.name)
        aside = [drop for drop in build.drops if drop.level == "file" or (drop.quarantined and drop.level == "session")]
        fate = ("dropped", "no_session_kept")
        if build.kept_sessions:
            fate = ("kept", "kept")
        elif aside:
            fate = ("quarantined" if aside[0].quarantined else "dropped", aside[0].reason)
        if fates.get(file, ("", ""))[0] != "kept":
            fates[file] = fate
    return fates


def retry_quarantined(place: Workplace) -> int:
    """Forget the finished units in which something was set aside, so that they are read again; returns how many.

    Raises:
        UsageError: no earlier build left a quarantine.
    """
    if not (place.work / "quarantine" / QUARANTINE).is_file():
        raise UsageError(f"--retry-quarantine: {place.work} holds no quarantine; build without it first")
    forgotten = 0
    for part in sorted(place.folder("survey").glob("*.json")):
        if any(drop.quarantined for drop in read_head(part).drops):
            part.unlink()
            forgotten += 1
    return forgotten


def write_quarantine(done: Sequence[BuildDone], folder: Path) -> Path:
    """List what was set aside, one JSON line each with file, byte range and reason, never text; returns the list.

    `id` is what the report calls it by.
    """
    lines = []
    for build in done:
        task = build.task.survey.task
        for drop in build.drops:
            if drop.quarantined:
                origin = replace(drop.origin or Origin(""), path=task.unit.path)
                entry = {**asdict(replace(drop, origin=origin)), "id": drop_id(drop, task)}
                lines.append(json.dumps(entry, sort_keys=True))
    path = folder / QUARANTINE
    write_atomic(path, "".join(f"{line}\n" for line in lines).encode())
    return path
