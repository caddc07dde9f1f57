"""What a count says about the rate behind it: intervals, bounds from a reviewed sample, and capture-recapture.

All are at 95 %.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

Z = 1.959963984540054
"""The normal deviate that 2.5 % lie above."""

MISS = 0.05
"""How often an upper bound may lie under the truth."""

DRAWS = 2000
_STEPS = 60  # of bisection; far below what is printed


def wilson(hits: int, total: int) -> tuple[float, float]:
    """Wilson's score interval of a share; (0, 1) where nothing was seen.

    Unlike the textbook interval it stays inside 0 and 1 and does not shrink to a point at 100 % (Wilson 1927).
    """
    if not total:
        return 0.0, 1.0
    share, scale = hits / total, 1 + Z * Z / total
    centre = (share + Z * Z / (2 * total)) / scale
    half = Z / scale * math.sqrt(share * (1 - share) / total + Z * Z / (4 * total * total))
    low = 0.0 if hits == 0 else max(0.0, centre - half)
    return low, 1.0 if hits == total else min(1.0, centre + half)


def over_sessions(sessions: Sequence[tuple[int, int]], seed: int = 0) -> tuple[float, float]:
    """Interval of sum(hits) / sum(totals) when whole sessions, not single identifiers, are what was drawn.

    The percentile bootstrap over sessions, widened to Wilson's interval where that is wider: where (nearly) all
    sessions agree the bootstrap has nothing to vary and would claim certainty.

    Args:
        sessions: (hits, total) of each session.
        seed: of the draws; the same counts always give the same interval.
    """
    import numpy as np

    hits, totals = sum(h for h, _ in sessions), sum(t for _, t in sessions)
    low, high = wilson(hits, totals)
    counted = np.array([pair for pair in sessions if pair[1]], dtype=np.int64)
    if len(counted) < 2:  # noqa: PLR2004 - one session alone says nothing of others
        return low, high
    draw = np.random.default_rng(seed)
    shares = np.empty(DRAWS)
    for at in range(DRAWS):
        sums = counted[draw.integers(0, len(counted), len(counted))].sum(axis=0)
        shares[at] = sums[0] / sums[1]
    return min(low, float(np.quantile(shares, 0.025))), max(high, float(np.quantile(shares, 0.975)))


def most_likely_at_most(found: int, seen: int) -> float:
    """The largest rate of leaks that `found` leaks in `seen` reviewed passages leave plausible (one-sided, exact).

    The Clopper-Pearson upper bound. For no leak it is 1 - 0.05 ** (1 / seen), which is close to 3 / seen: the rule of
    three (Hanley and Lippman-Hand 1983). 1.0 where nothing was reviewed.
    """
    if not seen or found >= seen:
        return 1.0
    low, high = found / seen, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(found, seen, middle) > MISS else (low, middle)
    return high


def _at_most(found: int, seen: int, rate: float) -> float:
    """The probability of `found` or fewer leaks in `seen` passages at that rate."""
    if rate >= 1:
        return 0.0
    logs = (
        math.lgamma(seen + 1)
        - math.lgamma(k + 1)
        - math.lgamma(seen - k + 1)
        + (k * math.log(rate) if k else 0.0)
        + (seen - k) * math.log1p(-rate)
        for k in range(found + 1)
    )
    return math.fsum(math.exp(log) for log in logs)


@dataclass(frozen=True, slots=True)
class Recapture:
    """What two detectors that read the same text let one infer of what neither of them found.

    Attributes:
        first: identifiers that the first detector found.
        second: those that the second found.
        both: those that both found.
        total: Chapman's estimate of how many there are.
        missed: of these, what neither found: a lower bound, since detectors that fail on the same identifiers (rare
            names, no capitals) find more in common than independent ones would, and so hide what both miss.
        low: 2.5 % limit of `missed` under independence.
        high: 97.5 % limit of `missed` under independence.
    """

    first: int
    second: int
    both: int
    total: float
    missed: float
    low: float
    high: float


def recapture(first: int, second: int, both: int) -> Recapture:
    """Chapman's (1951) estimate from two captures.

    Raises:
        ValueError: `both` exceeds one of the two.
    """
    if both > min(first, second):
        raise ValueError(f"{both} found by both, but only {first} and {second} by each")
    total = (first + 1) * (second + 1) / (both + 1) - 1
    spread = (first + 1) * (second + 1) * (first - both) * (second - both) / ((both + 1) ** 2 * (both + 2))
    seen, half = first + second - both, Z * math.sqrt(spread)
    return Recapture(
        first, second, both, total, max(0.0, total - seen), max(0.0, total - half - seen), max(0.0, total + half - seen)
    )
