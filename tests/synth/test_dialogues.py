"""Dialogues from a real server on loopback that fails on order: nothing is lost, paid twice, or past its limit."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing

import pytest

from benchmarks import chat_server
from benchmarks.chat_server import FAULTS, ChatServer, Script
from corpora.errors import CorporaError, UsageError
from synth.asking import Asker, Books, read_reply, spent_before
from synth.budget import Budget, Price, Tokens
from synth.dialogues.generate import Generator
from synth.dialogues.settings import Settings, default_counts
from synth.dialogues.topics import load_topics, quota
from synth.ledger import Ledger
from synth.remote import RemoteWriter

PRICE = Price(0.5, 1.5)
AT_ONCE = 16


def generated(server, path, settings, *, dollars=None, tokens=None, tries=8):
    with (
        closing(RemoteWriter("m", server.url, parallel=AT_ONCE, timeout=1.0, tries=tries)) as writer,
        Ledger(path) as ledger,
    ):
        budget = Budget(PRICE, dollars, tokens, spent_before(ledger))
        books = Books(ledger, budget, settings.config_hash(writer.identity))
        return Generator(Asker(writer, books), settings).run(), budget, books


def told(result):
    return [(d.slot.index, d.slot.topic, d.turns) for d in result.dialogues]


def charged(seen):
    return Tokens(seen.read, seen.written)


def test_every_wanted_dialogue_arrives_once_with_its_topic_though_a_third_of_requests_fail(tmp_path):
    settings = Settings(default_counts(60))
    with ChatServer(Script(0.005, fault_share=0.3, hang=1.5, seed=3)) as server:
        result, budget, books = generated(server, tmp_path / "ledger", settings)
        seen = server.seen
        assert result.stopped is None
        assert len(set(seen.outcomes) & set(FAULTS)) >= 8, "the script did fail in many ways"
        assert [d.slot.index for d in result.dialogues] == list(range(60))
        assert Counter(d.slot.topic for d in result.dialogues) == +Counter(quota(settings.topics, 60))
        assert len({d.turns for d in result.dialogues}) == 60
        assert all(len(d.turns[0][1].split()) >= 300 for d in result.dialogues if d.slot.instructor == "query")
        lost = books.counts["timeout"] + books.counts["connection_broken"]
        paid = charged(seen)
        assert budget.spent.read >= paid.read
        assert lost or budget.spent == paid
        requests = len(seen.bodies)
        again, after, _ = generated(server, tmp_path / "ledger", settings)
        assert told(again) == told(result)
        assert after.spent == budget.spent
        assert len(seen.bodies) == requests


def test_the_cost_is_what_the_server_charged(tmp_path):
    with ChatServer(Script(0.005, fault_share=0.4, faults=("busy", "error", "one_short", "malformed"))) as server:
        _, budget, books = generated(server, tmp_path / "ledger", Settings(default_counts(30)))
        assert sum(books.ledger.ended.values()) == len(server.seen.bodies)
        assert books.ledger.ended["status_429"] == server.seen.outcomes["busy"] > 0
        assert budget.spent == charged(server.seen)
        assert budget.dollars() == pytest.approx((server.seen.read * 0.5 + server.seen.written * 1.5) / 1e6, abs=1e-9)


def test_all_steps_of_a_run_share_one_pool_of_connections(tmp_path):
    with ChatServer(Script(0.01)) as server:
        result, _, _ = generated(server, tmp_path / "ledger", Settings(default_counts(40), cull=1.0))
    assert result.stopped is None
    assert len(server.seen.bodies) > 3 * AT_ONCE
    assert server.seen.connections <= AT_ONCE


@pytest.mark.parametrize("faults", [("busy", "one_short"), ("hang", "reset", "half_body")])
def test_a_budget_is_never_passed_and_what_is_there_is_whole(tmp_path, faults):
    with ChatServer(Script(0.005, fault_share=0.2, faults=faults, hang=1.5)) as server:
        result, budget, _ = generated(server, tmp_path / "ledger", Settings({"query": 60}), tokens=60_000)
        assert result.stopped == "budget"
        assert 0 < len(result.dialogues) < 60
        assert budget.spent.all <= 60_000
        assert charged(server.seen).all <= 60_000
        assert all(len(d.turns) == 2 for d in result.dialogues)
        more, _, _ = generated(server, tmp_path / "ledger", Settings({"query": 60}), tokens=1_000_000)
        assert more.stopped is None
        assert len(more.dialogues) == 60


def test_a_limit_of_money_needs_a_price():
    with pytest.raises(UsageError, match="--prices"):
        Budget(None, 1.0)


@pytest.mark.parametrize(("status", "said"), [(401, "key"), (402, "money"), (400, "--model")])
def test_what_a_server_will_never_take_ends_the_run_at_once(tmp_path, status, said, monkeypatch):
    with ChatServer(Script(0.005, fault_share=1.0, faults=("error",))) as server:
        send = server._send

        async def refuse(writer, _status, data, outcome, headers=None):
            return await send(writer, status, data, outcome, headers)

        monkeypatch.setattr(server, "_send", refuse)
        with pytest.raises(CorporaError, match=rf"status {status}.*{said}"):
            generated(server, tmp_path / "ledger", Settings({"query": 1}))
        assert sum(server.seen.outcomes.values()) == 1


def test_a_server_that_is_gone_is_one_line(tmp_path):
    with ChatServer() as server:
        pass
    with pytest.raises(CorporaError, match="does not answer"):
        generated(server, tmp_path / "ledger", Settings({"query": 1}), tries=2)


def test_a_ledger_cut_in_its_last_line_goes_on_and_one_damaged_in_the_middle_is_named(tmp_path):
    path = tmp_path / "ledger"
    with ChatServer() as server:
        result, budget, _ = generated(server, path, Settings({"short_answer": 10}))
        path.write_bytes(path.read_bytes() + b'{"id": 99, "as')
        again, after, _ = generated(server, path, Settings({"short_answer": 10}))
    assert told(again) == told(result)
    assert after.spent == budget.spent
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], b"{half\n", *lines[1:]]))
    with pytest.raises(CorporaError, match="line 2: damaged"):
        Ledger(path)


def test_nobody_else_may_write_to_an_open_ledger(tmp_path):
    with Ledger(tmp_path / "ledger"), pytest.raises(CorporaError, match="another run"):
        Ledger(tmp_path / "ledger")


def test_a_judge_culls_what_it_scores_low_or_cannot_score(tmp_path, monkeypatch):
    write = chat_server.write_reply
    judged = []

    def reply(prompt, fault, draw):
        if '"safe"' not in prompt:
            return write(prompt, fault, draw)
        judged.append(prompt)
        broken = len(judged) % 3 == 0
        scores = {name: 3 if len(judged) % 3 == 1 else 9 for name in ("safe", "helpful", "natural", "complete")}
        return ("I would say it is good." if broken else json.dumps(scores)), "stop"

    monkeypatch.setattr(chat_server, "write_reply", reply)
    with ChatServer() as server:
        result, _, _ = generated(server, tmp_path / "ledger", Settings({"short_answer": 12}, cull=6.0))
    assert len(result.dialogues) == 12
    assert all(min(d.scores.values()) == 9 for d in result.dialogues)
    assert sum(count for (_, _, reason), count in result.faults.items() if reason == "judged_poor") > 0


def test_every_line_of_a_prompt_asks_for_a_length_of_its_own(tmp_path):
    settings = Settings({"multi_turn": 12, "query": 2, "short_answer": 2})
    lengths = [slot.turns for slot in settings.slots() if slot.instructor == "multi_turn"]
    assert len(set(lengths)) > 3
    assert all(6 <= turns <= 20 and turns % 2 == 0 for turns in lengths)
    with ChatServer() as server:
        generated(server, tmp_path / "ledger", settings)
    asked = "\n".join(body["messages"][0]["content"] for body in server.seen.bodies)
    assert sorted(map(int, re.findall(r"\| about (\d+) turns \|", asked))) == sorted(lengths)


def test_a_dialogue_that_repeats_the_words_it_was_to_start_from_is_asked_for_again(tmp_path, monkeypatch):
    seed = (
        "I kept the blue kettle on the stove all night because the sound of it told me that somebody was still there."
    )
    write, copied = chat_server.write_reply, []

    def reply(prompt, fault, draw):
        text, finish = write(prompt, fault, draw)
        if copied:
            return text, finish
        copied.append(text)
        document = json.loads(text)
        document["items"][0]["turns"][0]["text"] += f" {seed}"
        return json.dumps(document), finish

    monkeypatch.setattr(chat_server, "write_reply", reply)
    with ChatServer() as server:
        result, _, _ = generated(server, tmp_path / "ledger", Settings({"short_answer": 4}, seeds=(seed,)))
    assert sum(count for (_, _, reason), count in result.faults.items() if reason == "copied_seed") == 1
    assert len(result.dialogues) == 4
    assert not any("blue kettle on the stove" in text for d in result.dialogues for _, text in d.turns)


def test_a_run_that_is_killed_again_and_again_repeats_at_most_what_was_under_way(tmp_path, key_file):
    out, draw = tmp_path / "out", random.Random(5)
    with ChatServer(Script(0.15)) as server:
        command = [sys.executable, "-m", "pipelines.cli", "synth", "--n", "40", "--model", "m", "--out", str(out)]
        command += ["--endpoint", server.url, "--parallel", "4", "--key-file", str(key_file), "--json"]
        ledger = tmp_path / "out.work" / "generate" / "synth-0" / "ledger.jsonl"
        for _ in range(3):
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            before = ledger.stat().st_size if ledger.exists() else 0
            while (not ledger.exists() or ledger.stat().st_size <= before) and process.poll() is None:
                time.sleep(0.02)
            time.sleep(draw.uniform(0, 0.5))
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        made = json.loads(done.stdout)["synthetic"]
        assert made["kept"] == 40
        asked = Counter(json.dumps(body["messages"]) for body in server.seen.bodies)
        assert sum(asked.values()) - len(asked) <= 3 * 4
        assert made["tokens"]["read"] >= server.seen.read
        assert made["requests"]["cut_off"] > 0
        assert sum(made["requests"].values()) >= len(server.seen.bodies)
        first = (out / "SHA256SUMS").read_bytes()
        requests = len(server.seen.bodies)
        assert subprocess.run(command, capture_output=True, check=False).returncode == 0
        assert (out / "SHA256SUMS").read_bytes() == first
        assert len(server.seen.bodies) == requests


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        ("", "broken_body"),
        ('{"choices": [{"mess', "broken_body"),
        ("[]", "broken_body"),
        ('{"choices": []}', "broken_body"),
        ('{"choices": [{"message": {"content": null}}]}', "empty"),
        ('{"choices": [{"message": {"content": "  "}}]}', "empty"),
    ],
)
def test_a_body_that_is_no_answer_has_a_name(raw, fault):
    assert read_reply(raw).fault == fault


def test_the_packaged_topics_are_the_platforms(shared):
    import csv

    with (shared / "data" / "counsel-chat" / "topics.csv").open() as file:
        published = {row["topic"]: float(row["answers"]) for row in csv.DictReader(file)}
    assert load_topics() == published


@pytest.mark.parametrize("total", [1, 7, 33, 100, 9775])
def test_quotas_add_up_and_stay_within_one_of_their_share(total):
    topics = load_topics()
    counts, whole = quota(topics, total), sum(topics.values())
    assert sum(counts.values()) == total
    assert all(abs(counts[topic] - total * weight / whole) < 1 for topic, weight in topics.items())
