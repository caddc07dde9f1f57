"""Everything together: the same rows in the same order, however few of them are held in memory."""

import hashlib

import polars as pl
import pytest

from pipelines import corpus
from pipelines.stages import Filter, Flags, Split


@pytest.fixture(scope="module")
def parts(tmp_path_factory, frame_of):
    """Three parts of two sources, 20 clients with a session each and 15 examples a session."""
    folder = tmp_path_factory.mktemp("parts")
    rows = [
        {
            "id": hashlib.sha256(f"{client}/{turn}".encode()).hexdigest()[:32],
            "client": f"c{client}",
            "session": hashlib.sha256(str(client).encode()).hexdigest()[:32],
            "source": "ab"[client % 2],
            "turn": turn,
            "prompt": "I want to kill myself." if turn == 3 else f"I went to number {turn}.",
            "answer": f"So you went there {'again ' * turn}and came back.",
        }
        for client in range(20)
        for turn in range(1, 16)
    ]
    frame = frame_of(*rows).collect().drop("dropped", "dropped_for", "bound_to")
    paths = [folder / f"{at}.arrow" for at in range(3)]
    for at, path in enumerate(paths):
        frame[at::3].write_ipc(path)
    return paths


def gathered(parts, folder, stages=()):
    (folder / "out").mkdir(parents=True)
    made = corpus.gather(parts, [*stages, Split()], folder / "rows.arrow", {}, {}, bytes(32))
    made.write(folder / "out")
    return made, pl.concat(made.frames())


def test_buckets_of_any_size_give_the_order_of_one_sort(parts, tmp_path, monkeypatch):
    made, whole = gathered(parts, tmp_path / "one")
    monkeypatch.setattr(corpus, "BUCKET_BYTES", 1)
    monkeypatch.setattr(corpus, "ROWS_AT_ONCE", 7)
    again, pieces = gathered(parts, tmp_path / "many")
    order = pl.col("split").replace_strict({"train": 0, "validation": 1, "test": 2})
    keys = [order, "source", "session_id", pl.col("provenance").struct.field("turn_start")]
    assert pieces.equals(whole)
    assert whole.equals(whole.sort(keys))
    assert sum(made.sizes.values()) == whole.height == 300
    assert again.sizes == made.sizes
    shards = [sorted((tmp_path / name).glob("out/*/*.arrow")) for name in ("one", "many")]
    assert [path.read_bytes() for path in shards[0]] == [path.read_bytes() for path in shards[1]]


def test_stages_work_on_what_the_one_before_wrote_and_leave_nothing_behind(parts, tmp_path, monkeypatch):
    monkeypatch.setattr(corpus, "ROWS_AT_ONCE", 7)
    made, rows = gathered(parts, tmp_path / "some", [Flags(), Filter(max_words=12)])
    assert set(rows.filter(pl.col("flags").list.contains("crisis"))["prompt"].list.len()) == {1}
    assert made.findings["flags"]["examples"]["suicidal_ideation"] == 20
    assert rows["response_words"].max() <= 12
    assert 0 < rows.height < 300
    assert not list((tmp_path / "some").glob(".*")), "no file of a step outlives the whole"


def test_nothing_left_is_a_corpus_without_rows(parts, tmp_path):
    made, rows = gathered(parts, tmp_path / "none", [Filter(min_words=999)])
    assert (made.sizes, rows.height) == ({}, 0)
