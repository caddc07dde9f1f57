"""The sum that must come out: every file, session and turn is kept, dropped or quarantined, each for one reason.

A tally is a plain counter of (level, outcome, reason), so that tallies of work units add up to the build's. `kept`
reasons are `kept` for files, sessions and examples, `target` and `context` for turns.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from corpora.records import Drop, Example, Provenance

LEVELS = ("file", "session", "turn", "example")
OUTCOMES = ("kept", "dropped", "quarantined")
Tally = Counter[tuple[str, str, str]]
Where = dict[tuple[str, str, str], list[str]]
"""Of a tally's places where something was left out, the published ids of some that ended there (`SHOWN` at most)."""

SHOWN = 20
"""Most ids that are kept of one place: enough to go and look, whatever the size of the corpus."""


def tally_drop(tally: Tally, drop: Drop) -> None:
    """Count a dropped or quarantined session, or turns; a file's own fate is settled when all its units are known."""
    outcome = "quarantined" if drop.quarantined else "dropped"
    if drop.level == "session":
        tally["session", outcome, drop.reason] += 1
    if drop.level != "file":
        tally["turn", outcome, drop.reason] += drop.count


def tally_session(tally: Tally, turns: int, made: Iterable[Example | Provenance | Drop]) -> bool:
    """Count one finished session and each of its turns; True where at least one turn was kept.

    A turn that is part of a target counts as `target`, else as `context` where a prompt holds it, else under the
    reason a stage gave for it, else as `outside_every_window`.
    """
    fate = ["outside_every_window"] * turns
    made = list(made)
    for drop in made:
        if isinstance(drop, Drop) and drop.turns:
            fate[slice(*drop.turns)] = [drop.reason] * (drop.turns[1] - drop.turns[0])
    kept = [item for item in made if not isinstance(item, Drop)]
    origins = [item.provenance if isinstance(item, Example) else item for item in kept]
    for origin in origins:
        fate[origin.context_start : origin.turn_start] = ["context"] * (origin.turn_start - origin.context_start)
    for origin in origins:
        fate[origin.turn_start : origin.turn_end] = ["target"] * (origin.turn_end - origin.turn_start)
    for reason in fate:
        tally["turn", "kept" if reason in ("target", "context") else "dropped", reason] += 1
    if origins:
        tally["session", "kept", "kept"] += 1
    else:
        tally["session", "dropped", "no_target"] += 1
    return bool(origins)


def note(where: Where, tally: Iterable[tuple[str, str, str]], name: str) -> None:
    """Keep in mind that what goes by the published id `name` ended in these places, where it was left out."""
    for place in tally:
        if place[1] != "kept" and name not in (names := where.setdefault(place, [])) and len(names) < SHOWN:
            names.append(name)


def left_out(where: Where) -> dict[str, Any]:
    """The ids as the manifest holds them: level -> outcome -> reason -> ids; of turns, those of their sessions."""
    document: dict[str, Any] = {}
    for (level, outcome, reason), names in sorted(where.items()):
        document.setdefault(f"{level}s", {}).setdefault(outcome, {})[reason] = names
    return document


def as_document(tally: Tally) -> dict[str, Any]:
    """The tally as the manifest holds it: `{"files": {"seen", "kept", "dropped", "quarantined"}, "sessions": ...}`."""
    document: dict[str, Any] = {}
    for level in LEVELS:
        entry: dict[str, Any] = {"seen": sum(n for (at, _, _), n in tally.items() if at == level)}
        for outcome in OUTCOMES:
            found = {reason: n for (at, how, reason), n in sorted(tally.items()) if (at, how) == (level, outcome) and n}
            entry[outcome] = found
        document[f"{level}s"] = entry
    return document


def reasons(document: dict[str, Any]) -> str:
    """Why nothing was kept, in one line: "files: 2 no_speaker_labels; turns: 30 below_min_words"."""
    levels = []
    for level, entry in document.items():
        lost = Counter(entry["dropped"]) + Counter(entry["quarantined"])
        if lost:
            levels.append(f"{level}: " + ", ".join(f"{count} {reason}" for reason, count in lost.most_common()))
    return "; ".join(levels)
