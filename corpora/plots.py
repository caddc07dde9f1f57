"""Plots as inline SVG: drawn by matplotlib, coloured by the page's stylesheet, the same bytes for the same numbers.

matplotlib draws in placeholder colours which the stylesheet replaces (dark, light, paper), and its inline styles become
attributes, since the pages' policy allows no inline style.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from matplotlib.axes import Axes

INK, SOFT, KEPT, DROPPED, QUARANTINED = "#010101", "#020202", "#030303", "#040404", "#050505"
"""Placeholder colours; `templates/page.css` says what each looks like."""

_SERIES = ((KEPT, "o"), (DROPPED, "s"), (QUARANTINED, "D"), (INK, "^"), (SOFT, "v"), (KEPT, "P"))

LONGEST_LABEL = 40
GAP, LINE, LINES = 0.02, 0.055, 12
"""In the picture of a flow, whose height is 1 without gaps: between two ends, the room of a line of text, and how many
ends there may be before lines stand closer."""

_SETTINGS: Any = {
    "text.parse_math": False,  # a label may hold a dollar sign
    "svg.hashsalt": "therapy-corpora",
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": SOFT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": SOFT,
    "grid.linewidth": 0.6,
    "xtick.color": INK,
    "ytick.color": INK,
    "ytick.left": False,
}


@dataclass(frozen=True, slots=True)
class Bins:
    """Whole numbers put into bins of one width: bin `i` counts those from `start + i * width` on, `width` of them."""

    start: int
    width: int
    counts: tuple[int, ...]


def binned(frequencies: Mapping[int, int], most: int = 24) -> Bins:
    """Put numbers into at most `most` bins, one a value where there are no more of them.

    Args:
        frequencies: number -> how often it occurs; at least one.
        most: most bins.
    """
    low, high = min(frequencies), max(frequencies)
    width = max(1, -(-(high - low + 1) // most))
    counts = [0] * -(-(high - low + 1) // width)
    for value, count in frequencies.items():
        counts[(value - low) // width] += count
    return Bins(low, width, tuple(counts))


def histogram(name: str, bins: Bins, unit: str, of: str = "examples") -> str:
    """A distribution of whole numbers as SVG.

    Args:
        name: Prefix of the drawing's ids, unique on its page.
        bins: What `binned` made of the numbers.
        unit: What the numbers count; labels the horizontal axis.
        of: What has such a number; labels the vertical axis.
    """

    def draw(axes: Axes) -> None:
        from matplotlib.ticker import MaxNLocator

        lefts = [bins.start - 0.5 + at * bins.width for at in range(len(bins.counts))]
        axes.bar(lefts, bins.counts, width=0.9 * bins.width, align="edge", color=KEPT)
        axes.set_xlabel(unit)
        axes.set_ylabel(of)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=4))

    return _svg(name, draw, (5.2, 2.6))


def bars(name: str, values: Mapping[str, float], unit: str) -> str:
    """One horizontal bar a label, in the order given, as SVG; labels over `LONGEST_LABEL` characters are cut."""

    def draw(axes: Axes) -> None:
        rows = range(len(values))[::-1]
        axes.barh(rows, list(values.values()), height=0.62, color=KEPT)
        axes.set_yticks(rows, [_cut(label) for label in values])
        axes.set_xlabel(unit)
        axes.grid(visible=False, axis="y")
        axes.grid(visible=True, axis="x")

    return _svg(name, draw, (8.4, 0.9 + 0.3 * len(values)))


def intervals(name: str, rates: Mapping[str, tuple[float, float, float]], unit: str) -> str:
    """One point a label with its interval, as SVG: label -> (low, value, high), in the unit of the horizontal axis."""

    def draw(axes: Axes) -> None:
        rows = range(len(rates))[::-1]
        for row, (low, value, high) in zip(rows, rates.values(), strict=True):
            axes.plot([low, high], [row, row], color=DROPPED, linewidth=3, solid_capstyle="round")
            axes.plot([value], [row], marker="o", markersize=6, color=KEPT, linestyle="none")
        axes.set_yticks(rows, [_cut(label) for label in rates])
        axes.set_xlabel(unit)
        axes.grid(visible=False, axis="y")
        axes.grid(visible=True, axis="x")
        axes.margins(y=0.5 / max(1, len(rates)))

    return _svg(name, draw, (8.4, 0.9 + 0.3 * len(rates)))


def compared(
    name: str, series: Sequence[str], rows: Mapping[str, Mapping[str, tuple[float, float, float]]], unit: str
) -> str:
    """Several series side by side, as SVG: for each label one point a series, with its interval.

    Args:
        name: Prefix of the drawing's ids, unique on its page.
        series: Their names, at most six; by its place among them each keeps its colour and form in all drawings.
        rows: Label -> series -> (low, value, high), in the unit of the horizontal axis; a series may lack a label.
        unit: What the horizontal axis shows.
    """
    told = {one for found in rows.values() for one in found}
    styles = {one: style for one, style in zip(series, _SERIES[: len(series)], strict=True) if one in told}
    gap = 0.8 / max(1, len(styles))

    def draw(axes: Axes) -> None:
        lines = range(len(rows))[::-1]
        for at, (one, (colour, marker)) in enumerate(styles.items()):
            points = [(line, found[one]) for line, found in zip(lines, rows.values(), strict=True) if one in found]
            places = [line + 0.4 - gap * (at + 0.5) for line, _ in points]
            values = [value for _, (_, value, _) in points]
            for place, (_, (low, _, high)) in zip(places, points, strict=True):
                axes.plot([low, high], [place, place], color=colour, linewidth=1.4)
            axes.plot(values, places, marker=marker, markersize=6, markeredgewidth=0, color=colour, linestyle="none",
                      label=_cut(one))  # fmt: skip
        axes.set_yticks(lines, [_cut(label) for label in rows])
        axes.set_xlabel(unit)
        axes.grid(visible=False, axis="y")
        axes.grid(visible=True, axis="x")
        axes.figure.legend(frameon=False, ncols=len(styles), loc="outside upper left")

    return _svg(name, draw, (8.4, 1.3 + len(rows) * (0.18 + 0.14 * len(styles))))


def shares(name: str, levels: Mapping[str, tuple[int, int, int]]) -> str:
    """One bar a level, split into kept, dropped and quarantined shares, as SVG; a level of nothing has no bar."""

    def draw(axes: Axes) -> None:
        names = list(levels)[::-1]
        for row, level in enumerate(names):
            total, left = sum(levels[level]) or 1, 0.0
            for colour, count in zip((KEPT, DROPPED, QUARANTINED), levels[level], strict=True):
                share = 100 * count / total
                axes.barh(row, share, left=left, height=0.62, color=colour)
                left += share
        axes.set_yticks(range(len(names)), names)
        axes.set_xlim(0, 100)
        axes.set_xlabel("per cent of what was seen")
        axes.grid(visible=False)

    return _svg(name, draw, (8.4, 0.9 + 0.45 * len(levels)))


def flow(name: str, whole: str, parts: Sequence[tuple[str, Sequence[tuple[str, int]], str]]) -> str:
    """Where everything that came in went, as bands from left to right, each as wide as its count, as SVG.

    Args:
        name: Prefix of the drawing's ids, unique on its page.
        whole: What came in; its count follows.
        parts: What it fell into, from top to bottom: label, its ends as (label, count), colour (`KEPT`, `DROPPED`,
            `QUARANTINED`). Counts of the ends sum to the parts', these to the whole.
    """
    counts = [count for _, of_part, _ in parts for _, count in of_part]
    total = sum(counts) or 1
    line = LINE if len(counts) <= LINES else LINE * LINES / len(counts)
    heights = [max(count / total, line) for count in counts]
    height = sum(heights) + GAP * (len(counts) - 1)
    inches = max(2.4, 0.36 * len(counts) + 1.2)
    label = 0.26 * height / inches  # what a line of text takes, in the picture's own units

    def draw(axes: Axes) -> None:
        axes.set_xlim(0, 1)
        axes.axis("off")
        top, left = height, (height + 1) / 2
        middle = min(height, left + label * (len(parts) - 1) / 2)
        axes.set_ylim(min(0.0, middle - 1 - label * (len(parts) - 1)) - 0.02 * height, height + label)
        _node(axes, 0.0, left, 1.0, SOFT)
        axes.text(0.0, left + 0.2 * label, f"{whole}  {total:,}", va="bottom")
        for part, of_part, colour in parts:
            share = sum(count for _, count in of_part) / total
            _band(axes, (0.015, left), (0.36, middle), share, colour)
            _node(axes, 0.36, middle, share, colour)
            axes.text(0.36, middle + 0.2 * label, f"{part}  {sum(count for _, count in of_part):,}", va="bottom")
            inner = middle
            for end, count in of_part:
                room = max(count / total, line)
                target = top - (room - count / total) / 2
                _band(axes, (0.375, inner), (0.68, target), count / total, colour)
                _node(axes, 0.68, target, count / total, colour)
                axes.text(0.71, top - room / 2, f"{_cut(end)}  {count:,}", va="center")
                inner, top = inner - count / total, top - room - GAP
            left, middle = left - share, middle - share - label

    return _svg(name, draw, (8.4, inches))


def _node(axes: Axes, x: float, top: float, height: float, colour: str) -> None:
    from matplotlib.patches import Rectangle

    axes.add_patch(Rectangle((x, top - height), 0.015, height, facecolor=colour, edgecolor=colour, linewidth=0.8))


def _band(axes: Axes, start: tuple[float, float], end: tuple[float, float], height: float, colour: str) -> None:
    """A band of one height from one node's edge to another's; paler than these, so that they stand out."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    bend = (start[0] + end[0]) / 2
    there = [start, (bend, start[1]), (bend, end[1]), end]
    back = [(x, y - height) for x, y in reversed(there)]
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3]
    axes.add_patch(PathPatch(Path(there + back, codes), facecolor=colour, edgecolor="none", alpha=0.45))


