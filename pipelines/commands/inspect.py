"""`corpora inspect`: a corpus' rows as a person reads them, and which of their tokens a trainer would learn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from corpora.errors import UsageError
from pipelines.commands.options import EXISTING, option

if TYPE_CHECKING:
    from finetune.labels import Encoder


@click.command()
@click.argument("corpus", type=EXISTING)
@click.option("--mask", is_flag=True, help="Mark the tokens that are trained on; needs --model.")
@option("--model", help="A transformers checkpoint: its folder, or its id (whose tokenizer is then fetched).")
@option("--split", "split", default="train", show_default=True, help="Which split to show.")
@option("--rows", default=3, show_default=True, type=click.IntRange(min=1), help="How many rows to show.")
@option("--preset", default="mentalgpt", show_default=True, help="Whose lengths to cut at; see `corpora finetune`.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a row.")
def inspect(corpus: Path, split: str, rows: int, model: str | None, preset: str, *, mask: bool, as_json: bool) -> None:
    """Show the first rows of a built CORPUS; with --mask, exactly what a fine-tuned model would learn of them.

    With --mask, what stands between ⟦ and ⟧ is trained on, the rest is context.
    """
    from finetune.rows import Rows

    table = Rows(corpus, split)
    if not mask:
        for at in range(min(rows, len(table))):
            row = table[at]
            click.echo(json.dumps(row, ensure_ascii=False) if as_json else _talk(row))
        return
    if not model:
        raise UsageError("--mask shows a model's tokens: name the model with --model")
    from finetune.labels import Encoder
    from finetune.model import load_tokenizer
    from finetune.presets import load_preset

    lengths = load_preset(preset).preset
    encoder = Encoder(load_tokenizer(model), lengths.source_max, lengths.target_max)
    for notice in encoder.notices:
        click.echo(f"note: {notice}", err=True)
    shown = [table[at] for at in range(min(rows, len(table)))]
    for document in _masked(shown, encoder):
        click.echo(json.dumps(document, ensure_ascii=False) if as_json else _marked(document))


def _masked(rows: list[dict[str, Any]], encoder: Encoder) -> list[dict[str, Any]]:
    from finetune.labels import Unusable, decoded

    documents: list[dict[str, Any]] = []
    for result in encoder.encode(rows):
        if isinstance(result, Unusable):
            documents.append({"example_id": result.example_id, "left_out": result.reason})
            continue
        (prompt, _), (completion, _) = decoded(result, encoder.tokenizer)
        documents.append(
            {
                "example_id": result.example_id,
                "context": prompt,
                "trained_on": completion,
                "prompt_cut": result.cut,
                "input_ids": result.ids,
                "labels": result.labels,
            }
        )
    return documents


def _marked(document: dict[str, Any]) -> str:
    if "left_out" in document:
        return f"== {document['example_id']}: left out, {document['left_out']}\n"
    trained = len(document["labels"]) - document["labels"].count(-100)
    cut = ", prompt cut from the left" if document["prompt_cut"] else ""
    return (
        f"== {document['example_id']}: {trained} of {len(document['labels'])} tokens are trained on{cut}\n"
        f"{document['context']}⟦{document['trained_on']}⟧\n"
    )


def _talk(row: dict[str, Any]) -> str:
    lines = [f"{message['role']}: {message['content']}" for message in (*row["prompt"], *row["completion"])]
    return "\n".join([f"== {row['example_id']}", *lines, ""])
