"""The trainer beside TRL's SFTTrainer with peft: the same model, rows, tokens, steps and hyper-parameters.

    python -m benchmarks.train [--quick] [--size small|1b|8b]

A Llama with random weights (small, or of Llama 3's sizes, which want a GPU) learns from generated rows of very unequal
length, with a low-rank adapter, in single precision on a CPU (in bf16 with NF4 weights where there is a GPU). TRL runs
twice: as it comes, and with its own grouping by length. The clock covers the training loop, the first step to the last;
the held-out loss of each adapter is measured afterwards by one function for all. Equal work is checked: rows, tokens,
labelled tokens, optimizer steps. The share of peak is what the work needs (a product forward and one backward for each
frozen weight and token, of the output layer for labelled tokens alone) over what one large matrix product reaches here;
padding and what is computed twice count for nothing.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harness import PAIRS, Run, Side, alternate, middle, ratio, result_line, run_once, same_work, table
from corpora.records import Example, Message, Provenance, example_schema

ROWS, QUICK_ROWS, HELD_OUT = 512, 96, 64
WORDS = 2_000
TEMPLATE = (
    "{{- bos_token }}{% for m in messages %}{{- '<|start|>' + m['role'] + '<|said|>' + m['content'] + '<|end|>' }}"
    "{% endfor %}{% if add_generation_prompt %}{{- '<|start|>assistant<|said|>' }}{% endif %}"
)
LONGEST = 1_024


@dataclass(frozen=True, slots=True)
class Size:
    """A Llama's dimensions, as its configuration has them; `kv_heads` of `heads` hold keys and values."""

    width: int
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    vocabulary: int = 0

    @property
    def layer_weights(self) -> int:
        """Weights of all linear layers but the output's."""
        attention = 2 * self.width**2 * (1 + self.kv_heads / self.heads)
        return self.layers * int(attention + 3 * self.width * self.hidden)

    def operations(self, tokens: int, labels: int) -> int:
        """Floating-point operations that learning from so many tokens and labels needs, at 4 a weight."""
        return 4 * (self.layer_weights * tokens + self.width * max(self.vocabulary, WORDS) * labels)


SIZES = {
    "small": Size(256, 704, 4, 4, 4),
    "1b": Size(2_048, 8_192, 16, 32, 8, 128_256),
    "8b": Size(4_096, 14_336, 32, 32, 8, 128_256),
}
"""A small one for a CPU, and those of Llama 3.2 1B and Llama 3.1 8B."""


@dataclass(frozen=True, slots=True)
class Task:
    """A corpus to learn from, another that is held out, the base model's folder, and where runs may write."""

    corpus: Path
    held_out: Path
    model: Path
    scratch: Path

    def fresh(self) -> Path:
        """A new, empty folder for one run."""
        return Path(tempfile.mkdtemp(dir=self.scratch))


@dataclass(frozen=True, slots=True)
class Learnt:
    """One run's adapter, the seconds of its loop, and what it did."""

    adapter: Path
    task: Task
    loop_s: float
    work: dict[str, int]


def _preset() -> Any:
    import torch

    from finetune.presets import Preset

    return Preset(
        r=16,
        lr=2e-3,
        dropout=0.0,
        bits=4 if torch.cuda.is_available() else 16,
        warmup_ratio=0.0,
        weight_decay=0.01,
        max_grad_norm=0.3,
        micro_batch=8,
        accumulation=2,
        source_max=LONGEST,
        target_max=LONGEST,
    )


def start_ours() -> Callable[[Task], Learnt]:
    """Our trainer, imported."""
    from corpora.shards import splits_in
    from finetune.model import load_tokenizer, place
    from finetune.outputs import Ledger, write_adapter
    from finetune.trainer import Job, prepare, run_steps

    def work(task: Task) -> Learnt:
        out = task.fresh()
        job = Job(task.corpus, str(task.model), out, _preset())
        placement = place(job.preset)
        ledger = Ledger.open(job, placement, splits_in(job.corpus), lambda _notice: None)
        run = prepare(job, ledger, placement, load_tokenizer(job.model))
        began = time.perf_counter()
        run_steps(run, lambda _progress: None)
        loop_s = time.perf_counter() - began
        write_adapter(run)
        rows = range(len(run.train.starts))
        labels = sum(map(run.train.labelled_at, rows))
        done = {"rows": len(rows), "tokens": run.state.tokens, "labels": labels, "steps": run.state.step}
        return Learnt(out, task, loop_s, done)

    return work


def start_trl() -> Callable[[Task], Learnt]:
    """TRL's trainer as it comes."""
    return _trl("random")


def start_trl_grouped() -> Callable[[Task], Learnt]:
    """TRL's trainer with rows grouped by length."""
    return _trl("group_by_length")


