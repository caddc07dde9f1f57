"""Whatever the bytes: no exception but ours, and everything seen is kept or accounted for."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from corpora import Drop, Session
from corpora.errors import CorporaError
from corpora.sources import read_source
from corpora.sources.annomi import COLUMNS

PIECES = st.sampled_from(
    [
        *(
            "THERAPIST: ",
            "CLIENT: ",
            "T: ",
            "c: ",
            "Anna: ",
            "Dr. B: ",
            "SPEAKER 1 ",
            "Client 205: White female, 38 years old",
            "Q.\t",
        ),
        *(
            "BEGIN TRANSCRIPT:\n",
            "END TRANSCRIPT\n",
            "SESSION 4\n",
            "Page 2 of 9\n",
            "____\n",
            "TRANSCRIPT OF AUDIO FILE:\n",
            "7\n",
        ),
        *(
            "(laughter)",
            "[0:02:47]",
            "0:13:39.5",
            "(",
            "]",
            "*",
            "<p>",
            "&amp;",
            "hop-\ning ",
            "How are you? ",
            "I am. ",
            "____",
            ": ",
        ),
        *("\n", "\n\n", "\r\n", "\t", " ", "\u2028", "\xa0", "’", "é", "\u202e", "\ufeff", "：", "\x0c"),
    ]
)
TRANSCRIPTS = st.lists(PIECES | st.text(max_size=8), max_size=60).map("".join)
DOSE = int(os.environ.get("CORPORA_FUZZ", "100"))
ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"])


def read(name, suffix, data):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"x{suffix}")
        path.write_bytes(data)
        try:
            found = list(read_source(name, path))
        except CorporaError:
            return None
    return found


def check(found, size):
    assert found
    for item in found:
        assert isinstance(item, Session | Drop)
        assert 0 <= item.origin.start <= item.origin.end <= size
    for session in (item for item in found if isinstance(item, Session)):
        assert [turn.index for turn in session.turns] == list(range(len(session.turns)))
        assert {"therapist", "client"} <= {turn.role for turn in session.turns}
        assert all(turn.text == " ".join(turn.text.split()) != "" for turn in session.turns)


@given(TRANSCRIPTS, ENCODINGS, st.integers(0, 3), st.binary(max_size=3))
@settings(max_examples=3 * DOSE, deadline=None)
def test_transcripts(text, encoding, cut, tail):
    data = text.encode(encoding, "replace")
    data = data[: max(0, len(data) - cut)] + tail
    found = read("alexander-street", ".txt", data)
    check(found, len(data))
    again = read("alexander-street", ".txt", data)
    assert [item.turns for item in found] == [item.turns for item in again]


@given(st.binary(max_size=400))
@settings(max_examples=2 * DOSE, deadline=None)
def test_bytes_named_txt(data):
    check(read("alexander-street", ".txt", data), len(data))


CELLS = st.sampled_from(
    ["1", "2", "high", "low", "therapist", "client", "00:00:13", "Yes.", "", "(pause)", "a\nb", 'a "b"', "é’"]
) | st.text(max_size=5)


@given(st.lists(st.lists(CELLS, min_size=6, max_size=9), max_size=12), st.binary(max_size=6), st.integers(0, 4))
@settings(max_examples=3 * DOSE, deadline=None)
def test_tables(rows, tail, cut):
    lines = [",".join(COLUMNS), *(",".join('"' + cell.replace('"', '""') + '"' for cell in cells) for cells in rows)]
    data = "\n".join(lines).encode("utf-8", "replace")
    data = data[: len(data) - cut if rows else None] + b"\n" + tail
    found = read("annomi", ".csv", data)
    if found:
        check(found, len(data))
    kept = sum(len(item.turns) if isinstance(item, Session) else item.count for item in found or [])
    if not tail and not cut and found is not None:
        assert kept == len(rows)


@given(st.binary(max_size=400))
@settings(max_examples=DOSE, deadline=None)
def test_bytes_named_csv(data):
    read("annomi", ".csv", data)
