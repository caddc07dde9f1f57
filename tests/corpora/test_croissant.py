import json

import mlcroissant
import pytest

from corpora import croissant
from corpora.records import example_schema
from corpora.shards import write_dataset_dict, write_split
from tests.corpora.test_shards import rows

ABOUT = {"name": "windows", "description": "Windows.", "license": ["MIT"], "version": "1.0.0"}


@pytest.fixture
def described(tmp_path, monkeypatch):
    """Write splits of so many rows, two a shard, and read the document as its own library does."""
    import pyarrow as pa

    monkeypatch.setattr("corpora.shards.SHARD_ROWS", 2)

    def made(**sizes):
        for split, size in sizes.items():
            write_split(tmp_path, split, pa.Table.from_pylist(rows(size), schema=example_schema()))
        write_dataset_dict(tmp_path, list(sizes))
        path = tmp_path / "croissant.json"
        path.write_text(json.dumps(croissant.describe(tmp_path, list(sizes), ABOUT)))
        return mlcroissant.Dataset(jsonld=str(path)), tmp_path

    return made


def test_a_split_of_several_shards_is_read_from_all_of_them(described):
    dataset, folder = described(train=5, test=1)
    assert not dataset.metadata.ctx.issues.errors
    found = {record.name: record for record in dataset.metadata.record_sets}
    files = {node.id: node for node in dataset.metadata.distribution}
    (train,) = {field.source.uuid for field in found["train"].fields if field.source.uuid}
    (test,) = {field.source.uuid for field in found["test"].fields if field.source.uuid}
    (pattern,) = files[train].includes
    assert sorted(path.relative_to(folder).as_posix() for path in folder.glob(pattern)) == [
        name for name in files if name.startswith("train/")
    ]
    assert len([name for name in files if name.startswith("train/")]) == 3
    assert (folder / files[test].content_url).is_file()


def test_every_column_is_described_with_its_parts(described):
    dataset, _ = described(train=1)
    fields = {field.name: field for record in dataset.metadata.record_sets for field in record.fields}
    assert list(croissant.COLUMNS) == example_schema().names
    assert [part.name for part in fields["prompt"].sub_fields] == ["role", "content"]
    assert fields["prompt"].repeated
    assert fields["flags"].repeated
    assert not fields["topic"].repeated
    assert all(field.description for name, field in fields.items() if name != "name")
