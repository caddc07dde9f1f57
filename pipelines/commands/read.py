"""Commands that only read: `sources` and `parse`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from pipelines.commands.options import EXISTING, option


@click.command()
def sources() -> None:
    """List the sources that can be read, and the terms each comes under."""
    from corpora.sources import get_source, source_names

    for name in source_names():
        reader = get_source(name)
        summary = (type(reader).__doc__ or "").strip().splitlines()[0]
        click.echo(
            f"{name}\n    {summary}\n    {reader.modality}; licence: {reader.license}; consent: {reader.consent}"
        )


@click.command()
@click.argument("path", type=EXISTING)
@option("--source", default="alexander-street", show_default=True, help="Which reader; see `corpora sources`.")
def parse(path: Path, source: str) -> None:
    """Print the sessions of PATH as JSON lines. This is raw text: it is not de-identified."""
    from corpora.records import Drop
    from corpora.sources import read_source

    for item in read_source(source, path):
        if isinstance(item, Drop):
            where = f"{item.origin.path}: " if item.origin else ""
            click.echo(f"{where}{item.level} left out: {item.reason} ({item.count}). {item.detail}".rstrip(), err=True)
        else:
            click.echo(json.dumps(asdict(item), ensure_ascii=False))
