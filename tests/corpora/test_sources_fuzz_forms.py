"""Whatever stands in documents, archives and tables: no exception but ours, within limits, and nothing lost.

`make fuzz` runs these with `CORPORA_FUZZ` inputs each (see `dose`), `make test` with a smaller dose.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import stat
import tempfile
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpora import Drop, Session, read_source
from corpora.errors import CorporaError
from corpora.sources import get_source
from corpora.sources.base import unit_name

DOSE = int(os.environ.get("CORPORA_FUZZ", "30"))
TEXT = st.text(max_size=30) | st.sampled_from(
    ["THERAPIST: Hello.\n", "CLIENT: Hi.\n", "<p>", "\0", "\ud800", "\u202e", "&a;"]
)
BODY = st.lists(TEXT, max_size=12).map("".join)
ROLES = st.sampled_from(["user", "assistant", "system", "therapist", "client", "x", "", None, 3])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
MESSAGE = st.fixed_dictionaries({"role": ROLES, "content": VALUES}) | VALUES
ROW = st.fixed_dictionaries(
    {},
    optional={
        "question": VALUES,
        "answer": VALUES,
        "questionID": VALUES,
        "messages": st.lists(MESSAGE, max_size=5) | VALUES,
        "session_id": VALUES,
        "speaker": ROLES | VALUES,
        "text": VALUES,
        "topic": VALUES,
    },
)
NAMES = ["pairs", "chat", "utterances", "counsel-chat", "esconv", "psych8k", "mental-health-chatbot", "annomi"]


def dose(part=1.0):
    return settings(max_examples=max(20, int(DOSE * part)), deadline=None)


def found(source, name, data):
    """Everything a source makes of one file, read unit by unit as a build would; None where it is refused at once."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(data)
        reader = get_source(source)
        try:
            files = reader.files(path)
        except CorporaError:
            return None
        items = []
        for file in files:
            for unit in reader.units(file, unit_name(path, file)):
                items += list(reader.read(unit))
    for item in items:
        assert isinstance(item, Session | Drop)
        if isinstance(item, Session):
            assert {"therapist", "client"} <= {turn.role for turn in item.turns}
            assert [turn.index for turn in item.turns] == list(range(len(item.turns)))
            json.dumps([turn.text for turn in item.turns], ensure_ascii=False).encode()
        else:
            assert item.reason.isidentifier()
    return items


def as_json(row):
    return json.dumps(row, ensure_ascii=True)


@given(st.sampled_from(NAMES), st.lists(ROW | VALUES, max_size=6), st.binary(max_size=4), st.integers(0, 3))
@dose(3)
def test_json_lines(name, rows, tail, cut):
    data = "".join(as_json(row) + "\n" for row in rows).encode()
    items = found(name, "x.jsonl", data[: len(data) - cut] + tail)
    if items is not None and not tail and not cut and name not in ("annomi", "utterances"):
        assert len(items) == len(rows) or any(item.level == "file" for item in items if isinstance(item, Drop))


@given(st.sampled_from(NAMES), st.lists(ROW, max_size=6) | VALUES, st.binary(max_size=3))
@dose()
def test_json(name, rows, tail):
    found(name, "x.json", as_json(rows).encode() + tail)


@given(st.sampled_from(NAMES), st.lists(st.lists(TEXT, max_size=4), max_size=6), st.booleans(), st.binary(max_size=3))
@dose(2)
def test_csv(name, rows, known, tail):
    out = io.StringIO()
    csv.writer(out).writerows([["question", "answer", "session_id", "text"] if known else ["a"], *rows])
    found(name, "x.csv", out.getvalue().encode("utf-8", "replace") + tail)


@given(
    st.sampled_from(NAMES), st.binary(max_size=60), st.sampled_from([".csv", ".json", ".jsonl", ".parquet", ".tsv.gz"])
)
@dose(2)
def test_bytes_named_a_table(name, data, suffix):
    found(name, f"x{suffix}", data)


@given(st.lists(st.fixed_dictionaries({"question": TEXT, "answer": TEXT}), min_size=1, max_size=4), st.integers(0, 60))
@dose()
def test_parquet(rows, cut):
    sink = io.BytesIO()
    rows = [{key: value.encode("utf-8", "ignore").decode() for key, value in row.items()} for row in rows]
    pq.write_table(pa.Table.from_pylist(rows), sink)
    data = sink.getvalue()
    found("pairs", "x.parquet", data[: len(data) - cut])


