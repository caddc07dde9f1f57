"""What changed from one build to another: examples added, removed and changed, and why.

An example keeps its id whatever the recipe, so builds under one key can be compared row by row. The cause of each
change is read from what the rows and the manifests say: the transcript, a stage's version, the recipe's parameters, a
decision. Where several could be it, all are named. It holds ids and counts, no text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpora.errors import CorporaError, UsageError
from corpora.records import example_schema
from corpora.rows import frames, parts_in
from pipelines.accounting import SHOWN
from pipelines.decisions import manifest_at, withdrawn

if TYPE_CHECKING:
    import polars as pl

ADDED, REMOVED, CHANGED, SAME = "added", "removed", "changed", "same"
_TEXTS = ("prompt", "completion")
_KEYS = ("example_id", "session_id", "client_id", "split")


@dataclass(frozen=True, slots=True)
class Build:
    """One side of a comparison: where its shards are, its manifest, and the published ids withdrawn from it."""

    folder: Path
    manifest: Mapping[str, Any]
    gone: frozenset[str]


def diff(old: Path, new: Path) -> dict[str, Any]:
    """Compare two builds.

    Returns:
        `recipe`, `versions`, `decisions`: the differences in words; `same` (rows alike in both); for `added`, `removed`
        and `changed` the count, `why` (cause -> count) and `rows` (`example_id`, `why`).

    Raises:
        UsageError: one is no build, or they were built under different keys, so that no id could ever be the same.
    """
    return compare(*(Build(folder, manifest_at(folder), withdrawn(folder)) for folder in (old, new)))


def changes_since(old: Path, new: Path, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """What a build that is about to take `old`'s place changes, for its manifest.

    Args:
        old: the build that stands there.
        new: the folder with the new shards.
        manifest: the new build's.

    Returns:
        What `diff` does, with `SHOWN` ids in place of all rows, and the old build as `since` (its time) and
        `since_sums`; with `not_compared` alone, the reason, where the two cannot be.
    """
    try:
        before = Build(old, manifest_at(old), withdrawn(old))
        if before.manifest["key_id"] != manifest["key_id"]:
            return {
                "not_compared": f"it was built under another key ({before.manifest['key_id']}), so no id is the same"
            }
        found = compare(before, Build(new, manifest, before.gone))
    except (CorporaError, KeyError):  # whose sentences name folders, which is nothing to publish
        return {"not_compared": "its files are damaged, or of another form"}
    for kind in (ADDED, REMOVED, CHANGED):
        rows = found[kind].pop("rows")
        found[kind]["examples"] = [row["example_id"] for row in rows[:SHOWN]]
    return {"since": before.manifest.get("built_at"), "since_sums": before.manifest.get("sums_sha256"), **found}


def compare(old: Build, new: Build) -> dict[str, Any]:
    """What `diff` says, of two builds wherever they stand.

    Raises:
        UsageError: they were built under different keys, or a shard cannot be read.
    """
    if old.manifest["key_id"] != new.manifest["key_id"]:
        keys = f"{old.manifest['key_id']}, {new.manifest['key_id']}"
        raise UsageError(f"{old.folder} and {new.folder} were built under different keys ({keys}); their ids differ")
    recipe, decided = _recipes(old.manifest, new.manifest)
    versions = _versions(old.manifest, new.manifest)
    gone = new.gone - old.gone
    touching = [item for item in recipe if not item.startswith("expect.")]  # the gate reads rows, it changes none
    causes = [("recipe", touching), ("stage", versions), ("decision", decided)]
    other = "; ".join(f"{cause}: {item}" for cause, items in causes for item in items) or "unknown"
    rows = _judged(_rows(old.folder), _rows(new.folder), gone, other, _raised_bound(recipe, new.manifest))
    return {
        "recipe": recipe,
        "versions": versions,
        "decisions": decided + ([f"{len(gone)} clients and sessions withdrawn"] if gone else []),
        "same": int((rows["kind"] == SAME).sum()),
        **{kind: _counted(rows, kind) for kind in (ADDED, REMOVED, CHANGED)},
    }


def _raised_bound(recipe: list[str], manifest: Mapping[str, Any]) -> int:
    """The least words of a response, where the recipe changed them; else 0."""
    if not any(item.startswith("windows.min_words") for item in recipe):
        return 0
    return max((stage["min_words"] for stage in manifest["recipe"] if stage["use"] == "windows"), default=0)


def _judged(old: pl.DataFrame, new: pl.DataFrame, gone: frozenset[str], other: str, least: int) -> pl.DataFrame:
    """Every row of both builds: `example_id`, `kind` of change, `why`."""
    import polars as pl

    was, now = pl.col("text").is_not_null(), pl.col("text_new").is_not_null()
    known_before = pl.col("session_id_new").is_in(old["session_id"].unique().implode())
    known_after = pl.col("session_id").is_in(new["session_id"].unique().implode())
    theirs = pl.col("client_id").is_in(list(gone)) | pl.col("session_id").is_in(list(gone))
    moved = pl.col("stages").list.set_symmetric_difference("stages_new").list.sort().list.join(", ")
    rewritten = pl.col("text").ne_missing(pl.col("text_new")) | pl.col("meta").ne_missing(pl.col("meta_new"))
    added = pl.when(known_before).then(pl.lit(other)).otherwise(pl.lit("source: a session that was not there"))
    removed = (
        pl.when(theirs)
        .then(pl.lit("decision: withdrawn"))
        .when(pl.col("response_words") < least)
        .then(pl.lit("recipe: windows.min_words"))
        .when(~known_after & pl.lit(other == "unknown"))
        .then(pl.lit("source: a session that is no longer there"))
        .otherwise(pl.lit(other))
    )
    changed = (
        pl.when(pl.col("source_hash").ne_missing(pl.col("source_hash_new")))
        .then(pl.lit("source: the transcript changed"))
        .when(rewritten & (moved != ""))
        .then(pl.concat_str(pl.lit("stage: "), moved))
        .when(rewritten)
        .then(pl.lit(other))
        .when(pl.col("split") != pl.col("split_new"))
        .then(pl.lit("split: another place"))
    )
    why = pl.when(~was).then(added).when(~now).then(removed).otherwise(changed)
    kinds = pl.when(~was).then(pl.lit(ADDED)).when(~now).then(pl.lit(REMOVED)).otherwise(pl.lit(CHANGED))
    joined = old.join(new, on="example_id", how="full", coalesce=True, suffix="_new").with_columns(why.alias("why"))
    kind = pl.when(pl.col("why").is_null()).then(pl.lit(SAME)).otherwise(kinds)
    return joined.select("example_id", kind.alias("kind"), "why").sort("example_id")


def _counted(rows: pl.DataFrame, kind: str) -> dict[str, Any]:
    found = rows.filter(rows["kind"] == kind).select("example_id", "why")
    why = dict(found["why"].value_counts().sort("why").iter_rows())
    return {"count": found.height, "why": why, "rows": found.to_dicts()}


def _rows(folder: Path) -> pl.DataFrame:
    """Ids, place and hashes of every row of a build, read some thousand at a time."""
    import polars as pl

    skipped = {*_TEXTS, "provenance", "example_id", "session_id", "client_id", "group_id", "source"}
    meta = [name for name in example_schema().names if name not in skipped]
    provenance = pl.col("provenance").struct
    try:
        return pl.concat(
            frame.with_columns(pl.lit(part.split).alias("split")).select(
                *_KEYS,
                "response_words",
                provenance.field("source_hash"),
                provenance.field("stages"),
                pl.struct(_TEXTS).struct.json_encode().hash(seed=0).alias("text"),
                pl.struct(meta).struct.json_encode().hash(seed=0).alias("meta"),
            )
            for part in parts_in(folder)
            for frame in frames(part)
        )
    except (pl.exceptions.PolarsError, OSError):
        raise UsageError(f"{folder}: a shard cannot be read; `corpora verify {folder}` says which") from None


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
