"""AnnoMI's CSV: units, roles, and what becomes of rows that are not right."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path

import pytest

from corpora import Drop, Session, read_source
from corpora.errors import UsageError
from corpora.sources import annomi, get_source
from corpora.sources.annomi import COLUMNS

PUBLISHED = Path(__file__).parents[2] / "../shared/data/annomi/AnnoMI-simple.csv"


def row(transcript, number, who, text, quality="high", time="00:01:05"):
    return [transcript, quality, f"https://video.example/{transcript}", "a topic", number, who, time, text]


def table(*rows, columns=COLUMNS, end="\n"):
    out = io.StringIO()
    csv.writer(out, lineterminator=end).writerows([columns, *rows])
    return out.getvalue()


def talk(transcript, turns=4):
    return [row(transcript, n, ("therapist", "client")[n % 2], f'He said, "é {n}",\nand left.') for n in range(turns)]


def read(tmp_path, text, name="x.csv"):
    (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(read_source("annomi", tmp_path / name))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_one_session_a_transcript(tmp_path, end):
    found = read(tmp_path, table(*talk("7"), *talk("8"), end=end))
    assert [session.session_id for session in found] == ["annomi-7", "annomi-8"]
    first = found[0]
    assert first.client_id == "https://video.example/7"
    assert first.meta == {"quality": "high", "topic": "a topic", "modality": "spoken"}
    assert [(turn.index, turn.role, turn.start_s) for turn in first.turns[:2]] == [
        (0, "therapist", 65.0),
        (1, "client", 65.0),
    ]
    assert first.turns[1].text == 'He said, "é 1", and left.'


def test_more_columns_in_another_order_and_a_byte_order_mark(tmp_path):
    rows = [[*cells[::-1], "annotator 3"] for cells in talk("7")]
    text = table(*rows, columns=[*COLUMNS[::-1], "annotator_id"])
    [session] = read(tmp_path, text.encode("utf-8-sig"))
    assert len(session.turns) == 4


def test_an_utterance_once_an_annotator_is_one_turn(tmp_path):
    rows = [cells for cells in talk("7") for _ in range(3)]
    drop, session = read(tmp_path, table(*rows))
    assert len(session.turns) == 4
    assert (drop.reason, drop.count) == ("repeated_utterance", 8)


def test_units_are_whole_transcripts_and_together_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr(annomi, "UNIT_BYTES", 600)
    path = tmp_path / "x.csv"
    path.write_text(table(*(cells for n in range(20) for cells in talk(str(n)))))
    source = get_source("annomi")
    units = source.units(path, "x.csv")
    assert len(units) > 5
    assert [unit.start for unit in units] == [0, *(unit.end for unit in units[:-1])]
    assert units[-1].end == path.stat().st_size
    found = [session for unit in units for session in source.read(unit)]
    assert [session.session_id for session in found] == [f"annomi-{n}" for n in range(20)]
    data = path.read_bytes()
    assert all(data[s.origin.start :].startswith(s.session_id.removeprefix("annomi-").encode()) for s in found)
    assert [unit.line for unit in units] == [data[: unit.start].count(b"\n") + 1 for unit in units]


def test_scattered_transcripts_are_one_unit(tmp_path, monkeypatch):
    monkeypatch.setattr(annomi, "UNIT_BYTES", 100)
    path = tmp_path / "x.csv"
    path.write_text(table(*talk("1", 2), *talk("2"), *talk("1")[2:]))
    assert len(get_source("annomi").units(path, "x.csv")) == 1
    assert [len(session.turns) for session in read_source("annomi", path)] == [4, 4]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (row("7", 9, "narrator", "secret words"), "unknown_interlocutor"),
        (row("7", 9, "client", " "), "empty_cell"),
        (row("", 9, "client", "secret words"), "empty_cell"),
        (["7", "secret words"], "malformed_row"),
    ],
)
def test_bad_rows_are_set_aside_with_their_line(tmp_path, bad, reason):
    found = read(tmp_path, table(*talk("7"), bad, *talk("8")))
    drops = [item for item in found if isinstance(item, Drop)]
    assert [(drop.reason, drop.level, drop.count, drop.quarantined) for drop in drops] == [(reason, "turn", 1, True)]
    assert "line 10:" in drops[0].detail
    assert "secret" not in repr(drops[0])
    assert [len(item.turns) for item in found if isinstance(item, Session)] == [4, 4]


def test_a_lone_file_without_the_columns_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="columns missing: video_url, timestamp"):
        read(tmp_path, table(columns=[c for c in COLUMNS if c not in ("video_url", "timestamp")]))


@pytest.mark.parametrize(
    ("data", "reason"), [(b"a,b\n1,2\n", "missing_columns"), (b"", "blank_file"), (b"\0\1", "binary_file")]
)
def test_in_a_folder_such_a_file_is_set_aside(tmp_path, data, reason):
    (tmp_path / "good.csv").write_text(table(*talk("7")))
    (tmp_path / "other.csv").write_bytes(data)
    session, drop = read_source("annomi", tmp_path)
    assert isinstance(session, Session)
    assert (drop.reason, drop.level, drop.quarantined) == (reason, "file", reason != "blank_file")


def test_a_transcript_of_one_side(tmp_path):
    [drop] = read(tmp_path, table(*[row("7", n, "client", "Yes.") for n in range(3)]))
    assert (drop.reason, drop.level, drop.count, drop.session_id) == ("one_sided", "session", 3, "annomi-7")


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published table is not here")
def test_the_published_table_adds_up():
    found = list(read_source("annomi", PUBLISHED))
    kept = [item for item in found if isinstance(item, Session)]
    drops = [item for item in found if isinstance(item, Drop)]
    assert len(kept) == 133
    assert len({session.client_id for session in kept}) == 119
    assert sum(len(session.turns) for session in kept) + sum(drop.count for drop in drops) == 9699
    assert {drop.reason for drop in drops} == {"empty_after_cleaning"}
    qualities = Counter(session.meta["quality"] for session in kept)
    assert set(qualities) == {"high", "low"}


def test_an_open_quotation_mark_costs_one_row_only(tmp_path):
    header = "transcript_id,mi_quality,video_title,video_url,topic,utterance_id,interlocutor,timestamp,utterance_text\n"
    rows = [f"0,high,t,u,sleep,{n},{'client' if n % 2 else 'therapist'},00:00:0{n},said {n}\n" for n in range(6)]
    rows[2] = rows[2].replace("said", '"said')
    path = tmp_path / "a.csv"
    path.write_text(header + "".join(rows), encoding="utf-8")
    *drops, session = read_source("annomi", path)
    assert [turn.text for turn in session.turns] == ["said 0", "said 1", "said 3", "said 4", "said 5"]
    assert [(drop.reason, drop.count) for drop in drops] == [("malformed_row", 1)]
