"""`corpora report`: write a build's audit report anew from its manifest."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import click

from corpora.errors import UsageError
from pipelines.commands.options import ANY_PATH


@click.command()
@click.argument("out", type=ANY_PATH)
@click.option("--with-samples", is_flag=True, help="Show some de-identified rows, as published.")
@click.option("--samples", default=5, show_default=True, type=click.IntRange(min=1), help="How many rows to show.")
def report(out: Path, samples: int, *, with_samples: bool) -> None:
    """Write the audit report of the build at OUT anew; of a refused build, the one in its work folder."""
    from pipelines.reporting import rewrite_report
    from pipelines.workplace import MANIFEST

    work = out.with_name(f"{out.name}.work")
    folder = next((place for place in (out, work) if (place / MANIFEST).is_file()), None)
    if folder is None:
        raise UsageError(f"{out} is not a build: it has no {MANIFEST}. Give the folder that --out named.")
    shown = _drawn(out, samples) if with_samples and folder == out else []
    click.echo(f"report: {rewrite_report(folder, shown)}")


def _drawn(out: Path, count: int) -> list[dict[str, Any]]:
    """Rows spread over the corpus: the same ones each time."""
    from corpora.rows import frames, parts_in
    from corpora.shards import read_split, splits_in

    rows = (row for part in parts_in(out) for frame in frames(part) for row in frame.iter_rows(named=True))
    size = sum(read_split(out, split).num_rows for split in splits_in(out))
    return list(islice(rows, 0, None, max(1, size // count)))[:count]
