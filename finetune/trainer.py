"""The trainer, from top to bottom: what a step reads, how it learns, when it is saved, what it leaves behind.

    train(Job(corpus, model, out, preset), report)

A run is a pure function of corpus, model and preset: order, dropout and initial weights come from the seed, every
step's batches can be worked out anew, and a checkpoint holds all the rest. Killed anywhere and started again, it goes
on from its last checkpoint and ends, on a CPU, with the same bits as if nothing had happened.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from corpora.errors import CorporaError, UsageError
from corpora.files import private_folder
from corpora.shards import splits_in
from finetune import checkpoints
from finetune.labels import Encoder
from finetune.model import Placement, check_loss, load_base, load_tokenizer, place, summed_loss, trained, with_adapter
from finetune.outputs import Ledger, write_adapter, write_documents
from finetune.presets import Preset
from finetune.rows import Rows, other_split
from finetune.tokens import Tokens, collate, tokenized

if TYPE_CHECKING:
    import torch

WINDOW_STEPS = 64
"""Rows are sorted by length within runs of this many steps: little padding, yet every epoch mixes anew."""


# ---------------------------------------------------------------------------------------------- what is asked for


@dataclass(frozen=True, slots=True)
class Job:
    """One run: the built corpus, the base model (folder or id), the folder to make, the hyper-parameters.

    `preset_name` says where the values came from and `approval` what was decided about the corpus, both for the model
    card; `tensorboard` writes event files beside the metrics.
    """

    corpus: Path
    model: str
    out: Path
    preset: Preset
    preset_name: str = ""
    approval: str = "none was given to the trainer"
    tensorboard: bool = False

    @property
    def work(self) -> Path:
        """Tokens and checkpoints; safe to delete when the run is done."""
        return self.out.with_name(f"{self.out.name}.work")


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands: steps done and to do, the last step's loss, tokens a second, seconds to go."""

    step: int
    steps: int
    loss: float
    tokens_per_s: float
    seconds_left: float


Report = Callable[[Progress], None]
Result = TypeVar("Result")


@dataclass(slots=True)
class State:
    """What changes from step to step besides weights, optimizer and random state.

    `rows_at_once` is the micro-batch that fits in memory, `tired` that patience ran out.
    """

    step: int = 0
    rows_at_once: int = 0
    best_loss: float = math.inf
    best_step: int = 0
    tokens: int = 0
    padded: int = 0
    tired: bool = False


@dataclass(slots=True)
class Run:
    """Everything that a step needs."""

    job: Job
    placement: Placement
    tokenizer: Any
    encoder: Encoder
    model: Any
    train: Tokens
    held_out: Tokens | None
    optimizer: Any
    scaler: Any
    ledger: Ledger
    state: State = field(default_factory=State)

    @property
    def preset(self) -> Preset:
        """The hyper-parameters."""
        return self.job.preset

    @property
    def steps_an_epoch(self) -> int:
        """Optimizer steps that see every row once."""
        micro_batches = math.ceil(len(self.train.starts) / self.preset.micro_batch)
        return math.ceil(micro_batches / self.preset.accumulation)

    @property
    def steps(self) -> int:
        """Optimizer steps of the whole run."""
        every = self.steps_an_epoch * self.preset.epochs
        return min(every, self.preset.max_steps) if self.preset.max_steps else every


# ------------------------------------------------------------------------------------------------- what a step reads


def epoch_steps(lengths: np.ndarray[Any, Any], preset: Preset, epoch: int) -> list[list[list[int]]]:
    """An epoch's order: its steps, each a list of micro-batches, each a list of row numbers.

    Rows are shuffled, sorted by length within windows of `WINDOW_STEPS` steps, cut into micro-batches, and these are
    shuffled again. The same lengths, preset and epoch give the same order.
    """
    draw = np.random.default_rng((preset.seed, epoch))
    rows = draw.permutation(len(lengths))
    if preset.group_by_length:
        window = preset.micro_batch * preset.accumulation * WINDOW_STEPS
        parts = (rows[first : first + window] for first in range(0, len(rows), window))
        rows = np.concatenate([part[np.argsort(lengths[part], kind="stable")] for part in parts])
    micro = [rows[first : first + preset.micro_batch].tolist() for first in range(0, len(rows), preset.micro_batch)]
    order = draw.permutation(len(micro)) if preset.group_by_length else range(len(micro))
    shuffled = [micro[at] for at in order]
    return [shuffled[first : first + preset.accumulation] for first in range(0, len(shuffled), preset.accumulation)]


