"""Topics that the model adds to a list: as many as asked for, none twice, each once paid for."""

import json
from contextlib import closing

import pytest

from benchmarks import chat_server
from benchmarks.chat_server import ChatServer
from corpora.errors import UsageError
from synth.asking import Asker, Books
from synth.budget import Budget
from synth.dialogues.making import make_topics
from synth.dialogues.settings import Settings
from synth.dialogues.topics import load_topics
from synth.ledger import Ledger
from synth.remote import RemoteWriter

TOPICS = {"Anxiety": 3.0, "Grief and Loss": 1.0, "Stress": 5.0}


def made(server, path, wanted, tokens=None, attempts=8):
    settings = Settings({"query": 1}, TOPICS, attempts=attempts)
    with closing(RemoteWriter("m", server.url)) as writer, Ledger(path) as ledger:
        return make_topics(Asker(writer, Books(ledger, Budget(None, None, tokens), "c")), settings, wanted)


def named(monkeypatch, *replies):
    """Have the server name these topics, a list a request."""
    left = [json.dumps({"topics": topics}) if isinstance(topics, list) else topics for topics in replies]
    monkeypatch.setattr(chat_server, "write_reply", lambda *_: (left.pop(0), "stop"))


def test_so_many_topics_are_added_by_the_median_weight_and_asked_for_once(tmp_path):
    with ChatServer() as server:
        first = made(server, tmp_path / "ledger", 45)
        requests = len(server.seen.bodies)
        assert requests >= 3
        assert made(server, tmp_path / "ledger", 45) == first
        assert len(server.seen.bodies) == requests
    assert len(set(first.added)) == 45
    assert first.topics == {**TOPICS, **dict.fromkeys(first.added, 3.0)}


def test_what_repeats_a_topic_or_is_none_is_passed_over_with_a_reason(tmp_path, monkeypatch):
    said = [
        "Loss and grief",
        "anxiety",
        "Moving House",
        "Moving a house",
        "1. Debt",
        "a|b",
        "x" * 81,
        " ".join("abcdefghi"),
        7,
    ]
    named(monkeypatch, said, "I would rather not.", ["Debt", "Retirement"])
    with ChatServer() as server:
        found = made(server, tmp_path / "ledger", 3)
    assert found.added == ("Moving House", "Debt", "Retirement")
    assert found.refused == {"known": 3, "no_topic": 4}


def test_where_tries_or_budget_end_there_are_fewer(tmp_path, monkeypatch):
    named(monkeypatch, *[["Moving House"]] * 4)
    with ChatServer() as server:
        assert made(server, tmp_path / "ledger", 5, attempts=3).added == ("Moving House",)
        assert made(server, tmp_path / "other", 5, tokens=100).topics == TOPICS
        assert len(server.seen.bodies) == 3


def test_a_list_may_begin_with_its_source_and_errors_count_its_lines(tmp_path):
    path = tmp_path / "topics.csv"
    path.write_text("# counted by us\ntopic,weight\nDebt,3\nWork,none\n")
    with pytest.raises(UsageError, match="line 4: a weight"):
        load_topics(path)
    path.write_text("# counted by us\ntopic,weight\nDebt,3\n")
    assert load_topics(path) == {"Debt": 3.0}
