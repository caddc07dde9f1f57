"""The steward's audit report: one page from the manifest.

It shows counts, keyed ids and names of sources; no transcript text, no path, no plain id. Parts that the manifest does
not hold are left out of the page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from corpora import plots
from corpora.pages import drawing, write_page
from corpora.shards import SPLITS
from expectations.datadocs import by_suite
from expectations.metrics import AUDIT_COLUMNS
from expectations.outcome import GateResult
from expectations.safe_harbor import harbor_rows
from expectations.synthetic import section
from expectations.templates import TEMPLATES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

LEVELS = ("files", "sessions", "turns")
SHOWN_TEXTS = ("source", "policy", "style", "dates", "keep", "covered")
LENGTHS = {
    "response_words": ("Response", "words a response", "examples"),
    "turn_words": ("Client's last turn", "words a turn", "examples"),
    "prompt_words": ("Prompt", "words a prompt", "examples"),
    "context_turns": ("Context", "turns of context", "examples"),
    "sessions_per_client": ("Sessions", "sessions a client", "clients"),
}
ENDS = 8
"""Most reasons that the picture of the flow tells apart."""


def write_report(folder: Path, manifest: Mapping[str, Any], samples: Sequence[Mapping[str, Any]] = ()) -> Path:
    """Write `folder/index.html`, which opens offline and links to the Data Docs in `folder/data-docs`.

    Args:
        folder: The report's folder; made if missing.
        manifest: The build's manifest with `gate` and `distributions`; every other part of it may be missing. A refused
            build gets the same page, which then says why.
        samples: De-identified rows to show; none by default, and then the page holds no text of a transcript.

    Returns:
        The path of the page.
    """
    gate = GateResult.from_dict(manifest["gate"])
    found = manifest.get("distributions", {})
    page = folder / "index.html"
    write_page(
        page,
        TEMPLATES,
        "report",
        manifest=manifest,
        gate=gate,
        suites=by_suite(manifest["gate"]["expectations"]),
        flow=_flow(manifest.get("accounting", {})),
        reasons=_reasons(manifest.get("accounting", {})),
        harbor=harbor_rows(manifest),
        recall=_recall(manifest),
        splits=sorted(found.get("splits", ()), key=_split_order),
        privacy={**dict.fromkeys((*AUDIT_COLUMNS, "words"), 0), **manifest.get("privacy", {})},
        lengths=_lengths(found.get("lengths", {})),
        topics=_bars("topics", found.get("topics", {})),
        topics_besides=found.get("topics_besides", 0),
        crisis=found.get("crisis", 0),
        settings=_settings(manifest.get("recipe", ())),
        samples=samples,
        synthetic=section(manifest.get("synthetic")),
    )
    return page


def _recall(manifest: Mapping[str, Any]) -> Any:
    """Each class' measured recall with its interval, drawn: from gold transcripts if any, else from canaries."""
    rates = (manifest.get("gold") or manifest.get("canaries") or {}).get("by_class", {})
    shown = {
        name: (100 * rate["low"], 100 * rate["rate"], 100 * rate["high"])
        for name, rate in sorted(rates.items())
        if rate.get("rate") is not None
    }
    return drawing(plots.intervals("recall", shown, "per cent caught, with the 95 % interval")) if shown else ""


def _bars(name: str, counts: Mapping[str, int]) -> Any:
    return drawing(plots.bars(name, counts, "examples")) if counts else ""


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
    return {
        "rows": rows,
        "plot": drawing(plots.shares("shares", shares)) if shares else "",
        "bands": _bands(accounting.get("turns", {})),
    }


def _bands(turns: Mapping[str, Any]) -> Any:
    """The turns' flow to what they serve as and to the reasons they were left out for, as a picture."""
    colours = {"kept": plots.KEPT, "dropped": plots.DROPPED, "quarantined": plots.QUARANTINED}
    ends = [
        (reason.replace("_", " "), count, colour)
        for outcome, colour in colours.items()
        for reason, count in sorted(turns.get(outcome, {}).items(), key=lambda item: -item[1])
        if count
    ]
    rest = sum(count for _, count, _ in ends[ENDS:])
    shown = ends[:ENDS] + ([("all other reasons", rest, plots.DROPPED)] if rest else [])
    return drawing(plots.flow("flow", shown)) if shown else ""


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


def _split_order(row: Mapping[str, Any]) -> tuple[int, str]:
    name = str(row["split"])
    return (SPLITS.index(name) if name in SPLITS else len(SPLITS), name)


def _lengths(found: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Plot and quantiles of each length that the manifest has."""
    shown = []
    for column, (name, unit, of) in LENGTHS.items():
        if column in found:
            entry = found[column]
            bins = plots.Bins(entry["start"], entry["width"], tuple(entry["counts"]))
            plot = drawing(plots.histogram(column.replace("_", "-"), bins, unit, of))
            shown.append({"name": name, "unit": unit, "plot": plot, **entry})
    return shown


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
