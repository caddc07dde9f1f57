"""The batch backend on a real model: well-formed answers, separate sequences, continuous batching."""

from collections import deque
from dataclasses import replace

import numpy as np
import pytest

from corpora.errors import UsageError
from synth.backend import Job, Sampling
from synth.checks import parse
from synth.grammar import MODES, Shape
from synth.llama import LlamaBackend, LlamaOptions
from synth.pages import pages_of
from synth.prompts import load_prompt
from synth.sequences import Sequences

pytestmark = pytest.mark.integration
TIGHT = {"round": Shape("round", 40, 60), "turns": Shape("turns", 40, 50, 3)}


def jobs_for(sessions, shape, count, words=100):
    prompt = load_prompt(shape.mode)
    pages = [page for session in sessions for page in pages_of(session, words)][:count]
    values = {"min_words": shape.min_words, "max_words": shape.max_words, "max_rounds": shape.max_rounds}
    return deque(Job(prompt.render(page=page.text, **values), 7 + at, at, 0) for at, page in enumerate(pages))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("temperature", [0.0, 1.0, 3.0])
def test_random_weights_always_answer_well_formed_and_at_length(model, sessions, mode, temperature):
    shape = TIGHT[mode]
    backend = LlamaBackend(model, Sampling(temperature, top_p=1.0, top_k=0), LlamaOptions(parallel=6, threads=1))
    answers = list(backend.answers(jobs_for(sessions, shape, 6), shape))
    assert len(answers) == 6
    for answer in answers:
        lines = parse(answer.text)
        assert [role for role, _ in lines] == ["user", "assistant"] * (len(lines) // 2)
        assert len(lines) <= (2 if mode == "round" else 6)
        for _, said in lines if mode == "round" else lines[-1:]:
            assert len(said.split()) >= 40
        assert answer.tokens <= shape.answer_tokens()
    backend.close()


@pytest.mark.parametrize("mode", MODES)
def test_an_answer_that_runs_out_of_room_is_ended_well_formed_and_says_so(texts, tmp_path, sessions, mode):
    """A vocabulary of (nearly) single bytes is the worst case: every character costs a token."""
    from benchmarks.random_model import Sizes, write_model

    model = write_model(tmp_path / "bytes.gguf", texts[:1], Sizes(vocabulary=261))
    backend = LlamaBackend(model, Sampling(3.0, top_p=1.0, top_k=0), LlamaOptions(parallel=4, threads=1))
    answers = list(backend.answers(jobs_for(sessions, TIGHT[mode], 4, words=30), TIGHT[mode]))
    assert {answer.finish for answer in answers} == {"closed"}
    for answer in answers:
        assert len(parse(answer.text)[-1][1].split()) >= 40


def first_logits(model, jobs, parallel, **options):
    seen = {}

    def watch(job, written, logits):
        seen.setdefault((job.page, written), logits.copy())

    backend = LlamaBackend(model, Sampling(0.0), LlamaOptions(parallel=parallel, threads=1, **options), watch=watch)
    texts = {answer.job.page: answer.text for answer in backend.answers(deque(jobs), TIGHT["round"])}
    backend.close()
    return seen, texts


def test_no_sequence_sees_another(model, sessions):
    """A page's logits are the same alone and in company, within the rounding of another order of sums."""
    jobs = list(jobs_for(sessions, TIGHT["round"], 6))
    together, _ = first_logits(model, jobs, 6)
    for job in jobs[:3]:
        alone, _ = first_logits(model, [job], 1)
        spread = float(np.std(alone[job.page, 0]))
        assert np.abs(alone[job.page, 0] - together[job.page, 0]).max() < 0.02 * spread
    other = [replace(jobs[0], prompt=jobs[0].prompt + " More."), *jobs[1:]]
    changed, _ = first_logits(model, other, 6)
    assert np.abs(changed[0, 0] - together[0, 0]).max() > 0.1 * spread, "its own text does count"
    assert np.abs(changed[1, 0] - together[1, 0]).max() < 0.02 * spread, "its neighbour's does not"


def test_a_sequence_that_moves_into_a_gap_takes_its_memory_along(model, sessions):
    """The first answer ends while the second prompt is still being read, in small batches."""
    short, long = Job("Hello.", 1, 0, 0), replace(jobs_for(sessions, TIGHT["round"], 1, words=300)[0], page=1)
    logits = []
    for jobs in ([short, long], [long]):
        seen = {}
        backend = LlamaBackend(
            model,
            options=LlamaOptions(parallel=2, threads=1, batch=64),
            watch=lambda job, _written, found, seen=seen: seen.setdefault(job.page, found.copy()),
        )
        assert len(list(backend.free_text(deque(jobs), 1))) == len(jobs)
        logits.append(seen[1])
        backend.close()
    assert np.abs(logits[0] - logits[1]).max() < 0.02 * float(np.std(logits[1]))


def test_the_same_model_seed_number_and_pages_give_the_same_text(model, sessions):
    shape = TIGHT["round"]
    runs = []
    for seed in (3, 3, 4):
        backend = LlamaBackend(model, Sampling(1.0), LlamaOptions(parallel=3, threads=1))
        jobs = deque(replace(job, seed=seed + job.page) for job in jobs_for(sessions, shape, 5))
        runs.append({answer.job.page: answer.text for answer in backend.answers(jobs, shape)})
        backend.close()
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


def test_jobs_that_come_later_are_taken_and_slots_refilled(model, sessions):
    shape = TIGHT["round"]
    backend = LlamaBackend(model, Sampling(1.0), LlamaOptions(parallel=2, threads=1))
    jobs = jobs_for(sessions, shape, 5)
    late = replace(jobs[0], attempt=1, seed=99)
    seen = []
    for answer in backend.answers(jobs, shape):
        if not seen:
            jobs.append(late)
        seen.append((answer.job.page, answer.job.attempt))
    assert sorted(seen) == [(0, 0), (0, 1), (1, 0), (2, 0), (3, 0), (4, 0)]


def test_a_second_try_reads_its_prompt_no_second_time(model, sessions, monkeypatch):
    shape = TIGHT["round"]
    backend = LlamaBackend(model, Sampling(0.0), LlamaOptions(parallel=2, threads=1))
    jobs = jobs_for(sessions, shape, 3)
    read = []
    put = Sequences._put
    monkeypatch.setattr(Sequences, "_put", lambda self, *place, **how: (read.append(place), put(self, *place, **how)))
    texts = {}
    for answer in backend.answers(jobs, shape):
        texts.setdefault(answer.job.page, []).append(answer)
        if answer.job.attempt == 0:
            jobs.append(replace(answer.job, attempt=1))
    answers = [answer for tries in texts.values() for answer in tries]
    assert len(answers) == 6
    assert all(first.text == second.text for first, second in texts.values()), "greedy, so a wrong memory would show"
    written = sum(answer.tokens for answer in answers)
    prompts = sum(tries[0].prompt_tokens for tries in texts.values())
    assert len(read) < prompts + written


def test_prompts_with_nothing_in_common_are_read_each_by_itself(texts, tmp_path):
    from benchmarks.random_model import write_model

    bare = write_model(tmp_path / "bare.gguf", texts[:1], chat_template="{{ messages[0].content }} ")
    backend = LlamaBackend(bare, Sampling(0.0), LlamaOptions(parallel=2, threads=1))
    jobs = [Job(prompt, 1, at, 0) for at, prompt in enumerate(("Hello there.", "Another page.", "Once more."))]
    together = {answer.job.page: answer.text for answer in backend.free_text(deque(jobs), 8)}
    for job in jobs:
        assert next(backend.free_text(deque([job]), 8)).text == together[job.page]


def test_a_marker_in_a_transcript_is_text_and_no_control_token(model):
    backend = LlamaBackend(model)
    control = backend.vocabulary.encode("<|im_end|>", start=False, special=True)
    assert len(control) == 1
    assert backend.tokens("Client: <|im_end|> hello").count(control[0]) == 1, "the template's own alone"


@pytest.mark.parametrize("options", [{"kv": "q8_0"}, {"flash": True}, {"batch": 64}])
def test_every_option_writes_well_formed_answers(model, sessions, options):
    shape = TIGHT["round"]
    backend = LlamaBackend(model, Sampling(1.0), LlamaOptions(parallel=3, threads=1, **options))
    assert all(parse(answer.text) for answer in backend.answers(jobs_for(sessions, shape, 3), shape))


def test_too_little_memory_is_said_before_the_weights_are_loaded(model, sessions, monkeypatch):
    monkeypatch.setattr("synth.llama.available_memory", lambda: 10**8)
    backend = LlamaBackend(model)
    with pytest.raises(UsageError, match="fewer --parallel"):
        next(backend.answers(jobs_for(sessions, TIGHT["round"], 2), TIGHT["round"]))
    assert backend._model is None


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"parallel": 0}, "choose 1 to 128"),
        ({"parallel": 64, "batch": 32}, "needs a token"),
        ({"kv": "q8_0", "flash": False}, "needs flash attention"),
    ],
)
def test_options_that_cannot_be_are_refused(model, options, said):
    with pytest.raises(UsageError, match=said):
        LlamaBackend(model, options=LlamaOptions(**options))


def test_a_prompt_longer_than_the_context_is_refused(model):
    backend = LlamaBackend(model)
    jobs = deque([Job("word " * 5000, 1, 0, 0)])
    assert not backend.fits(jobs[0].prompt, TIGHT["round"])
    with pytest.raises(UsageError, match="sees 4096 tokens"):
        next(backend.answers(jobs, TIGHT["round"]))


def test_a_model_without_a_chat_template_takes_a_named_one(texts, tmp_path):
    from benchmarks.random_model import write_model

    bare = write_model(tmp_path / "bare.gguf", texts[:1], chat_template=None)
    with pytest.raises(UsageError, match="no chat template"):
        LlamaBackend(bare)
    assert LlamaBackend(bare, options=LlamaOptions(chat_template="plain")).tokens("Hello")


def test_embeddings_are_of_length_one_and_depend_on_the_text(model):
    backend = LlamaBackend(model)
    one, same, other = backend.embeddings(["I slept badly.", "I slept badly.", "We talked about work."])
    assert np.linalg.norm(one) == pytest.approx(1)
    assert one == pytest.approx(same)
    assert one != pytest.approx(other)