MARKED = st.sampled_from([".html", ".htm", ".rtf", ".docx", ".pdf", ".txt", ".txt.gz", ".txt.zst", ".zip"])


@given(BODY, MARKED, st.binary(max_size=8))
@dose(3)
def test_bytes_named_a_document(body, suffix, tail):
    head = {".rtf": b"{\\rtf1 ", ".pdf": b"%PDF-1.4\n", ".docx": b"PK\x03\x04"}.get(suffix, b"")
    assert found("alexander-street", f"x{suffix}", head + body.encode("utf-8", "replace") + tail)


@given(
    BODY,
    st.sampled_from([".docx", ".rtf", ".gz", ".html"]),
    st.integers(0, 40),
    st.integers(0, 200),
    st.integers(0, 255),
)
@dose(3)
def test_documents_cut_and_spoiled(body, form, cut, at, byte):
    text = body.encode("utf-8", "replace")
    if form == ".docx":
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("word/document.xml", b"<w:p xmlns:w='http://x/main'><w:t>" + text + b"</w:t></w:p>")
        data = bytearray(out.getvalue())
    elif form == ".rtf":
        data = bytearray(b"{\\rtf1\\ansi " + text.replace(b"\n", b"\\par ") + b"}")
    else:
        data = bytearray(gzip.compress(text) if form == ".gz" else b"<html><p data-id=1>" + text + b"</p></html>")
    data = data[: len(data) - cut]
    if at < len(data):
        data[at] = byte
    assert found("alexander-street", f"x.txt{form}" if form == ".gz" else f"x{form}", bytes(data))


PARTS = st.sampled_from(["..", ".", "/", "a", "b.txt", "c.TXT", "\\", "C:", "x.zip", ".h", "__MACOSX", "é"]) | st.text(
    max_size=4
)


@given(
    st.lists(st.tuples(st.lists(PARTS, min_size=1, max_size=4), BODY, st.booleans()), max_size=5), st.integers(0, 30)
)
@dose(2)
def test_archives(entries, cut):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for number, (parts, body, linked) in enumerate(entries):
            name = "/".join(parts).replace("\0", "").encode("utf-8", "ignore").decode()
            entry = zipfile.ZipInfo(f"{number}{name}" if name in file.namelist() else name or "x")
            if linked:
                entry.external_attr = (stat.S_IFLNK | 0o777) << 16
            file.writestr(entry, body.encode("utf-8", "replace"))
    data = out.getvalue()
    found("alexander-street", "x.zip", data[: len(data) - cut])


@pytest.mark.parametrize(
    ("name", "suffix", "data"),
    [
        ("pairs", ".json", b"[" * 200_000),
        ("pairs", ".jsonl", b'{"question":' * 100_000),
        ("chat", ".jsonl", b'{"messages":' + b"[" * 5000 + b"]" * 5000 + b"}"),
        ("pairs", ".csv", b'question,answer\n"' + b"a,b\n" * 300_000),
        ("pairs", ".json", b"[" + b"1" * 10_000 + b"]"),
        ("chat", ".jsonl", as_json({"messages": [{"role": "user", "content": "a"}] * 100_001}).encode()),
        ("alexander-street", ".txt", b"T: " + b"a " * 1_000_000 + b"\nC: b\n" * 2),
        ("alexander-street", ".txt", b"T: Hi.\nC: Ho.\n" * 50_000),
        ("alexander-street", ".rtf", b"{\\rtf1 " + b"{" * 200_000),
        ("alexander-street", ".html", b"<p>" * 300_000),
    ],
)
def test_large_and_deep_input_ends(name, suffix, data):
    items = found(name, f"x{suffix}", data)
    assert items is None or items


def test_a_hundred_thousand_turns_are_kept(tmp_path):
    (tmp_path / "x.txt").write_text("THERAPIST: How so?\nCLIENT: Well.\n" * 50_000)
    [session] = read_source("alexander-street", tmp_path)
    assert len(session.turns) == 100_000
