"""The steward's audit report: one page from the manifest, the metrics table and the gate's verdict.

It shows counts, keyed ids and names of sources; no transcript text, no path, no plain id. Parts that the manifest does
not hold are left out of the page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from corpora.shards import SPLITS
from expectations import plots
from expectations.datadocs import by_suite
from expectations.metrics import AUDIT_COLUMNS, by_split
from expectations.pages import write_page
from expectations.safe_harbor import harbor_rows
from expectations.synthetic import section

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import polars as pl

    from expectations.outcome import GateResult

LEVELS = ("files", "sessions", "turns")
SHOWN_TEXTS = ("source", "policy", "style", "dates", "keep", "covered")
LENGTHS = {
    "response_words": ("Response", "words a response"),
    "prompt_words": ("Prompt", "words a prompt"),
    "context_turns": ("Context", "turns of context"),
}


def write_report(folder: Path, manifest: Mapping[str, Any], metrics: pl.DataFrame, gate: GateResult) -> Path:
    """Write `folder/index.html`, which opens offline and links to the Data Docs in `folder/data-docs`.

    Args:
        folder: The report's folder; made if missing.
        manifest: The build's manifest. Every part of it may be missing.
        metrics: What `metrics.measure` returned; may have no rows.
        gate: The verdict; a refused build gets the same page, which then says why.

    Returns:
        The path of the page.
    """
    page = folder / "index.html"
    write_page(
        page,
        "report",
        manifest=manifest,
        gate=gate,
        suites=by_suite(gate.to_dict()["expectations"]),
        flow=_flow(manifest.get("accounting", {})),
        reasons=_reasons(manifest.get("accounting", {})),
        harbor=harbor_rows(manifest),
        splits=sorted(by_split(metrics).to_dicts(), key=_split_order),
        privacy={**_residual(metrics), **manifest.get("privacy", {})},
        lengths=_lengths(metrics),
        crisis=int(metrics["crisis"].sum()),
        settings=_settings(manifest.get("recipe", ())),
        synthetic=section(manifest.get("synthetic")),
    )
    return page


def _flow(accounting: Mapping[str, Any]) -> dict[str, Any]:
    """The sum of each level (seen, kept, dropped, quarantined, whether it adds up), and its picture."""
    rows = []
    for level in LEVELS:
        if level not in accounting:
            continue
        part = accounting[level]
        kept, dropped, quarantined = (sum(part.get(end, {}).values()) for end in ("kept", "dropped", "quarantined"))
        row = {"level": level, "seen": part["seen"], "kept": kept, "dropped": dropped, "quarantined": quarantined}
        rows.append({**row, "uses": part.get("kept", {}), "adds_up": kept + dropped + quarantined == part["seen"]})
    shares = {row["level"]: (row["kept"], row["dropped"], row["quarantined"]) for row in rows if row["seen"]}
    return {"rows": rows, "plot": _safe(plots.shares("flow", shares)) if shares else ""}


def _reasons(accounting: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every reason for leaving something out, most frequent first within its level."""
    return [
        {"level": level, "end": end, "reason": reason, "count": count}
        for level in LEVELS
        for end in ("dropped", "quarantined")
        for reason, count in sorted(
            accounting.get(level, {}).get(end, {}).items(), key=lambda item: (-item[1], item[0])
        )
    ]


def _residual(metrics: pl.DataFrame) -> dict[str, int]:
    """Residual finds and words of the whole table, under the names the manifest has for them."""
    words = int(metrics["counted_words"].sum()) + int(metrics["prompt_words"].sum())
    return {**{name: int(metrics[name].sum()) for name in AUDIT_COLUMNS}, "words": words}


def _split_order(row: Mapping[str, Any]) -> tuple[int, str]:
    name = str(row["split"])
    return (SPLITS.index(name) if name in SPLITS else len(SPLITS), name)


def _lengths(metrics: pl.DataFrame) -> list[dict[str, Any]]:
    """Plot and quantiles of each length; none where there is no example."""
    found = []
    for column, (name, unit) in LENGTHS.items():
        values = metrics[column].drop_nulls()
        if values.is_empty():
            continue
        marks = {"least": 0.0, "quarter": 0.25, "median": 0.5, "three_quarters": 0.75, "most": 1.0}
        numbers = {mark: round(values.quantile(at, "nearest") or 0) for mark, at in marks.items()}
        plot = _safe(plots.histogram(column.replace("_", "-"), values.to_list(), unit))
        found.append({"name": name, "unit": unit, "plot": plot, **numbers})
    return found


def _settings(recipe: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The stages' numbers, switches and `SHOWN_TEXTS`; other texts stay out, since some are paths or names."""
    found: dict[str, str] = {}
    for stage in recipe:
        for name, value in stage.items():
            values = value if isinstance(value, (list, tuple)) else [value]
            if values and all(isinstance(item, (int, float)) or name in SHOWN_TEXTS for item in values):
                found[f"{stage.get('use', '')} {name}".strip()] = ", ".join(_setting(item) for item in values)
    return found


def _setting(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _safe(svg: str) -> Any:
    """Mark a drawing of ours as markup; it holds numbers and the labels of this module alone."""
    from markupsafe import Markup

    return Markup(svg)  # noqa: S704  drawn by us, no foreign text in it
