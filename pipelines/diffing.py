"""What changed from one build to another: examples added, removed and changed, and why.

An example keeps its id whatever the recipe, so builds under one key can be compared row by row. The cause of each
change is read from what the rows and the manifests say: the transcript, a stage's version, the recipe's parameters, a
decision. Where several could be it, all are named. It holds ids and counts, no text.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpora.errors import UsageError
from corpora.records import example_schema
from corpora.shards import read_split, splits_in
from pipelines.decisions import manifest_at, withdrawn

if TYPE_CHECKING:
    import polars as pl

ADDED, REMOVED, CHANGED = "added", "removed", "changed"
_TEXTS = ("prompt", "completion")
_KEYS = ("example_id", "session_id", "client_id", "split")


def diff(old: Path, new: Path) -> dict[str, Any]:
    """Compare two builds.

    Returns:
        `recipe`, `versions`, `decisions`: the differences in words; `same` (rows alike in both); for `added`, `removed`
        and `changed` the count, `why` (cause -> count) and `rows` (`example_id`, `why`).

    Raises:
        UsageError: one is no build, or they were built under different keys, so that no id could ever be the same.
    """
    before, after = manifest_at(old), manifest_at(new)
    if before["key_id"] != after["key_id"]:
        raise UsageError(
            f"{old} and {new} were built under different keys ({before['key_id']}, {after['key_id']}); their ids differ"
        )
    recipe, decided = _recipes(before, after)
    versions = _versions(before, after)
    gone = withdrawn(new) - withdrawn(old)
    decisions = decided + ([f"{len(gone)} clients and sessions withdrawn"] if gone else [])
    rows = _rows(old).join(_rows(new), on="example_id", how="full", coalesce=True, suffix="_new")
    sessions = {side: set(rows[f"session_id{side}"].drop_nulls()) for side in ("", "_new")}
    other = "; ".join([*(f"recipe: {item}" for item in recipe), *(f"stage: {item}" for item in versions)])
    other = "; ".join(filter(None, [other, *(f"decision: {item}" for item in decided)])) or "unknown"
    least = next((stage["min_words"] for stage in after["recipe"] if stage["use"] == "windows"), 0)
    found: dict[str, list[dict[str, str]]] = {ADDED: [], REMOVED: [], CHANGED: []}
    same = 0
    for row in rows.iter_rows(named=True):
        if row["text"] is None:
            known = row["session_id_new"] in sessions[""]
            found[ADDED].append(_entry(row, other if known else "source: a session that was not there"))
        elif row["text_new"] is None:
            why = other
            if {row["client_id"], row["session_id"]} & gone:
                why = "decision: withdrawn"
            elif row["response_words"] < least and any(item.startswith("windows.min_words") for item in recipe):
                why = "recipe: windows.min_words"
            elif row["session_id"] not in sessions["_new"] and other == "unknown":
                why = "source: a session that is no longer there"
            found[REMOVED].append(_entry(row, why))
        elif cause := _change(row, other):
            found[CHANGED].append(_entry(row, cause))
        else:
            same += 1
    return {
        "recipe": recipe,
        "versions": versions,
        "decisions": decisions,
        "same": same,
        **{kind: _counted(entries) for kind, entries in found.items()},
    }


def _change(row: Mapping[str, Any], other: str) -> str | None:
    """Why a row that both builds have is not the same; None where it is."""
    if row["source_hash"] != row["source_hash_new"]:
        return "source: the transcript changed"
    if row["text"] != row["text_new"] or row["meta"] != row["meta_new"]:
        moved = sorted(set(row["stages_new"]) ^ set(row["stages"]))
        return f"stage: {', '.join(moved)}" if moved else other
    return "split: another place" if row["split"] != row["split_new"] else None


def _entry(row: Mapping[str, Any], why: str) -> dict[str, str]:
    return {"example_id": row["example_id"], "why": why}


def _counted(entries: list[dict[str, str]]) -> dict[str, Any]:
    why: dict[str, int] = {}
    for entry in entries:
        why[entry["why"]] = why.get(entry["why"], 0) + 1
    rows = sorted(entries, key=lambda entry: entry["example_id"])
    return {"count": len(entries), "why": dict(sorted(why.items())), "rows": rows}


def _rows(folder: Path) -> pl.DataFrame:
    """Ids, place and hashes of every row of a build."""
    import polars as pl

    skipped = {*_TEXTS, "provenance", "example_id", "session_id", "client_id", "group_id", "source"}
    meta = [name for name in example_schema().names if name not in skipped]
    provenance = pl.col("provenance").struct
    frames = []
    for split in splits_in(folder):
        frame = pl.DataFrame(pl.from_arrow(read_split(folder, split))).with_columns(pl.lit(split).alias("split"))
        frames.append(
            frame.select(
                *_KEYS,
                "response_words",
                provenance.field("source_hash"),
                provenance.field("stages"),
                pl.struct(_TEXTS).struct.json_encode().hash(seed=0).alias("text"),
                pl.struct(meta).struct.json_encode().hash(seed=0).alias("meta"),
            )
        )
    return pl.concat(frames)


def _recipes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Parameters and stages that differ; those that a steward's rulings on words are in apart."""
    old, new = ({stage["use"]: stage for stage in side["recipe"]} for side in (before, after))
    found: list[str] = []
    decided: list[str] = []
    for use in sorted(old.keys() | new.keys()):
        if use not in old or use not in new:
            found.append(f"{use} {'added' if use in new else 'removed'}")
            continue
        for name in sorted((old[use].keys() | new[use].keys()) - {"use", "version"}):
            if (was := old[use].get(name)) != (now := new[use].get(name)):
                (decided if name == "decisions" else found).append(f"{use}.{name}: {was} → {now}")
    return found, decided


def _versions(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    old = {stage["use"]: stage["version"] for stage in before["recipe"]} | before["packages"]
    new = {stage["use"]: stage["version"] for stage in after["recipe"]} | after["packages"]
    return [f"{name} {old[name]} → {new[name]}" for name in sorted(old.keys() & new.keys()) if old[name] != new[name]]
