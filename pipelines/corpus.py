"""All examples together: gathered from the parts, through the corpus stages, placed in splits, in their final order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from corpora.errors import UsageError
from corpora.files import replacing
from corpora.shards import SPLITS, write_dataset_dict, write_split
from pipelines.stages import CorpusStage, Split
from pipelines.stages.split import place, read_folds
from pipelines.units import group_key

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Corpus:
    """The finished rows in one private file of the work folder, sorted by split, source, session and turns."""

    path: Path
    moved: dict[str, str]
    """Groups that do not stand where their hash alone would put them, so that later builds leave them there."""

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

    frame = pl.scan_ipc(list(parts))
    now_moved: dict[str, str] = {}
    for stage in stages:
        if isinstance(stage, Split):
            groups = frame.select("group_id").unique().collect()["group_id"].to_list()
            placed, now_moved = (_folded(stage.folds, clients, key), {}) if stage.folds else stage.assign(groups, moved)
            now_moved = {group: split for group, split in moved.items() if group not in placed} | now_moved
            frame = place(frame, placed)
        else:
            frame = stage.apply(frame)
    order = pl.col("split").replace_strict(list(SPLITS), list(range(len(SPLITS))), return_dtype=pl.Int8)
    turns = pl.col("provenance").struct
    keys = [order, "source", "session_id", turns.field("turn_start"), turns.field("turn_end"), "kind", "example_id"]
    with replacing(target) as temporary:
        frame.sort(keys).sink_ipc(temporary, compat_level=pl.CompatLevel.oldest())
    return Corpus(target, now_moved)


def _folded(path: Path, clients: Mapping[tuple[str, str], bool], key: bytes) -> dict[str, str]:
    folds = read_folds(path)
    if missing := sum(client not in folds for _, client in clients):
        raise UsageError(f"--folds {path}: it names no split for {missing} of {len(clients)} clients")
    return {group_key(key, source, client): folds[client] for source, client in clients}