# --------------------------------------------------------------------------------------------------- how it learns


def learning_rate(preset: Preset, step: int, steps: int) -> float:
    """The rate of step `step` (from 0) of `steps`: up in a straight line over the warm-up, then as the schedule says.

    Unlike in the usual trainers the first step already learns, and `constant` warms up too.
    """
    warmup = preset.warmup_steps or math.ceil(preset.warmup_ratio * steps)
    if step < warmup:
        return preset.lr * (step + 1) / warmup
    done = (step - warmup) / max(1, steps - warmup)
    falls = {"constant": 1.0, "linear": 1.0 - done, "cosine": 0.5 * (1.0 + math.cos(math.pi * done))}
    return preset.lr * falls[preset.schedule]


def make_optimizer(preset: Preset, parameters: Sequence[Any], device: torch.device, notices: list[str]) -> Any:
    """AdamW; its state in pageable GPU memory where the preset asks for that and there is a GPU."""
    import torch

    if preset.optimizer == "paged_adamw_32bit":
        if device.type == "cuda":
            from bitsandbytes.optim import PagedAdamW32bit

            return PagedAdamW32bit(parameters, lr=preset.lr, weight_decay=preset.weight_decay)
        notices.append("paged AdamW pages GPU memory: on a CPU it is torch's AdamW, the same arithmetic")
    fused = device.type == "cuda"
    return torch.optim.AdamW(parameters, lr=preset.lr, weight_decay=preset.weight_decay, fused=fused)


def learn(run: Run, micro_batches: Sequence[Sequence[int]]) -> dict[str, float]:
    """One optimizer step over its micro-batches: every labelled token of the step weighs the same.

    Raises:
        CorporaError: the loss or the gradient is not a number (the rows are named), or one row alone needs more memory
            than there is.
    """
    import torch

    losses, gathered = _fitted(run, max(map(len, micro_batches)), lambda: _gradients(run, micro_batches))
    total = sum(run.train.labelled_at(at) for rows in micro_batches for at in rows)
    loss = float(torch.stack(losses).sum()) / total
    if not math.isfinite(loss):
        at = next(at for at, part in enumerate(losses) if not math.isfinite(float(part)))
        raise CorporaError(_not_a_number(run, "loss", gathered[at]))
    run.scaler.unscale_(run.optimizer)
    norm = float(torch.nn.utils.clip_grad_norm_(list(trained(run.model).values()), run.preset.max_grad_norm))
    if not math.isfinite(norm) and not run.scaler.is_enabled():  # a scaler skips such steps by itself
        raise CorporaError(_not_a_number(run, "gradient", [at for rows in micro_batches for at in rows]))
    rate = learning_rate(run.preset, run.state.step, run.steps)
    for group in run.optimizer.param_groups:
        group["lr"] = rate
    run.scaler.step(run.optimizer)
    run.scaler.update()
    return {"loss": loss, "lr": rate, "grad_norm": norm, "labels": total}


def _fitted(run: Run, largest: int, work: Callable[[], Result]) -> Result:
    """What `work` returns, done with fewer rows at once as long as memory does not suffice."""
    before = checkpoints.random_state()
    while True:
        try:
            return work()
        except (RuntimeError, MemoryError) as error:
            if not _out_of_memory(error):
                raise
        _give_way(run, largest)  # only here are the failed attempt's tensors gone
        checkpoints.set_random_state(before)


