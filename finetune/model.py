"""The base model, quantised where that works, with a low-rank adapter; and its loss, only where there are labels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpora.errors import CorporaError, UsageError
from finetune import egress
from finetune.labels import IGNORED

if TYPE_CHECKING:
    import torch

    from finetune.presets import Preset

HEAD_ROWS = 1_024
"""Labelled positions that pass through the output layer at a time, which bounds the memory of their logits."""


def load_tokenizer(model: str) -> Any:
    """The tokenizer of a checkpoint folder or a model id.

    Raises:
        UsageError: there is none, or it cannot be read.
    """
    egress.require(*egress.NEEDED)
    egress.close(model)
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(model)
    except (OSError, ValueError) as error:
        raise UsageError(_not_loaded(model, "tokenizer", error)) from None


def _not_loaded(model: str, what: str, error: Exception) -> str:
    if Path(model).exists() or model.startswith((".", "/", "~")):
        return f"--model {model}: no {what} can be read there; give the folder of a transformers checkpoint"
    return f"--model {model}: no such folder here, and its {what} could not be fetched ({type(error).__name__})"


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the model computes and in what: `dtype` of its weights and activations, whether its linears are NF4."""

    device: torch.device
    dtype: torch.dtype
    quantised: bool
    notices: tuple[str, ...]


def place(preset: Preset) -> Placement:
    """Choose device and precision: bf16 where the GPU has it, else fp16; single precision on a CPU."""
    import torch

    egress.import_bitsandbytes()  # before peft does, also where nothing is quantised
    notices: list[str] = []
    if torch.cuda.is_available():
        device = torch.device("cuda")
        names = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}
        dtype = names[preset.precision] if preset.precision != "auto" else _half(bf16=torch.cuda.is_bf16_supported())
    else:
        device, dtype = torch.device("cpu"), torch.float32
        if preset.precision in ("bf16", "fp16"):
            notices.append(f"{preset.precision} is for a GPU: a CPU trains in single precision")
    quantised = preset.bits == 4  # noqa: PLR2004 - the preset knows two widths
    if quantised and (why := _no_four_bits(device, dtype)):
        quantised = False
        notices.append(f"4-bit weights do not work here ({why}): plain LoRA on {dtype} weights instead")
    return Placement(device, dtype, quantised, tuple(notices))


def _half(*, bf16: bool) -> torch.dtype:
    import torch

    return torch.bfloat16 if bf16 else torch.float16


def _no_four_bits(device: torch.device, dtype: torch.dtype) -> str:
    """Why bitsandbytes cannot train through an NF4 layer on this device; empty where it can (a small one is tried)."""
    import torch

    try:
        from bitsandbytes.nn import Linear4bit

        layer = Linear4bit(64, 64, bias=False, compute_dtype=dtype, quant_type="nf4", compress_statistics=True)
        inputs = torch.ones(2, 64, device=device, dtype=dtype, requires_grad=True)
        layer.to(device)(inputs).sum().backward()
    except (ImportError, RuntimeError, NotImplementedError, ValueError, AttributeError) as error:
        return type(error).__name__
    finite = inputs.grad is not None and bool(torch.isfinite(inputs.grad).all())
    return "" if finite else "no gradient passes"


def load_base(model: str, placement: Placement) -> Any:
    """The checkpoint, frozen, on its device.

    Raises:
        UsageError: it cannot be read as a causal language model.
    """
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()

    settings: dict[str, Any] = {"dtype": placement.dtype, "attn_implementation": "sdpa"}
    if placement.quantised:
        settings["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=placement.dtype,
        )
        settings["device_map"] = {"": placement.device}
    try:
        base = AutoModelForCausalLM.from_pretrained(model, **settings)
    except (OSError, ValueError, KeyError) as error:
        raise UsageError(_not_loaded(model, "causal language model", error)) from None
    base = base if placement.quantised else base.to(placement.device)
    _keep_gradients(base)
    base.config.use_cache = False
    return base.requires_grad_(requires_grad=False)


def _keep_gradients(base: Any) -> None:
    """Stop bitsandbytes from packing a CPU's 4-bit weights for inference at the first evaluation.

    It packs them in place for an operator without a backward pass, so that from then on no gradient would reach any
    layer before the last, without an error (seen in 0.50.2 on processors with AVX512-BF16).
    """
    for module in base.modules():
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False


