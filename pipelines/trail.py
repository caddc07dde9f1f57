"""The audit file of a build: what was found where and by which rule, session by session, and nothing that was said.

`OUT.work/audit.jsonl` (0600) holds one line a session: its keyed id; `part` and `at`, the place of its raw text in the
work folder; `counts` by "CLASS/rule"; `left`, what the second detector counted in the output; and `spans`, each
`[turn, start, end, class, rule, hash]` with half-open character offsets in the turn as read and a keyed hash.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from anonymize.keys import keyed
from anonymize.proof.audit import counts_by_rule
from anonymize.proof.second import captures, find_otherwise
from anonymize.proof.stories import story_of
from anonymize.spans import Span
from corpora.files import replacing
from corpora.records import Session

TRAIL = "audit.jsonl"


def audit_line(
    key: bytes, part: str, at: int, session: Session, found: Sequence[Sequence[Span]], left: Mapping[str, int]
) -> str:
    """One session's line.

    Args:
        key: the build's.
        part: file name of the survey part that holds the session's text.
        at: which of the part's sessions it is.
        session: as read, before replacement.
        found: the identifiers of each turn.
        left: what the second detector counted in the output.
    """
    spans = [
        [
            number,
            span.start,
            span.end,
            span.type,
            span.rule,
            surface_hash(key, span.type, turn.text[span.start : span.end]),
        ]
        for number, (turn, of_turn) in enumerate(zip(session.turns, found, strict=True))
        for span in of_turn
    ]
    line = {
        "session": keyed(key, "session", session.source, session.session_id),
        "part": part,
        "at": at,
        "turns": len(session.turns),
        "counts": counts_by_rule(found),
        "left": dict(left),
        "spans": spans,
    }
    return json.dumps(line)


def surface_hash(key: bytes, kind: str, surface: str) -> str:
    """Equal for equal identifiers (whatever their case) of one class; without the key it cannot be guessed back."""
    return keyed(key, "surface", kind, surface.casefold())[:16]


def notes_of(session: Session, safe: Session, found: Sequence[Sequence[Span]]) -> Counter[tuple[str, str]]:
    """Counts of one session for the report: what two readers find in the input, and what story the output tells."""
    notes = captures(found, find_otherwise([turn.text for turn in session.turns]))
    notes["story", story_of((turn.text for turn in safe.turns), found)] += 1
    return notes


def write_trail(parts: Iterable[Path], path: Path) -> None:
    """Join the units' audit lines into one private file."""
    with replacing(path) as whole, whole.open("wb") as target:
        for part in parts:
            with part.open("rb") as lines:
                shutil.copyfileobj(lines, target)
