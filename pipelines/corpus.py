"""All examples together: gathered from the parts, through the corpus stages, placed in splits, in their final order.

What a stage leaves out goes to a file of its own with the reason, so that the accounts can be settled.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from corpora.errors import UsageError
from corpora.files import PART, PRIVATE_FILE, replacing
from corpora.shards import SPLITS, write_batches, write_dataset_dict
from pipelines.stages import MARKS, CorpusStage, Flags, Split
from pipelines.stages.flags import ROUTED
from pipelines.stages.split import groups_of, place, read_folds
from pipelines.units import group_key

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

ROWS_AT_ONCE = 2_000
BUCKET_BYTES = 8 * 2**20
"""About as many bytes of rows are sorted in memory at a time."""
_MOST_DIGITS = 2
"""Of a session's id, hexadecimal: up to 256 buckets for each source and split."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """The finished rows in one private file of the work folder, sorted by split, source, session and turns."""

    path: Path
    sizes: dict[str, int]
    """Split -> rows, of those that have any."""
    moved: dict[str, str]
    """Groups that do not stand where their hash alone would put them, so that later builds leave them there."""
    gone: list[Path]
    """A file a stage that left rows out, in order: their ids, turns, and `MARKS`."""
    findings: dict[str, Any]
    """What the stages say of themselves, for the manifest."""

    @property
    def rows(self) -> pl.LazyFrame:
        """The rows, read as they are needed: the columns of a part and `split`."""
        import polars as pl

        return pl.scan_ipc(self.path)

    def frames(self) -> Iterator[pl.DataFrame]:
        """The same rows in their order, some at a time; at least one frame, which may be empty."""
        import polars as pl
        import pyarrow as pa

        with pa.OSFile(str(self.path)) as file:  # not mapped into memory, so that what was read is let go of
            rows = pa.ipc.open_file(file)
            for at in range(rows.num_record_batches):
                yield cast("pl.DataFrame", pl.from_arrow(rows.get_batch(at)))
            if not rows.num_record_batches:
                yield cast("pl.DataFrame", pl.from_arrow(rows.schema.empty_table()))

    def write(self, folder: Path) -> None:
        """Write the shards of every split that has rows."""
        import pyarrow as pa

        with pa.OSFile(str(self.path)) as file:
            rows = pa.ipc.open_file(file)
            batches = (rows.get_batch(at) for at in range(rows.num_record_batches))
            for split, size in self.sizes.items():
                write_batches(folder, split, _first(size, batches), size)
        write_dataset_dict(folder, list(self.sizes))


