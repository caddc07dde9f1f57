"""llama.cpp as what answers: the answers of transformers, and files that would answer something else refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from corpora.errors import CorporaError, UsageError
from finetune.evaluate.evaluation import BASE, TUNED
from finetune.evaluate.respond import Generation, encoded, load_run
from finetune.gguf import export
from finetune.presets import Preset
from finetune.trainer import Job, train
from pipelines.answering import Choice, LlamaResponder, open_systems
from tests.finetune.evaluate.test_respond import TALKS
from tests.finetune.tiny import make_llama

SHORT = Generation(max_new_tokens=12, batch=2)
PRESET = Preset(r=4, lr=1e-3, max_steps=4, micro_batch=4, accumulation=1, source_max=200, target_max=200, bits=16)


@pytest.fixture(scope="module")
def talker(tmp_path_factory, corpus):
    """A run on a Llama whose random weights are large enough that it does not say one thing to all."""
    folder = tmp_path_factory.mktemp("talker")
    llama = make_llama(folder / "llama", seed=1, initializer_range=0.2)
    train(Job(corpus, str(llama), folder / "run", PRESET))
    return folder / "run"


@pytest.fixture(scope="module")
def tuned(talker):
    return load_run(talker, SHORT, 256, bits=16)[0]


@pytest.fixture(scope="module")
def gguf(talker, tmp_path_factory):
    path = tmp_path_factory.mktemp("gguf") / "tuned.gguf"
    export(talker, path, "f32")
    return path


def test_llama_cpp_reads_what_transformers_reads(tuned, gguf):
    """The logits of each answer's first token agree, to the noise of the half-precision key-value memory."""
    prompts, _ = encoded(tuned.encoder, TALKS)
    responder, seen = LlamaResponder(gguf, tuned.encoder, SHORT), {}

    def watch(job, written, logits):
        if not written:
            seen[job.page] = logits.copy()

    responder.backend.watch = watch
    found = dict(responder.respond(prompts))
    for at, prompt in enumerate(prompts):
        with torch.no_grad():
            expected = tuned._model(torch.tensor([prompt])).logits[0, -1].numpy()
        assert np.abs(seen[at] - expected).max() < 0.05 < np.ptp(expected)
    assert len({reply.text for reply in found.values()}) == len(TALKS)
    assert all(reply.tokens == 12 or reply.finish == "stop" for reply in found.values())
    assert list(responder.respond([])) == []
    responder.backend.close()


def test_a_draw_depends_on_prompt_and_seed_alone(tuned, gguf):
    prompts, _ = encoded(tuned.encoder, TALKS)
    drawn = []
    for order, seed in ((prompts, 1), (prompts[::-1], 1), (prompts, 2)):
        responder = LlamaResponder(gguf, tuned.encoder, replace(SHORT, temperature=1.0, seed=seed))
        found = dict(responder.respond(order))
        drawn.append([found[order.index(prompt)].text for prompt in prompts])
        responder.backend.close()
    assert drawn[0] == drawn[1] != drawn[2]


def test_a_file_that_would_answer_something_else_is_refused(tuned, gguf, corpus, tmp_path):
    llama = make_llama(tmp_path / "mistral", "mistral")
    train(Job(corpus, str(llama), tmp_path / "run", PRESET))
    export(tmp_path / "run", tmp_path / "other.gguf")
    with pytest.raises(UsageError, match="other tokens"):
        LlamaResponder(tmp_path / "other.gguf", tuned.encoder, SHORT)
    with pytest.raises(UsageError, match="not a GGUF"):
        LlamaResponder(Path(__file__), tuned.encoder, SHORT)
    responder = LlamaResponder(gguf, tuned.encoder, SHORT)
    with pytest.raises(CorporaError, match="lower --source-max"):
        list(responder.respond([[5] * 600]))
    responder.backend.close()


def test_too_little_memory_means_fewer_at_once(tuned, gguf, monkeypatch):
    prompts, _ = encoded(tuned.encoder, TALKS)
    responder, tried = LlamaResponder(gguf, tuned.encoder, replace(SHORT, batch=4)), []
    real = responder.backend._check_memory

    def small(length, sequences):
        tried.append(responder.backend.parallel)
        if responder.backend.parallel > 1:
            raise UsageError("the model and a context need more than is free")
        real(length, sequences)

    monkeypatch.setattr(responder.backend, "_check_memory", small)
    assert sorted(at for at, _ in responder.respond(prompts)) == list(range(len(TALKS)))
    assert tried == [4, 2, 1]
    responder.backend.close()


def test_systems_are_the_runs_base_or_what_is_named(talker, gguf, llama):
    def names(*baselines, file=None):
        with open_systems(Choice(talker, file, baselines, SHORT, 256, 16)) as systems:
            return [(system.name, type(system.responder).__name__) for system in systems]

    assert names() == [(BASE, "ModelResponder"), (TUNED, "ModelResponder")]
    assert names(str(gguf), file=gguf) == [(BASE, "LlamaResponder"), (TUNED, "LlamaResponder")]
    both = names(str(llama), str(talker))
    assert [name for name, _ in both] == [f"{BASE} tiny-llama", f"{BASE} run", TUNED]
    with pytest.raises(UsageError, match="at most 2"):
        names("a", "b", "c")
