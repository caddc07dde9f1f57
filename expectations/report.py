"""The steward's audit report: one page from the manifest.

It shows counts, keyed ids and names of sources; no transcript text, no path, no plain id. Parts that the manifest does
not hold are left out of the page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from corpora import plots
from corpora.pages import drawing, write_page
from corpora.records import MADE
from corpora.shards import SPLITS
from expectations.datadocs import by_suite
from expectations.metrics import AUDIT_COLUMNS
from expectations.outcome import GateResult
from expectations.risks import residual_risks
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
ENDS = 6
"""Most reasons of one outcome that the picture of the flow tells apart."""


def write_report(
    folder: Path,
    manifest: Mapping[str, Any],
    samples: Sequence[Mapping[str, Any]] = (),
    decisions: Sequence[Mapping[str, Any]] = (),
) -> Path:
    """Write `folder/index.html`, which opens offline and links to the Data Docs in `folder/data-docs`.

    Args:
        folder: The report's folder; made if missing.
        manifest: The build's manifest with `gate` and `distributions`; every other part of it may be missing. A refused
            build gets the same page, which then says why.
        samples: De-identified rows to show; none by default, and then the page holds no text of a transcript.
        decisions: What was decided about this output so far, oldest first: `decision`, `by`, `at`, `note`,
            `sums_sha256`.

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
        reasons=_reasons(manifest),
        risks=residual_risks(manifest),
        removed=_removed(manifest),
        made=sum(manifest.get("examples", {}).get("by_kind", {}).get(kind, 0) for kind in MADE),
        flags=_flags(manifest.get("flags", {})),
        decisions=decisions,
        shards=found.get("shards", ()),
        split_bars=_bars("splits", {row["split"]: row["examples"] for row in _splits(found)}),
        harbor=harbor_rows(manifest),
        recall=_recall(manifest),
        splits=_splits(found),
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


def _removed(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """How many identifiers of each class were removed, most first, and how much of each is found."""
    measured = {part: manifest.get(part, {}).get("by_class", {}) for part in ("gold", "canaries")}
    counts = {name: 0 for rates in measured.values() for name in rates}
    counts |= manifest.get("identifiers", {}).get("by_class", {})
    return [
        {"name": name, "count": count, **{part: rates.get(name) for part, rates in measured.items()}}
        for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]


def _flags(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each flag with its examples, its sessions, and what the recipe does with them."""
    said = {"flag": "stay, flagged", "keep": "stay, not flagged", "drop": "left out", "route": "left out, for a reader"}
    policies = found.get("policy", {})
    rows = []
    for name, count in found.get("examples", {}).items():
        past = name.endswith("_history") and found.get("history")
        policy = past or policies.get(name.removesuffix("_history"))
        sessions = found.get("sessions", {}).get(name, 0)
        rows.append({"name": name, "examples": count, "sessions": sessions, "policy": said.get(policy, "as its risks")})
    return rows


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
    parts = []
    for outcome, colour in colours.items():
        counts = sorted(turns.get(outcome, {}).items(), key=lambda item: (-item[1], item[0]))
        ends = [(reason.replace("_", " "), count) for reason, count in counts if count]
        if rest := sum(count for _, count in ends[ENDS:]):
            ends = [*ends[:ENDS], ("all other reasons", rest)]
        if ends:
            parts.append((outcome, ends, colour))
    return drawing(plots.flow("flow", "turns read", parts)) if parts else ""


def _reasons(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every reason for leaving something out, most frequent first within its level, with some of the ids."""
    accounting, left_out = manifest.get("accounting", {}), manifest.get("left_out", {})
    rows = []
    for level in (*LEVELS, "examples"):
        for end in ("dropped", "quarantined"):
            counts = accounting.get(level, {}).get(end, {})
            for reason, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
                ids = left_out.get(level, {}).get(end, {}).get(reason, ())
                of = count if level != "turns" else 0  # ids of turns are their sessions', counted otherwise
                rows.append({"level": level, "end": end, "reason": reason, "count": count, "ids": ids, "of": of})
    return rows


def _splits(found: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return sorted(found.get("splits", ()), key=_split_order)


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
