"""Where sessions come from: a source, its input, and who the clients are."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, cast, get_args

import corpora
from corpora.errors import UsageError
from corpora.records import Role, Session
from corpora.sources import get_source
from corpora.sources.base import Source
from corpora.sources.catalogue import entry_of, read_catalogue, table_rows
from corpora.sources.ratings import read_ratings
from corpora.terms import NO_PERSON, OWN_FICTION
from pipelines.stages.base import Stage, stage
from pipelines.tables import read_pairs

SAMPLE_SOURCE = "alexander-street"
SAMPLE = Path(corpora.__file__).parent / "sample" / "raw"


@stage
class Read(Stage):
    """Sessions of one source. Without `input`, the packaged sample is read.

    `metadata` is the collection's table of its sessions (`corpora.sources.catalogue`), `ratings` a table of ratings
    (`corpora.sources.ratings`), `speakers` a CSV with the columns `label`, `role` and perhaps `session_id`: who is who
    behind labels that do not say so; `columns` says which columns of a table are which (`question=Ask,answer=Reply`).
    `keep_marks` keeps `(laughter)` and the like. `clients` is a CSV with the columns `session_id` and `client_id` (a
    session's id is its file's path under the input without the suffix); it wins over what the source itself and the
    metadata say.
    """

    name: ClassVar[str] = "read"
    version: ClassVar[str] = "2"
    outputs: ClassVar[frozenset[str]] = frozenset({"sessions"})

    source: str
    input: Path | None = None
    clients: Path | None = None
    metadata: Path | None = None
    ratings: Path | None = None
    speakers: Path | None = None
    columns: str | None = None
    keep_marks: bool = False

    @property
    def reader(self) -> Source:
        """The source, by its registered name, with what this stage tells it.

        Raises:
            UsageError: there is no such source, or it takes no such setting.
        """
        reader: Any = get_source(self.source)
        given: dict[str, Any] = {"speakers": speaker_table(self.speakers)} if self.speakers else {}
        if self.keep_marks:
            given["keep_marks"] = True
        if self.columns:
            given["columns"] = column_names(self.columns)
        known = {field.name for field in fields(reader)} if is_dataclass(reader) else set()
        for setting in given.keys() - known:
            raise UsageError(
                f"source {reader.name!r} takes no --{setting.replace('_', '-')}; its files say themselves what is what"
            )
        settled: Source = replace(reader, **given) if given else reader
        return settled

    @property
    def terms(self) -> dict[str, str]:
        """Modality, licence and consent of what is read; the packaged sample is our own fiction, whatever its form."""
        reader = self.reader
        stated = (OWN_FICTION, NO_PERSON) if self.input in (None, SAMPLE) else (reader.license, reader.consent)
        return {"modality": reader.modality, "license": stated[0], "consent": stated[1]}

    def joined(self, session: Session) -> Session:
        """The session with what the tables say of it: client, metadata and ratings."""
        clients = client_table(self.clients) if self.clients else {}
        entry = entry_of(read_catalogue(self.metadata), session.session_id) if self.metadata else None
        client = clients.get(session.session_id) or (entry and entry.client) or session.client_id
        joined = replace(session, client_id=client, meta={**session.meta, **(entry.meta if entry else {})})
        return read_ratings(self.ratings).rate(joined) if self.ratings else joined

    @property
    def root(self) -> Path:
        """The file or folder that is read.

        Raises:
            UsageError: there is no such source, no input was given and the source has no packaged sample, or the path
            is not there.
        """
        reader = self.reader
        if self.input is None:
            if reader.name != SAMPLE_SOURCE:
                raise UsageError(f"source {reader.name!r} has no packaged sample: say --input PATH")
            return SAMPLE
        if not self.input.exists():
            raise UsageError(f"--input {self.input}: there is no such file or folder")
        return self.input

    def check(self) -> None:
        """Look for the input and read the clients' table."""
        _ = self.root
        if self.clients:
            client_table(self.clients)
        if self.metadata:
            read_catalogue(self.metadata)
        if self.ratings:
            read_ratings(self.ratings)

    def files(self) -> list[Path]:
        """The tables; of the input each unit names its own file."""
        return [path for path in super().files() if path != self.input]

    def parameters(self) -> dict[str, Any]:
        """The fields but the input, whose bytes are in the work keys and whose path is nobody's business."""
        return {key: value for key, value in super().parameters().items() if key != "input"}


def column_names(text: str) -> dict[str, str]:
    """`role=name,role=name` as role -> name.

    Raises:
        UsageError: it is written otherwise.
    """
    pairs = [part.partition("=") for part in text.split(",")]
    if not all(role.strip() and name.strip() for role, _, name in pairs):
        raise UsageError("--columns is written ROLE=NAME,ROLE=NAME, such as question=Ask,answer=Reply")
    return {role.strip(): name.strip() for role, _, name in pairs}


@cache
def speaker_table(path: Path) -> dict[str, Role]:
    """The `--speakers` file as case-folded label, or `SESSION_ID/label`, -> role.

    Raises:
        UsageError: a column is missing, or a role is none.
    """
    header, rows = table_rows(path, "--speakers")
    if not {"label", "role"} <= set(header):
        raise UsageError(f"--speakers {path}: it needs the columns label and role (session_id may follow)")
    table: dict[str, Role] = {}
    for line, cells in rows:
        row = dict(zip(header, cells, strict=False))
        label, role = row["label"].strip().rstrip(":").casefold(), row["role"].strip().casefold()
        if not label or role not in get_args(Role):
            raise UsageError(f"--speakers {path}, line {line}: role is one of {', '.join(get_args(Role))}")
        session = row.get("session_id", "").strip()
        table[f"{session}/{label}" if session else label] = cast("Role", role)
    return table


@cache
def client_table(path: Path) -> dict[str, str]:
    """The `--clients` file as session id -> client id.

    Raises:
        UsageError: the file is no CSV with the columns `session_id` and `client_id`, or gives a session two clients.
    """
    table: dict[str, str] = {}
    for line, session, client in read_pairs(path, "--clients", "session_id", "client_id"):
        if table.setdefault(session, client) != client:
            raise UsageError(
                f"--clients {path}, line {line}: session {session!r} has another client on an earlier line"
            )
    return table
