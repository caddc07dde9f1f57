"""Where one published id came from: from the row back to a byte range of a source file, or why there is no row.

The rows hold keyed hashes only. What stands behind them is in the work folder; without it the trail ends at these.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from anonymize.keys import keyed
from corpora.errors import TextError, UsageError
from corpora.inputs import open_binary
from corpora.records import Origin
from corpora.shards import splits_in
from pipelines.decisions import manifest_at
from pipelines.parts import read_head, read_survey
from pipelines.passes import QUARANTINE
from pipelines.trail import TRAIL


def trace(out: Path, wanted: str, key: bytes | None) -> dict[str, Any]:
    """What is known of an id that the shards or the report show.

    Args:
        out: the build.
        wanted: the id of an example, a session, or a file.
        key: the build's, where it is here; some sessions that were left out can be found by it alone.

    Returns:
        `id`; `row` (the example's columns), `split`, `shard` and `at` where it is published; `left_out` where it is
        not; `session`: `id`, and as far as the work folder tells, `path`, `start`, `end` (bytes), `bytes` (`unchanged`,
        `changed` or `gone` since the build) and `turns`; `replaced`: identifiers in the example's turns, by class.

    Raises:
        UsageError: the build knows no such id.
    """
    work = out.with_name(f"{out.resolve().name}.work")
    found: dict[str, Any] = {"id": wanted, **(_published(out, wanted) or _gone(work, wanted))}
    session = found.get("session_id", wanted)
    if line := _audited(work, session):
        found["session"] = {"id": session, **_origin(work, line)}
        found["replaced"] = _replaced(line, found)
    elif entry := _set_aside(work, session):
        found["left_out"] = f"{'quarantined' if entry['quarantined'] else 'dropped'}: {entry['reason']}"
        found["session"] = {"id": session, **_place(Origin(**entry["origin"]), None)}
    elif key and (drop := _dropped(out, work, session, key)):
        found |= drop
    if len(found) == 1:
        raise UsageError(
            f"{wanted!r} is no example, session or file of {out}"
            + ("" if work.is_dir() else f"; {work} is gone, so what was left out cannot be looked up")
        )
    return found


def _published(out: Path, wanted: str) -> dict[str, Any] | None:
    """The example's row and where it stands."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for split in splits_in(out):
        for path in sorted((out / split).glob("*.arrow")):
            table = pa.ipc.open_stream(pa.memory_map(str(path))).read_all()
            at = pc.index(table["example_id"], wanted).as_py()
            if at >= 0:
                (row,) = table.slice(at, 1).to_pylist()
                place = {"split": split, "shard": path.relative_to(out).as_posix(), "at": at}
                return {**place, "session_id": row["session_id"], "row": row}
    return None


def _gone(work: Path, wanted: str) -> dict[str, Any]:
    """Why a stage over the whole corpus left the example out; empty where none did."""
    import polars as pl

    for path in sorted((work / "corpus").glob("gone-*.arrow")):
        rows = pl.scan_ipc(path).filter(pl.col("example_id") == wanted).collect().to_dicts()
        for row in rows:
            other = f" (kept instead: {row['dropped_for']})" if row["dropped_for"] else ""
            turns = {name: row[name] for name in ("context_start", "turn_start", "turn_end")}
            left_out = f"dropped: {row['dropped']}{other}"
            return {"left_out": left_out, "session_id": row["session_id"], "row": {"provenance": turns}}
    return {}


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    if path.is_file():
        with path.open(encoding="utf-8") as file:
            for line in file:
                yield json.loads(line)


def _audited(work: Path, session: str) -> dict[str, Any] | None:
    return next((line for line in _lines(work / TRAIL) if line["session"] == session), None)


def _set_aside(work: Path, name: str) -> dict[str, Any] | None:
    return next((line for line in _lines(work / "quarantine" / QUARANTINE) if line["id"] == name), None)


def _origin(work: Path, line: Mapping[str, Any]) -> dict[str, Any]:
    path = work / "survey" / str(line["part"])
    if not path.is_file():
        return {"turns": line["turns"]}
    entry = read_survey(path).sessions[line["at"]]
    return {**_place(entry.session.origin, entry.digest), "turns": line["turns"]}


def _place(origin: Origin, digest: str | None) -> dict[str, Any]:
    """The byte range, and whether the same bytes still stand there."""
    place = {"path": origin.path, "start": origin.start, "end": origin.end}
    if digest is None:
        return place
    try:
        with open_binary(Path(origin.path)) as file:
            file.seek(origin.start)
            now = hashlib.sha256(file.read(origin.end - origin.start)).hexdigest()
    except (OSError, TextError):
        return {**place, "bytes": "gone"}
    return {**place, "bytes": "unchanged" if now == digest else "changed"}


def _replaced(line: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, int]:
    """Identifiers by class in the turns that the example holds, or in the whole session."""
    origin = found.get("row", {}).get("provenance", {})
    turns = range(origin.get("context_start", 0), origin.get("turn_end", line["turns"]))
    return dict(sorted(Counter(kind for turn, _, _, kind, *_ in line["spans"] if turn in turns).items()))


def _dropped(out: Path, work: Path, session: str, key: bytes) -> dict[str, Any] | None:
    """A session that was left out before anything was replaced in it: its plain id is in a survey's head."""
    sources = manifest_at(out)["sources"]
    for part in sorted((work / "survey").glob("*.json")):
        for drop in read_head(part).drops:
            if drop.session_id and session in {keyed(key, "session", source, drop.session_id) for source in sources}:
                place = _place(drop.origin, None) if drop.origin else {}
                return {"left_out": f"dropped: {drop.reason}", "session": {"id": session, **place}}
    return None


def shown(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The trace as (what, value) for a table; without the text."""
    row, session = found.get("row", {}), found.get("session", {})
    origin = row.get("provenance", {})
    lines = [("id", found["id"])]
    if "shard" in found:
        lines += [("stands in", f"{found['shard']}, row {found['at']}")]
    if "left_out" in found:
        lines += [("left out", found["left_out"])]
    lines += [(name.replace("_", " "), _said(row[name])) for name in _SHOWN if row.get(name) not in (None, [])]
    if "turn_start" in origin:
        first, start, end = (origin[name] for name in ("context_start", "turn_start", "turn_end"))
        said = f"{_turns(start, end)} as target, {_turns(first, start)} before it, of the cleaned session"
        lines += [("turns", said)]
    lines += [(name.replace("_", " "), _said(origin[name])) for name in _ORIGIN if origin.get(name)]
    if "path" in session:
        state = f" ({session['bytes']} since the build)" if "bytes" in session else ""
        lines += [("source file", session["path"]), ("bytes", f"{session['start']} to {session['end']}{state}")]
    elif row.get("kind") == "synthetic":
        lines += [("source file", "none: a model wrote it")]
    else:
        lines += [("source file", "unknown: the work folder, which alone names it, is not there")]
    if replaced := found.get("replaced"):
        lines += [("replaced in it", ", ".join(f"{kind} {count}" for kind, count in replaced.items()))]
    return lines


_SHOWN = ("kind", "source", "session_id", "client_id", "group_id", "response_words", "context_turns", "topic", "flags",
          "license")  # fmt: skip
_ORIGIN = ("source_hash", "stages", "model", "prompt_hash", "generation")


def _turns(start: int, end: int) -> str:
    return str(start) if end == start + 1 else f"{start} to {end - 1}"


def _said(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
