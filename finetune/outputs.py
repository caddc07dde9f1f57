"""What a run leaves: metrics as they come, then adapter, tokenizer, loss curve, model card and `run.json`."""

from __future__ import annotations

import hashlib
import json
import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpora.errors import UsageError
from corpora.files import fsync_tree, private_folder, sha256_file, write_atomic
from corpora.shards import SUMS
from finetune.rows import Rows

if TYPE_CHECKING:
    from finetune.model import Placement
    from finetune.trainer import Job, Run

RUN, METRICS, CURVE = "run.json", "metrics.jsonl", "loss.png"
_PACKAGES = ("therapy-corpora", "torch", "transformers", "peft", "bitsandbytes", "tokenizers")
_WEIGHTS = ("*.safetensors", "*.bin", "config.json", "tokenizer*", "*.jinja")


@dataclass(slots=True)
class Ledger:
    """`run.json` and `metrics.jsonl` of one run; `say` shows a notice to the person who waits."""

    job: Job
    document: dict[str, Any]
    say: Callable[[str], None]
    notices: list[str] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)
    board: Any = None

    @classmethod
    def open(cls, job: Job, placement: Placement, splits: Sequence[str], say: Callable[[str], None]) -> Ledger:
        """Start the run's folder, or go on with the one that is there.

        Raises:
            UsageError: the folder holds something else, or a run of other data, model or hyper-parameters.
        """
        identity = {
            "data": {name: Rows(job.corpus, name).digest() for name in splits if name in ("train", "validation")},
            "model": model_hash(job.model),
            "preset": json.loads(json.dumps(job.preset.document())),
        }
        earlier = read_run(job.out) if (job.out / RUN).is_file() else None
        if earlier is None and job.out.exists() and any(job.out.iterdir()):
            raise UsageError(f"--out {job.out} holds something else, which stays untouched; name another folder")
        if earlier and (other := [name for name, value in identity.items() if earlier["identity"][name] != value]):
            raise UsageError(f"--out {job.out} holds a run of another {' and '.join(other)}; name another folder")
        private_folder(job.out)
        document = {"status": "running", "identity": identity, **_hashes(job), **_circumstances(placement)}
        ledger = cls(job, earlier if earlier and earlier["status"] == "finished" else document, say)
        ledger.notices.extend(placement.notices)
        ledger.board = _board(job) if job.tensorboard else None
        if not ledger.finished:
            ledger.store()
        return ledger

    @property
    def finished(self) -> bool:
        """Whether there is nothing left to do."""
        return bool(self.document["status"] == "finished")

    def notice(self, sentence: str) -> None:
        """Say something the user should know, and keep it for `run.json`."""
        self.notices.append(sentence)
        self.say(sentence)

    def write(self, figures: Mapping[str, Any]) -> None:
        """Append one line to `metrics.jsonl`; what is no finite number (a norm that overflowed) stands as null."""
        finite = {name: value if math.isfinite(value) else None for name, value in figures.items()}
        with (self.job.out / METRICS).open("a", encoding="utf-8") as file:
            file.write(json.dumps(finite) + "\n")
        if self.board:
            for name in figures.keys() - {"step"}:
                self.board.add_scalar(name, figures[name], figures["step"])

    def rewind(self, step: int) -> None:
        """Forget the metrics of steps after `step`, which will be done again."""
        lines = [line for line in read_metrics(self.job.out) if line["step"] <= step]
        write_atomic(self.job.out / METRICS, "".join(json.dumps(line) + "\n" for line in lines).encode())

    def store(self) -> None:
        """Write `run.json`."""
        text = json.dumps({**self.document, "notices": self.notices}, indent=2, ensure_ascii=False)
        write_atomic(self.job.out / RUN, f"{text}\n".encode())


def read_run(folder: Path) -> dict[str, Any]:
    """A run's `run.json`.

    Raises:
        UsageError: there is none, or it is damaged.
    """
    try:
        document = json.loads((folder / RUN).read_text(encoding="utf-8"))
        return {**document, "identity": dict(document["identity"]), "status": str(document["status"])}
    except OSError:
        raise UsageError(f"{folder} is not a run of `corpora finetune`: it has no {RUN}") from None
    except (ValueError, KeyError, TypeError):
        raise UsageError(f"{folder / RUN} is damaged: it is not the record of a run") from None


def corpus_of(run: Path) -> Path | None:
    """The corpus that a run was trained on, where it still stands at its place beside the run."""
    place = read_run(run).get("corpus")
    folder = (run / str(place)).resolve() if place else None
    return folder if folder and folder.is_dir() else None


def read_metrics(folder: Path) -> list[dict[str, Any]]:
    """The lines of `metrics.jsonl`; a last one that a kill cut short is left out."""
    path = folder / METRICS
    lines: list[dict[str, Any]] = []
    for text in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        try:
            lines.append(json.loads(text))
        except ValueError:
            break
    return lines


def model_hash(model: str) -> str:
    """What identifies a base model: the hash of a folder's weights and tokenizer, or the commit of an id."""
    folder = Path(model)
    if not folder.is_dir():
        from transformers.utils.hub import cached_file

        return f"commit {Path(cached_file(model, 'config.json')).parent.name}"
    files = sorted({path for pattern in _WEIGHTS for path in folder.glob(pattern)})
    return hashlib.sha256("".join(f"{path.name} {sha256_file(path)}\n" for path in files).encode()).hexdigest()


