"""AnnoMI: demonstrations of motivational interviewing, transcribed and annotated, one utterance a CSV row.

Wu et al., "Anno-MI: A Dataset of Expert-Annotated Counselling Dialogues" (ICASSP 2022): 133 transcripts of 9,699
utterances. The columns read are those that AnnoMI-simple.csv and AnnoMI-full.csv share; the full one repeats an
utterance for each annotator, and the repetitions are counted as dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from corpora.errors import UsageError
from corpora.records import Drop, Origin, Role, Session, Turn
from corpora.sources.base import Unit, file_drop, file_unit, list_files
from corpora.sources.cleaning import clean, seconds
from corpora.sources.tables import Record, csv_header, csv_records, cut_units, session_cuts
from corpora.text import TextError

COLUMNS = (
    "transcript_id",
    "mi_quality",
    "video_url",
    "topic",
    "utterance_id",
    "interlocutor",
    "timestamp",
    "utterance_text",
)
"""The columns read; others are passed over."""

UNIT_BYTES = 256 * 1024
"""About how much of the file a unit holds: little enough for a pool to share one CSV, much beside a task's cost."""

_ROLES: dict[str, Role] = {"therapist": "therapist", "client": "client"}
_QUALITIES = frozenset({"high", "low"})
_ROW_START = re.compile(rb'"?\d{1,9}"?,"?(?:high|low)"?,', re.IGNORECASE)  # transcript_id, mi_quality as published


@dataclass(frozen=True, slots=True)
class AnnoMI:
    """The CSV of AnnoMI, simple or full; one session a `transcript_id`.

    The client is the transcript's video: every transcript has one `video_url`, and the nine videos that were cut into
    several transcripts (133 transcripts of 119 videos) show one series with the same people, so they stay in one split.
    """

    name: str = "annomi"
    modality: str = "spoken"
    license: str = "published for research without a licence file; do not redistribute"
    consent: str = "demonstrations published on video platforms by their makers"
    keep_marks: bool = False

    def files(self, root: Path) -> list[Path]:
        """The CSV files below `root`.

        Raises:
            UsageError: nothing to read, or `root` is a single file without the columns (in a folder such a file is
                quarantined, so that it does not keep the others from being read).
        """
        found = list_files(root, {".csv"}, "AnnoMI-simple.csv or AnnoMI-full.csv")
        if found == [root]:
            try:
                _columns(csv_header(root))
            except TextError as error:
                raise UsageError(f"{root}: {error.detail}") from None
        return found

    def units(self, path: Path, name: str) -> list[Unit]:
        """Cut between transcripts, about `UNIT_BYTES` a unit; one unit if a transcript's rows are not together."""
        whole = file_unit(path, name)
        if whole.end <= UNIT_BYTES:
            return [whole]
        try:
            column = _columns(csv_header(path))["transcript_id"]
            records = csv_records(path, 0, whole.end, row_start=_ROW_START, leading=column + 1)
            cuts, end = session_cuts(records, column, UNIT_BYTES)
        except (TextError, OSError):
            return [whole]  # reading it says what is wrong
        return cut_units(whole, cuts, end)

    def read(self, unit: Unit) -> Iterator[Session | Drop]:
        """The transcripts of a unit in file order."""
        path = Path(unit.path)
        origin = Origin(unit.path, unit.start, unit.end)
        try:
            columns = _columns(csv_header(path))
            transcripts: dict[str, list[Record]] = {}
            for record in csv_records(path, unit.start, unit.end, unit.line, row_start=_ROW_START):
                if unit.start == 0 and record.start == 0:
                    continue
                problem = _problem(record, columns)
                if problem:
                    yield _dropped(problem, record, unit, columns)
                elif record.cells is not None:
                    transcripts.setdefault(record.cells[columns["transcript_id"]].strip(), []).append(record)
        except TextError as error:
            yield file_drop(error, origin)
            return
        except OSError as error:
            detail = f"{error.strerror}; check the file's permissions"
            yield Drop("unreadable_file", "file", origin, count=0, detail=detail, quarantined=True)
            return
        for transcript, records in transcripts.items():
            yield from self._session(transcript, records, columns, unit)

    def _session(
        self, transcript: str, records: list[Record], columns: dict[str, int], unit: Unit
    ) -> Iterator[Session | Drop]:
        session_id = f"annomi-{transcript}"
        origin = Origin(unit.path, records[0].start, records[-1].end)
        turns: list[Turn] = []
        seen: set[tuple[str, str]] = set()
        repeated = empty = 0
        for record in records:
            cell = _cells(record, columns)
            if (cell["utterance_id"], cell["utterance_text"]) in seen:
                repeated += 1
                continue
            seen.add((cell["utterance_id"], cell["utterance_text"]))
            speaker = cell["interlocutor"]
            if words := clean(cell["utterance_text"], keep_marks=self.keep_marks):
                turns.append(Turn(len(turns), _ROLES[speaker], speaker, words, seconds(cell["timestamp"])))
            else:
                empty += 1
        if empty:
            yield Drop("empty_after_cleaning", "turn", origin, session_id, count=empty, detail="only marks, no words")
        if repeated:
            yield Drop(
                "repeated_utterance", "turn", origin, session_id, count=repeated, detail="same utterance_id again"
            )
        if {turn.role for turn in turns} != set(_ROLES.values()):
            detail = "turns of one side only; check the interlocutor column"
            yield Drop("one_sided", "session", origin, session_id, len(turns), detail, quarantined=True)
            return
        cell = _cells(records[0], columns)
        meta = {
            "topic": cell["topic"] or None,
            "quality": cell["mi_quality"] if cell["mi_quality"] in _QUALITIES else None,
            "modality": self.modality,
        }
        yield Session(session_id, self.name, cell["video_url"] or None, turns, meta, origin)


def _cells(record: Record, columns: dict[str, int]) -> dict[str, str]:
    cells = record.cells or []
    return {name: cells[index].strip() for name, index in columns.items()}


def _problem(record: Record, columns: dict[str, int]) -> str | None:
    """Why a row cannot be a turn, if it cannot."""
    cells = record.cells
    if cells is None or len(cells) <= max(columns.values()):
        return "malformed_row"
    if not cells[columns["transcript_id"]].strip() or not cells[columns["utterance_text"]].strip():
        return "empty_cell"
    if cells[columns["interlocutor"]].strip() not in _ROLES:
        return "unknown_interlocutor"
    return None


def _dropped(reason: str, record: Record, unit: Unit, columns: dict[str, int]) -> Drop:
    cells, session_id = record.cells or [], None
    if len(cells) > columns["transcript_id"] and (transcript := cells[columns["transcript_id"]].strip()):
        session_id = f"annomi-{transcript}"
    advice = {
        "malformed_row": "too few cells, or a quotation mark left open; mend the row",
        "empty_cell": "no transcript_id or no utterance_text; fill the cell",
        "unknown_interlocutor": "interlocutor is neither therapist nor client; correct the cell",
    }
    origin = Origin(unit.path, record.start, record.end)
    return Drop(reason, "turn", origin, session_id, detail=f"line {record.line}: {advice[reason]}", quarantined=True)


def _columns(header: list[str]) -> dict[str, int]:
    """Where each of `COLUMNS` stands.

    Raises:
        TextError: `missing_columns`, naming them.
    """
    names = [name.strip().casefold() for name in header]
    if missing := [name for name in COLUMNS if name not in names]:
        raise TextError(
            "missing_columns", f"columns missing: {', '.join(missing)}; give AnnoMI-simple.csv or -full.csv"
        )
    return {name: names.index(name) for name in COLUMNS}
