"""The tiny corpus and the tiny Llama that the trainer's tests share."""

import pytest

from tests.finetune.tiny import make_corpus, make_llama


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch):
    """Tiny matrices gain nothing from threads, which wait for one another on a busy machine."""
    import torch

    torch.set_num_threads(1)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def corpus(tmp_path_factory):
    """64 rows for training, 16 held out."""
    return make_corpus(tmp_path_factory.mktemp("corpora") / "corpus", {"train": 64, "validation": 16})


@pytest.fixture(scope="session")
def llama(tmp_path_factory):
    """A two-layer Llama with random weights and a Llama 3 template."""
    return make_llama(tmp_path_factory.mktemp("models") / "tiny-llama")
