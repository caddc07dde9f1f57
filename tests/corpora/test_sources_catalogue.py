"""Tables beside the transcripts: the collection's metadata, and ratings."""

from __future__ import annotations

import pytest

from corpora.errors import UsageError
from corpora.records import Origin, Session, Turn
from corpora.sources.catalogue import entry_of, read_catalogue
from corpora.sources.ratings import krippendorff_alpha, read_ratings

TABLE = """ID,Title,Year,School_of_Therapy,Therapist,Symptoms,Link,Client_Age_Range,Client_Gender,Client
1001.txt,"Talk, with Anna",2009,Psychodynamic,Dr. Berg,[^] Anxiety; Depression; [^] Low mood,x,31-40 years,Female,205
1002,,2010,,"Berg, U.",Unknown,Gestalt; Talking,over 95,Male; Female,
"""


@pytest.mark.parametrize(("delimiter", "encoding"), [(",", "utf-8"), ("\t", "utf-8-sig"), (",", "cp1252")])
def test_declared_columns_only(tmp_path, delimiter, encoding):
    import csv
    import io

    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(csv.reader(io.StringIO(TABLE)))
    path = tmp_path / "table.csv"
    path.write_bytes(out.getvalue().encode(encoding))
    entries = read_catalogue(path)
    first = entry_of(entries, "folder/1001#2")
    assert first.client == "205"
    assert first.meta == {
        "symptoms": ["anxiety", "depression", "low mood"],
        "approach": "Psychodynamic",
        "age_range": "31-40",
        "gender": "female",
    }
    assert entry_of(entries, "1002").meta == {"age_range": "90+"}
    assert entry_of(entries, "1003") is None
    assert "Berg" not in repr(entries)
    assert "Anna" not in repr(entries)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n", "no column of session ids"),
        ("id,therapist\n1,x\n", "none of its columns is known"),
        ("id,symptoms\n1,x\n1,y\n", "line 3: the id of an earlier line"),
        ("id,symptoms\n,y\n", "line 2: the id is empty"),
        ("", "white space"),
    ],
)
def test_a_table_that_cannot_be_used_is_said(tmp_path, text, message):
    path = tmp_path / "t.csv"
    path.write_text(text)
    with pytest.raises(UsageError, match=message):
        read_catalogue(path)


def test_ratings_of_sessions_and_turns_by_several_raters(tmp_path):
    path = tmp_path / "r.csv"
    path.write_text(
        "session_id,turn,rater,rating\na,,x,high\na,,y,High\na,,z,low\nb,,x,low\nb,,y,high\na,1,x,4\na,1,y,5\n"
    )
    ratings = read_ratings(path)
    turns = [Turn(n, "therapist", "T", "Yes.") for n in range(2)]
    rated = ratings.rate(Session("a", "s", None, turns, {}, Origin("a")))
    assert rated.meta["quality"] == "high"
    assert [turn.quality for turn in rated.turns] == [None, "4.5"]
    assert ratings.of("b") is None
    assert "3 items rated more than once" in ratings.agreement()


def test_alpha_is_that_of_the_textbook():
    # Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), section B: two observers, nominal data
    items = list(zip("aabbdcccedda", "babbbccceddd", strict=True))
    assert krippendorff_alpha(items) == pytest.approx(0.692, abs=0.001)
    assert krippendorff_alpha([("1", "1"), ("2", "2")]) == 1
    assert krippendorff_alpha([("1", "1")]) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n", "needs the columns"),
        ("session_id,turn,rating\na,x,1\n", "line 2"),
        ("session_id,rating\na,1\na,2\n", "line 3: this rater rated it otherwise"),
    ],
)
def test_ratings_that_cannot_be_used_are_said(tmp_path, text, message):
    path = tmp_path / "r.csv"
    path.write_text(text)
    with pytest.raises(UsageError, match=message):
        read_ratings(path)
