"""`corpora diff`: what changed from one build to another, and why."""

from __future__ import annotations

import json
from pathlib import Path

import click

from pipelines.commands.options import EXISTING


@click.command()
@click.argument("old", type=EXISTING)
@click.argument("new", type=EXISTING)
@click.option("--json", "as_json", is_flag=True, help="Print all of it, row by row, as JSON.")
def diff(old: Path, new: Path, *, as_json: bool) -> None:
    """Show which examples the build NEW added, removed and changed against OLD (such as OUT.previous), and why."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from pipelines.diffing import ADDED, CHANGED, REMOVED
    from pipelines.diffing import diff as compare

    found = compare(old, new)
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    table = Table("examples", "count", "why")
    for kind in (ADDED, REMOVED, CHANGED):
        table.add_row(kind, str(found[kind]["count"]), "")
        for why, count in found[kind]["why"].items():
            table.add_row("", str(count), Text(why))
    table.add_row("the same", str(found["same"]), "")
    Console().print(table)
    for name in ("recipe", "versions", "decisions"):
        for item in found[name]:
            click.echo(f"{name}: {item}")
