"""Pages to examples through a real model: retries, drops, the cache, refusals, what the manifest says."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from corpora import Drop, Example
from corpora.errors import PrivacyError, UsageError
from synth.answers import Answers
from synth.backend import Sampling
from synth.checks import Limits
from synth.grammar import Shape
from synth.llama import LlamaBackend, LlamaOptions
from synth.paraphrase import Paraphraser, summary
from synth.prompts import load_prompt

pytestmark = pytest.mark.integration


@pytest.fixture
def answers(tmp_path):
    with Answers(tmp_path / "answers.sqlite") as opened:
        yield opened


@pytest.fixture
def paraphraser(backend, settings, answers):
    return Paraphraser(backend, load_prompt("round"), settings, answers)


def test_every_page_becomes_an_example_with_its_provenance(paraphraser, sessions):
    session = sessions[0]
    pages = paraphraser.pages(session)[:6]
    result = paraphraser.rewrite(pages)
    made = paraphraser.examples(session, result.outcomes)
    examples = [item for item in made if isinstance(item, Example)]
    assert len(examples) + sum(isinstance(item, Drop) for item in made) == len(pages)
    assert examples
    for example in examples:
        assert example.kind == "paraphrase"
        assert [message.role for message in (*example.prompt, *example.completion)] == ["user", "assistant"]
        assert example.response_words == len(example.completion[0].content.split()) >= 40
        told = json.loads(example.provenance.generation)
        assert (told["model"], told["quantisation"], told["mode"]) == ("tiny", "F16", "round")
        assert told["sha256"] == paraphraser.backend.header.sha256
        assert {"prompt", "sampling", "page", "attempt", "parallel"} <= set(told)
        assert example.provenance.prompt_hash == load_prompt("round").sha256


def test_a_multi_turn_rewrite_makes_examples_that_alternate(backend, settings, answers, sessions):
    settings = replace(settings, shape=Shape("turns", 40, 50, 3))
    paraphraser = Paraphraser(backend, load_prompt("turns"), settings, answers)
    result = paraphraser.rewrite(paraphraser.pages(sessions[1])[:4])
    examples = [item for item in paraphraser.examples(sessions[1], result.outcomes) if isinstance(item, Example)]
    assert examples
    for example in examples:
        roles = [message.role for message in example.prompt]
        assert roles == (["user", "assistant"] * 9)[: len(roles)]
        assert roles[-1] == "user"
        assert example.context_turns == len(roles) <= 8


def test_faults_are_counted_retried_with_a_fresh_seed_and_then_dropped(backend, settings, answers, sessions):
    strict = replace(settings, attempts=3, limits=Limits(overlap=1.0, variety=0.0))
    paraphraser = Paraphraser(backend, load_prompt("round"), strict, answers)
    pages = paraphraser.pages(sessions[0])[:3]
    result = paraphraser.rewrite(pages)
    assert (result.answers, result.called, result.accepted) == (9, 9, 0)
    assert sum(result.faults.values()) == 9
    drops = paraphraser.examples(sessions[0], result.outcomes)
    assert [drop.turns for drop in drops] == [(page.start, page.end) for page in pages]
    assert {drop.reason for drop in drops} <= {"off_topic", "truncated"}
    texts = {answers.get(paraphraser.key(paraphraser.render(pages[0])), attempt)["text"] for attempt in range(3)}
    assert len(texts) == 3


def test_a_rerun_asks_nothing_and_gives_the_same(paraphraser, settings, sessions, answers, model):
    pages = paraphraser.pages(sessions[2])[:5]
    first = paraphraser.rewrite(pages)
    with Answers(answers.path) as reopened:
        other = LlamaBackend(model, settings.sampling, LlamaOptions(parallel=4))
        again = Paraphraser(other, load_prompt("round"), settings, reopened).rewrite(pages)
        assert other._model is None, "the weights were never loaded"
    assert again.called == 0
    assert (again.outcomes, again.faults, again.digest) == (first.outcomes, first.faults, first.digest)


def test_another_seed_prompt_or_number_is_another_answer(paraphraser, backend, settings, sessions, answers, tmp_path):
    own = tmp_path / "own.jinja2"
    own.write_text("Say it anew:\n{{ page }}")
    page = paraphraser.pages(sessions[0])[0]
    rendered = paraphraser.render(page)
    others = [
        Paraphraser(backend, load_prompt("round", own), settings, answers),
        Paraphraser(backend, load_prompt("round"), replace(settings, sampling=Sampling(seed=5)), answers),
        Paraphraser(backend, load_prompt("round"), replace(settings, shape=Shape(max_words=90)), answers),
    ]
    assert len({other.key(rendered) for other in [paraphraser, *others]}) == 4


def test_raw_text_is_refused_and_allowed_only_by_name(paraphraser, sessions):
    raw = replace(sessions[0], deidentified=False)
    with pytest.raises(PrivacyError, match="not de-identified"):
        paraphraser.pages(raw)
    assert paraphraser.pages(raw, allow_raw=True)


def test_a_page_longer_than_the_context_is_split_and_loses_no_word(backend, settings, answers, sessions):
    settings = replace(settings, page_words=100_000)
    paraphraser = Paraphraser(backend, load_prompt("round"), settings, answers)
    pages = paraphraser.pages(sessions[0])
    assert len(pages) > 1
    assert all(backend.fits(paraphraser.render(page), settings.shape) for page in pages)
    said = " ".join(line.text for page in pages for line in page.lines)
    assert said.split() == [word for turn in sessions[0].turns for word in turn.text.split()]


def test_a_context_too_short_for_an_answer_is_said(texts, tmp_path, settings, answers, sessions):
    from benchmarks.random_model import Sizes, write_model

    small = LlamaBackend(write_model(tmp_path / "short.gguf", texts[:1], Sizes(context=700)))
    paraphraser = Paraphraser(small, load_prompt("round"), settings, answers)
    with pytest.raises(UsageError, match="fewer --max-answer-words"):
        paraphraser.pages(sessions[0])


def test_a_page_of_one_side_is_left_out_by_name(paraphraser, sessions):
    turns = [turn for turn in sessions[0].turns if turn.role == "therapist"][:3]
    page = paraphraser.pages(replace(sessions[0], turns=turns))[0]
    result = paraphraser.rewrite([page])
    assert result.called == 0
    assert result.outcomes[0].reason == "one_sided_page"


def test_an_invented_name_is_found_by_the_second_detector(backend, settings, answers, sessions):
    def scan(texts):
        return [[("NAME", text.split()[0])] for text in texts]

    paraphraser = Paraphraser(backend, load_prompt("round"), settings, answers, scan)
    result = paraphraser.rewrite(paraphraser.pages(sessions[0])[:2])
    assert result.faults["invented_name"] > 0


def test_the_summary_holds_numbers_and_no_text(paraphraser, sessions):
    pages = [page for session in sessions[:3] for page in paraphraser.pages(session)[:3]]
    document = summary(paraphraser, paraphraser.rewrite(pages))
    assert document["pages"] == 9
    assert document["linkage"]["by_words"]["original"]["rate"] == 1.0
    assert document["linkage"]["by_words"]["paraphrase"]["rate"] < 1.0
    assert set(document["faithfulness"]) == {"negations", "numbers", "risk", "risk_added"}
    assert len(json.dumps(document)) < 2500


def test_progress_tells_speed_and_acceptance(backend, settings, answers, sessions):
    seen = []
    paraphraser = Paraphraser(backend, load_prompt("round"), settings, answers, progress=seen.append)
    paraphraser.rewrite(paraphraser.pages(sessions[0])[:3])
    assert (seen[0].done, seen[0].pages) == (0, 3)
    assert seen[-1].done == 3
    assert "tokens/s" in seen[-1].note
    assert "accepted" in seen[-1].note


KILLED = """
import sys
from dataclasses import replace
from pathlib import Path
sys.path[:0] = sys.argv[3:]
from conftest import LENIENT
from corpora import Session, read_source
from pipelines.stages.read import SAMPLE
from synth.answers import Answers
from synth.backend import Sampling
from synth.grammar import Shape
from synth.llama import LlamaBackend, LlamaOptions
from synth.paraphrase import Paraphraser, Settings
from synth.prompts import load_prompt
settings = Settings(Shape(max_words=50), page_words=120, attempts=1, sampling=Sampling(1.0), limits=LENIENT)
session = next(item for item in read_source("alexander-street", SAMPLE) if isinstance(item, Session))
backend = LlamaBackend(Path(sys.argv[1]), settings.sampling, LlamaOptions(parallel=2, threads=1))
with Answers(Path(sys.argv[2])) as answers:
    paraphraser = Paraphraser(backend, load_prompt("round"), settings, answers)
    result = paraphraser.rewrite(paraphraser.pages(replace(session, deidentified=True))[:12])
    print(result.called, len(result.outcomes))
"""


@pytest.mark.slow
def test_kill_9_loses_the_answers_in_flight_alone(model, tmp_path):
    import sqlite3

    here = str(Path(__file__).parent)
    command = [sys.executable, "-c", KILLED, str(model), str(tmp_path / "a"), here]

    def kept():
        try:
            with closing(sqlite3.connect(tmp_path / "a")) as base:
                return base.execute("SELECT count(*) FROM answers").fetchone()[0]
        except sqlite3.Error:
            return 0

    run = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while run.poll() is None and kept() < 4:
        time.sleep(0.02)
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    before = kept()
    assert 4 <= before < 11
    again = subprocess.run(command, capture_output=True, text=True, check=True)
    assert again.stdout.split() == [str(kept() - before), "12"]
