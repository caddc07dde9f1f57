"""A drawing of an evaluation: each class and each origin with its recall and interval, in the three cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from corpora.errors import UsageError
from corpora.files import replacing

SUFFIXES = (".svg", ".png", ".pdf")
_COLOURS = {"cased": "#1b6e8c", "lower": "#c0692b", "UPPER": "#6a6a6a"}
_SHIFT = 0.24


def plot_evaluation(result: Mapping[str, Any], path: Path) -> None:
    """Draw `evaluate`'s result to `path` (.svg, .png or .pdf).

    Raises:
        UsageError: the suffix is none of these.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"--plot {path}: the name must end in {', '.join(SUFFIXES)}")
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    cases = result["cases"]
    classes, origins = sorted(cases["cased"]["by_class"]), sorted(cases["cased"]["by_origin"])
    height = 1.8 + 0.32 * max(len(classes), len(origins), 4)
    with rc_context(
        {"svg.hashsalt": "therapy-corpora", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False}
    ):
        figure = Figure(figsize=(11, height), layout="constrained")
        left, right = figure.subplots(1, 2)
        _panel(left, "Recall by class", classes, cases, "by_class")
        _panel(right, "Recall of names by origin of the form", origins, cases, "by_origin")
        figure.suptitle(
            f"{result['sessions']} sessions, {result['identifiers']:,} identifiers; bars are 95 % Wilson intervals"
        )
        left.legend(loc="lower left", frameon=False)
        with replacing(path) as part:
            figure.savefig(
                part, format=path.suffix[1:].lower(), metadata={"Date": None} if path.suffix == ".svg" else None
            )


def _panel(axes: Any, title: str, names: Sequence[str], cases: Mapping[str, Any], table: str) -> None:
    for number, (case, entry) in enumerate(cases.items()):
        rows = [(at, entry[table][name]) for at, name in enumerate(names) if entry[table].get(name, {}).get("of")]
        axes.errorbar(
            [100 * row["rate"] for _, row in rows],
            [at + (number - 1) * _SHIFT for at, _ in rows],
            xerr=[
                [100 * (row["rate"] - row["low"]) for _, row in rows],
                [100 * (row["high"] - row["rate"]) for _, row in rows],
            ],
            fmt="o", markersize=3, linewidth=1, color=_COLOURS[case], label=case,
        )  # fmt: skip
    axes.set_title(title)
    axes.set_yticks(range(len(names)), [f"{name} ({cases['cased'][table][name]['of']})" for name in names])
    axes.invert_yaxis()
    axes.set_xlim(0, 102)
    axes.set_xlabel("per cent caught")
    axes.grid(axis="x", alpha=0.3)
