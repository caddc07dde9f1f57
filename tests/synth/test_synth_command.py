"""`corpora synth`, and the stage in a recipe, as a user runs them."""

import json

import pytest

from benchmarks.chat_server import ChatServer


def test_a_corpus_of_dialogues_is_published_with_its_report(corpora_command, tmp_path, key_file, published):
    prices = tmp_path / "prices.toml"
    prices.write_text('["m"]\ninput = 0.5\noutput = 1.5\n')
    with ChatServer() as server:
        command = ("synth", "--n", 30, "--model", "m", "--endpoint", server.url, "--out", tmp_path / "out")
        command += ("--prices", prices, "--budget", 1, "--cull", 6, "--key-file", key_file, "--json")
        plan = json.loads(corpora_command(*command, "--dry-run", check=True).stdout)
        assert not server.seen.bodies
        manifest = json.loads(corpora_command(*command, check=True).stdout)
        made = manifest["synthetic"]
        assert made["cost_usd"] == pytest.approx((server.seen.read * 0.5 + server.seen.written * 1.5) / 1e6, abs=1e-9)
        assert plan["cost_usd"] > 0
        assert manifest["examples"]["by_kind"] == {"synthetic": 30}
        assert made["topics"]["kept"] == made["topics"]["target"]
        page = (tmp_path / "out" / "report" / "index.html").read_text(encoding="utf-8")
        assert "Synthetic dialogues" in page
        assert "self-BLEU" in page
        before, first = len(server.seen.bodies), published(tmp_path / "out")
        corpora_command(*command, check=True)
        assert len(server.seen.bodies) == before
        assert published(tmp_path / "out") == first

        from datasets import load_from_disk

        rows = [row for split in load_from_disk(str(tmp_path / "out")).values() for row in split]
        assert len({row["example_id"] for row in rows}) == 30
        for row in rows:
            generation = json.loads(row["provenance"]["generation"])
            assert generation["topic"] == row["topic"]
            assert row["prompt"][-1]["role"] == "user"
            if generation["instructor"] == "multi_turn":
                assert 5 <= len(row["prompt"]) <= 19, "kept whole"


def test_dialogues_mix_into_a_build(corpora_command, tmp_path, key_file):
    from pipelines.recipe import RECIPES

    with ChatServer() as server:
        stage = f'[[stage]]\nuse = "synth"\nn = 10\nmodel = "m"\nendpoint = "{server.url}"\n\n'
        text = (RECIPES / "build.toml").read_text(encoding="utf-8")
        recipe = tmp_path / "mixed.toml"
        recipe.write_text(text.replace('[[stage]]\nuse = "split"', stage + '[[stage]]\nuse = "split"'))
        command = ("run", recipe, "--out", tmp_path / "out", "--engine", "serial", "--key-file", key_file, "--json")
        manifest = json.loads(corpora_command(*command, check=True).stdout)
    assert manifest["examples"]["by_kind"]["synthetic"] == 10
    assert manifest["examples"]["by_kind"]["transcript"] >= 100
    told = json.dumps([body["messages"] for body in server.seen.bodies])
    assert "Alexander" not in told


@pytest.mark.parametrize(
    ("flags", "code", "said"),
    [
        (("--model", "m", "--endpoint", "http://example.org"), 2, "https://HOST/v1"),
        (("--model", "m", "--endpoint", "http://127.0.0.1:1", "--budget", 1), 2, "--prices"),
        (("--model", "m", "--endpoint", "http://127.0.0.1:1", "--count", "poem=3"), 2, "--count poem"),
        (("--model", "m", "--endpoint", "http://127.0.0.1:1", "--seeds", "RAW"), 4, "corpora anonymize"),
        (("--model", "m"), 2, "CORPORA_API_KEY"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_sent(corpora_command, tmp_path, flags, code, said):
    raw = tmp_path / "raw.jsonl"
    raw.write_text(
        json.dumps(
            {"session_id": "s", "source": "x", "client_id": None, "turns": [], "meta": {}, "deidentified": False}
        )
    )
    given = [raw if flag == "RAW" else flag for flag in flags]
    result = corpora_command("synth", "--out", tmp_path / "out", *given, env={"OPENAI_API_KEY": ""})
    assert result.returncode == code, result.stderr
    assert said in result.stderr


def test_a_model_in_this_process_is_held_to_the_form(model, tmp_path):
    from corpora.records import Message
    from synth.asking import Asker, Books, Question
    from synth.backend import Sampling
    from synth.budget import Budget
    from synth.dialogues.instructors import Bounds, instructors
    from synth.dialogues.replies import items_in
    from synth.dialogues.settings import Settings
    from synth.dialogues.shapes import items_shape
    from synth.draws import seed_of
    from synth.ledger import Ledger
    from synth.llama import LlamaBackend, LlamaOptions
    from synth.local import LocalWriter

    kind = instructors()["short_answer"].bounded(Bounds(4, 8), Bounds(3, 6))
    slots = Settings({"short_answer": 4}).slots()
    writer = LocalWriter(LlamaBackend(model, Sampling(1.0), LlamaOptions(parallel=2, threads=1)))
    shape = items_shape(kind, [slot.topic for slot in slots[:2]])
    questions = [
        Question("short_answer", at, 0, (Message("user", f"Write {at}."),), 10, seed=seed_of(at), shape=shape)
        for at in range(3)
    ]
    with Ledger(tmp_path / "ledger") as ledger:
        replies = Asker(writer, Books(ledger, Budget(), "c")).ask(questions)
    writer.close()
    assert len(replies) == 3
    for reply in replies.values():
        if reply.finish == "stop":
            found = items_in(reply.text, slots[:2], messages=False)
            assert all([role for role, _ in found[slot.index]] == ["user", "assistant"] for slot in slots[:2])
    assert any(reply.finish == "stop" for reply in replies.values())