def _trl(sampling: str) -> Callable[[Task], Learnt]:
    import torch

    from finetune import egress

    egress.import_bitsandbytes()  # without the kernel it would fetch, for ours and theirs alike
    from peft import LoraConfig
    from transformers import AutoTokenizer
    from transformers.trainer_callback import PrinterCallback
    from trl import SFTConfig, SFTTrainer

    from finetune.labels import IGNORED
    from finetune.model import load_base, place
    from finetune.rows import Rows

    def work(task: Task) -> Learnt:
        from datasets import Dataset

        preset, out = _preset(), task.fresh()
        rows = [row for chunk in Rows(task.corpus, "train").chunks() for row in chunk]
        placement = place(preset)
        config = SFTConfig(
            output_dir=str(out),
            max_length=None,
            completion_only_loss=True,
            per_device_train_batch_size=preset.micro_batch,
            gradient_accumulation_steps=preset.accumulation,
            learning_rate=preset.lr,
            lr_scheduler_type="constant",
            weight_decay=preset.weight_decay,
            max_grad_norm=preset.max_grad_norm,
            num_train_epochs=1,
            train_sampling_strategy=sampling,
            bf16=placement.dtype == torch.bfloat16,
            use_cpu=placement.device.type == "cpu",
            save_strategy="no",
            logging_strategy="no",
            disable_tqdm=True,
            report_to="none",
        )
        trainer = SFTTrainer(
            model=load_base(str(task.model), placement),
            args=config,
            train_dataset=Dataset.from_list([{name: row[name] for name in ("prompt", "completion")} for row in rows]),
            processing_class=AutoTokenizer.from_pretrained(task.model),
            peft_config=LoraConfig(
                r=preset.r, lora_alpha=preset.alpha, lora_dropout=0.0, target_modules=preset.targets, bias="none"
            ),
        )
        trainer.remove_callback(PrinterCallback)
        data = trainer.train_dataset
        began = time.perf_counter()
        trainer.train()
        loop_s = time.perf_counter() - began
        trainer.model.save_pretrained(out)
        labels = sum(label != IGNORED for row in data for label in row["labels"])
        done = {
            "rows": len(data),
            "tokens": sum(len(row["input_ids"]) for row in data),
            "labels": labels,
            "steps": trainer.state.global_step,
        }
        return Learnt(out, task, loop_s, done)

    return work


def finish(learnt: Learnt) -> dict[str, Any]:
    """The held-out loss of an adapter, whoever trained it."""
    import torch

    from finetune import egress

    egress.import_bitsandbytes()
    from peft import PeftModel

    from finetune.labels import Encoder
    from finetune.model import load_base, load_tokenizer, place, summed_loss
    from finetune.rows import Rows
    from finetune.tokens import collate, tokenized

    task, placement = learnt.task, place(_preset())
    model = PeftModel.from_pretrained(load_base(str(task.model), placement), learnt.adapter).eval()
    encoder = Encoder(load_tokenizer(str(task.model)), LONGEST, LONGEST)
    tokens = tokenized(Rows(task.held_out, "train"), encoder, task.fresh(), "train")
    total = 0.0
    with torch.no_grad(), torch.autocast(placement.device.type, placement.dtype, placement.dtype != torch.float32):
        for at in range(len(tokens.starts)):
            total += float(summed_loss(model, *collate(tokens, [at], placement.device)))
    loss = total / sum(map(tokens.labelled_at, range(len(tokens.starts))))
    gpu = torch.cuda.max_memory_allocated() / 2**20 if torch.cuda.is_available() else None
    return {"work": learnt.work, "loop_s": learnt.loop_s, "loss": loss, "gpu_mb": gpu}


def start_peak() -> Callable[[None], float]:
    """Products of two large matrices on the device and in the type that is trained in."""
    import torch

    from finetune.model import place

    placement = place(_preset())
    on_gpu = placement.device.type == "cuda"
    rows = 8_192 if on_gpu else 2_048
    matrix = torch.randn(rows, rows, device=placement.device).to(placement.dtype)

    def work(_task: None) -> float:
        best = 0.0
        for _ in range(5):
            began = time.perf_counter()
            product = matrix @ matrix
            if on_gpu:
                torch.cuda.synchronize()
            best = max(best, 2 * rows**3 / (time.perf_counter() - began))
            del product
        return best

    return work


OURS = Side("therapy-corpora", start_ours, finish)
PEER = Side("TRL", start_trl, finish)
GROUPED = Side("TRL, grouped by length", start_trl_grouped, finish)
PEAK = Side("matrix product", start_peak)


