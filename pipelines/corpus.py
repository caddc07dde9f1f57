"""All examples together: gathered from the parts, through the corpus stages, placed in splits, in their final order.

What a stage leaves out goes to a file of its own with the reason, so that the accounts can be settled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpora.errors import UsageError
from corpora.files import replacing
from corpora.shards import SPLITS, write_dataset_dict, write_split
from pipelines.stages import MARKS, CorpusStage, Flags, Split
from pipelines.stages.flags import ROUTED
from pipelines.stages.split import groups_of, place, read_folds
from pipelines.units import group_key

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Corpus:
    """The finished rows in one private file of the work folder, sorted by split, source, session and turns."""

    path: Path
    moved: dict[str, str]
    """Groups that do not stand where their hash alone would put them, so that later builds leave them there."""
    gone: list[Path]
    """A file a stage that left rows out, in order: their ids, turns, and `MARKS`."""
    findings: dict[str, Any]
    """What the stages say of themselves, for the manifest."""

    @property
    def rows(self) -> pl.LazyFrame:
        """The rows, memory-mapped: the columns of a part and `split`."""
        import polars as pl

        return pl.scan_ipc(self.path)

    def write(self, folder: Path) -> None:
        """Write the shards of every split that has rows."""
        import pyarrow as pa

        with pa.memory_map(str(self.path)) as file:
            table = pa.ipc.open_file(file).read_all()
            sizes = {entry["values"]: entry["counts"] for entry in table["split"].value_counts().to_pylist()}
            start = 0
            for split in SPLITS:
                if size := sizes.get(split, 0):
                    write_split(folder, split, table.slice(start, size))
                    start += size
        write_dataset_dict(folder, [split for split in SPLITS if split in sizes])


def gather(
    parts: Sequence[Path],
    stages: Sequence[CorpusStage],
    target: Path,
    moved: Mapping[str, str],
    clients: Mapping[tuple[str, str], bool],
    key: bytes,
) -> Corpus:
    """Take all parts through the corpus stages into one sorted file.

    Args:
        parts: the examples' part files.
        stages: in order; the split among them.
        target: the file to write.
        moved: groups that earlier builds moved, with their split; those that are absent now are kept in mind.
        clients: every (source, client) of the run, for the user's own folds.
        key: the build's key.
    """
    import polars as pl

    frame = pl.scan_ipc(list(parts)).with_columns(pl.lit(None, pl.String).alias(name) for name in MARKS)
    now_moved: dict[str, str] = {}
    gone: list[Path] = []
    findings: dict[str, Any] = {}
    for number, stage in enumerate(stages):
        if isinstance(stage, Split):
            groups, bound = groups_of(frame)
            if stage.folds:
                folded = _folded(stage.folds, clients, key)
                placed = stage.assign([group for group in groups if group not in folded])[0] | folded
            else:
                placed, now_moved = stage.assign(groups, moved, bound)
            now_moved = {group: split for group, split in moved.items() if group not in placed} | now_moved
            frame = place(frame, placed)
            continue
        marked = stage.apply(frame)
        left_out = target.with_name(f"gone-{number}-{stage.name}.arrow")
        if _write_gone(stage, frame, marked, left_out):
            gone.append(left_out)
        if isinstance(stage, Flags) and "route" in stage.parameters().values():
            with replacing(target.with_name("routed.arrow")) as temporary:
                marked.filter(pl.col("dropped").str.starts_with(ROUTED)).sink_ipc(temporary)
        findings = _joined(findings, stage.findings(frame, marked))
        frame = marked.filter(pl.col("dropped").is_null()).with_columns(pl.lit(None, pl.String).alias("dropped_for"))
    order = pl.col("split").replace_strict(list(SPLITS), list(range(len(SPLITS))), return_dtype=pl.Int8)
    turns = pl.col("provenance").struct
    keys = [order, "source", "session_id", turns.field("turn_start"), turns.field("turn_end"), "kind", "example_id"]
    with replacing(target) as temporary:
        frame.drop(MARKS).sort(keys).sink_ipc(temporary, compat_level=pl.CompatLevel.oldest())
    return Corpus(target, now_moved, gone, findings)


def _write_gone(stage: CorpusStage, before: pl.LazyFrame, marked: pl.LazyFrame, path: Path) -> int:
    """Write the ids, turns and reasons of the rows that a stage left out; returns how many."""
    import polars as pl

    lost = marked.filter(pl.col("dropped").is_not_null())
    size = pl.len().alias("rows")
    counts = pl.collect_all([before.select(size), marked.select(size)], engine="streaming")
    if counts[0].item() != counts[1].item():
        silent = before.join(marked.select("example_id"), on="example_id", how="anti")
        lost = pl.concat([lost, silent.with_columns(pl.lit(stage.name).alias("dropped"))], how="diagonal_relaxed")
    turns = (pl.col("provenance").struct.field(name) for name in ("context_start", "turn_start", "turn_end"))
    with replacing(path) as temporary:
        lost.select("example_id", "session_id", "source", "kind", *turns, *MARKS).sink_ipc(temporary)
    return int(pl.scan_ipc(path).select(pl.len()).collect().item())


def _joined(findings: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Both stages' findings: lists one after the other, dicts merged."""
    both = dict(findings)
    for key, value in more.items():
        both[key] = both.get(key, []) + value if isinstance(value, list) else {**both.get(key, {}), **value}
    return both


def _folded(path: Path, clients: Mapping[tuple[str, str], bool], key: bytes) -> dict[str, str]:
    folds = read_folds(path)
    if missing := sum(client not in folds for _, client in clients):
        raise UsageError(f"--folds {path}: it names no split for {missing} of {len(clients)} clients")
    return {group_key(key, source, client): folds[client] for source, client in clients}