def _cut(label: str) -> str:
    return label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1]}\u2026"


def _svg(name: str, draw: Callable[[Axes], None], size: tuple[float, float]) -> str:
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with rc_context(_SETTINGS):
        figure = Figure(figsize=size, layout="constrained", facecolor="none", edgecolor="none")
        draw(figure.subplots(subplot_kw={"facecolor": "none"}))
        buffer = io.StringIO()
        canvas: Any = FigureCanvasSVG(figure)
        canvas.print_svg(buffer, metadata={"Date": None})  # `savefig` would draw everything twice
    return _inline(name, buffer.getvalue())


def _inline(name: str, svg: str) -> str:
    """Make matplotlib's SVG stand in a page: no prologue, metadata, style or name space; ids of its own.

    It is hidden from screen readers: the caption and the table beside it say the same in numbers.
    """
    svg = svg[svg.index("<svg") :].rstrip()
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>|<defs>\s*</defs>", "", svg, flags=re.DOTALL)
    head, rest = svg.split(">", 1)
    head = re.sub(r'\s(?:xmlns(?::\w+)?|version|width|height)="[^"]*"', "", head)
    svg = f'{head} class="plot" aria-hidden="true" focusable="false">{rest}'
    svg = re.sub(r'style="([^"]*)"', _attributes, svg)
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    return re.sub(r'(?:xlink:)?href="#', f'href="#{name}-', re.sub(r"url\(#", f"url(#{name}-", svg))


def _attributes(style: re.Match[str]) -> str:
    """`fill: none; stroke-width: 0.8` as presentation attributes; fonts are the page's own."""
    pairs = (declaration.split(":", 1) for declaration in style[1].split(";") if ":" in declaration)
    return " ".join(f'{key.strip()}="{value.strip()}"' for key, value in pairs if not key.strip().startswith("font"))
