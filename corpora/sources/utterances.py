"""Dialogues as a table of utterances: one row an utterance, with its session, its speaker and its text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from corpora.errors import TextError
from corpora.inputs import stem
from corpora.records import Drop, Origin, Role, Session, Turn
from corpora.sources.base import Unit, file_drop, file_unit
from corpora.sources.chat import ROLES
from corpora.sources.cleaning import clean, seconds
from corpora.sources.labels import key_of
from corpora.sources.roles import MIN_CONFIDENCE, assign_roles
from corpora.sources.rows import Columns, Rows, Unusable
from corpora.sources.tables import Row, table_rows

_SECONDS = re.compile(r"\d{1,9}(?:\.\d{1,9})?")


@dataclass(frozen=True)
class Utterances(Rows):
    """Any table with a session, a speaker and a text a row; who is the therapist is read off the speakers' names.

    Rows of one session need not stand together, so a file is one unit of work.
    """

    name: str = "utterances"
    modality: str = "spoken"
    session: Columns = (
        "session_id",
        "session",
        "transcript_id",
        "dialogue_id",
        "dialog_id",
        "conversation_id",
        "conv_id",
    )
    speaker: Columns = ("speaker", "interlocutor", "role", "speaker_role", "author", "from", "who")
    utterance: Columns = ("text", "utterance", "utterance_text", "content", "transcript", "sentence", "value")
    time: Columns = ("start_s", "start", "timestamp", "time", "start_time")
    speakers: Mapping[str, Role] = field(default_factory=dict)
    keep_marks: bool = False

    def needed(self) -> Sequence[str]:
        """A session, a speaker and a text."""
        return ("session", "speaker", "utterance")

    def units(self, path: Path, name: str) -> list[Unit]:
        """The whole file: a session's rows may stand anywhere."""
        return [file_unit(path, name)]

    def read(self, unit: Unit) -> Iterator[Session | Drop]:
        """The sessions in the order of their first rows."""
        origin = Origin(unit.path, unit.start, unit.end)
        sessions: dict[str, list[Row]] = {}
        try:
            self.demand_columns(Path(unit.path))
            for row in table_rows(Path(unit.path)):
                reason, key = self._key(row)
                if reason:
                    detail = f"line {row.line}: no session, no speaker or no text; mend the row"
                    yield Drop(reason, "turn", Origin(unit.path, row.start, row.end), detail=detail, quarantined=True)
                else:
                    sessions.setdefault(key, []).append(row)
        except TextError as error:
            yield file_drop(error, origin)
        except OSError as error:
            yield file_drop(TextError("unreadable_file", f"{error.strerror}; check its permissions"), origin)
        for key, rows in sessions.items():
            yield from self._dialogue(f"{stem(unit.name)}/{key}", rows, unit)

    def _key(self, row: Row) -> tuple[str | None, str]:
        if row.cells is None:
            return "malformed_row", ""
        try:
            key, speaker, text = (self.text(row.cells, role) for role in self.needed())
        except Unusable as why:
            return why.reason, ""
        return (None if key and speaker and text else "empty_cell"), key

    def _dialogue(self, session_id: str, rows: list[Row], unit: Unit) -> Iterator[Session | Drop]:
        start, end = min(row.start for row in rows), max(row.end for row in rows)
        origin, said = Origin(unit.path, start, end), []
        for row in rows:
            cells = row.cells or {}
            if text := clean(self.text(cells, "utterance"), keep_marks=self.keep_marks):
                said.append((self.text(cells, "speaker"), text, _time(self.cell(cells, "time"))))
        if empty := len(rows) - len(said):
            yield Drop("empty_after_cleaning", "turn", origin, session_id, count=empty, detail="only marks, no words")
        roles, confidence = self._roles(said)
        if not {"therapist", "client"} <= set(roles.values()) or confidence < MIN_CONFIDENCE:
            reason = "roles_unclear" if len(roles) > 1 else "one_sided"
            detail = f"the speakers do not tell the therapist (confidence {confidence:.2f}); use --speakers FILE"
            yield Drop(reason, "session", origin, session_id, len(said), detail, quarantined=True)
            return
        first = rows[0].cells or {}
        turns = [Turn(n, roles[who], who, text, at) for n, (who, text, at) in enumerate(said)]
        meta = {key: self.text(first, key) or None for key in ("topic", "emotion")}
        client = self.text(first, "client") or None
        group = None if client else f"row:{session_id}"
        yield Session(session_id, self.name, client, turns, meta, origin, group_id=group)

    def _roles(self, said: list[tuple[str, str, float | None]]) -> tuple[dict[str, Role], float]:
        spoken: dict[str, list[str]] = {}
        for who, text, _ in said:
            spoken.setdefault(who, []).append(text)
        said_by_word = {who.casefold(): ROLES[who.casefold()] for who in spoken if who.casefold() in ROLES}
        told = {who: role for who, role in said_by_word.items() if who != "speaker"} | dict(self.speakers)
        turns_of: dict[str, list[str]] = {}
        for who, texts in spoken.items():
            turns_of.setdefault(who if who.casefold() in told else key_of(who), []).extend(texts)
        roles, confidence = assign_roles(turns_of, {}, told)
        return {who: roles[who] if who in roles else roles[key_of(who)] for who in spoken}, confidence


def _time(value: Any) -> float | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, str):
        return None
    return float(value) if _SECONDS.fullmatch(value.strip()) else seconds(value)
