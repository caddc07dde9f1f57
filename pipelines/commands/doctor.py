"""`corpora doctor`: look at this installation, and say what to fix."""

from __future__ import annotations

from pathlib import Path

import click

from corpora.errors import CorporaError
from pipelines.commands.options import EXISTING, key_file_option


@click.command()
@click.argument("run", type=EXISTING, required=False)
@key_file_option
def doctor(run: Path | None, key_file: Path | None) -> None:
    """Check key, packages, versions, extras, egress switches and, of a build RUN, modes and key; say what to fix."""
    from anonymize.keys import default_key_file
    from pipelines.doctor import examine

    faults = 0
    for check in examine(key_file or default_key_file(), run):
        click.echo(f"{'fix ' if check.fix else 'ok  '} {check.what}: {check.seen}")
        if check.fix:
            faults += 1
            click.echo(f"     do: {check.fix}")
    if faults:
        raise CorporaError(f"{faults} to fix, each named above with what to do")