def make_corpus(folder: Path, count: int, seed: int) -> None:
    """Rows whose lengths differ as those of transcripts do: many short, a few of several hundred words."""
    import pyarrow as pa

    from corpora.shards import write_dataset_dict, write_split

    draw = np.random.default_rng(seed)
    ranks = 1 / np.arange(1, WORDS + 1)

    def say(mean: float) -> str:
        size = int(np.clip(draw.lognormal(np.log(mean), 0.8), 3, 300))
        return " ".join(f"w{at}" for at in draw.choice(WORDS, size, p=ranks / ranks.sum()))

    examples = []
    for number in range(count):
        turns = 2 * int(draw.integers(1, 3)) - 1
        prompt = tuple(Message("assistant" if at % 2 else "user", say(25)) for at in range(turns))
        completion = (Message("assistant", say(50)),)
        names = (f"e{number}", f"s{number}", f"c{number}", f"c{number}", "generated")
        provenance = Provenance("none", 0, turns, turns + 1, ())
        words = len(completion[0].content.split())
        examples.append(Example(*names, prompt, completion, words, turns, "transcript", provenance).row())
    folder.mkdir()
    write_split(folder, "train", pa.Table.from_pylist(examples, schema=example_schema()))
    write_dataset_dict(folder, ["train"])


def make_model(folder: Path, size: Size) -> None:
    """A Llama with random weights; every generated word is one token."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    special = ["<|begin|>", "<|end|>", "<|start|>", "<|said|>", "<unk>", "user", "assistant"]
    names = [*special, *(f"w{at}" for at in range(WORDS))]
    tokenizer = Tokenizer(models.WordLevel({name: at for at, name in enumerate(names)}, unk_token="<unk>"))  # noqa: S106
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=special[0],
        eos_token=special[1],
        pad_token=special[4],
        additional_special_tokens=special[2:4],
    )
    fast.chat_template = TEMPLATE
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=max(len(names), size.vocabulary),
        hidden_size=size.width,
        intermediate_size=size.hidden,
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads,
        num_key_value_heads=size.kv_heads,
        max_position_embeddings=2 * LONGEST,
        bos_token_id=0,
        eos_token_id=1,
    )
    model = LlamaForCausalLM(config)
    (model.to(torch.bfloat16) if size.vocabulary else model).save_pretrained(folder)
    fast.save_pretrained(folder)


def compare(task: Task) -> dict[str, list[Run]]:
    """Alternating runs of all three, which must have done the same work."""
    runs = alternate([OURS, PEER, GROUPED], task)
    same_work(
        {f"{name}, run {at}": run.result["work"] for name, side in runs.items() for at, run in enumerate(side, start=1)}
    )
    return runs


def _loop_s(run: Run) -> float:
    return float(run.result["loop_s"])


def _memory(run: Run) -> float:
    return float(run.result["gpu_mb"] or run.memory_mb)


def _figures(runs: Sequence[Run], size: Size, peak: float) -> dict[str, Any]:
    seconds, work = middle(runs, _loop_s), runs[0].result["work"]
    return {
        "tokens_per_s": round(work["tokens"] / seconds),
        "share_of_peak": round(size.operations(work["tokens"], work["labels"]) / seconds / peak, 3),
        "loop_s": seconds,
        "peak_memory_mb": round(middle(runs, _memory)),
        "held_out_loss": middle(runs, lambda run: float(run.result["loss"])),
    }


def main() -> None:
    """Run the comparison and print it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.train", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_ROWS} rows; within ten minutes")
    parser.add_argument("--size", choices=SIZES, default="small", help="of the model [default: small]")
    given = parser.parse_args()
    rows, size = QUICK_ROWS if given.quick else ROWS, SIZES[given.size]
    with tempfile.TemporaryDirectory() as folder:
        task = Task(*(Path(folder, name) for name in ("corpus", "held-out", "model", "runs")))
        task.scratch.mkdir()
        make_corpus(task.corpus, rows, 0)
        make_corpus(task.held_out, HELD_OUT, 1)
        make_model(task.model, size)
        runs = compare(task)
    peak = run_once(PEAK, None).result
    mine, peers, grouped = (runs[side.name] for side in (OURS, PEER, GROUPED))
    ratios = {
        "tokens_vs_trl": ratio(mine, peers, _loop_s),
        "tokens_vs_trl_grouped": ratio(mine, grouped, _loop_s),
        "memory_vs_trl": ratio(mine, peers, _memory),
        "held_out_loss_vs_trl": ratio(mine, peers, lambda run: float(run.result["loss"])),
    }
    figures = {name: _figures(side, size, peak) for name, side in runs.items()}
    _show(figures, mine[0].result["work"])
    theirs = {"default": figures[PEER.name], "grouped": figures[GROUPED.name]}
    print(result_line("train", f"trl {version('trl')}", PAIRS, ratios, figures[OURS.name], theirs))


def _show(figures: Mapping[str, Mapping[str, Any]], work: Mapping[str, int]) -> None:
    print(f"the same work for all: {json.dumps(work)}; {PAIRS} counted rounds\n")
    header = ("", "tokens/s", "share of peak", "seconds", "peak MB", "held-out loss")
    print(table(header, [(name, *entry.values()) for name, entry in figures.items()]), end="\n\n")


if __name__ == "__main__":
    main()
