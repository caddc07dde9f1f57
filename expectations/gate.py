"""The gate: run the suites over the metrics table with Great Expectations, write Data Docs, and say pass or fail.

Great Expectations sees numbers, flags and ids only. Its context lives in memory and has no Data Docs site of its own,
which would otherwise be written to the temp folder; ours are written by `datadocs`.
"""

from __future__ import annotations

import os
import re
from numbers import Real
from string import Template
from typing import TYPE_CHECKING, Any

from corpora.errors import UsageError
from expectations.metrics import TEXT_COLUMNS, by_shard, by_split, whole
from expectations.outcome import GateResult, Outcome
from expectations.suites import SUITES, Suite

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime
    from pathlib import Path

    import polars as pl

    from expectations.thresholds import Thresholds


TABLES = {"examples": "example_id", "splits": "split", "shards": "shard_id", "corpus": None}
"""The tables a suite can read, and the column that names a row of each."""

DOMAIN = ("column", "column_A", "column_B", "column_list", "column_set")
"""How expectations call the columns they look at."""


def run_gate(
    metrics: pl.DataFrame,
    thresholds: Thresholds,
    docs: Path | None,
    run_name: str,
    run_time: datetime,
    *,
    suites: Mapping[str, Suite] = SUITES,
    unmeasured: Collection[str] = (),
) -> GateResult:
    """Validate a metrics table and write Data Docs.

    Args:
        metrics: What `metrics.measure` returned.
        thresholds: The recipe's bounds.
        docs: Folder of the Data Docs; None to write none. Runs already recorded there stay, so that trends show; the
            folder is created.
        run_name: Name of this run; a run of the same name and time is replaced.
        run_time: When it ran; with a time zone.
        suites: The suites to run, by name.
        unmeasured: Columns that were not counted; expectations on them are left out, and named in the result.

    Raises:
        UsageError: `run_time` has no time zone, or a suite is empty, has an expectation without a name of its own,
            or asks for something that the tables do not hold.
    """
    from expectations.datadocs import write_docs

    if run_time.tzinfo is None:
        raise UsageError("run_time has no time zone; give it one, for instance datetime.now(timezone.utc)")
    tables = {
        "examples": metrics.drop(TEXT_COLUMNS),
        "splits": by_split(metrics),
        "shards": by_shard(metrics),
        "corpus": whole(metrics),
    }
    context = _context()
    outcomes: list[Outcome] = []
    left_out: list[str] = []
    for name, suite in suites.items():
        expectations = suite(thresholds)
        counted = [e for e in expectations if getattr(e, "column", None) not in unmeasured]
        left_out += [e.meta["name"] for e in expectations if getattr(e, "column", None) in unmeasured]
        if counted or not expectations:
            outcomes += _validate(context, tables, name, counted)
    passed = all(outcome.passed for outcome in outcomes if outcome.severity == "critical")
    result = GateResult(passed, tuple(outcomes), tuple(left_out))
    if docs:
        write_docs(docs, result, run_name, run_time)
    return result


