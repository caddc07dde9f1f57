"""Withdrawal: a client's, or a file's, sessions leave a build, the build before it, and all that work left behind.

The shards are written anew without their rows, with new sums, card and manifest; work that holds their words is
deleted, for a later build makes the rest of it again. An entry in the decisions' log records it under keyed ids, by
which later builds leave these sessions out even where the input still has them. At the end every file is searched for
those ids.
"""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anonymize.keys import keyed
from anonymize.mapping import FILE, read_map, write_map
from corpora.card import write_documents
from corpora.errors import CorporaError, UsageError
from corpora.files import write_atomic
from corpora.records import Session
from corpora.shards import (
    SPLITS,
    read_split,
    read_sums,
    splits_in,
    write_dataset_dict,
    write_split,
    write_sums,
)
from pipelines.decisions import FORGET, LOG, PURGE, manifest_at, read_log, record, signed, write_log
from pipelines.parts import read_survey
from pipelines.passes import QUARANTINE
from pipelines.trail import TRAIL
from pipelines.workplace import MANIFEST, Workplace

if TYPE_CHECKING:
    import pyarrow as pa

REASON = "withdrawn"


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Who is forgotten: keyed ids of clients and sessions, whose rosters go, and plain ids from the work folder."""

    clients: frozenset[str]
    sessions: frozenset[str]
    rosters: frozenset[str]
    plain_clients: frozenset[str]
    plain_sessions: frozenset[str]


def forget(out: Path, wanted: str, key: bytes, by: str, note: str) -> dict[str, int]:
    """Remove a client or a file from a build.

    Args:
        out: the build's folder.
        wanted: a client's id or a file's path as the input has them, or a keyed id as the shards have them.
        key: the build's.
        by: who asked for it.
        note: why.

    Returns:
        `rows` removed from the shards, `sessions`, and `files` of the work folder that were deleted or rewritten.

    Raises:
        UsageError: nothing of the build is theirs, or everything is.
        CorporaError: something of theirs is still there at the end.
    """
    place = Workplace(out)
    with place.locked():
        who = _resolve(place, wanted, key)
        rows = _rewrite(place.out, place, who, lambda sums: _entry(place.out, key, sums, by, note, who))
        if (place.previous / MANIFEST).is_file():
            if all(client in who.clients or session in who.sessions for client, session in _rows_of(place.previous)):
                shutil.rmtree(place.previous)
            else:
                rows += _rewrite(place.previous, place, who, None)
        files = _clear_work(place, who, wanted, key)
        if left := list(_mentions(place, who)):
            raise CorporaError(f"{len(left)} files still name them, such as {left[0]}; delete these by hand")
    return {"rows": rows, "sessions": len(who.sessions), "files": files}


def purge_work(out: Path, key: bytes, by: str, note: str) -> int:
    """Delete a build's work folder with all raw text in it, and record it; returns the number of files deleted."""
    place = Workplace(out)
    with place.locked():
        count = sum(path.is_file() for path in place.work.rglob("*"))
        shutil.rmtree(place.work)
    record(place.out, key, PURGE, by, note, files=count)
    return count


def _resolve(place: Workplace, wanted: str, key: bytes) -> Withdrawal:
    """Everything that goes by the name: found in the work folder where it is there, else by the ids it would have."""
    clients, sessions, unknown = set[str](), set[str](), set[str]()
    plain_clients, plain_sessions = set[str](), set[str]()
    for session in _surveyed(place):
        session_key = keyed(key, "session", session.source, session.session_id)
        client_key = keyed(key, "client", session.source, session.client_id) if session.client_id else ""
        files = {session.session_id, Path(session.origin.path).name, session.origin.path, session_key}
        if session.client_id and wanted in {session.client_id, client_key}:
            clients.add(client_key)
            plain_clients.add(session.client_id)
        elif wanted in files:
            unknown |= set() if session.client_id else {session_key}
        else:
            continue
        sessions.add(session_key)
        plain_sessions.add(session.session_id)
    guesses = {wanted}
    for source in manifest_at(place.out)["sources"]:
        guesses |= {keyed(key, "client", source, name) for name in (wanted, f"file:{wanted}")}
        guesses |= {keyed(key, "session", source, name) for name in (wanted, wanted.rsplit(".", 1)[0])}
    rosters = set(clients)
    for client, session_id in _rows(place):
        if client in clients | guesses or session_id in sessions | guesses:
            sessions.add(session_id)
            rosters.add(client)
            clients |= {client} if client in guesses or session_id in unknown else set()
    if not sessions:
        raise UsageError(f"{wanted!r} is no client, file or id of {place.out}; nothing was changed")
    return Withdrawal(*map(frozenset, (clients, sessions, rosters, plain_clients, plain_sessions)))


