"""Data Docs: every run of the checks as pages that open offline, with the runs before it.

The sentences are Great Expectations' own; the pages are ours, since its templates load styles, fonts and scripts from
other hosts, do not escape every value, and leave the index empty without a network. Each run is also kept as JSON under
`validations/`, from which the index and the trends are drawn again when the next run is added.
"""

from __future__ import annotations

import json
from datetime import UTC
from typing import TYPE_CHECKING, Any

from corpora.errors import CorporaError
from corpora.files import write_atomic
from corpora.pages import slug, write_page
from expectations.templates import TEMPLATES

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from expectations.outcome import GateResult

TREND_RUNS = 10  # newest runs that a suite's page sets side by side: as many as fit a page's width


def write_docs(docs: Path, result: GateResult, run_name: str, run_time: datetime) -> None:
    """Add one run to the Data Docs in `docs` and draw the pages anew.

    Raises:
        CorporaError: a file under `docs/validations` is not the record of a run.
    """
    name = f"{run_time.astimezone(UTC):%Y%m%dT%H%M%SZ}-{slug(run_name)}"
    record = {"run_name": run_name, "run_time": run_time.isoformat(timespec="seconds"), **result.to_dict()}
    folder = docs / "validations"
    folder.mkdir(parents=True, exist_ok=True)
    write_atomic(folder / f"{name}.json", json.dumps(record, indent=1).encode())
    runs = [_read(path) for path in sorted(folder.glob("*.json"), reverse=True)]
    names = list(dict.fromkeys(outcome.suite for outcome in result.results))
    for run in runs:
        write_page(
            folder / f"{run['page']}.html", TEMPLATES, "validation", run=run, suites=by_suite(run["expectations"])
        )
    for suite in names:
        trend = [{**run, "held": _held(run, suite), "seen": _seen(run, suite)} for run in runs[:TREND_RUNS]]
        outcomes = [outcome for outcome in result.results if outcome.suite == suite]
        write_page(
            docs / "expectations" / f"{slug(suite)}.html",
            TEMPLATES,
            "suite",
            suite=suite,
            outcomes=outcomes,
            runs=trend,
        )
    counts = [{**run, "counts": {suite: _counts(run, suite) for suite in names}} for run in runs]
    write_page(docs / "index.html", TEMPLATES, "datadocs", runs=counts, suites={suite: slug(suite) for suite in names})


def by_suite(outcomes: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """The expectations of each suite, in the order they were run."""
    suites: dict[str, list[dict[str, Any]]] = {}
    for outcome in outcomes:
        suites.setdefault(outcome["suite"], []).append(outcome)
    return suites


def _read(path: Path) -> dict[str, Any]:
    try:
        run: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return {"page": path.stem, **{key: run[key] for key in ("run_name", "run_time", "passed", "expectations")}}
    except (ValueError, KeyError, TypeError) as error:
        raise CorporaError(f"{path} is not the record of a run; move it away and build again") from error


def _held(run: dict[str, Any], suite: str) -> dict[str, bool]:
    return {o["expectation"]: o["passed"] for o in run["expectations"] if o["suite"] == suite}


def _seen(run: dict[str, Any], suite: str) -> dict[str, str]:
    return {o["expectation"]: o["observed"] for o in run["expectations"] if o["suite"] == suite}


def _counts(run: dict[str, Any], suite: str) -> str:
    held = _held(run, suite).values()
    return f"{sum(held)} of {len(held)}" if held else "not run"
