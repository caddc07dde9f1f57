"""The base model with the adapter's weights added to its own, as a checkpoint that needs no peft."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from corpora.errors import UsageError
from finetune import egress
from finetune.outputs import read_run


def merged(run: Path) -> Any:
    """Load a finished run's base model, unquantised, and merge its adapter into it.

    Raises:
        UsageError: the folder is no finished run, or its base model is not where it was.
    """
    document = read_run(run)
    if document["status"] != "finished":
        raise UsageError(f"{run} is not finished: run the same `corpora finetune` again, it goes on where it stopped")
    base_model = str(document["base_model"])
    egress.close(base_model)
    egress.import_bitsandbytes()
    import torch
    from peft import PeftModel

    from finetune.model import Placement, load_base

    dtype = getattr(torch, str(document["computes_in"]))
    base = load_base(base_model, Placement(torch.device("cpu"), dtype, quantised=False, notices=()))
    vocabulary = document["vocabulary"]
    if base.get_input_embeddings().num_embeddings != vocabulary:
        base.resize_token_embeddings(vocabulary)
    return PeftModel.from_pretrained(base, run).merge_and_unload()


def merge_adapter(run: Path, out: Path) -> None:
    """Write a run's merged model and tokenizer to `out`.

    Raises:
        UsageError: see `merged`.
    """
    from transformers import AutoTokenizer, GenerationConfig

    model = merged(run)
    model.generation_config = GenerationConfig.from_pretrained(run)
    model.config.use_cache = True
    model.save_pretrained(out)
    AutoTokenizer.from_pretrained(run).save_pretrained(out)
