"""Shards as `datasets.save_to_disk` lays them out, so that `load_from_disk` and `load_dataset` both read them.

Written by pyarrow's stream writer with the declared schema and fixed batch and shard sizes: the same rows give the same
bytes. `SHA256SUMS` covers the shards, their metadata, the dataset card and croissant.json, nothing that holds a date.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpora.errors import UsageError
from corpora.files import sha256_file
from corpora.records import SCHEMA_VERSION, example_schema

if TYPE_CHECKING:
    import pyarrow as pa

SPLITS = ("train", "validation", "test")
SUMS = "SHA256SUMS"
BATCH_ROWS = 1_000
SHARD_ROWS = 50_000
_DOCUMENTS = ("README.md", "croissant.json", "dataset_dict.json")


def write_split(folder: Path, split: str, table: pa.Table) -> None:
    """Write one split's rows under `folder/split`: Arrow stream shards, `state.json` and `dataset_info.json`.

    Args:
        folder: the output folder.
        split: `train`, `validation` or `test`.
        table: its rows in their final order, with at least the columns of `example_schema`.
    """
    write_batches(folder, split, table.to_batches(), table.num_rows)


def write_batches(folder: Path, split: str, batches: Iterable[pa.RecordBatch], size: int) -> None:
    """`write_split` of rows that come batch by batch, so that memory holds few of them.

    Args:
        folder: the output folder.
        split: `train`, `validation` or `test`.
        batches: its rows in their final order, with at least the columns of `example_schema`, in batches of any size.
        size: how many rows they are.
    """
    import pyarrow as pa

    target = folder / split
    target.mkdir(parents=True)
    schema = _shard_schema()
    shards = -(-size // SHARD_ROWS)
    names = [f"data-{number:05d}-of-{shards:05d}.arrow" for number in range(shards)]
    tables = _tables(batches, BATCH_ROWS)
    for name in names:
        with pa.ipc.new_stream(target / name, schema) as writer:
            for rows in islice(tables, SHARD_ROWS // BATCH_ROWS):
                writer.write_table(_compact(rows.select(schema.names).cast(schema)))
    _write_info(target, schema, names)


def _compact(rows: pa.Table) -> pa.Table:
    """The rows copied into one chunk, for the bytes of a slice depend on what it was cut from."""
    import pyarrow as pa

    return pa.concat_tables([rows, rows.slice(0, 0)]).combine_chunks()


def _tables(batches: Iterable[pa.RecordBatch], rows: int) -> Iterator[pa.Table]:
    """The same rows in tables of so many rows; the last one has what is left."""
    import pyarrow as pa

    held: list[pa.RecordBatch] = []
    for batch in batches:
        held.append(batch)
        while (count := sum(map(len, held))) >= rows:
            table = pa.Table.from_batches(held)
            yield table.slice(0, rows)
            held = table.slice(rows).to_batches() if count > rows else []
    if held:
        yield pa.Table.from_batches(held)


def write_dataset_dict(folder: Path, splits: Sequence[str]) -> None:
    """Write `dataset_dict.json`, which tells `load_from_disk` the splits that are there."""
    _write_json(folder / "dataset_dict.json", {"splits": list(splits)})


def splits_in(folder: Path) -> list[str]:
    """The splits a dataset folder names.

    Raises:
        UsageError: the folder holds no `dataset_dict.json`, so it is no built corpus.
    """
    listing = folder / "dataset_dict.json"
    if not listing.is_file():
        raise UsageError(
            f"{folder} is not a built corpus: it has no dataset_dict.json. Give the folder that --out named."
        )
    return list(json.loads(listing.read_text(encoding="utf-8"))["splits"])


def read_split(folder: Path, split: str) -> pa.Table:
    """One split's rows where they lie, mapped into memory.

    Raises:
        UsageError: a shard is no Arrow stream or lacks a declared column.
    """
    import pyarrow as pa

    names = example_schema().names
    try:
        shards = sorted((folder / split).glob("*.arrow"))
        tables = [pa.ipc.open_stream(pa.memory_map(str(path))).read_all().select(names) for path in shards]
        return pa.concat_tables(tables) if tables else example_schema().empty_table()
    except (pa.ArrowException, KeyError, OSError):
        raise UsageError(
            f"{folder / split}: a shard cannot be read; `corpora verify {folder}` says which, or build it again"
        ) from None


def verify_shards(folder: Path, counts: Mapping[str, int]) -> Iterator[str]:
    """Open every shard of a built corpus; yields one sentence a fault.

    Args:
        folder: the corpus.
        counts: split -> the number of rows it should have.
    """
    import pyarrow as pa

    if sorted(splits := splits_in(folder)) != sorted(counts):
        yield f"dataset_dict.json names {', '.join(splits)}, the manifest {', '.join(counts)}"
    ids: Counter[str] = Counter()
    for split in splits:
        rows = 0
        for path in sorted((folder / split).glob("*.arrow")):
            name = path.relative_to(folder).as_posix()
            try:
                table = pa.ipc.open_stream(pa.memory_map(str(path))).read_all()
            except (pa.ArrowException, OSError):
                yield f"{name} is no Arrow stream"
                continue
            if not table.schema.equals(example_schema()):
                yield f"{name} has other columns than schema version {SCHEMA_VERSION}"
                continue
            rows += table.num_rows
            ids.update(table["example_id"].to_pylist())
        if rows != counts.get(split, rows):
            yield f"{split} has {rows} rows, the manifest says {counts[split]}"
    if doubled := sum(count > 1 for count in ids.values()):
        yield f"{doubled} example ids stand more than once"


def write_sums(folder: Path) -> str:
    """Write `SHA256SUMS` in the form `sha256sum -c` reads; returns the SHA-256 of that file itself."""
    lines = [f"{sha256_file(path)}  {path.relative_to(folder).as_posix()}\n" for path in _summed(folder)]
    text = "".join(lines).encode()
    (folder / SUMS).write_bytes(text)
    return hashlib.sha256(text).hexdigest()


def read_sums(folder: Path) -> dict[str, str]:
    """`SHA256SUMS` as file -> SHA-256, in its order; a line that is damaged has no entry."""
    lines = (folder / SUMS).read_text(encoding="utf-8", errors="replace").splitlines()
    pairs = [line.partition("  ") for line in lines]
    return {name: digest for digest, _, name in pairs if name}


def verify_sums(folder: Path) -> Iterator[str]:
    """Compare a built corpus with its `SHA256SUMS`; yields one sentence a fault, none when all is as it was built.

    Raises:
        UsageError: there is no `SHA256SUMS`, so this is no built corpus.
    """
    listing = folder / SUMS
    if not listing.is_file():
        raise UsageError(f"{folder} is not a built corpus: it has no {SUMS}. Give the folder that --out named.")
    listed, lines = read_sums(folder), listing.read_bytes().count(b"\n")
    if len(listed) < lines or not listed:
        yield f"{SUMS} is damaged"
    for name, digest in listed.items():
        path = folder / name
        if not path.is_file():
            yield f"{name} is missing"
        elif sha256_file(path) != digest:
            yield f"{name} was changed after the build"
    for path in _summed(folder):
        if (name := path.relative_to(folder).as_posix()) not in listed:
            yield f"{name} was added after the build"


def _summed(folder: Path) -> Iterable[Path]:
    split_files = (path for split in SPLITS for path in (folder / split).glob("*"))
    documents = (folder / name for name in _DOCUMENTS)
    return sorted(path for path in (*split_files, *documents) if path.is_file())


def _shard_schema() -> pa.Schema:
    from datasets import Features

    schema = example_schema()
    features = Features.from_arrow_schema(schema).arrow_schema.metadata
    return schema.with_metadata({**features, "schema_version": SCHEMA_VERSION})


def _write_info(target: Path, schema: pa.Schema, names: Sequence[str]) -> None:
    from datasets import Features

    digests = "".join(sha256_file(target / name) for name in names)
    state: dict[str, Any] = {
        "_data_files": [{"filename": name} for name in names],
        "_fingerprint": hashlib.sha256(digests.encode()).hexdigest()[:16],
        "_format_columns": None,
        "_format_kwargs": {},
        "_format_type": None,
        "_output_all_columns": False,
        "_split": target.name,
    }
    _write_json(target / "state.json", state)
    info = {
        "citation": "",
        "description": "",
        "features": Features.from_arrow_schema(schema).to_dict(),
        "homepage": "",
        "license": "",
    }
    _write_json(target / "dataset_info.json", info)


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
