"""A real, tiny model (written here, random weights) and sessions of our own fiction, marked as de-identified."""

from dataclasses import replace

import pytest

from corpora import Session, read_source
from pipelines.stages.read import SAMPLE
from synth.backend import Sampling
from synth.checks import Limits
from synth.grammar import Shape
from synth.llama import LlamaBackend, LlamaOptions
from synth.paraphrase import Settings

TEXTS = [path.read_text(encoding="utf-8") for path in sorted(SAMPLE.glob("*.txt"))[:6]]
LENIENT = Limits(copied_run=100, overlap=0.0, variety=0.0)
"""Noise has no topic, so that only the shape is held to it."""


@pytest.fixture(scope="session")
def texts():
    return TEXTS


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    from benchmarks.random_model import write_model

    return write_model(tmp_path_factory.mktemp("model") / "tiny.gguf", TEXTS)


@pytest.fixture(scope="session")
def sessions():
    found = [item for item in read_source("alexander-street", SAMPLE) if isinstance(item, Session)]
    return [replace(session, deidentified=True) for session in found]


@pytest.fixture
def settings():
    shape = Shape(min_words=40, max_words=50)
    return Settings(shape, page_words=120, attempts=2, sampling=Sampling(temperature=1.0), limits=LENIENT)


@pytest.fixture
def backend(model, settings):
    made = LlamaBackend(model, settings.sampling, LlamaOptions(parallel=4, threads=1))
    yield made
    made.close()