def _rows(place: Workplace) -> Iterator[tuple[str, str]]:
    """Client and session of every published row, of the build before too."""
    for folder in (place.out, place.previous):
        if (folder / MANIFEST).is_file():
            yield from _rows_of(folder)


def _rows_of(folder: Path) -> Iterator[tuple[str, str]]:
    for split in splits_in(folder):
        table = read_split(folder, split)
        yield from zip(table["client_id"].to_pylist(), table["session_id"].to_pylist(), strict=True)


def _surveyed(place: Workplace) -> Iterator[Session]:
    for part in sorted((place.work / "survey").glob("*.json")):
        for entry in read_survey(part).sessions:
            yield entry.session


def _theirs(table: pa.Table, who: Withdrawal) -> list[bool]:
    pairs = zip(table["client_id"].to_pylist(), table["session_id"].to_pylist(), strict=True)
    return [client in who.clients or session in who.sessions for client, session in pairs]


def _rewrite(folder: Path, place: Workplace, who: Withdrawal, log: Any) -> int:
    """Write a build anew without their rows and put it in the old one's place; returns how many rows went."""
    import pyarrow as pa

    staging = place.fresh_staging()
    kept: dict[str, pa.Table] = {}
    gone: list[dict[str, Any]] = []
    for split in splits_in(folder):
        table = read_split(folder, split)
        theirs = _theirs(table, who)
        gone += table.filter(pa.array(theirs)).select(["example_id", "session_id", "provenance"]).to_pylist()
        rest = table.filter(pa.array([not one for one in theirs]))
        if rest.num_rows:
            kept[split] = rest
    if not kept:
        raise UsageError(f"all of {folder} is theirs; delete it, {place.work} and {place.previous} as a whole")
    for split in SPLITS:
        if split in kept:
            write_split(staging, split, kept[split])
    write_dataset_dict(staging, [split for split in SPLITS if split in kept])
    document = _manifest(manifest_at(folder), kept, gone, who)
    write_documents(staging, document)
    document |= {"sums_sha256": write_sums(staging), "files": read_sums(staging)}
    write_log(staging, log(document["sums_sha256"]) if log else read_log(folder))
    if (docs := folder / "report" / "data-docs").is_dir():
        shutil.copytree(docs, staging / "report" / "data-docs")
    write_atomic(staging / MANIFEST, json.dumps(document, indent=2, ensure_ascii=False).encode())
    old = place.work / "outgoing"
    folder.rename(old)
    staging.rename(folder)
    shutil.rmtree(old)
    return len(gone)


def _entry(out: Path, key: bytes, sums: str, by: str, note: str, who: Withdrawal) -> list[dict[str, Any]]:
    """The log with the withdrawal at its end."""
    if not by.strip():
        raise UsageError("say who decides: --by NAME")
    log = read_log(out)
    ids = {"clients": sorted(who.clients), "sessions": sorted(who.sessions)}
    return [*log, signed(log, key, sums, FORGET, by=by.strip(), note=note.strip(), **ids)]


def _manifest(
    before: Mapping[str, Any], kept: Mapping[str, pa.Table], gone: list[dict[str, Any]], who: Withdrawal
) -> dict[str, Any]:
    """The manifest with counts of what is left; what was measured of the whole stays, and says so."""
    import pyarrow as pa

    document: dict[str, Any] = json.loads(json.dumps(before))
    everything = pa.concat_tables(kept.values())

    def counted(column: str) -> dict[str, int]:
        pairs = everything[column].drop_null().value_counts().to_pylist()
        return dict(sorted((entry["values"], entry["counts"]) for entry in pairs))

    document["examples"] |= {
        "total": everything.num_rows,
        "by_source": counted("source"),
        "by_kind": counted("kind"),
        "by_language": counted("language"),
        "by_split": {
            split: {
                "examples": table.num_rows,
                "groups": len(set(table["group_id"].to_pylist())),
                "sessions": len(set(table["session_id"].to_pylist())),
            }
            for split, table in kept.items()
        },
    }
    groups = set(everything["group_id"].to_pylist())
    moved = document.get("splits", {}).get("moved_groups", {})
    if moved:
        document["splits"]["moved_groups"] = {group: split for group, split in moved.items() if group in groups}
    if "distributions" in document:
        document["distributions"] = _distributed(kept)
    if "accounting" in document and gone:
        _account(document["accounting"], gone)
    withdrawals = document.setdefault("withdrawn", {"clients": 0, "sessions": 0, "examples": 0})
    withdrawals["clients"] += len(who.clients)
    withdrawals["sessions"] += len({row["session_id"] for row in gone})
    withdrawals["examples"] += len(gone)
    ids = who.clients | who.sessions | {row["example_id"] for row in gone}
    return dict(_without(document, ids))


