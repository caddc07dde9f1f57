"""What is asked: held-out rows, our questions, the user's, and none that was trained on."""

import json
from collections import Counter

import pytest

from corpora.errors import UsageError
from finetune.evaluate.items import (
    OURS,
    Item,
    another_therapist,
    decontaminated,
    held_out,
    load_condition,
    load_questions,
    therapist_elsewhere,
    training_texts,
)
from tests.finetune.tiny import make_corpus

TOPICS = 33  # CounselChat's, as MentalChat16K counts them


def test_our_questions_are_two_hundred_over_the_topics():
    items = load_questions()
    topics = Counter(item.topic for item in items)
    assert len(items) == 200
    assert (len(topics), min(topics.values())) == (TOPICS, 4)
    assert len({item.item_id for item in items}) == len({item.asked for item in items}) == 200
    assert topics.most_common(1)[0][0] == "Relationships"
    assert all(item.group == item.topic and item.reference is None for item in items)
    assert all(12 <= len(item.asked.split()) <= 120 for item in items)


def test_our_topics_are_counselchats(shared):
    import csv

    with (shared / "data" / "counsel-chat" / "topics.csv").open() as file:
        assert {row["topic"] for row in csv.DictReader(file)} == {item.topic for item in load_questions()}


def test_our_questions_share_no_line_with_counselchat(shared):
    text = (shared / "data" / "counsel-chat" / "counselchat-data.csv").read_text(errors="replace")
    assert decontaminated(load_questions(), text.splitlines())[1] == []


def test_questions_that_were_trained_on_are_left_out():
    items = load_questions()
    planted = items[7].asked.upper().replace(",", " ;")
    part = " ".join(items[40].asked.split()[2:11])
    kept, seen = decontaminated(items, ["something else", f"A client wrote: {planted} Then", part])
    assert seen == sorted([items[7].item_id, items[40].item_id])
    assert len(kept) == 198
    short = Item("s", "questions", "s", ({"role": "user", "content": "How do I stop crying?"},))
    assert decontaminated([short], ["She asked: how do I stop crying? Well."])[1] == ["s"]
    assert decontaminated([short], ["How do I stop worrying?"])[1] == []
    assert decontaminated(items, [])[1] == []


def test_own_questions_are_read_from_three_kinds_of_files(tmp_path):
    (tmp_path / "q.txt").write_text("Why do I wake at four?\n\nWhat is grief for?\n")
    assert [item.asked for item in load_questions(tmp_path / "q.txt")] == [
        "Why do I wake at four?",
        "What is grief for?",
    ]
    lines = [{"question": "Why?", "topic": "Sleep", "answer": "Let us see."}, {"question": "How?", "id": "x"}]
    (tmp_path / "q.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    first, second = load_questions(tmp_path / "q.jsonl")
    assert (first.item_id, first.group, first.reference) == ("line-1", "Sleep", "Let us see.")
    assert (second.item_id, second.group, second.reference) == ("x", "x", None)
    (tmp_path / "q.toml").write_text(OURS.read_text())
    assert load_questions(tmp_path / "q.toml") == load_questions()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("q.jsonl", '{"question": "Why?"}\n{"q": 1}\n', "line 2: not a JSON object"),
        ("q.jsonl", '{"question": "a", "id": "x"}\n{"question": "b", "id": "x"}', "'x' stands there twice"),
        ("q.txt", "\n", "holds no question"),
        ("q.toml", "[topics\n", "not TOML"),
        ("missing.txt", None, "cannot be read"),
    ],
)
def test_a_question_file_that_is_wrong_is_named(tmp_path, name, text, said):
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(UsageError, match=said):
        load_questions(tmp_path / name)


def test_held_out_rows_come_with_the_therapists_answer(split_corpus, tmp_path):
    items, split = held_out(split_corpus)
    assert (split, len(items)) == ("test", 24)
    assert all(item.reference and item.talk[-1]["role"] == "user" for item in items)
    few, _ = held_out(split_corpus, limit=10)
    assert len(few) == 8, "whole clients"
    assert held_out(split_corpus, limit=10)[0] == few
    assert len(list(training_texts(split_corpus))) >= 2 * 48
    with pytest.raises(UsageError, match="holds nothing out"):
        held_out(make_corpus(tmp_path / "all", {"train": 8}))


def test_prompt_conditions_replace_the_rows_own(tmp_path):
    talk = ({"role": "system", "content": "Old."}, {"role": "user", "content": "Hello."})
    item = Item("a", "held-out", "c", talk)
    assert load_condition("none").applied(item) == list(talk)
    asked = load_condition("empathetic").applied(item)
    assert [message["role"] for message in asked] == ["system", "user"]
    assert len(asked[0]["content"]) > len(load_condition("minimal").applied(item)[0]["content"]) > 20
    (tmp_path / "mine.txt").write_text("Answer as my aunt would.\n")
    own = load_condition(str(tmp_path / "mine.txt"))
    assert (own.name, own.text, len(own.sha256)) == ("mine", "Answer as my aunt would.", 64)
    with pytest.raises(UsageError, match="neither one of none, minimal"):
        load_condition("unheard")


def test_human_baselines():
    def item(name, group, question, answer):
        return Item(name, "held-out", group, ({"role": "user", "content": question},), answer)

    items = [item("a", "q1", "Why?", "One."), item("b", "q1", "Why?", "Two."), item("c", "q2", "How?", "Three.")]
    assert another_therapist(items) == ["Two.", "One.", None]
    assert therapist_elsewhere(items)[2] in {"One.", "Two."}
    assert therapist_elsewhere(items)[:2] == ["Three.", "Three."]
    assert therapist_elsewhere(items[:2]) == [None, None]
