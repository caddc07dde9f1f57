"""The papers' data sets and the general shapes, in every table format; all rows are fiction."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from corpora import Drop, Session, read_source
from corpora.detect import detect, detected
from corpora.errors import UsageError
from corpora.remote import local_input
from corpora.sources import get_source, tables
from corpora.sources.tables import csv_records, session_cuts

ASK, REPLY = "I lie awake, every night. What can I do?", "Tell me what the nights are like for you."
COUNSEL = {
    "questionID": "q1",
    "questionTitle": "Awake",
    "questionText": ASK,
    "questionUrl": "https://forum.example/q1",
    "topics": "Sleep",
    "therapistName": "Quillfeather",
    "answerText": f"<p>{REPLY.replace(' are', '&nbsp;are')}</p>",
    "upvotes": 1,
}
MESSAGES = [("user", ASK), ("assistant", REPLY), ("user", "Long."), ("assistant", "Long nights.")]
ESCONV = {
    "emotion_type": "fear",
    "problem_type": "job crisis",
    "situation": "secret",
    "dialog": [
        {
            "speaker": "supporter" if who == "assistant" else "seeker",
            "annotation": {"strategy": "Question"},
            "content": f"{text}\n",
        }
        for who, text in MESSAGES
    ],
}
SETS = {
    "counsel-chat": COUNSEL,
    "mental-health-chat": {**COUNSEL, "therapistInfo": "Quillfeather"},
    "mental-health-counseling": {"Context": ASK, "Response": REPLY},
    "psych8k": {"instruction": "If you are a counselor", "input": ASK, "output": REPLY},
    "mentalchat16k": {"instruction": "You are a helpful", "input": ASK, "output": REPLY},
    "mental-health-chatbot": {"text": f"<HUMAN>: {ASK}\n<ASSISTANT>: {REPLY}"},
    "esconv": ESCONV,
    "pairs": {"question": ASK, "answer": REPLY},
    "chat": {"messages": [{"role": "system", "content": "x"}, *({"role": r, "content": t} for r, t in MESSAGES)]},
}


def write(path, rows):
    suffix = path.name.partition(".")[2]
    if suffix == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif suffix in ("csv", "tsv"):
        out = io.StringIO()
        writer = csv.DictWriter(out, list(rows[0]), delimiter="\t" if suffix == "tsv" else ",")
        writer.writeheader()
        writer.writerows(
            {k: json.dumps(v) if isinstance(v, (list, dict)) else v for k, v in row.items()} for row in rows
        )
        path.write_text(out.getvalue())
    elif suffix == "json":
        path.write_text(json.dumps(rows))
    else:
        data = "".join(json.dumps(row) + "\n" for row in rows).encode()
        path.write_bytes(gzip.compress(data) if suffix.endswith("gz") else data)
    return path


@pytest.mark.parametrize("suffix", ["csv", "tsv", "json", "jsonl", "jsonl.gz", "parquet"])
@pytest.mark.parametrize("name", SETS)
def test_every_set_in_every_format(tmp_path, name, suffix):
    path = write(tmp_path / f"x.{suffix}", [SETS[name], SETS[name]])
    first, second = read_source(name, path)
    assert isinstance(first, Session), first
    assert (first.turns[0].role, first.turns[1].role) == ("client", "therapist")
    assert first.turns[0].text.endswith(ASK)
    assert first.turns[1].text == REPLY
    assert len(first.turns) == (4 if name in ("chat", "esconv") else 2)
    assert first.kind == ("transcript" if len(first.turns) > 2 else "qa")
    assert first.session_id != second.session_id
    assert (first.group_id == second.group_id) == (first.kind == "qa")
    assert first.client_id is None
    assert "Quillfeather" not in repr(first)
    assert "secret" not in repr(first)


@pytest.mark.parametrize(
    "row",
    [
        {"conversations": [{"from": "human", "value": ASK}, {"from": "gpt", "value": REPLY}]},
        {"conversations": [{"role": "patient", "content": ASK}, {"role": "therapist", "content": REPLY}]},
        {"dialog": json.dumps([{"speaker": "usr", "text": ASK}, {"speaker": "sys", "text": REPLY}])},
        {"messages": {"role": ["user", "assistant"], "content": [ASK, REPLY]}},
        {"text": f"### Human: {ASK} ### Assistant: {REPLY}"},
    ],
)
def test_chat_shapes(tmp_path, row):
    [session] = read_source("chat", write(tmp_path / "x.jsonl", [row]))
    assert [(turn.role, turn.text) for turn in session.turns] == [("client", ASK), ("therapist", REPLY)]


def test_utterances_of_sessions_that_are_interleaved(tmp_path):
    talk = [("Counselor", REPLY), ("Client", "Long."), ("Counselor", "Oh?"), ("Client", "Yes.")]
    rows = [
        {"session_id": s, "speaker": who, "text": text, "start": n} for n, (who, text) in enumerate(talk) for s in "ab"
    ]
    first, second = read_source("utterances", write(tmp_path / "x.csv", rows))
    assert (first.session_id, second.session_id) == ("x/a", "x/b")
    assert [turn.role for turn in first.turns] == ["therapist", "client"] * 2
    assert [turn.start_s for turn in first.turns] == [0, 1, 2, 3]


def test_the_caller_names_the_columns(tmp_path):
    path = write(tmp_path / "x.csv", [{"ask": ASK, "reply_text": REPLY}])
    with pytest.raises(UsageError, match=r"columns missing: question .*--columns"):
        read_source("pairs", path)
    source = replace(get_source("pairs"), columns={"question": "ask", "answer": "reply_text"})
    [unit] = source.units(path, "x.csv")
    assert [turn.text for turn in next(source.read(unit)).turns] == [ASK, REPLY]


@pytest.mark.parametrize(
    ("name", "row", "reason"),
    [
        ("pairs", {"question": ASK, "answer": " "}, "empty_cell"),
        ("pairs", {"question": ASK, "answer": {"a": ["secret"]}}, "malformed_row"),
        ("pairs", {"question": ASK, "answer": "a" * 2**21}, "cell_too_long"),
        ("chat", {"messages": [{"role": "user", "content": ASK}]}, "one_sided"),
        ("chat", {"messages": [{"role": "narrator", "content": "secret"}]}, "unknown_role"),
        ("chat", {"messages": [["secret"]]}, "malformed_row"),
    ],
)
def test_rows_that_cannot_be_used_are_counted(tmp_path, name, row, reason):
    good = SETS[name]
    first, drop, last = read_source(name, write(tmp_path / "x.jsonl", [good, row, good]))
    assert isinstance(first, Session)
    assert isinstance(last, Session)
    assert isinstance(drop, Drop)
    assert (drop.reason, drop.level, drop.quarantined) == (reason, "session", True)
    assert "line 2" in drop.detail
    assert "secret" not in drop.detail


def test_units_are_whole_rows_and_together_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "UNIT_BYTES", 400)
    for name in ("x.csv", "x.jsonl"):
        path = write(tmp_path / name, [{"question": f"{ASK} {n}", "answer": REPLY} for n in range(40)])
        source = get_source("pairs")
        units = source.units(path, name)
        assert len(units) > 5
        assert [unit.start for unit in units] == [0, *(unit.end for unit in units[:-1])]
        ids = [session.session_id for unit in units for session in source.read(unit)]
        assert ids == [session.session_id for session in read_source("pairs", path)]
        assert len(set(ids)) == 40


PUBLISHED = Path(__file__).parents[2] / "../shared/data/counsel-chat/counselchat-data.csv"


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published table is not here")
def test_the_published_answers_add_up():
    found = list(read_source("counsel-chat", PUBLISHED))
    kept = [item for item in found if isinstance(item, Session)]
    assert (len(found), len(kept)) == (1482, 1475)
    assert len({session.group_id for session in kept}) == 778  # 781 less two without a text and one without an answer
    assert detected(PUBLISHED) == "counsel-chat"


@pytest.mark.parametrize("name", sorted(SETS.keys() - {"mental-health-chat", "psych8k"}))
def test_the_sniffer_says_which_reader_fits(tmp_path, name):
    path = write(tmp_path / "x.jsonl", [SETS[name]])
    assert detect(path)[0].source == name


def test_the_sniffer_knows_transcripts_and_says_when_it_knows_nothing(tmp_path):
    (tmp_path / "a.txt").write_text("T: Hello.\nC: Hi.\nT: How are you?\nC: Well.\n")
    assert detected(tmp_path) == "alexander-street"
    other = tmp_path / "other"
    other.mkdir()
    write(other / "x.csv", [{"a": 1, "b": 2}])
    with pytest.raises(UsageError, match="no source reads this"):
        detected(other)


def test_a_url_is_fetched_into_a_private_cache(tmp_path, monkeypatch):
    import fsspec

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    memory = fsspec.filesystem("memory")
    memory.pipe("/talks/a/1.txt", b"T: Hello.\nC: Hi.\nT: How are you?\nC: Well.\n")
    root = local_input("memory://talks")
    [session] = read_source("alexander-street", root)
    assert session.session_id == "a/1"
    assert (root / "a/1.txt").stat().st_mode & 0o777 == 0o600
    assert local_input("memory://talks") == root
    with pytest.raises(UsageError, match="nothing is there"):
        local_input("memory://elsewhere")
    with pytest.raises(UsageError, match="cannot be reached"):
        local_input("nosuch://elsewhere")


def test_a_hub_data_set_is_read_from_a_folder_laid_out_as_one(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    hub = tmp_path / "hub" / "data"
    hub.mkdir(parents=True)
    (hub.parent / "README.md").write_text(
        "---\nconfigs:\n- config_name: default\n  data_files:\n  - split: train\n    path: data/train-*\n---\n"
    )
    write(hub / "train-00000.parquet", [SETS["psych8k"]] * 3)
    root = local_input(f"hf:{hub.parent}")
    assert [session.session_id for session in read_source("psych8k", root)] == ["train#1", "train#2", "train#3"]
    with pytest.raises(UsageError, match="cannot be loaded"):
        local_input(f"hf:{tmp_path / 'nothing'}")


def test_tables_in_an_archive(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as file:
        file.writestr("a/train.csv", f'question,answer\n"{ASK}","{REPLY}"\n')
    [session] = read_source("pairs", tmp_path / "x.zip")
    assert session.session_id == "a/train#2"


@pytest.mark.parametrize("column", [0, 2])
def test_the_leading_cells_cut_a_table_where_all_cells_do(tmp_path, column):
    path = tmp_path / "a.csv"
    rows = [["id", "text", "session"]]
    for number in range(300):
        name = f"{'sé'[number // 9 % 2]}{number // 9}"
        rows.append([name, f'she said, "no {number}",\nand left; é', name])
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(rows)
        file.write('s40,"never closed,s40\r\n')
    end = path.stat().st_size
    whole = session_cuts(csv_records(path, 0, end), column, 900)
    assert session_cuts(csv_records(path, 0, end, leading=column + 1), column, 900) == whole
    assert len(whole[0]) > 5