def _gradients(run: Run, micro_batches: Sequence[Sequence[int]]) -> tuple[list[torch.Tensor], list[list[int]]]:
    run.optimizer.zero_grad(set_to_none=True)
    run.model.train()
    total = sum(run.train.labelled_at(at) for rows in micro_batches for at in rows)
    gathered = [list(part) for rows in micro_batches for part in _parts(rows, run.state.rows_at_once)]
    losses = []
    for rows in gathered:
        ids, labels = collate(run.train, rows, run.placement.device)
        with _autocast(run.placement):
            loss = summed_loss(run.model, ids, labels)
        run.scaler.scale(loss / total).backward()
        losses.append(loss.detach())
    return losses, gathered


def _autocast(placement: Placement) -> Any:
    import torch

    return torch.autocast(placement.device.type, placement.dtype, enabled=placement.dtype != torch.float32)


def _parts(rows: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    return (rows[first : first + size] for first in range(0, len(rows), size))


def _not_a_number(run: Run, what: str, rows: Sequence[int]) -> str:
    return (
        f"step {run.state.step + 1}: the {what} is not a number; rows {run.train.named(rows)}. "
        "Nothing was changed by this step; lower lr, or look at these rows with `corpora inspect --mask`."
    )


def _out_of_memory(error: BaseException) -> bool:
    import torch

    said = str(error)  # on a CPU torch raises a plain RuntimeError
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or any(
        words in said for words in ("can't allocate memory", "not enough memory")
    )


def _give_way(run: Run, largest: int) -> None:
    import torch

    tried = min(run.state.rows_at_once, largest)
    if tried == 1:
        raise CorporaError(
            "out of memory with one row at a time: lower source_max or target_max, or take a smaller model"
        )
    run.state.rows_at_once = max(1, tried // 2)
    run.ledger.notice(f"out of memory at step {run.state.step + 1}: from here on {run.state.rows_at_once} rows at once")
    run.optimizer.zero_grad(set_to_none=True)
    if run.placement.device.type == "cuda":
        torch.cuda.empty_cache()


def evaluate(run: Run) -> float:
    """Mean loss over all labelled tokens of the held-out rows."""
    if run.held_out is None:
        return math.nan
    tokens = run.held_out
    return _fitted(run, run.state.rows_at_once, lambda: _mean_loss(run, tokens))


def _mean_loss(run: Run, tokens: Tokens) -> float:
    import torch

    run.model.eval()
    total = torch.zeros((), device=run.placement.device)
    with torch.no_grad(), _autocast(run.placement):
        for rows in _parts(np.argsort(tokens.lengths, kind="stable").tolist(), run.state.rows_at_once):
            total += summed_loss(run.model, *collate(tokens, rows, run.placement.device))
    return float(total) / sum(map(tokens.labelled_at, range(len(tokens.starts))))


# ----------------------------------------------------------------------------------------- when the best is kept


def _measure(run: Run) -> None:
    """Evaluate, keep the best weights, and see whether patience has run out."""
    loss = evaluate(run)
    if not math.isfinite(loss):
        raise CorporaError(f"step {run.state.step}: the held-out loss is not a number; lower lr and start anew")
    run.ledger.write({"step": run.state.step, "eval_loss": loss})
    if loss < run.state.best_loss:
        run.state.best_loss, run.state.best_step = loss, run.state.step
        if run.preset.load_best:
            checkpoints.save_best(run)
    waited = run.state.step - run.state.best_step
    run.state.tired = bool(run.preset.patience_steps) and waited >= run.preset.patience_steps


# --------------------------------------------------------------------------------------------------------- the loop


def prepare(job: Job, ledger: Ledger, placement: Placement, tokenizer: Any) -> Run:
    """Load and check everything else a run needs, before its first step.

    Raises:
        UsageError: corpus, model, preset or output folder do not allow the run.
        CorporaError: no row can be trained on.
    """
    import torch

    private_folder(private_folder(job.work) / "checkpoints")
    if job.preset.special_tokens:
        tokenizer.add_special_tokens({"additional_special_tokens": list(job.preset.special_tokens)})
    encoder = Encoder(tokenizer, job.preset.source_max, job.preset.target_max, notices=ledger.notices)
    train_rows = tokenized(Rows(job.corpus, "train"), encoder, job.work, "train")
    held_out = None
    if "validation" in splits_in(job.corpus):
        held_out = tokenized(Rows(job.corpus, "validation"), encoder, job.work, "validation")
    elif job.preset.load_best or job.preset.patience_steps:
        ledger.notices.append("the corpus has no validation split: nothing is held out, the last weights are taken")
    if notice := other_split(job.corpus, job.preset.split):
        ledger.notices.append(notice)
    base = load_base(job.model, placement)
    longest = getattr(base.config.get_text_config(), "max_position_embeddings", None)
    if longest and max(int(part.lengths.max()) for part in (train_rows, held_out) if part is not None) > longest:
        raise UsageError(f"the model reads at most {longest} tokens: lower source_max and target_max to fit")
    if job.preset.special_tokens:
        base.resize_token_embeddings(len(tokenizer))
    torch.manual_seed(job.preset.seed)
    model = with_adapter(base, job.preset, job.model)
    shortest = [int(np.argmin(train_rows.lengths))]
    check_loss(model, *collate(train_rows, shortest, placement.device), placement.dtype)
    optimizer = make_optimizer(job.preset, list(trained(model).values()), placement.device, ledger.notices)
    scaler = torch.amp.GradScaler(placement.device.type, enabled=placement.dtype == torch.float16)
    run = Run(job, placement, tokenizer, encoder, model, train_rows, held_out, optimizer, scaler, ledger)
    run.state.rows_at_once = job.preset.micro_batch
    if job.preset.warmup_steps > run.steps:
        ledger.notices.append(f"the warm-up is longer than the run's {run.steps} steps: the rate never peaks")
    return run


def train(
    job: Job, report: Report = lambda _progress: None, say: Callable[[str], None] = lambda _notice: None
) -> dict[str, Any]:
    """Train, or go on training, and write the adapter with its documents; returns what `run.json` says.

    Args:
        job: what to train on what.
        report: called after every step.
        say: called with every notice a person should read.

    Raises:
        UsageError: corpus, model, preset or output folder do not allow the run.
        CorporaError: the run cannot go on; a later call of the same job starts from the last checkpoint.
    """
    splits = splits_in(job.corpus)
    tokenizer = load_tokenizer(job.model)
    placement = place(job.preset)
    ledger = Ledger.open(job, placement, splits, say)
    if ledger.finished:
        return ledger.document
    run = prepare(job, ledger, placement, tokenizer)
    for notice in ledger.notices:
        say(notice)
    checkpoints.resume(run)
    run_steps(run, report)
    if job.preset.load_best and run.held_out is not None:
        checkpoints.take_best(run)
    write_adapter(run)
    return write_documents(run)


def run_steps(run: Run, report: Report) -> None:
    """The loop: learn, note, evaluate, save, until the last step or until patience runs out."""
    state, preset = run.state, run.preset
    an_epoch, steps = run.steps_an_epoch, run.steps
    every_eval, every_save = preset.eval_every or an_epoch, preset.save_every or an_epoch
    began, first, epoch = time.monotonic(), state.step, -1
    while state.step < steps and not state.tired:
        if state.step // an_epoch != epoch:
            epoch = state.step // an_epoch
            order = epoch_steps(run.train.lengths, preset, epoch)
        started = time.monotonic()
        micro_batches = order[state.step % an_epoch]
        figures = learn(run, micro_batches)
        state.step += 1
        tokens = int(sum(run.train.lengths_at(at) for rows in micro_batches for at in rows))
        state.tokens += tokens
        state.padded += sum(len(rows) * max(map(run.train.lengths_at, rows)) for rows in micro_batches)
        took = time.monotonic() - started
        run.ledger.write({"step": state.step, "epoch": state.step / an_epoch, **figures, "tokens_per_s": tokens / took})
        left = (time.monotonic() - began) / (state.step - first) * (steps - state.step)
        report(Progress(state.step, steps, figures["loss"], tokens / took, left))
        last = state.step == steps
        if run.held_out is not None and (state.step % every_eval == 0 or last):
            _measure(run)
        if state.step % every_save == 0 or last or state.tired:
            checkpoints.save(run)
