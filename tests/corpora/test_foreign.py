import json

import polars as pl
import pytest

from corpora.errors import UsageError
from corpora.foreign import as_examples, is_ours, read_mapping
from corpora.records import example_schema
from corpora.rows import Part, frames, parts_in

TALK = [("user", "I cannot sleep."), ("assistant", "Since when?"), ("user", "May."), ("assistant", "That is long.")]


def messages(role="role", content="content", names=None):
    return [{role: (names or {}).get(who, who), content: text} for who, text in TALK]


def example(row, mapping=()):
    rows = as_examples(pl.DataFrame([row]), read_mapping(mapping), "train", "theirs", 7)
    assert rows.columns == [*example_schema().names, "split"]
    return rows.row(0, named=True)


@pytest.mark.parametrize(
    "row",
    [
        {"messages": messages()},
        {"conversations": messages("from", "value", {"user": "human", "assistant": "gpt"})},
        {"prompt": messages()[:3], "completion": messages()[3:]},
    ],
)
def test_common_forms_are_known_by_their_columns(row):
    made = example(row)
    assert [m["role"] for m in made["prompt"]] == ["user", "assistant", "user"]
    assert made["completion"] == [{"role": "assistant", "content": "That is long."}]
    assert (made["response_words"], made["context_turns"], made["split"]) == (3, 3, "train")
    assert made["example_id"] == made["client_id"] == made["group_id"] == "theirs#7"


def test_texts_are_a_question_and_its_answer_under_any_name():
    made = example({"Context": "Why?", "Response": "Because you ask.", "who": "c9"},
                   ["prompt=Context", "completion=Response", "client_id=who"])  # fmt: skip
    assert made["prompt"] == [{"role": "user", "content": "Why?"}]
    assert made["response_words"] == 3
    assert (made["client_id"], made["group_id"]) == ("c9", "c9")


def test_a_dialogue_without_an_answer_keeps_its_fault():
    made = example({"messages": messages()[:3]})
    assert made["completion"][0]["role"] == "user"


def test_an_unknown_role_stays():
    assert example({"messages": messages(names={"user": "Narrator"})})["prompt"][0]["role"] == "narrator"


@pytest.mark.parametrize(
    ("row", "mapping", "message"),
    [
        ({"text": "x"}, [], "where is the dialogue.* there are text"),
        ({"messages": 3}, [], "'messages' holds neither texts nor lists of messages"),
        ({"messages": messages()}, ["client_id=patient"], "no column 'patient'"),
        ({"messages": messages()}, ["klient=patient"], "give OURS=THEIRS"),
        ({"messages": messages()}, ["client_id"], "give OURS=THEIRS"),
    ],
)
def test_what_cannot_be_mapped_is_said(row, mapping, message):
    with pytest.raises(UsageError, match=message):
        example(row, mapping)


def test_ours_is_known_by_its_columns():
    assert is_ours(example_schema().names)
    assert not is_ours(["messages", "example_id"])


ROWS = [{"messages": messages(), "n": n} for n in range(5)]


def _write(frame, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        frame.write_parquet(path)
    elif path.suffix == ".arrow":
        frame.write_ipc(path, compat_level=pl.CompatLevel.oldest())
    elif path.suffix == ".json":
        path.write_text(json.dumps(frame.to_dicts()))
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in frame.to_dicts()))


@pytest.mark.parametrize("suffix", [".parquet", ".arrow", ".jsonl", ".json"])
def test_files_of_every_kind_are_read_some_rows_at_a_time(tmp_path, suffix):
    path = tmp_path / f"validation{suffix}"
    _write(pl.DataFrame(ROWS), path)
    (part,) = parts_in(path)
    assert part.split == "validation"
    read = list(frames(part, 2))
    assert [n for frame in read for n in frame["n"]] == [0, 1, 2, 3, 4]
    assert read[0]["messages"].to_list()[0] == messages()
    assert suffix != ".jsonl" or [frame.height for frame in read] == [2, 2, 1]


def test_folders_name_splits_as_the_hub_does(tmp_path):
    for name in ("data/train-00000-of-00001.parquet", "data/test-00000-of-00001.parquet", "dev/0.jsonl"):
        _write(pl.DataFrame(ROWS), tmp_path / name)
    assert {part.path.name: part.split for part in parts_in(tmp_path)} == {
        "train-00000-of-00001.parquet": "train",
        "test-00000-of-00001.parquet": "test",
        "0.jsonl": "validation",
    }


def test_a_saved_dataset_is_its_listed_shards_and_not_its_caches(tmp_path):
    from datasets import Dataset, DatasetDict

    saved = DatasetDict({name: Dataset.from_list(ROWS) for name in ("train", "test")})
    saved.save_to_disk(str(tmp_path / "theirs"))
    (tmp_path / "theirs" / "train" / "cache-1.arrow").write_bytes(b"nothing")
    parts = parts_in(tmp_path / "theirs")
    assert [part.split for part in parts] == ["train", "test"]
    assert sum(frame.height for part in parts for frame in frames(part)) == 10
    (single,) = parts_in(tmp_path / "theirs" / "test")
    assert single.split == "test"


def test_a_line_that_is_no_row_is_named_without_its_content(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text('{"a": 1}\n{"a": "secret"\n')
    with pytest.raises(UsageError, match="line 2: no JSON object") as caught:
        list(frames(Part("train", path)))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(("name", "content"), [("x.parquet", b"PAR"), ("x.arrow", b"ARROW1\0\0no"), ("x.arrow", b"no")])
def test_a_damaged_file_is_named(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError, match="cannot be read as"):
        list(frames(Part("train", tmp_path / name)))


def test_nothing_to_read_is_said(tmp_path):
    with pytest.raises(UsageError, match="it holds no rows"):
        parts_in(tmp_path)
    (tmp_path / "x.pdf").touch()
    with pytest.raises(UsageError, match="no file of rows"):
        parts_in(tmp_path / "x.pdf")
