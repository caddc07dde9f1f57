"""`corpora report`: write a build's audit report anew from its manifest."""

from __future__ import annotations

import json
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
    from expectations.report import write_report
    from pipelines.workplace import MANIFEST

    work = out.with_name(f"{out.name}.work")
    folder = next((place for place in (out, work) if (place / MANIFEST).is_file()), None)
    if folder is None:
        raise UsageError(f"{out} is not a build: it has no {MANIFEST}. Give the folder that --out named.")
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        shown = _drawn(out, samples) if with_samples and folder == out else []
        page = write_report(folder / "report", manifest, shown)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{folder / MANIFEST} is damaged or of an older build ({type(error).__name__}); build again"
        ) from None
    click.echo(f"report: {page}")


def _drawn(out: Path, count: int) -> list[dict[str, Any]]:
    """Rows spread over the corpus: the same ones each time."""
    from corpora.rows import frames, parts_in

    rows = (row for part in parts_in(out) for frame in frames(part) for row in frame.iter_rows(named=True))
    size = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["examples"]["total"]
    return list(islice(rows, 0, None, max(1, size // count)))[:count]