def _context() -> Any:
    """A context in memory that writes no file, opens no socket and shows no progress bar."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    config = DataContextConfig(
        analytics_enabled=False,
        data_docs_sites={},
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        progress_bars=ProgressBarsConfig(globally=False),
    )
    context = gx.get_context(project_config=config, mode="ephemeral")
    source = context.data_sources.add_pandas("metrics")
    for table in TABLES:
        source.add_dataframe_asset(table).add_batch_definition_whole_dataframe("all")
    return context


def _validate(context: Any, tables: Mapping[str, Any], suite: str, expectations: list[Any]) -> list[Outcome]:
    """Run one suite, a batch for each table it reads, and report in the order the suite is written."""
    order = [str((expectation.meta or {}).get("name", "")) for expectation in expectations]
    if not order or "" in order or len(set(order)) < len(order):
        raise UsageError(f"suite {suite}: it needs expectations, and each its own meta name; found {order}")
    by_table: dict[str, list[Any]] = {}
    for expectation in expectations:
        by_table.setdefault(expectation.meta.get("table", "examples"), []).append(expectation)
    if unknown := sorted(set(by_table) - set(tables)):
        raise UsageError(f"suite {suite}: no table {', '.join(unknown)}; there are {', '.join(tables)}")
    found: dict[str, Outcome] = {}
    for table, of_table in by_table.items():
        found |= {o.expectation: o for o in _validate_table(context, table, tables[table], suite, of_table)}
    return [found[name] for name in order]


def _validate_table(
    context: Any, table: str, frame: pl.DataFrame, suite: str, expectations: list[Any]
) -> list[Outcome]:
    import great_expectations as gx

    batches = context.data_sources.get("metrics").get_asset(table).get_batch_definition("all")
    needed = frame.select(_columns(frame, expectations)).to_pandas()
    batch = batches.get_batch(batch_parameters={"dataframe": needed})
    run = batch.validate(gx.ExpectationSuite(f"{suite}.{table}", expectations=expectations), result_format="SUMMARY")
    key = TABLES[table]
    keys = frame[key] if key else None
    by_name = {expectation.meta["name"]: expectation for expectation in expectations}
    return [_outcome(suite, keys, result, by_name[result.expectation_config.meta["name"]]) for result in run.results]


def _columns(frame: pl.DataFrame, expectations: list[Any]) -> list[str]:
    """The columns that expectations on columns name; all where one is on the table, which may look at any.

    Great Expectations copies the frame it is given for every expectation, so a narrow one is many times faster.
    """
    named: set[str] = set()
    for expectation in expectations:
        domain = [getattr(expectation, key, None) for key in DOMAIN]
        if not any(domain):
            return frame.columns
        text = f"{domain} {getattr(expectation, 'row_condition', '')!r}"
        named |= {name for name in frame.columns if re.search(rf"\b{re.escape(name)}\b", text)}
    return [name for name in frame.columns if name in named]


def _outcome(suite: str, keys: Any, result: Any, expectation: Any) -> Outcome:
    config = result.expectation_config
    if not result.result:
        where = f"suite {suite}, expectation {config.meta['name']}"
        raise UsageError(f"{where}: it could not be evaluated; does the table hold {config.kwargs.get('column')!r}?")
    rows = result.result.get("partial_unexpected_index_list") or []
    rule = _rule(expectation)
    return Outcome(
        suite=suite,
        expectation=config.meta["name"],
        description=config.description or rule,
        severity=str(config.severity.value),
        passed=bool(result.success),
        observed=_observed(result),
        reason=config.notes if isinstance(config.notes, str) else " ".join(config.notes or ()),
        rule=rule,
        rows=() if keys is None else tuple(dict.fromkeys(str(keys[row]) for row in rows)),
        against=result.result.get("unexpected_count"),
    )


def _observed(result: Any) -> str:
    """What was seen: how many of how many were against it and at which values, or the one value observed."""
    seen = result.result
    if "unexpected_count" not in seen:
        value = seen.get("observed_value")
        return f"{value:,}" if isinstance(value, Real) else str(value)
    text = f"{seen['unexpected_count']:,} of {seen['element_count']:,} against it"
    values = {v for v in seen["partial_unexpected_list"] if isinstance(v, Real) and not isinstance(v, bool)}
    if not values:
        return text
    shown = ", ".join(f"{value:.4g}" for value in sorted(values)[:3])
    return f"{text} ({'value' if len(values) == 1 else 'values such as'} {shown})"


def _rule(expectation: Any) -> str:
    """The sentence Great Expectations' own renderer gives for a check, custom expectations included."""
    from great_expectations.render.renderer.inline_renderer import InlineRenderer

    configuration = expectation.configuration
    configuration.description = None  # which would be rendered in the sentence's place
    content = InlineRenderer(render_object=configuration).get_rendered_content()[0].to_json_dict()["value"]
    params = {name: param["value"] for name, param in content.get("params", {}).items()}
    return Template(content.get("template", "")).safe_substitute(
        {name: f"{value:g}" if isinstance(value, float) else value for name, value in params.items()}
    )
