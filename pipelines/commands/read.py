"""Commands that only read: `sources` and `parse`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from corpora.errors import UsageError
from pipelines.commands.options import EXISTING, option


@click.command()
@click.option("--detect", "path", type=EXISTING, help="Say which sources fit the files at a path, and why.")
def sources(path: Path | None) -> None:
    """List the sources that can be read, and the terms each comes under."""
    if path:
        _detect(path)
        return
    from corpora.sources import get_source, source_names

    for name in source_names():
        reader = get_source(name)
        summary = (type(reader).__doc__ or "").strip().splitlines()[0]
        click.echo(
            f"{name}\n    {summary}\n    {reader.modality}; licence: {reader.license}; consent: {reader.consent}"
        )


def _detect(path: Path) -> None:
    from corpora.detect import detect

    fits = detect(path)
    if not fits:
        raise UsageError(f"{path}: no source reads this; `corpora sources` says what each reads")
    for fit in fits:
        click.echo(f"{fit.source}\n    {fit.why}")


def _show_roles(name: str, root: Path) -> None:
    import csv
    import sys

    from corpora.errors import TextError
    from corpora.sources import get_source
    from corpora.sources.alexander_street import AlexanderStreet
    from corpora.sources.base import unit_name

    source = get_source(name)
    if not isinstance(source, AlexanderStreet):
        raise UsageError(f"--show-roles: the files of {name!r} say themselves who speaks")
    table = csv.writer(sys.stdout)
    table.writerow(["session_id", "label", "role", "confidence"])
    for file in source.files(root):
        for unit in source.units(file, unit_name(root, file)):
            try:
                table.writerows((*who, f"{sure:.2f}") for *who, sure in source.speakers_of(unit))
            except TextError as error:
                click.echo(f"{file}: {error.detail}", err=True)


@click.command()
@click.argument("path")
@option("--source", default="alexander-street", show_default=True, help="Which reader, or `auto`.")
@click.option("--show-roles", is_flag=True, help="Print who is who as CSV, with a confidence, to mend for --speakers.")
def parse(path: str, source: str, *, show_roles: bool) -> None:
    """Print the sessions of PATH (or a URL, or hf:OWNER/NAME) as JSON lines. This is raw text: not de-identified."""
    from corpora.detect import detected
    from corpora.records import Drop
    from corpora.remote import local_input
    from corpora.sources import read_source

    root = local_input(path)
    name = detected(root) if source == "auto" else source
    if show_roles:
        _show_roles(name, root)
        return
    for item in read_source(name, root):
        if isinstance(item, Drop):
            where = f"{item.origin.path}: " if item.origin else ""
            click.echo(f"{where}{item.level} left out: {item.reason} ({item.count}). {item.detail}".rstrip(), err=True)
        else:
            click.echo(json.dumps(asdict(item), ensure_ascii=False))
