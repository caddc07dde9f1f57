"""The books of one unit's second pass: what became of its files, sessions and turns, kept in its part's own metadata.

Drops of single turns are counted, not listed: there are as many of them as turns.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpora.records import Drop, Provenance, Session, example_schema
from expectations.metrics import AUDIT_COLUMNS
from pipelines.accounting import Tally, Where, note, tally_drop
from pipelines.parts import Place, drop_from, session_from

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(slots=True)
class Books:
    """What became of the unit's sessions and turns, and what was found in them."""

    kept_sessions: int = 0
    drops: list[Drop] = field(default_factory=list)
    """Of files, of sessions, and of turns that were set aside."""
    tally: Tally = field(default_factory=Counter)
    identifiers: Counter[tuple[str, str]] = field(default_factory=Counter)
    words: int = 0
    notes: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Counts for the report: what two readers found in the input, and the stories that sessions tell."""
    where: Where = field(default_factory=dict)

    def list_drop(self, drop: Drop) -> None:
        """Keep a drop in mind where it is more than a turn that a rule left out."""
        if drop.level != "turn" or drop.quarantined:
            self.drops.append(drop)

    def leave_out(self, drop: Drop, name: str) -> None:
        """List and count something that did not go on; `name` is its published id."""
        self.list_drop(drop)
        tally: Tally = Counter()
        tally_drop(tally, drop)
        self.count(tally, name)

    def count(self, tally: Tally, name: str) -> None:
        """Add the tally of the session (or file) with the published id `name`."""
        self.tally.update(tally)
        note(self.where, tally, name)


@dataclass(frozen=True, slots=True)
class Pending:
    """A de-identified session that a later pass goes on with, what was made of it so far, and our surrogates in it."""

    session: Session
    digest: str
    surrogates: list[str]
    made: list[Provenance | Drop]


def part_schema() -> pa.Schema:
    """The schema of an examples' part: the shards' columns and the audit's counts."""
    import pyarrow as pa

    return pa.schema([*example_schema(), *(pa.field(name, pa.int32()) for name in AUDIT_COLUMNS)])


def write_part(place: Place, rows: list[dict[str, Any]], books: Books, pending: list[dict[str, Any]]) -> None:
    """Write the examples' part of one unit, with its books and the sessions that a later pass goes on with."""
    import pyarrow as pa

    document = {
        "kept_sessions": books.kept_sessions,
        "drops": [asdict(drop) for drop in books.drops],
        "tally": [[*place, count] for place, count in sorted(books.tally.items())],
        "identifiers": [[*place, count] for place, count in sorted(books.identifiers.items())],
        "words": books.words,
        "notes": [[*place, count] for place, count in sorted(books.notes.items())],
        "where": [[*place, names] for place, names in sorted(books.where.items())],
        "pending": pending,
    }
    schema = part_schema().with_metadata({"books": json.dumps(document)})
    with place.writing() as path, pa.ipc.new_file(path, schema) as writer:
        writer.write_table(pa.Table.from_pylist(rows, schema=schema))


def read_books(path: Path) -> Books:
    """The books that `write_part` wrote."""
    books = _document(path)
    return Books(
        books["kept_sessions"],
        [drop_from(entry) for entry in books["drops"]],
        Counter({(level, outcome, reason): count for level, outcome, reason, count in books["tally"]}),
        Counter({(kind, rule): count for kind, rule, count in books["identifiers"]}),
        books["words"],
        Counter({(kind, what): count for kind, what, count in books["notes"]}),
        {(level, outcome, reason): names for level, outcome, reason, names in books["where"]},
    )


def pending_of(part: Path) -> list[Pending]:
    """The sessions that a part keeps for a later pass, in order."""
    return [
        Pending(
            session_from(entry["session"]),
            entry["digest"],
            entry["surrogates"],
            [drop_from(item["drop"]) if "drop" in item else Provenance(**item["example"]) for item in entry["made"]],
        )
        for entry in _document(part)["pending"]
    ]


def _document(part: Path) -> dict[str, Any]:
    import pyarrow as pa

    with pa.memory_map(str(part)) as file:
        return dict(json.loads(pa.ipc.open_file(file).schema.metadata[b"books"]))
