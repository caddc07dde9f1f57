"""A GGUF model with random weights and a tokenizer trained on the spot: real files of any size, with nothing to fetch.

What such a model writes is noise; how fast it writes, and whether an answer keeps its shape, is what a trained model of
the same sizes would show.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
CONTROL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
_NORMAL, _CONTROL_TYPE = 1, 3


@dataclass(frozen=True, slots=True)
class Sizes:
    """A Llama's dimensions; the defaults make a file of a few hundred kilobytes."""

    vocabulary: int = 1200
    layers: int = 2
    width: int = 64
    heads: int = 2
    kv_heads: int = 1
    hidden: int = 128
    context: int = 4096


SMALL = Sizes()
BILLION = Sizes(vocabulary=32_000, layers=22, width=2048, heads=32, kv_heads=4, hidden=5632)
"""TinyLlama's dimensions: 1.1 billion weights."""
MIDDLE = Sizes(vocabulary=32_000, layers=8, width=1024, heads=16, kv_heads=4, hidden=2816)
"""About 160 million weights, for a quick look."""


def write_model(
    path: Path, texts: Iterable[str], sizes: Sizes = SMALL, *, chat_template: str | None = CHATML, seed: int = 0
) -> Path:
    """Write a GGUF of random weights (16 bit for large matrices) with a byte-level BPE trained on `texts`.

    Args:
        path: the file to write.
        texts: what the tokenizer learns from; where it is too little, made-up words fill the vocabulary.
        sizes: the model's dimensions.
        chat_template: Jinja text, or None for a model that brings none.
        seed: of the weights.

    Returns:
        `path`.
    """
    import gguf

    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name(path.stem)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    writer.add_context_length(sizes.context)
    writer.add_embedding_length(sizes.width)
    writer.add_block_count(sizes.layers)
    writer.add_feed_forward_length(sizes.hidden)
    writer.add_head_count(sizes.heads)
    writer.add_head_count_kv(sizes.kv_heads)
    writer.add_rope_dimension_count(sizes.width // sizes.heads)
    writer.add_layer_norm_rms_eps(1e-5)
    _add_tokenizer(writer, texts, sizes.vocabulary)
    if chat_template:
        writer.add_chat_template(chat_template)
    _add_weights(writer, sizes, np.random.default_rng(seed))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def quantised(source: Path, target: Path, kind: str) -> Path:
    """Write the model again as `Q4_0` or `Q8_0`, by llama.cpp itself."""
    from synth.vocabulary import library

    lib = library()
    params = lib.llama_model_quantize_default_params()
    params.ftype = {"Q4_0": lib.LLAMA_FTYPE_MOSTLY_Q4_0, "Q8_0": lib.LLAMA_FTYPE_MOSTLY_Q8_0}[kind]
    if lib.llama_model_quantize(str(source).encode(), str(target).encode(), params):
        raise RuntimeError(f"llama.cpp could not write {target.name}")
    return target


def _add_tokenizer(writer: object, texts: Iterable[str], size: int) -> None:
    import gguf
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    assert isinstance(writer, gguf.GGUFWriter)  # noqa: S101 - the class is imported here only
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=list(CONTROL), initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    vocabulary = sorted(tokenizer.get_vocab().items(), key=lambda entry: entry[1])
    tokens = [token for token, _ in vocabulary]
    tokens += [f"Ġword{number}" for number in range(size - len(tokens))]
    merges = [" ".join(pair) for pair in json.loads(tokenizer.to_str())["model"]["merges"]]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([_CONTROL_TYPE if token in CONTROL else _NORMAL for token in tokens])
    writer.add_token_merges(merges)
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(value=False)


def _add_weights(writer: object, sizes: Sizes, draw: np.random.Generator) -> None:
    import gguf

    assert isinstance(writer, gguf.GGUFWriter)  # noqa: S101 - the class is imported here only
    width, small = sizes.width, sizes.width * sizes.kv_heads // sizes.heads

    def matrix(name: str, rows: int, columns: int) -> None:
        scale = np.float32(columns**-0.5)
        weights = draw.standard_normal((rows, columns), dtype=np.float32) * scale
        writer.add_tensor(f"{name}.weight", weights.astype(np.float16))

    def norm(name: str) -> None:
        writer.add_tensor(f"{name}.weight", np.ones(width, dtype=np.float32))

    matrix("token_embd", sizes.vocabulary, width)
    for layer in range(sizes.layers):
        norm(f"blk.{layer}.attn_norm")
        matrix(f"blk.{layer}.attn_q", width, width)
        matrix(f"blk.{layer}.attn_k", small, width)
        matrix(f"blk.{layer}.attn_v", small, width)
        matrix(f"blk.{layer}.attn_output", width, width)
        norm(f"blk.{layer}.ffn_norm")
        matrix(f"blk.{layer}.ffn_gate", sizes.hidden, width)
        matrix(f"blk.{layer}.ffn_up", sizes.hidden, width)
        matrix(f"blk.{layer}.ffn_down", width, sizes.hidden)
    norm("output_norm")
    matrix("output", sizes.vocabulary, width)
