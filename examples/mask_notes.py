"""Mask notes of one's own, client by client: `python examples/mask_notes.py FOLDER > masked.jsonl`.

FOLDER holds text files named CLIENT-anything.txt. All notes of a client are surveyed before the first is masked, so
that a name which only the last note makes certain is gone from the first; the key in your config folder decides which
name stands in for which.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from pathlib import Path

from anonymize import Deidentifier, build_roster
from anonymize.keys import keyed, load_key
from corpora import Session, Turn
from corpora.records import Origin
from corpora.text import read_text


def note(path: Path) -> Session:
    """A note as a session: each of its lines is a turn."""
    lines = [line for line in read_text(path).lines if line.strip()]
    turns = [Turn(number, "therapist", "T", line) for number, line in enumerate(lines)]
    client = path.stem.partition("-")[0]
    return Session(path.stem, "notes", client, turns, {}, Origin(str(path), 0, path.stat().st_size))


def main(folder: str) -> None:
    """Write every note as a line of JSON, masked, under keyed ids; say on stderr what was masked, by class."""
    key = load_key()
    detector = Deidentifier(key)
    clients: defaultdict[str, list[Session]] = defaultdict(list)
    for path in sorted(Path(folder).glob("*.txt")):
        session = note(path)
        clients[str(session.client_id)].append(session)
    masked: Counter[str] = Counter()
    for client, notes in clients.items():
        roster = build_roster(client, [detector.survey(session) for session in notes])
        for session in notes:
            safe, found, _ = detector.apply(session, roster)
            masked.update(span.type for spans in found for span in spans)
            ids = {"client": keyed(key, "client", client), "note": keyed(key, "note", session.session_id)}
            line = json.dumps({**ids, "text": "\n".join(turn.text for turn in safe.turns)}, ensure_ascii=False)
            sys.stdout.write(f"{line}\n")
    sys.stderr.write(f"masked: {dict(masked)}; a person should read what is left\n")


if __name__ == "__main__":
    main(sys.argv[1])
