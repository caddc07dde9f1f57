import hashlib
import subprocess

import pyarrow as pa
import pytest

from corpora.errors import UsageError
from corpora.records import Example, Message, Provenance, example_schema
from corpora.shards import verify_sums, write_dataset_dict, write_split, write_sums


def rows(count):
    return [
        Example(
            example_id=f"{number:032x}",
            session_id="s",
            client_id="c",
            group_id="g",
            source="test",
            prompt=(Message("user", f"question {number}"),),
            completion=(Message("assistant", f"answer {number}"),),
            response_words=2,
            context_turns=1,
            kind="transcript",
            provenance=Provenance("h", 0, 1, 2, ("read/1",)),
            meta={"symptoms": ["anxiety"], "topic": None},
        ).row()
        for number in range(count)
    ]


def written(folder, chunks):
    table = pa.concat_tables(pa.Table.from_pylist(chunk, schema=example_schema()) for chunk in chunks)
    write_split(folder, "train", table)
    write_dataset_dict(folder, ["train"])
    return folder


def digests(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_datasets_reads_both_ways(tmp_path):
    from datasets import load_dataset, load_from_disk

    folder = written(tmp_path / "out", [rows(7)])
    (folder / "README.md").write_text(
        "---\nconfigs:\n- config_name: default\n  data_files:\n  - split: train\n    path: train/*.arrow\n---\n"
    )
    loaded = load_from_disk(str(folder))["train"]
    again = load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))["train"]
    assert loaded.features == again.features
    assert loaded.to_list() == again.to_list() == rows(7)


def test_the_same_rows_give_the_same_bytes_however_they_came(tmp_path):
    all_rows = rows(2500)
    one = written(tmp_path / "one", [all_rows])
    many = written(tmp_path / "many", [all_rows[:1], all_rows[1:1200], all_rows[1200:]])
    padded = pa.Table.from_pylist(rows(3) + all_rows, schema=example_schema()).slice(3)
    write_split(tmp_path / "sliced", "train", padded)
    write_dataset_dict(tmp_path / "sliced", ["train"])
    assert digests(one) == digests(many) == digests(tmp_path / "sliced")


def test_large_strings_are_cast_to_the_declared_schema(tmp_path):
    import polars as pl

    frame = pl.from_arrow(pa.Table.from_pylist(rows(3), schema=example_schema()))
    write_split(tmp_path / "out", "train", frame.to_arrow())
    assert digests(tmp_path / "out") == {
        name: digest
        for name, digest in digests(written(tmp_path / "b", [rows(3)])).items()
        if name.startswith("train/")
    }


def test_sums_are_those_of_sha256sum_and_find_every_change(tmp_path):
    folder = written(tmp_path / "out", [rows(3)])
    write_sums(folder)
    assert subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=folder, check=False).returncode == 0
    assert list(verify_sums(folder)) == []
    state = folder / "train" / "state.json"
    state.write_text(state.read_text() + " ")
    (folder / "dataset_dict.json").unlink()
    (folder / "train" / "extra.arrow").write_bytes(b"")
    assert sorted(verify_sums(folder)) == [
        "dataset_dict.json is missing",
        "train/extra.arrow was added after the build",
        "train/state.json was changed after the build",
    ]


def test_a_folder_without_sums_is_no_corpus(tmp_path):
    with pytest.raises(UsageError, match="not a built corpus"):
        list(verify_sums(tmp_path))