def _without(value: Any, ids: frozenset[str]) -> Any:
    """A JSON value without the ids in its lists, where the report shows some of what was left out or changed."""
    if isinstance(value, dict):
        return {key: _without(item, ids) for key, item in value.items()}
    if isinstance(value, list):
        return [_without(item, ids) for item in value if not ids.intersection(_texts(item))]
    return value


def _texts(item: Any) -> list[str]:
    values = item.values() if isinstance(item, dict) else [item]
    return [value for value in values if isinstance(value, str)]


def _distributed(kept: Mapping[str, pa.Table]) -> dict[str, Any]:
    """How the rows that are left are distributed; what the build's detector saw in each is not published with them."""
    import polars as pl

    from expectations.distributions import distributions
    from expectations.metrics import AUDIT_COLUMNS, measure

    none = [pl.lit(0, pl.Int32).alias(name) for name in AUDIT_COLUMNS]
    frames = (
        pl.DataFrame(pl.from_arrow(table)).with_columns(pl.lit(split).alias("split"), *none)
        for split, table in kept.items()
    )
    found = distributions(measure(frames))
    for row in (*found["splits"], *found["shards"]):
        for name in ("other_hits", "other_hits_per_1000"):
            row.pop(name, None)
    return found


def _account(accounting: dict[str, Any], gone: list[dict[str, Any]]) -> None:
    """Carry the sessions, turns and examples that went from kept to dropped, so that the sum still comes out."""
    targets, contexts = defaultdict[str, set[int]](set), defaultdict[str, set[int]](set)
    for row in gone:
        origin = row["provenance"]
        targets[row["session_id"]] |= set(range(origin["turn_start"], origin["turn_end"]))
        contexts[row["session_id"]] |= set(range(origin["context_start"], origin["turn_start"]))
    lost = {
        ("turns", "target"): sum(map(len, targets.values())),
        ("turns", "context"): sum(len(contexts[session] - targets[session]) for session in contexts),
        ("sessions", "kept"): len(targets),
        ("examples", "kept"): len(gone),
    }
    for (level, reason), count in lost.items():
        if reason in accounting.get(level, {}).get("kept", {}):
            count = min(count, accounting[level]["kept"][reason])  # noqa: PLW2901 - never more than were kept
            accounting[level]["kept"][reason] -= count
            dropped = accounting[level]["dropped"]
            dropped[REASON] = dropped.get(REASON, 0) + count


def _clear_work(place: Workplace, who: Withdrawal, wanted: str, key: bytes) -> int:
    """Delete or rewrite whatever of the work folder holds their words; returns how many files that were."""
    import pyarrow as pa

    work, doomed = place.work, set[Path]()
    for part in (work / "survey").glob("*.json"):
        if any(entry.session.session_id in who.plain_sessions for entry in read_survey(part).sessions):
            doomed.add(part)
    for part in (work / "examples").glob("*.arrow"):
        with pa.memory_map(str(part)) as file:
            table = pa.ipc.open_file(file).read_all()
        trails = list((work / "audit").glob(f"{part.stem.partition('-')[0]}-*.jsonl"))
        named = any(name.encode() in trail.read_bytes() for trail in trails for name in who.sessions)
        if named or any(_theirs(table, who)):
            doomed.update([part, *trails])
    doomed.update(path for client in who.rosters for path in (work / "rosters").glob(f"{client}.json"))
    for folder in ("corpus", "paraphrase", "report", "review"):
        doomed.update(path for path in (work / folder).rglob("*") if path.is_file() and path.name != "decisions.csv")
    for path in doomed:
        path.unlink()
    place.forget_refusal()
    rewritten = _without_lines(work / TRAIL, lambda line: line["session"] in who.sessions)
    rewritten += _without_lines(
        work / "quarantine" / QUARANTINE,
        lambda line: (
            line["session_id"] in who.plain_sessions
            or wanted in {line["origin"]["path"], Path(line["origin"]["path"]).name}
        ),
    )
    if (work / FILE).is_file():
        mapping = read_map(work / FILE, key)
        write_map(work, key, {client: found for client, found in mapping.items() if client not in who.plain_clients})
        rewritten += 1
    return len(doomed) + rewritten


def _without_lines(path: Path, theirs: Any) -> int:
    if not path.is_file():
        return 0
    lines = path.read_text(encoding="utf-8").splitlines()
    rest = [line for line in lines if not theirs(json.loads(line))]
    if len(rest) == len(lines):
        return 0
    write_atomic(path, "".join(f"{line}\n" for line in rest).encode())
    return 1


def _mentions(place: Workplace, who: Withdrawal) -> Iterator[Path]:
    """Files, but for the log, in which a keyed id of theirs still stands."""
    names = [name.encode() for name in who.clients | who.sessions]
    for folder in place.folders:
        for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
            if path.is_file() and path.name != LOG and any(name in path.read_bytes() for name in names):
                yield path
