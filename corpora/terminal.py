"""Small plots of characters, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from corpora.plots import Bins

EIGHTHS = " ▁▂▃▄▅▆▇█"
HEIGHT = 5
WIDTH = 32
_COLUMN = 2  # characters a bin


def columns(bins: Bins, unit: str, height: int = HEIGHT) -> Iterator[str]:
    """A histogram as lines: `height` rows of columns, then the range that they span.

    Args:
        bins: What `corpora.plots.binned` made of the numbers.
        unit: What the numbers count.
        height: Rows; each shows eight steps.
    """
    most = max(bins.counts) or 1
    steps = [-(-count * height * 8 // most) for count in bins.counts]
    for row in range(height - 1, -1, -1):
        line = "".join(_COLUMN * EIGHTHS[min(8, max(0, step - 8 * row))] for step in steps)
        yield f"{f'{most:,}' if row == height - 1 else '':>9} {line}".rstrip()
    first, last = f"{bins.start:,}", f"{bins.start + bins.width * len(bins.counts) - 1:,} {unit}"
    space = _COLUMN * len(bins.counts) - len(first) - len(last.removesuffix(f" {unit}"))
    yield f"{'':>9} {first}{max(1, space) * ' '}{last}"


def bars(counts: Mapping[str, float], width: int = WIDTH) -> Iterator[str]:
    """One bar a label, in the order given, each as long as its count.

    Args:
        counts: Label -> count.
        width: Characters of the longest bar.
    """
    longest = max((len(label) for label in counts), default=0)
    most = max(counts.values(), default=0) or 1
    for label, count in counts.items():
        yield f"{label:<{longest}}  {count:>9,}  {round(width * count / most) * EIGHTHS[-1]}".rstrip()


def encodable(lines: Sequence[str], encoding: str | None) -> list[str]:
    """The lines, with `#` for blocks where an output cannot show them."""
    try:
        "".join(lines).encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return [line.translate({ord(block): "#" for block in EIGHTHS[1:]}) for line in lines]
    return list(lines)
