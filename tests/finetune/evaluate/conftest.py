"""A tuned tiny Llama whose corpus has a test split with symptoms and two answers to some questions."""

import pytest

from finetune.presets import Preset
from tests.finetune.tiny import make_corpus

SMALL = Preset(r=4, lr=5e-3, micro_batch=8, accumulation=1, source_max=200, target_max=200, bits=16, dropout=0.0)


@pytest.fixture(scope="session")
def split_corpus(tmp_path_factory):
    """48 rows for training, 24 to test, in clients of eight."""
    return make_corpus(tmp_path_factory.mktemp("split") / "corpus", {"train": 48, "test": 24})


@pytest.fixture(scope="session")
def run(tmp_path_factory, split_corpus, llama):
    """A finished run on the tiny corpus."""
    from finetune.trainer import Job, train

    out = tmp_path_factory.mktemp("runs") / "run"
    train(Job(split_corpus, str(llama), out, SMALL))
    return out