def _hashes(job: Job) -> dict[str, Any]:
    code = sorted(Path(__file__).parent.glob("*.py"))
    sums = job.corpus / SUMS
    values = json.dumps(job.preset.document(), sort_keys=True)
    return {
        "preset": job.preset_name,
        "base_model": job.model,
        "corpus": os.path.relpath(job.corpus, job.out),
        "approval": job.approval,
        "config_sha256": hashlib.sha256(values.encode()).hexdigest(),
        "code_sha256": hashlib.sha256("".join(map(sha256_file, code)).encode()).hexdigest(),
        "corpus_sums_sha256": sha256_file(sums) if sums.is_file() else None,
        "packages": {name: version(name) for name in _PACKAGES},
    }


def _circumstances(placement: Placement) -> dict[str, Any]:
    import torch

    device = torch.cuda.get_device_name() if placement.device.type == "cuda" else "cpu"
    weights = "nf4, double quantised" if placement.quantised else str(placement.dtype).removeprefix("torch.")
    return {
        "device": device,
        "threads": torch.get_num_threads(),
        "weights": weights,
        "computes_in": str(placement.dtype).removeprefix("torch."),
    }


def _board(job: Job) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise UsageError("tensorboard is not installed; run: pip install tensorboard") from None
    return SummaryWriter(str(job.out / "tensorboard"))


def write_adapter(run: Run) -> None:
    """Write adapter, tokenizer and generation settings as `PeftModel.from_pretrained` and `generate` take them."""
    staged = private_folder(run.job.work / "adapter")
    run.model.save_pretrained(staged, save_embedding_layers=run.preset.train_embeddings)
    run.tokenizer.save_pretrained(staged)
    settings = run.model.get_base_model().generation_config
    ends = settings.eos_token_id
    known = [] if ends is None else [ends] if isinstance(ends, int) else list(ends)
    if len(run.encoder.terminator) == 1 and run.encoder.terminator[0] not in known:
        run.ledger.notice("the base model's generation settings did not stop at the end of a turn: the saved ones do")
        settings.eos_token_id = [*known, run.encoder.terminator[0]]
    settings.save_pretrained(staged)
    fsync_tree(staged)
    for path in sorted(path for path in staged.iterdir() if path.is_file() and path.name != "README.md"):
        path.replace(run.job.out / path.name)


def write_documents(run: Run) -> dict[str, Any]:
    """Write loss curve, model card and the finished `run.json`, which is returned."""
    import torch

    state, ledger = run.state, run.ledger
    metrics = read_metrics(run.job.out)
    losses = [line["loss"] for line in metrics if "loss" in line]
    evaluations = [line for line in metrics if "eval_loss" in line]
    taken = state.best_step if run.preset.load_best and evaluations else state.step
    held_out = {line["step"]: line["eval_loss"] for line in evaluations}
    ledger.document |= {
        "status": "finished",
        "steps": state.step,
        "steps_planned": run.steps,
        "weights_of_step": taken,
        "train_loss": losses[-1] if losses else None,
        "eval_loss": held_out.get(taken),
        "rows": {"train": len(run.train.starts), "validation": len(run.held_out.starts) if run.held_out else 0},
        "left_out": {"train": run.train.left_out, "validation": run.held_out.left_out if run.held_out else {}},
        "tokens": state.tokens,
        "padding_share": round(1 - state.tokens / state.padded, 4) if state.padded else 0.0,
        "trained_parameters": sum(p.numel() for p in run.model.parameters() if p.requires_grad),
        "vocabulary": run.model.get_base_model().get_input_embeddings().num_embeddings,
        "terminator": run.encoder.terminator,
        "rows_at_once": state.rows_at_once,
        "peak_gpu_memory_mb": torch.cuda.max_memory_allocated() >> 20 if torch.cuda.is_available() else None,
        "seconds": round(time.monotonic() - ledger.began, 1),
    }
    draw_curve(run.job.out / CURVE, metrics)
    write_atomic(run.job.out / "README.md", _card(run.job, {**ledger.document, "notices": ledger.notices}).encode())
    ledger.store()
    if ledger.board:
        ledger.board.close()
    return {**ledger.document, "notices": ledger.notices}


def draw_curve(path: Path, metrics: Sequence[Mapping[str, Any]]) -> None:
    """The loss of every step, and of the held-out rows, as a picture."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3.6), layout="constrained", dpi=120)
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for name, label, style in (("loss", "training", "-"), ("eval_loss", "held out", "o-")):
        points = [(line["step"], line[name]) for line in metrics if name in line]
        if points:
            axes.plot(*zip(*points, strict=True), style, label=label, linewidth=1.2, markersize=4)
    axes.set_xlabel("step")
    axes.set_ylabel("loss a token (nats)")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, axis="y", linewidth=0.4)
    axes.legend(frameon=False)
    figure.savefig(path)


def _card(job: Job, facts: Mapping[str, Any]) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(Path(__file__).parent / "templates")
    environment = Environment(loader=loader, undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)  # noqa: S701 - Markdown of our own numbers and names
    return environment.get_template("model_card.md.jinja2").render(
        facts=facts,
        preset=job.preset.document(),
        base=Path(job.model).name if Path(job.model).is_dir() else job.model,
        data_card=os.path.relpath(job.corpus / "README.md", job.out),
    )
