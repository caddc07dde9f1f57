"""`corpora forget`: a client or a file withdrawn from a build; the work folder purged when its time is over."""

from __future__ import annotations

from pathlib import Path

import click

from corpora.errors import UsageError
from pipelines.commands.options import EXISTING, key_file_option, option


@click.command()
@click.argument("client_or_file", required=False)
@option("--out", required=True, type=EXISTING, help="The build to remove it from.")
@option("--by", required=True, help="Who decides; recorded with the time.")
@option("--note", default="", help="Why, in a sentence; recorded.")
@click.option("--purge-work", is_flag=True, help="Delete the whole work folder: all raw text that builds keep.")
@key_file_option
def forget(
    client_or_file: str | None, out: Path, by: str, note: str, key_file: Path | None, *, purge_work: bool
) -> None:
    """Remove a client's, or a file's, rows and work from a build, and record that it was done.

    CLIENT_OR_FILE is an id or a file name as the input has it, or a keyed id as the shards have it. Later builds of the
    same output leave it out. The input itself stays as it is: delete the transcript there too.
    """
    from pipelines import forgetting
    from pipelines.decisions import needed_key
    from pipelines.reporting import rewrite_report

    if not client_or_file and not purge_work:
        raise UsageError("say whom to forget (CLIENT_OR_FILE), or --purge-work")
    key = needed_key(out, key_file)
    if client_or_file:
        done = forgetting.forget(out, client_or_file, key, by, note)
        rewrite_report(out)
        click.echo(
            f"{out}: {done['rows']} rows of {done['sessions']} sessions removed, {done['files']} work files deleted or "
            "rewritten. Approvals of the earlier rows are void. Later builds pass the transcript over; delete it from "
            "the input, and what was exported or trained from the earlier rows."
        )
    if purge_work:
        click.echo(f"{out}: {forgetting.purge_work(out, key, by, note)} work files deleted")
