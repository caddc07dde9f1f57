"""`corpora validate`: hold any corpus to the suites, ours or the user's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from corpora.errors import GateError
from pipelines.commands.options import ANY_PATH, EXISTING, EXISTING_FILE, option

if TYPE_CHECKING:
    from expectations.outcome import GateResult


@click.command()
@click.argument("corpus", type=EXISTING)
@click.option("--suite", "suites", multiple=True, help="A suite of ours, or your own (FILE.py) [default: all of ours].")
@click.option("--columns", "pairs", multiple=True, help="OURS=THEIRS: where a corpus of others has a column of ours.")
@click.option("--recipe", type=EXISTING_FILE, help="Take the bounds of this recipe.")
@option("--min-words", type=click.IntRange(min=0), help="Least words of a response.")
@click.option("--docs", type=ANY_PATH, help="Add this run to the Data Docs in this folder.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcomes as JSON.")
def validate(
    corpus: Path,
    suites: tuple[str, ...],
    pairs: tuple[str, ...],
    recipe: Path | None,
    min_words: int | None,
    docs: Path | None,
    *,
    as_json: bool,
) -> None:
    """Hold CORPUS to the suites: a build of ours, a `datasets` folder, or a file of rows in JSON lines, Parquet or CSV.

    Exit code 3 where a critical expectation does not hold. No text is shown, only counts and ids.
    """
    from dataclasses import replace
    from datetime import UTC, datetime

    from corpora.foreign import read_mapping
    from expectations.gate import run_gate
    from expectations.suites import SUITES, named_suites
    from pipelines.recipe import load_recipe
    from pipelines.validation import measure_corpus, thresholds_of

    chosen = named_suites(suites or SUITES)
    mapping = read_mapping([pair for given in pairs for pair in given.split(",")])
    bounds = None
    if recipe:
        stages = load_recipe(recipe).stages
        bounds = thresholds_of([{"use": stage.name, **stage.parameters()} for stage in stages])
    measured = measure_corpus(corpus, mapping, bounds)
    if min_words is not None:
        kinds = measured.metrics["kind"].unique().drop_nulls().to_list()
        measured = replace(measured, thresholds=replace(measured.thresholds, min_words=dict.fromkeys(kinds, min_words)))
    result = run_gate(
        measured.metrics,
        measured.thresholds,
        docs,
        corpus.resolve().name,
        datetime.now(UTC),
        suites=chosen,
        unmeasured=measured.unmeasured,
    )
    if as_json:
        click.echo(json.dumps(result.to_dict(), indent=1))
    else:
        _show(result)
    if not result.passed:
        failed = "; ".join(f"{outcome.suite}: {outcome.description}" for outcome in result.failures("critical"))
        raise GateError(f"{corpus}: this does not hold: {failed}")


def _show(result: GateResult) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("suite", "expectation", "", "seen")
    marks = {"critical": "FAILED", "warning": "warning", "info": "note"}
    for outcome in result.results:
        mark = "held" if outcome.passed else marks[outcome.severity]
        table.add_row(*(Text(cell) for cell in (outcome.suite, outcome.description, mark, outcome.observed)))
    Console().print(table)
    if result.unmeasured:
        names = ", ".join(result.unmeasured)
        click.echo(f"not measured here: {names} (only a build knows its clients' names and its own surrogates)")
