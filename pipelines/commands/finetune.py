"""`corpora finetune`: an adapter from a built corpus, and `corpora export-gguf`: what llama.cpp reads from it."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from corpora.errors import UsageError
from pipelines.commands.options import ANY_PATH, EXISTING, approval_option, key_file_option, option

if TYPE_CHECKING:
    from finetune.sweep import Each


@click.command()
@click.argument("corpus", type=EXISTING)
@option("--model", required=True, help="A transformers checkpoint: its folder, or its id, which is then fetched.")
@option("--out", required=True, type=ANY_PATH, help="The run's folder; an unfinished run of the same there goes on.")
@option("--preset", default="mentalgpt", show_default=True, help="mentalgpt, berkeley, nile, mirror, or a TOML file.")
@click.option("--set", "changes", multiple=True, metavar="KEY=VALUE", help="Change one key of the preset.")
@click.option("--sweep", "tried", multiple=True, metavar="KEY=V1,V2", help="Try several values; may be given twice.")
@option("--seed", type=int, help="Seed of order, dropout and first weights.")
@option("--max-steps", type=click.IntRange(min=1), help="Stop after so many steps.")
@click.option("--merge", is_flag=True, help="Also write the base model with the adapter merged in, to OUT/merged.")
@click.option("--tensorboard", is_flag=True, help="Also write TensorBoard's event files.")
@approval_option
@key_file_option
@click.option("--json", "as_json", is_flag=True, help="Print run.json (of a sweep: its table) at the end.")
def finetune(
    corpus: Path,
    model: str,
    out: Path,
    preset: str,
    changes: tuple[str, ...],
    tried: tuple[str, ...],
    seed: int | None,
    max_steps: int | None,
    key_file: Path | None,
    *,
    require_approval: bool,
    merge: bool,
    tensorboard: bool,
    as_json: bool,
) -> None:
    """Train a QLoRA adapter on a built CORPUS: loss on the therapist's responses only.

    The folder holds the adapter (for PeftModel.from_pretrained), its tokenizer, a model card, metrics.jsonl, the loss
    curve and run.json; OUT.work holds tokens and checkpoints. Started again after a kill, the same command goes on.
    """
    from finetune import egress
    from finetune.presets import load_preset, parse_values
    from pipelines.decisions import approval_sentence, approval_warning

    if warning := approval_warning(corpus, key_file, required=require_approval):
        _note(warning)

    recipe = load_preset(preset)
    single = {"seed": seed, "max_steps": max_steps}
    given = {key: value for key, value in single.items() if value is not None}
    values = recipe.preset.changed({**_single(parse_values(changes, "--set")), **given})
    combinations = {**recipe.sweep, **parse_values(tried, "--sweep")}
    if merge and combinations:
        raise UsageError("--merge makes one model: give it with a single run, not with a sweep")
    egress.require(*egress.NEEDED)
    egress.close(model)
    warnings.simplefilter("ignore", FutureWarning)  # what the libraries tell one another about their next versions
    from finetune.trainer import Job, train

    approval = approval_sentence(corpus, key_file)
    job = Job(corpus, model, out, values, recipe.name, approval, tensorboard=tensorboard)
    with _progress() as each:
        if combinations:
            from finetune.sweep import TABLE, sweep, table

            results = sweep(job, combinations, each, _note)
            ended = f"{out}: {len(results)} runs, the best is {results[0]['run']}; {out / TABLE}"
            _show(results if as_json else f"{table(results, list(combinations))}\n{ended}")
            return
        document = train(job, each(out.name, 1, 1), _note)
    if merge:
        from finetune.merge import merge_adapter

        merge_adapter(out, out / "merged")
    held_out = "" if document["eval_loss"] is None else f", held-out loss {document['eval_loss']:.4f}"
    _show(document if as_json else f"{out}: {document['steps']} steps, loss {document['train_loss']:.4f}{held_out}")


@click.command("export-gguf")
@click.argument("run", type=EXISTING)
@option("--out", type=ANY_PATH, help="The file to write [default: RUN/model.gguf or RUN/adapter.gguf].")
@click.option("--adapter", "adapter_only", is_flag=True, help="Write the adapter alone, for use with the base's GGUF.")
@option("--type", "dtype", type=click.Choice(["f32", "f16", "q8_0"]), default="f16", show_default=True, help="Weights.")
def export_gguf(run: Path, out: Path | None, dtype: str, *, adapter_only: bool) -> None:
    """Write what `corpora finetune` left in RUN as a GGUF file for llama.cpp (models of the Llama layout)."""
    from finetune import egress

    egress.require(*egress.NEEDED, "gguf")
    warnings.simplefilter("ignore", FutureWarning)
    from finetune.gguf import export

    target = out or run / ("adapter.gguf" if adapter_only else "model.gguf")
    export(run, target, dtype, adapter_only=adapter_only)
    click.echo(f"{target}: {target.stat().st_size:,} bytes")


def _single(values: dict[str, list[Any]]) -> dict[str, Any]:
    """One value a key; a list is written as TOML writes it, or as `targets=q_proj,v_proj`."""
    lists = ("special_tokens", "split")
    return {
        key: found[0] if len(found) == 1 and (key not in lists or isinstance(found[0], list)) else found
        for key, found in values.items()
    }


def _show(what: Any) -> None:
    import json

    click.echo(what if isinstance(what, str) else json.dumps(what, indent=2))


def _note(sentence: str) -> None:
    click.echo(f"note: {sentence}", err=True)


@contextmanager
def _progress() -> Iterator[Each]:
    """Bars with loss, tokens a second and time to go, for a person at a terminal only."""
    if not sys.stderr.isatty():
        yield lambda _name, _number, _runs: lambda _progress: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("loss {task.fields[loss]:.3f}, {task.fields[rate]:,.0f} tokens/s, {task.fields[left]} to go"),
    )
    with Progress(*columns, console=Console(stderr=True)) as bars:

        def each(name: str, number: int, runs: int) -> Any:
            label = name if runs == 1 else f"{name} ({number} of {runs})"
            task = bars.add_task(label, total=None, loss=0.0, rate=0.0, left="?")

            def show(at: Any) -> None:
                minutes, seconds = divmod(int(at.seconds_left), 60)
                bars.update(
                    task,
                    completed=at.step,
                    total=at.steps,
                    loss=at.loss,
                    rate=at.tokens_per_s,
                    left=f"{minutes}:{seconds:02d}",
                )

            return show

        yield each
