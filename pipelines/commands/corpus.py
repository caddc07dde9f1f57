"""`corpora explain`: where every file, session and turn of a build went."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from corpora.errors import UsageError
from pipelines.commands.options import ANY_PATH

if TYPE_CHECKING:
    from rich.table import Table


@click.command()
@click.argument("run", type=ANY_PATH)
@click.option("--json", "as_json", is_flag=True, help="Print the sum as JSON.")
def explain(run: Path, *, as_json: bool) -> None:
    """Show where every file, session and turn of a build went (RUN is the build's folder), and what samples changed."""
    from rich.console import Console
    from rich.table import Table

    manifest = read_manifest(run)
    accounting = manifest["accounting"]
    if as_json:
        click.echo(json.dumps(accounting, indent=2))
        return
    table = Table("", "outcome", "reason", "count")
    for level, entry in accounting.items():
        table.add_row(level, "seen", "", str(entry["seen"]))
        for outcome in ("kept", "dropped", "quarantined"):
            for reason, count in entry[outcome].items():
                table.add_row("", outcome, reason, str(count))
        table.add_section()
    Console().print(table)
    for draw in manifest.get("sampling", ()):
        Console().print(_sample_table(draw))
    for level, entry in accounting.items():
        kept, dropped, aside = (sum(entry[outcome].values()) for outcome in ("kept", "dropped", "quarantined"))
        click.echo(f"{level}: {entry['seen']} seen = {kept} kept + {dropped} dropped + {aside} quarantined")


def _sample_table(draw: Mapping[str, Any]) -> Table:
    """What a sample or a mixture changed: of each value that was drawn by, its examples and share before and after."""
    from rich.table import Table

    title = f"{draw['stage']}: {draw['after']:,} of {draw['before']:,} examples"
    table = Table("by", "value", "before", "share", "after", "share", title=title)
    for name, values in draw["audit"].items():
        for at, row in enumerate(values):
            before, after = (f"{row[f'share_{when}']:.1%}" for when in ("before", "after"))
            table.add_row("" if at else name, row["value"], f"{row['before']:,}", before, f"{row['after']:,}", after)
        table.add_section()
    return table


def read_manifest(run: Path) -> dict[str, Any]:
    """The manifest of a build, or of its refused attempt where none was published.

    Raises:
        UsageError: the folder is no build, or the manifest is damaged.
    """
    from pipelines.workplace import MANIFEST

    refused = run.with_name(f"{run.name}.work") / MANIFEST
    if refused.is_file() and (run / MANIFEST).is_file():
        click.echo(f"note: a later build was refused; {refused.parent / 'report' / 'index.html'} says why", err=True)
    for path in (run / MANIFEST, refused):
        if path.is_file():
            try:
                document = json.loads(path.read_text(encoding="utf-8"))
                return dict(document) if document["accounting"] else {}
            except (ValueError, KeyError, TypeError):
                raise UsageError(f"{path} is damaged: it is not the manifest of a build") from None
    raise UsageError(f"{run} is not a build: it has no {MANIFEST}. Give the folder that --out named.")
