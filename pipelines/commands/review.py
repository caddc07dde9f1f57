"""`corpora review`: what a steward should look at, and the decisions that the next build follows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from corpora.errors import UsageError
from pipelines.commands.options import ANY_PATH, EXISTING_FILE

if TYPE_CHECKING:
    from anonymize.proof.review import Finding


@click.command()
@click.argument("run", type=ANY_PATH)
@click.option("--limit", type=click.IntRange(min=0), default=20, show_default=True, help="Rows shown of each kind.")
@click.option("--sample", type=click.IntRange(min=1), help="Draw N passages of the output to read, instead.")
@click.option("--seed", type=int, default=0, show_default=True, help="Another draw of the sample.")
@click.option("--mask", multiple=True, metavar="TOKEN", help="Decide: mask it wherever it stands. May be given again.")
@click.option("--keep", multiple=True, metavar="TOKEN", help="Decide: never mask it. May be given again.")
@click.option("--record", type=EXISTING_FILE, help="Take in a filled-in review.csv or sample.csv.")
@click.option("--by", help="Who decides; recorded with the time.")
@click.option("--decisions", type=ANY_PATH, help="Where decisions are kept [default: RUN.work/review/decisions.csv].")
def review(
    run: Path,
    *,
    limit: int,
    sample: int | None,
    seed: int,
    mask: Sequence[str],
    keep: Sequence[str],
    record: Path | None,
    by: str | None,
    decisions: Path | None,
) -> None:
    """List suspicious leftovers and doubtful maskings of a build (RUN is its folder) on the terminal and as CSV.

    It shows words of the transcripts with a few words around them: for the eyes of the data's steward only. Decide by
    --mask and --keep, or fill in the CSV and hand it back with --record; then build again with --decisions.
    """
    from pipelines.review import DECISIONS, Desk

    desk = Desk(run)
    target = decisions or desk.folder / DECISIONS
    if mask or keep or record:
        if not by or not by.strip():
            raise UsageError("say who decides: --by NAME")
        ruled = [(token, "mask") for token in mask] + [(token, "keep") for token in keep]
        if ruled:
            click.echo(desk.decide(ruled, by.strip(), target))
        if record:
            click.echo(desk.record(record, by.strip(), target))
        return
    if sample:
        path, size = desk.write_sample(sample, seed)
        click.echo(f"{path}: {size} passages; write yes or no in the leak column, then: --record {path} --by NAME")
        return
    findings = desk.findings()
    path = desk.write_findings(findings)
    _show(findings, limit)
    click.echo(
        f"{path}: all {len(findings)} rows; write mask or keep in the decision column, then: --record {path} --by NAME"
    )


def _show(findings: Sequence[Finding], limit: int) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    titles = {"left": "Left in the text: does it name somebody?", "masked": "Masked: was it an identifier?"}
    for kind, title in titles.items():
        of_kind = sorted((f for f in findings if f.kind == kind), key=lambda f: -f.count)
        table = Table("token", "why", "count", "sessions", "context", title=f"{title} ({len(of_kind)})")
        for finding in of_kind[:limit]:
            shown = (finding.token, finding.why, str(finding.count), str(finding.sessions), finding.contexts[0])
            table.add_row(*(Text(cell) for cell in shown))  # as text: brackets are no markup
        Console().print(table)
