"""What llama.cpp loads gives the logits that transformers gives, to the noise of half precision."""

from unittest import mock

import numpy as np
import pytest
import torch

from corpora.errors import UsageError
from finetune import gguf as writing
from finetune.gguf import export, permuted
from finetune.presets import Preset
from finetune.trainer import Job, train
from tests.finetune.tiny import make_llama

SMALL = Preset(r=4, lr=5e-2, max_steps=4, micro_batch=4, accumulation=1, source_max=200, target_max=200, bits=16)
SCALED = {
    "rope_type": "llama3",
    "rope_theta": 10000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}
TEXT = "I feel tired and the nights are long. What would it be like to rest?"


@pytest.fixture(scope="module")
def tuned(tmp_path_factory, corpus):
    """A run on a Llama with weights large enough that positions matter."""
    folder = tmp_path_factory.mktemp("gguf")
    llama = make_llama(folder / "llama", initializer_range=0.2, rope_parameters=SCALED)
    train(Job(corpus, str(llama), folder / "run", SMALL))
    return folder / "run"


def transformers_logits(run, ids, family="model"):
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    from finetune.outputs import read_run

    base = AutoModelForCausalLM.from_pretrained(read_run(run)["base_model"])
    if family == "base":
        return base(torch.tensor([ids])).logits[0].detach().numpy()
    return PeftModel.from_pretrained(base, run)(torch.tensor([ids])).logits[0].detach().numpy()


def llama_logits(path, ids, **settings):
    llama_cpp = pytest.importorskip("llama_cpp")
    from synth.vocabulary import model_params

    with mock.patch.object(llama_cpp.llama_cpp, "llama_model_default_params", model_params):  # no kernels that crash
        model = llama_cpp.Llama(str(path), n_ctx=256, logits_all=True, verbose=False, n_threads=1, **settings)
    model.eval(ids)
    return np.array(model.scores[: len(ids)])


def tokens_of(run, text=TEXT):
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(run)(text, add_special_tokens=False)["input_ids"]


@pytest.mark.parametrize(("dtype", "noise"), [("f32", 1e-2), ("f16", 2e-2), ("q8_0", 0.3)])
def test_merged_logits_agree(tuned, tmp_path, dtype, noise):
    export(tuned, tmp_path / "m.gguf", dtype)
    ids = tokens_of(tuned)
    expected = transformers_logits(tuned, ids)
    assert np.abs(expected - transformers_logits(tuned, ids, "base")).max() > 0.5
    assert np.abs(llama_logits(tmp_path / "m.gguf", ids) - expected).max() < noise


def test_forgetting_the_permutation_would_be_seen(tuned, tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "permuted", lambda matrix, _heads: matrix)
    export(tuned, tmp_path / "m.gguf", "f32")
    ids = tokens_of(tuned)
    assert np.abs(llama_logits(tmp_path / "m.gguf", ids) - transformers_logits(tuned, ids)).max() > 0.5


def test_the_adapter_alone_agrees_beside_its_base(tuned, tmp_path, corpus):
    from finetune.outputs import read_run

    base = Job(corpus, read_run(tuned)["base_model"], tmp_path / "base", SMALL.changed({"lr": 1e-30}))
    train(base)
    export(base.out, tmp_path / "base.gguf", "f32")
    export(tuned, tmp_path / "adapter.gguf", adapter_only=True)
    ids = tokens_of(tuned)
    found = llama_logits(tmp_path / "base.gguf", ids, lora_path=str(tmp_path / "adapter.gguf"))
    assert np.abs(found - transformers_logits(tuned, ids)).max() < 2e-2


@pytest.mark.parametrize("family", ["llama3", "mistral"])
def test_llama_cpp_cuts_text_into_the_same_tokens(tmp_path, corpus, family):
    llama_cpp = pytest.importorskip("llama_cpp")
    llama = make_llama(tmp_path / "llama", family, tie_word_embeddings=True)
    train(Job(corpus, str(llama), tmp_path / "run", SMALL))
    export(tmp_path / "run", tmp_path / "m.gguf")
    model = llama_cpp.Llama(str(tmp_path / "m.gguf"), n_ctx=256, verbose=False, vocab_only=True)
    for text in (TEXT, "It’s 12:45, “fine” – isn't it?\n\nYes.", "caf\u00e9 \u4f60"):
        assert model.tokenize(text.encode(), add_bos=False) == tokens_of(tmp_path / "run", text)


def test_the_permutation_pairs_neighbours():
    rows = np.arange(8)[:, None]
    assert permuted(rows, 1)[:, 0].tolist() == [0, 4, 1, 5, 2, 6, 3, 7]
    assert permuted(rows, 2)[:, 0].tolist() == [0, 2, 1, 3, 4, 6, 5, 7]


def test_the_file_says_what_it_is(tuned, tmp_path, corpora_command):
    from gguf import GGUFReader

    done = corpora_command("export-gguf", tuned, "--out", "m.gguf", "--type", "q8_0", check=True)
    assert "m.gguf" in done.stdout
    reader = GGUFReader(tmp_path / "m.gguf")
    assert reader.fields["general.architecture"].contents() == "llama"
    assert reader.fields["tokenizer.ggml.pre"].contents() == "gpt-2"
    eot = reader.fields["tokenizer.ggml.eot_token_id"].contents()
    assert reader.fields["tokenizer.ggml.tokens"].contents()[eot] == "<|eot_id|>"
    kinds = {tensor.name: tensor.tensor_type.name for tensor in reader.tensors}
    assert kinds["blk.0.attn_q.weight"] == "Q8_0"
    assert kinds["blk.1.ffn_norm.weight"] == "F32"


def test_what_cannot_be_written_is_refused(tmp_path, corpus, corpora_command):
    from transformers import Qwen2Config, Qwen2ForCausalLM

    from tests.finetune.tiny import make_tokenizer

    tokenizer = make_tokenizer("qwen2")
    config = Qwen2Config(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=2, max_position_embeddings=512,
    )  # fmt: skip
    Qwen2ForCausalLM(config).save_pretrained(tmp_path / "qwen")
    tokenizer.save_pretrained(tmp_path / "qwen")
    train(Job(corpus, str(tmp_path / "qwen"), tmp_path / "run", SMALL))
    with pytest.raises(UsageError, match="Qwen2ForCausalLM: only LlamaForCausalLM"):
        export(tmp_path / "run", tmp_path / "m.gguf")
    assert not (tmp_path / "m.gguf").exists()
    refused = corpora_command("export-gguf", corpus)
    assert refused.returncode == 2
    assert "not a run of `corpora finetune`" in refused.stderr
