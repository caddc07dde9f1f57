"""A run as a GGUF file for llama.cpp: the merged model, or the adapter alone; models of the Llama layout only.

llama.cpp rotates neighbouring pairs of a query's or key's dimensions, transformers pairs from two halves: the rows of
both projections (of an adapter's B matrix too) are put in the other order on the way.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from corpora.errors import UsageError
from corpora.files import replacing
from finetune.merge import merged
from finetune.outputs import read_run

if TYPE_CHECKING:
    from collections.abc import Iterator

ARCHITECTURES = ("LlamaForCausalLM", "MistralForCausalLM")
_NORMAL, _UNKNOWN, _CONTROL, _USER, _UNUSED, _BYTE = 1, 2, 3, 4, 5, 6  # llama.cpp's token types
_WORD = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"
_REST = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_SPLITS = {_WORD + r"\p{N}{1,3}" + _REST: "llama-bpe", _WORD + r"\p{N}" + _REST: "qwen2"}
"""How a byte-level tokenizer cuts text into words -> llama.cpp's name for it."""


def export(run: Path, out: Path, dtype: str = "f16", *, adapter_only: bool = False) -> None:
    """Write a finished run's merged model, or its adapter alone, as a GGUF file.

    Args:
        run: what `train` left.
        out: the file to write; it is either whole or not there.
        dtype: of the matrices: `f32`, `f16` or `q8_0` (norms stay f32).
        adapter_only: the adapter, to be loaded beside its base model's GGUF (always f32).

    Raises:
        UsageError: the run is not finished, its base is not where it was, or it is not of the Llama layout.
    """
    from gguf import GGUFWriter

    from finetune.model import load_tokenizer

    model = merged(run)
    config = model.config
    _check(config)
    with replacing(out) as part:
        writer = GGUFWriter(part, "llama")
        if adapter_only:
            _add_adapter(writer, run, config)
        else:
            _add_model(writer, model, dtype)
            _add_tokenizer(writer, load_tokenizer(str(run)), config.vocab_size, read_run(run)["terminator"])
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()


def _check(config: Any) -> None:
    name = (config.architectures or ["of no named kind"])[0]
    if name not in ARCHITECTURES:
        raise UsageError(f"the base model is {name}: only {' and '.join(ARCHITECTURES)} can be written as GGUF here")
    kind = config.rope_parameters["rope_type"]
    if kind not in ("default", "llama3", "linear"):
        raise UsageError(f"the base model scales its positions by {kind!r}, which cannot be written as GGUF here")