def gather(
    parts: Sequence[Path],
    stages: Sequence[CorpusStage],
    target: Path,
    moved: Mapping[str, str],
    clients: Mapping[tuple[str, str], bool],
    key: bytes,
) -> Corpus:
    """Take all parts through the corpus stages into one sorted file.

    What a stage made is written down before the next one works on it, so that nothing is worked out twice and memory
    holds a few thousand rows, whatever the size of the corpus.

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
    before: list[Path] = []
    for number, stage in enumerate(stages):
        if isinstance(stage, Split):
            frame, now_moved = _placed(stage, frame, moved, _folded(stage.folds, clients, key) if stage.folds else {})
            continue
        marked, after = stage.apply(frame), before
        if marked is not frame:
            after = _written(marked, target, number)
            marked = pl.scan_ipc(after)
        left_out = target.with_name(f"gone-{number}-{stage.name}.arrow")
        if _write_gone(stage, frame, marked, left_out):
            gone.append(left_out)
        if isinstance(stage, Flags) and "route" in stage.parameters().values():
            with replacing(target.with_name("routed.arrow")) as temporary:
                marked.filter(pl.col("dropped").str.starts_with(ROUTED)).sink_ipc(temporary)
        findings = _joined(findings, stage.findings(frame, marked))
        for path in set(before) - set(after):
            path.unlink()
        before = after
        frame = marked.filter(pl.col("dropped").is_null()).with_columns(pl.lit(None, pl.String).alias("dropped_for"))
    size = sum(part.stat().st_size for part in parts)
    sizes = _write_sorted(frame.drop(MARKS), target, size)
    for path in before:
        path.unlink()
    return Corpus(target, sizes, now_moved, gone, findings)


def _placed(
    stage: Split, frame: pl.LazyFrame, moved: Mapping[str, str], folded: Mapping[str, str]
) -> tuple[pl.LazyFrame, dict[str, str]]:
    """The frame with its splits, and the groups to be kept in mind as moved; `folded` are those the user placed."""
    groups, bound = groups_of(frame)
    now_moved: dict[str, str] = {}
    if folded:
        placed = stage.assign([group for group in groups if group not in folded])[0] | dict(folded)
    else:
        placed, now_moved = stage.assign(groups, moved, bound)
    return place(frame, placed), {group: at for group, at in moved.items() if group not in placed} | now_moved


def _written(made: pl.LazyFrame, target: Path, number: int) -> list[Path]:
    """What the `number`-th stage made, in private files beside `target`: small ones, for Polars reads whole files."""
    paths: list[Path] = []
    for batch in made.collect_batches(chunk_size=ROWS_AT_ONCE):
        paths.append(target.with_name(f".after-{number}-{len(paths)}{PART}"))
        paths[-1].touch(PRIVATE_FILE)
        batch.write_ipc(paths[-1])
    if not paths:
        paths = [target.with_name(f".after-{number}{PART}")]
        made.clear().collect().write_ipc(paths[0])
    return paths


def _write_sorted(frame: pl.LazyFrame, target: Path, size: int) -> dict[str, int]:
    """Write all rows in their final order; returns the rows of each split.

    They are dealt to buckets of whole sessions first (a session's id is a keyed hash, so its first digits share them
    out evenly), and sorted bucket by bucket.

    Args:
        frame: the rows.
        target: the file to write.
        size: about how many bytes they have.
    """
    import polars as pl

    digits = min(next(n for n in range(64) if BUCKET_BYTES * 16**n >= size), _MOST_DIGITS)
    order = pl.col("split").replace_strict(list(SPLITS), list(range(len(SPLITS))), return_dtype=pl.Int8)
    marked = frame.with_columns(order.alias("order"), pl.col("session_id").str.head(digits).alias("digits"))
    buckets: dict[tuple[int, str, str], Path] = {}
    counts = dict.fromkeys(SPLITS, 0)
    for batch in marked.collect_batches(chunk_size=ROWS_AT_ONCE):
        for bucket, rows in batch.partition_by("order", "source", "digits", as_dict=True).items():
            path = buckets.setdefault(bucket, target.with_name(f".bucket-{len(buckets)}{PART}"))
            path.touch(PRIVATE_FILE)
            with path.open("ab") as file:
                rows.drop("order", "digits").write_ipc_stream(file, compat_level=pl.CompatLevel.oldest())
            counts[SPLITS[bucket[0]]] += rows.height
    ordered = [path for _, path in sorted(buckets.items())]
    _write_buckets(ordered, pl.DataFrame(schema=frame.collect_schema()), target)
    return {split: count for split, count in counts.items() if count}


def _write_buckets(buckets: Sequence[Path], none: pl.DataFrame, target: Path) -> None:
    """Write the rows of the buckets, each sorted, to one Arrow file; `none` has their columns."""
    import polars as pl
    import pyarrow as pa

    turns = pl.col("provenance").struct
    keys = ["session_id", turns.field("turn_start"), turns.field("turn_end"), "kind", "example_id"]
    oldest = pl.CompatLevel.oldest()
    schema = none.to_arrow(compat_level=oldest).schema
    with replacing(target) as temporary, pa.ipc.new_file(temporary, schema) as writer:
        for path in buckets:
            rows = cast("pl.DataFrame", pl.from_arrow(pa.concat_tables(_pieces(path))))
            writer.write_table(rows.sort(keys).to_arrow(compat_level=oldest), max_chunksize=ROWS_AT_ONCE)
            path.unlink()


def _pieces(path: Path) -> Iterator[pa.Table]:
    """The Arrow streams that were appended to a file, one after the other."""
    import pyarrow as pa

    size = path.stat().st_size
    with path.open("rb") as file:
        while file.tell() < size:
            yield pa.ipc.open_stream(file).read_all()


def _first(size: int, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """So many rows of the batches; they end at the end of one."""
    while size > 0:
        batch = next(batches)
        yield batch
        size -= batch.num_rows


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
