"""`corpora inspect`: what a corpus is, row by row and as a whole, and which of its tokens a trainer would learn."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from corpora.errors import UsageError
from pipelines.commands.options import EXISTING, key_file_option, option

if TYPE_CHECKING:
    from finetune.labels import Encoder

_ROWS = 3


@click.command()
@click.argument("corpus", type=EXISTING)
@click.option("--example", help="Where an example (or a session, or file, as the report shows its id) came from.")
@click.option("--tokenizer", help="A model's folder or id: how many tokens the rows have for it, and what is cut.")
@click.option("--mask", is_flag=True, help="Show rows with the tokens that are trained on marked; needs a model.")
@option("--model", help="For --mask: a transformers checkpoint, its folder or id [default: --tokenizer].")
@option("--split", "split", help="Which split's rows to show [default: train].")
@option("--rows", type=click.IntRange(min=1), help="Show so many rows [default: 3 with --mask, --split or --json].")
@option("--preset", default="mentalgpt", show_default=True, help="Whose lengths to cut at; see `corpora finetune`.")
@key_file_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object a row, or one in all.")
def inspect(
    corpus: Path,
    example: str | None,
    tokenizer: str | None,
    model: str | None,
    split: str | None,
    rows: int | None,
    preset: str,
    key_file: Path | None,
    *,
    mask: bool,
    as_json: bool,
) -> None:
    """Show what a built CORPUS holds: tables and small plots, or some of its rows.

    --example ID tells where a row came from, back to the bytes of its source file. --tokenizer MODEL shows how long the
    rows are in tokens, and how many a trainer with the lengths of --preset would cut. With --mask, what stands between
    ⟦ and ⟧ is trained on, the rest is context.
    """
    if example:
        _show_trace(corpus, example, key_file, as_json=as_json)
    elif mask:
        _show_mask(corpus, split or "train", rows or _ROWS, model or tokenizer, preset, as_json=as_json)
    elif tokenizer:
        _show_tokens(corpus, split, tokenizer, preset, as_json=as_json)
    elif rows or split or as_json:
        from finetune.rows import Rows

        table = Rows(corpus, split or "train")
        for at in range(min(rows or _ROWS, len(table))):
            click.echo(json.dumps(table[at], ensure_ascii=False) if as_json else _talk(table[at]))
    else:
        from pipelines.overview import overview

        _print(overview(corpus))


def _print(parts: Iterable[Any]) -> None:
    """Print tables as they are, and lines of plots in whatever characters the terminal has."""
    from rich.console import Console

    from corpora.terminal import encodable

    console = Console()
    for part in parts:
        if isinstance(part, list):
            click.echo("\n".join(encodable(part, sys.stdout.encoding)))
        else:
            console.print(part)


def _show_trace(corpus: Path, example: str, key_file: Path | None, *, as_json: bool) -> None:
    from rich.table import Table
    from rich.text import Text

    from pipelines.decisions import build_key
    from pipelines.provenance import shown, trace

    found = trace(corpus, example, build_key(corpus, key_file))
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    table = Table(show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in shown(found):
        table.add_row(name, Text(value))
    _print([table])
    if "prompt" in found.get("row", {}):
        click.echo(_talk(found["row"]))


def _show_tokens(corpus: Path, split: str | None, model: str, preset: str, *, as_json: bool) -> None:
    from corpora.shards import splits_in
    from finetune.lengths import token_lengths
    from finetune.model import load_tokenizer
    from finetune.presets import load_preset
    from finetune.rows import Rows
    from pipelines.overview import token_overview

    bounds = load_preset(preset).preset
    parts = [Rows(corpus, name) for name in ([split] if split else splits_in(corpus))]
    lengths = token_lengths(parts, load_tokenizer(model))
    for notice in lengths.notices:
        click.echo(f"note: {notice}", err=True)
    document = lengths.document(bounds.source_max, bounds.target_max)
    if as_json:
        click.echo(json.dumps({"model": model, "preset": preset, **document}, indent=2))
        return
    _print(token_overview(lengths, document, preset))


def _show_mask(corpus: Path, split: str, rows: int, model: str | None, preset: str, *, as_json: bool) -> None:
    if not model:
        raise UsageError("--mask shows a model's tokens: name the model with --model or --tokenizer")
    from finetune.labels import Encoder
    from finetune.model import load_tokenizer
    from finetune.presets import load_preset
    from finetune.rows import Rows

    table = Rows(corpus, split)
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
