"""Part files: the finished work of one unit under a key of everything that went into it.

A part is written whole or not at all, and its name holds the hash of its bytes; so resuming is nothing but finding it,
and a damaged one is done again. Parts of the survey hold raw text: they are private and stay in the work folder.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from anonymize.spans import Span
from corpora.errors import CorporaError
from corpora.files import replacing, sha256_file
from corpora.records import Drop, Origin, Session, Turn, fields_of
from pipelines.versions import package_versions


def work_key(*parts: Any) -> str:
    """SHA-256 (32 hex characters) of JSON values and package versions: equal work has equal keys."""
    text = json.dumps([package_versions(), *parts], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the part of one key stands: `folder/KEY-HASH.suffix`."""

    folder: Path
    key: str
    suffix: str

    def path(self) -> Path:
        """The part that was just found or written.

        Raises:
            CorporaError: it is gone.
        """
        if (path := self.found()) is None:
            raise CorporaError(f"a part of {self.folder} vanished while it was needed; run the same command again")
        return path

    def found(self) -> Path | None:
        """The part whose bytes are those its name tells; None where there is none."""
        for path in sorted(self.folder.glob(f"{self.key}-*{self.suffix}")):
            if path.stem.endswith(sha256_file(path)[:16]):
                return path
        return None

    @contextmanager
    def writing(self) -> Iterator[Path]:
        """Yield a temporary path; what is written to it becomes the key's only part."""
        with replacing(self.folder / f"{self.key}{self.suffix}", self._named) as temporary:
            yield temporary
            new = self._named(temporary)
        for older in self.folder.glob(f"{self.key}-*{self.suffix}"):
            if older != new:
                older.unlink(missing_ok=True)

    def _named(self, written: Path) -> Path:
        return self.folder / f"{self.key}-{sha256_file(written)[:16]}{self.suffix}"


@dataclass(frozen=True, slots=True)
class Surveyed:
    """One session after the first pass: cleaned, still raw; the hash of its source bytes; what it gives away."""

    session: Session
    digest: str
    names: str
    """What `anonymize.roster.Survey.to_json` wrote."""
    structured: list[list[Span]]
    """Each turn's structured identifiers, so that the second pass need not look for them again."""
    cleaned: Mapping[str, int] = field(default_factory=dict)
    """How often the stages before de-identification changed something, by kind."""


@dataclass(frozen=True, slots=True)
class SurveyPart:
    """The first pass over one unit: sessions that go on, and everything that was left out."""

    sessions: list[Surveyed]
    drops: list[Drop]


@dataclass(frozen=True, slots=True)
class Head:
    """What the driver needs to know of a survey part: who is in it, without what they said."""

    sessions: list[tuple[str, str, bool, str]]
    """Of each session that goes on: its id, its client, whether the source knew the client, its names."""
    drops: list[Drop]


def write_survey(place: Place, part: SurveyPart, client_of: Callable[[Session], str]) -> None:
    """Write a survey part, whole or not at all: a line of JSON with its `Head`, then a line a session."""
    who = [
        (entry.session.session_id, client_of(entry.session), entry.session.client_id is not None, entry.names)
        for entry in part.sessions
    ]
    with place.writing() as path, path.open("w", encoding="ascii") as file:
        print(json.dumps({"sessions": who, "drops": [asdict(drop) for drop in part.drops]}), file=file)
        for entry in part.sessions:
            print(json.dumps({**fields_of(entry), "names": None}, default=fields_of), file=file)


def read_head(path: Path) -> Head:
    """The first line of what `write_survey` wrote."""
    with path.open("rb") as file:
        return _head(file.readline())


def read_survey(path: Path) -> SurveyPart:
    """Read what `write_survey` wrote."""
    with path.open("rb") as file:
        head = _head(file.readline())
        entries = [json.loads(line) for line in file]
    sessions = [
        Surveyed(
            **{
                **entry,
                "session": session_from(entry["session"]),
                "names": names,
                "structured": [[Span(**span) for span in turn] for turn in entry["structured"]],
            }
        )
        for entry, (_, _, _, names) in zip(entries, head.sessions, strict=True)
    ]
    return SurveyPart(sessions, head.drops)


def _head(line: bytes) -> Head:
    document = json.loads(line)
    return Head([tuple(who) for who in document["sessions"]], [drop_from(entry) for entry in document["drops"]])


def session_from(fields: Mapping[str, Any]) -> Session:
    """A `Session` from its JSON fields."""
    turns = [Turn(**turn) for turn in fields["turns"]]
    return Session(**{**fields, "turns": turns, "origin": Origin(**fields["origin"])})


def drop_from(fields: Mapping[str, Any]) -> Drop:
    """A `Drop` from its JSON fields."""
    origin = Origin(**fields["origin"]) if fields["origin"] else None
    turns = tuple(fields["turns"]) if fields["turns"] else None
    return Drop(**{**fields, "origin": origin, "turns": turns})
