"""Plots as inline SVG: drawn by matplotlib, coloured by the page's stylesheet, the same bytes for the same numbers.

matplotlib draws in placeholder colours which the stylesheet replaces (dark, light, paper), and its inline styles become
attributes, since the pages' policy allows no inline style.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from matplotlib.axes import Axes

INK, SOFT, KEPT, DROPPED, QUARANTINED = "#010101", "#020202", "#030303", "#040404", "#050505"
"""Placeholder colours; `report.css` says what each looks like."""

_SETTINGS: Any = {
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


def histogram(name: str, values: Sequence[int], unit: str, bins: int = 24) -> str:
    """The distribution of whole numbers as SVG; one bar a value where there are at most `bins` of them.

    Args:
        name: Prefix of the drawing's ids, unique on its page.
        values: The numbers, at least one.
        unit: What they count; labels the horizontal axis.
        bins: Most bars drawn.
    """
    low, high = min(values), max(values)
    width = max(1, -(-(high - low + 1) // bins))
    edges = [edge - 0.5 for edge in range(low, high + width + 1, width)]

    def draw(axes: Axes) -> None:
        from matplotlib.ticker import MaxNLocator

        axes.hist(values, bins=edges, color=KEPT, rwidth=0.9)
        axes.set_xlabel(unit)
        axes.set_ylabel("examples")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=4))

    return _svg(name, draw, (5.2, 2.6))


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


def _svg(name: str, draw: Callable[[Axes], None], size: tuple[float, float]) -> str:
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with rc_context(_SETTINGS):
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasSVG(figure)
        draw(figure.subplots())
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
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