def with_adapter(base: Any, preset: Preset, model: str) -> Any:
    """The base with a fresh adapter of the preset's rank, drawn from torch's random state.

    Raises:
        UsageError: the model has none of the layers that the preset names.
    """
    import torch
    from peft import LoraConfig, get_peft_model

    if preset.gradient_checkpointing:
        base.activation_checkpointing_enable({"use_reentrant": False})
        base.enable_input_require_grads()
    embeddings = [name for name, module in base.named_modules() if module is base.get_input_embeddings()]
    heads = [name for name, module in base.named_modules() if module is base.get_output_embeddings()]
    tied = base.get_input_embeddings().weight is base.get_output_embeddings().weight
    config = LoraConfig(
        r=preset.r,
        lora_alpha=preset.alpha,
        lora_dropout=preset.dropout,
        target_modules=preset.targets if isinstance(preset.targets, str) else list(preset.targets),
        modules_to_save=[*embeddings, *([] if tied else heads)] if preset.train_embeddings else None,
        ensure_weight_tying=tied and preset.train_embeddings,
        bias="none",
        task_type="CAUSAL_LM",
    )
    try:
        adapted = get_peft_model(base, config)
    except ValueError:
        raise UsageError(f"--model {model} has no layers named {preset.targets}; set `targets` in the preset") from None
    adapted.peft_config["default"].base_model_name_or_path = model
    for parameter in adapted.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.to(torch.float32)
    return adapted


def trained(model: Any) -> dict[str, torch.nn.Parameter]:
    """The parameters that learn, by name."""
    return {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}


def summed_loss(model: Any, ids: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Cross-entropy summed over the labelled positions of a batch.

    Padding stands at the right, where a causal model's tokens do not see it, so no attention mask is needed. Only
    positions with a label pass through the output layer, `HEAD_ROWS` at a time; their logits are made again in the
    backward pass rather than kept.

    Args:
        model: with or without an adapter.
        ids: token ids, (rows, length).
        labels: (rows, length), `IGNORED` where there is no loss.
    """
    import torch
    from torch.utils.checkpoint import checkpoint

    base = model.get_base_model() if hasattr(model, "get_base_model") else model
    hidden = getattr(base, base.base_model_prefix)(input_ids=ids, use_cache=False).last_hidden_state
    targets = labels[:, 1:]
    at = targets != IGNORED
    wanted, states = targets[at], hidden[:, :-1][at]
    parts = [
        checkpoint(_head_loss, base, states[first : first + HEAD_ROWS], wanted[first : first + HEAD_ROWS],
                   use_reentrant=False)
        for first in range(0, len(wanted), HEAD_ROWS)
    ]  # fmt: skip
    return torch.stack(parts).sum()


def _head_loss(base: Any, states: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    import torch

    logits = base.get_output_embeddings()(states)
    config = base.config.get_text_config()
    logits = logits * (getattr(config, "logit_scale", None) or 1.0) / (getattr(config, "logits_scaling", None) or 1.0)
    if cap := getattr(config, "final_logit_softcapping", None):
        logits = torch.tanh(logits / cap) * cap
    return torch.nn.functional.cross_entropy(logits.float(), targets, reduction="sum")


def check_loss(model: Any, ids: torch.Tensor, labels: torch.Tensor, dtype: torch.dtype) -> None:
    """Hold our loss against the model's own logits on one row, before anything is trained.

    Raises:
        CorporaError: they differ, so this architecture does something to its logits that is not known here.
    """
    import torch

    model.eval()
    with torch.no_grad(), torch.autocast(ids.device.type, dtype, enabled=dtype != torch.float32):
        logits = model(input_ids=ids).logits[:, :-1].float()
        own = torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels[:, 1:].flatten(), reduction="sum")
        ours = summed_loss(model, ids, labels)
    if not torch.isclose(own, ours, rtol=1e-3 if dtype == torch.float32 else 5e-2):
        raise CorporaError(
            "the model changes its logits in a way that is not supported: its own loss differs from ours"
        )
