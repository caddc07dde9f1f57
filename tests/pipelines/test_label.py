import csv
from pathlib import Path

import polars as pl
import pytest

from corpora.errors import UsageError
from pipelines.stages import Label
from pipelines.stages.label import FLAG, LEXICON, read_lexicon, score

LABELLED = Path(__file__).parent / "labelled.tsv"


def test_on_sentences_by_the_hand_that_wrote_the_lists_they_are_seldom_wrong(frame_of):
    with LABELLED.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    frame = Label().apply(frame_of(*({"prompt": row["text"]} for row in rows))).sort("example_id").collect()
    right_topics = sum(found == row["topic"] for found, row in zip(frame["topic"], rows, strict=True))
    wanted = [set(filter(None, row["symptoms"].split(","))) for row in rows]
    found = [set(value or ()) for value in frame["symptoms"].to_list()]
    right = sum(len(one & other) for one, other in zip(found, wanted, strict=True))
    assert right_topics / len(rows) >= 0.9
    assert right / sum(map(len, found)) >= 0.9
    assert right / sum(map(len, wanted)) >= 0.65


def test_on_the_topics_that_askers_gave_they_are_right_as_often_as_the_docs_say(shared):
    csv.field_size_limit(10_000_000)
    asked = {}
    with (shared / "data/counsel-chat/counselchat-data.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            topics = asked.setdefault(row["questionID"], (f"{row['questionTitle']} {row['questionText']}", set()))[1]
            topics.update(topic.strip() for topic in row["topics"].split(","))
    texts = pl.LazyFrame([(name, text) for name, (text, _) in asked.items()], ["example_id", "text"], orient="row")
    scores = score(texts).filter((pl.col("what") == "topic") & (pl.col("score") >= 2))
    ranked = scores.sort("score", "label", descending=[True, False]).group_by("example_id", maintain_order=True)
    best = dict(ranked.agg(pl.col("label").first()).rows())
    right = sum(topic in asked[name][1] for name, topic in best.items())
    assert len(best) / len(asked) >= 0.75
    assert right / len(best) >= 0.63


def test_metadata_win_and_what_the_words_say_is_flagged(frame_of):
    rows = [
        {"prompt": "I am so depressed", "meta": {"topic": "Grief", "symptoms": ["anger"]}},
        {"prompt": "I am so depressed"},
        {"prompt": ["I like rain.", "You seem depressed and hopeless.", "Perhaps."]},
    ]
    frame = frame_of(*rows)
    stage = Label()
    labelled = stage.apply(frame)
    table = labelled.sort("example_id").collect()
    assert table["topic"].to_list() == ["Grief", "Depression", None]
    assert table["symptoms"].to_list() == [["anger"], ["depression"], None]
    assert table["flags"].to_list() == [[], [FLAG], []]
    assert table.schema == frame.collect_schema()
    counts = stage.findings(frame, labelled)["labels"]
    assert counts["topic"] == {"from_metadata": 1, "from_keywords": 1, "none": 1}


def test_the_lexicon_covers_the_33_topics_and_six_symptoms_and_a_broken_one_is_refused(tmp_path):
    labels = {(what, label) for _, what, label, _ in read_lexicon(LEXICON)}
    assert sum(what == "topic" for what, _ in labels) == 33
    assert sum(what == "symptom" for what, _ in labels) == 6
    (tmp_path / "mine.toml").write_text('[topic.Work]\nweak = ["boss"]\n')
    with pytest.raises(UsageError, match=r"mine\.toml is no TOML of"):
        Label(lexicon=tmp_path / "mine.toml").check()


def test_one_wanted_label_leaves_the_other_open(frame_of):
    table = Label(what=("symptom",)).apply(frame_of({"prompt": "I am so depressed"})).collect()
    assert table["topic"].to_list() == [None]
    assert isinstance(table["symptoms"][0], pl.Series)
