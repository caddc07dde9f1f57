"""Every combination of some preset keys as a run of its own, and a table and picture that compare them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from corpora.errors import UsageError
from corpora.files import private_folder, write_atomic
from finetune.outputs import RUN
from finetune.presets import swept
from finetune.trainer import Job, Report, train

TABLE, PICTURE, RESULTS = "README.md", "sweep.png", "sweep.json"
Each = Callable[[str, int, int], Report]


def sweep(
    job: Job, values: Mapping[str, Sequence[Any]], each: Each, say: Callable[[str], None]
) -> list[dict[str, Any]]:
    """Train once for every combination of `values`, each in its own folder under `job.out`; finished ones are kept.

    Args:
        job: corpus, model and the hyper-parameters that are the same for all.
        values: preset key -> values to try.
        each: called with a run's name, its number from 1 and how many there are; returns what is told its progress.
        say: called with every notice a person should read.

    Returns:
        One entry a run: its name, its values, its losses and step; the lowest held-out loss first (where nothing is
        held out, the lowest training loss).

    Raises:
        UsageError: a key or a value is impossible, or the folder holds something else.
    """
    runs = swept(job.preset, values)
    if job.out.exists() and any(job.out.iterdir()) and not (job.out / RESULTS).is_file():
        raise UsageError(f"--out {job.out} holds something else, which stays untouched; name another folder")
    private_folder(job.out)
    write_atomic(job.out / RESULTS, b"[]\n")
    results = []
    for number, (name, preset) in enumerate(runs.items(), start=1):
        one = replace(job, out=job.out / name, preset=preset)
        document = train(one, each(name, number, len(runs)), say)
        facts = {key: document[key] for key in ("eval_loss", "train_loss", "weights_of_step", "seconds")}
        results.append({"run": name, **{key: document["identity"]["preset"][key] for key in values}, **facts})
    results.sort(key=_loss)
    write_atomic(job.out / RESULTS, (json.dumps(results, indent=2) + "\n").encode())
    page = ["# Sweep", "", "The lowest loss first; a lower loss is not yet a better answer.", ""]
    page += [table(results, list(values)), "", f"![Loss by value]({PICTURE})", ""]
    write_atomic(job.out / TABLE, "\n".join(page).encode())
    _draw(job.out / PICTURE, results, values)
    return results


def _loss(result: Mapping[str, Any]) -> float:
    held_out = result["eval_loss"]
    return float(result["train_loss"] if held_out is None else held_out)


def table(results: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> str:
    """The runs of a sweep as a Markdown table, in the order given.

    Args:
        results: what `sweep` returned.
        keys: the preset keys that were tried.
    """
    header = [*keys, "held-out loss", "training loss", "weights of step", "seconds", "run"]
    lines = [f"| {' | '.join(header)} |", f"|{'---|' * len(header)}"]
    for result in results:
        held_out = "none" if result["eval_loss"] is None else f"{result['eval_loss']:.4f}"
        cells = [*(str(result[key]) for key in keys), held_out, f"{result['train_loss']:.4f}"]
        cells += [str(result["weights_of_step"]), str(result["seconds"]), f"[{result['run']}]({result['run']}/{RUN})"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _draw(path: Path, results: Sequence[Mapping[str, Any]], values: Mapping[str, Sequence[Any]]) -> None:
    """Loss over the first key's values, one line for every combination of the others."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    first, *others = values
    lines: dict[str, dict[str, float]] = {}
    for result in results:
        label = ", ".join(f"{key} {result[key]}" for key in others)
        lines.setdefault(label, {})[str(result[first])] = _loss(result)
    ticks = [str(value) for value in values[first]]
    figure = Figure(figsize=(7, 3.6), layout="constrained", dpi=120)
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for label in sorted(lines):
        axes.plot(ticks, [lines[label][tick] for tick in ticks], "o-", label=label, linewidth=1.2, markersize=4)
    axes.set_xlabel(first)
    axes.set_ylabel("loss a token (nats)")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, axis="y", linewidth=0.4)
    if others:
        axes.legend(frameon=False)
    figure.savefig(path)