def permuted(matrix: np.ndarray[Any, Any], heads: int) -> np.ndarray[Any, Any]:
    """Rows of a query or key projection (or of its bias), (heads x size, ...), in llama.cpp's order."""
    size = matrix.shape[0] // heads
    return matrix.reshape(heads, 2, size // 2, *matrix.shape[1:]).swapaxes(1, 2).reshape(matrix.shape)


def _in_order(name: str, matrix: np.ndarray[Any, Any], config: Any) -> np.ndarray[Any, Any]:
    if ".q_proj." in name:
        return permuted(matrix, config.num_attention_heads)
    return permuted(matrix, config.num_key_value_heads) if ".k_proj." in name else matrix


def _add_model(writer: Any, model: Any, dtype: str) -> None:
    import torch
    from gguf import MODEL_ARCH, LlamaFileType, RopeScalingType, get_tensor_name_map

    config = model.config
    head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    writer.add_type("model")
    writer.add_file_type({"f32": LlamaFileType.ALL_F32, "f16": LlamaFileType.MOSTLY_F16}.get(
        dtype, LlamaFileType.MOSTLY_Q8_0
    ))  # fmt: skip
    writer.add_vocab_size(config.vocab_size)
    window = getattr(config, "sliding_window", None) or config.max_position_embeddings
    writer.add_context_length(min(window, config.max_position_embeddings))
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(head)
    writer.add_value_length(head)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_dimension_count(head)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    if config.rope_parameters["rope_type"] == "linear":
        writer.add_rope_scaling_type(RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(config.rope_parameters["factor"])
    if config.rope_parameters["rope_type"] == "llama3":  # what each frequency is divided by, as a tensor
        plain = config.rope_parameters["rope_theta"] ** -(torch.arange(0, head, 2, dtype=torch.float32) / head)
        writer.add_tensor("rope_freqs.weight", (plain / model.model.rotary_emb.inv_freq.float()).numpy())
    names = get_tensor_name_map(MODEL_ARCH.LLAMA, config.num_hidden_layers)
    for name, tensor in model.state_dict().items():
        if name == "lm_head.weight" and config.tie_word_embeddings:
            continue
        matrix = _in_order(name, tensor.float().numpy(), config)
        _add_tensor(writer, _translated(names, name), matrix, dtype)


def _translated(names: Any, name: str) -> str:
    found = names.get_name(name, try_suffixes=(".weight", ".bias"))
    if found is None:
        raise UsageError(f"the base model has a tensor that llama.cpp's Llama has not: {name}")
    return str(found)


def _add_tensor(writer: Any, name: str, matrix: np.ndarray[Any, Any], dtype: str) -> None:
    from gguf import GGMLQuantizationType, quants

    if matrix.ndim == 1 or dtype == "f32":
        writer.add_tensor(name, np.ascontiguousarray(matrix, dtype=np.float32))
    elif dtype == "q8_0" and matrix.shape[-1] % 32 == 0:
        kind = GGMLQuantizationType.Q8_0
        writer.add_tensor(name, quants.quantize(np.ascontiguousarray(matrix), kind), raw_dtype=kind)
    else:
        writer.add_tensor(name, np.ascontiguousarray(matrix, dtype=np.float16))


def _add_adapter(writer: Any, run: Path, config: Any) -> None:
    from gguf import MODEL_ARCH, get_tensor_name_map
    from safetensors.numpy import load_file

    settings = json.loads((run / "adapter_config.json").read_text(encoding="utf-8"))
    if settings.get("modules_to_save"):
        raise UsageError("the run trained embeddings, which a GGUF adapter cannot hold: leave --adapter out")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", float(settings["lora_alpha"]))
    names = get_tensor_name_map(MODEL_ARCH.LLAMA, config.num_hidden_layers)
    for name, tensor in load_file(run / "adapter_model.safetensors").items():
        base, _, side = name.removeprefix("base_model.model.").partition(".lora_")
        matrix = tensor if side.startswith("A") else _in_order(f"{base}.", tensor, config)
        target = f"{_translated(names, f'{base}.weight')}.lora_{side[0].lower()}"
        writer.add_tensor(target, np.ascontiguousarray(matrix, dtype=np.float32))


def _add_tokenizer(writer: Any, tokenizer: Any, size: int, terminator: list[int]) -> None:
    document = json.loads(tokenizer.backend_tokenizer.to_str())
    model = document["model"]
    if model["type"] != "BPE":
        raise UsageError(f"the tokenizer is of type {model['type']}, which cannot be written as GGUF here")
    merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in model["merges"]]
    tokens = [f"[unused {at}]" for at in range(size)]
    kinds = [_UNUSED] * size
    for token, at in model["vocab"].items():
        is_byte = bool(model.get("byte_fallback")) and len(token) == len("<0x00>") and token.startswith("<0x")
        tokens[at], kinds[at] = token, _BYTE if is_byte else _NORMAL
    for added in document["added_tokens"]:
        tokens[added["id"]] = added["content"]
        if kinds[added["id"]] != _BYTE:
            kinds[added["id"]] = _CONTROL if added["special"] else _USER
    if model.get("byte_fallback"):
        if model.get("unk_token"):
            kinds[model["vocab"][model["unk_token"]]] = _UNKNOWN
        rank = {merge.replace(" ", ""): -float(at) for at, merge in reversed(list(enumerate(merges)))}
        writer.add_tokenizer_model("llama")
        writer.add_token_list(tokens)
        writer.add_token_scores([rank.get(token, 0.0) for token in tokens])
        writer.add_add_space_prefix(tokenizer.tokenize("a")[0].startswith("▁"))
    else:
        writer.add_tokenizer_model("gpt2")
        writer.add_tokenizer_pre(_splitter(document["pre_tokenizer"]))
        writer.add_token_list(tokens)
        writer.add_token_merges(merges)
    writer.add_token_types(kinds)
    starts = tokenizer("a")["input_ids"][:1] == [tokenizer.bos_token_id]
    writer.add_add_bos_token(starts)
    for at, add in (
        (tokenizer.bos_token_id, writer.add_bos_token_id),
        (tokenizer.eos_token_id, writer.add_eos_token_id),
        (tokenizer.pad_token_id, writer.add_pad_token_id),
        (terminator[0] if len(terminator) == 1 else None, writer.add_eot_token_id),
    ):
        if at is not None:
            add(at)
    writer.add_chat_template(tokenizer.chat_template)


def _splitter(pre_tokenizer: Any) -> str:
    steps = list(_steps(pre_tokenizer))
    patterns = [step["pattern"].get("Regex", "") for step in steps if step["type"] == "Split"]
    if not patterns and any(step["type"] == "ByteLevel" and step.get("use_regex", True) for step in steps):
        return "gpt-2"
    if len(patterns) == 1 and patterns[0] in _SPLITS:
        return _SPLITS[patterns[0]]
    raise UsageError("the tokenizer splits words in a way that llama.cpp has no name for here: GGUF is not possible")


def _steps(pre_tokenizer: Any) -> Iterator[dict[str, Any]]:
    if pre_tokenizer and pre_tokenizer["type"] == "Sequence":
        for step in pre_tokenizer["pretokenizers"]:
            yield from _steps(step)
    elif pre_tokenizer:
        yield pre_tokenizer
