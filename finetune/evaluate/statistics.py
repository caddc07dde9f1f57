"""What can be concluded from figures of few clients: clustered bootstrap, paired sign-flip tests, agreement.

Answers to one client (or one topic) resemble one another, so clients are drawn, not answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
DRAWS = 2_000
"""Bootstrap resamples; the ends of a 95 % interval then rest on 50 draws each."""
FLIPS = 10_000
EXACT_GROUPS = 12  # up to here all 2**n sign patterns are tried
LEAST_GROUPS = 6
"""Fewer clients than this get neither interval nor verdict: two-sided, 2**5 sign patterns cannot reach 5 %."""
ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with its 95 % interval; `low` and `high` are None where there are fewer than `LEAST_GROUPS` groups."""

    mean: float
    low: float | None
    high: float | None
    n: int
    groups: int

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {"mean": self.mean, "low": self.low, "high": self.high, "n": self.n, "groups": self.groups}


def _by_group(values: Sequence[float], groups: Sequence[str]) -> tuple[Array, Array]:
    """Sum and count of each group's values that are numbers."""
    numbers = np.asarray(values, dtype=float)
    keep = np.isfinite(numbers)
    _, at = np.unique(np.asarray(groups, dtype=str)[keep], return_inverse=True)
    return np.bincount(at, numbers[keep]), np.bincount(at)


def estimate(values: Sequence[float], groups: Sequence[str], seed: int = 0) -> Estimate | None:
    """Mean and percentile bootstrap interval, whole groups drawn with replacement.

    Args:
        values: one a response; those that are no number count as missing.
        groups: the client (or topic) of each, same length.
        seed: of the draws; the same seed draws the same groups for every measure.

    Returns:
        None where every value is missing.
    """
    sums, counts = _by_group(values, groups)
    if not counts.sum():
        return None
    mean, size = float(sums.sum() / counts.sum()), len(counts)
    if size < LEAST_GROUPS:
        return Estimate(mean, None, None, int(counts.sum()), size)
    drawn = np.random.default_rng(seed).multinomial(size, np.full(size, 1 / size), DRAWS)
    low, high = np.percentile(drawn @ sums / (drawn @ counts), [100 * ALPHA / 2, 100 * (1 - ALPHA / 2)])
    return Estimate(mean, float(low), float(high), int(counts.sum()), size)


def sign_flip(differences: Sequence[float], groups: Sequence[str], seed: int = 0) -> float | None:
    """Two-sided p of "the two systems do not differ": the sign of each group's summed difference is drawn anew.

    Exact for up to `EXACT_GROUPS` groups, else by `FLIPS` draws (of which the one seen counts as one).

    Returns:
        None with fewer than `LEAST_GROUPS` groups.
    """
    sums, _ = _by_group(differences, groups)
    size = len(sums)
    if size < LEAST_GROUPS:
        return None
    seen = abs(sums.sum()) - 1e-9
    if size <= EXACT_GROUPS:
        signs = 1 - 2 * (np.arange(2**size)[:, None] >> np.arange(size) & 1)
        return float((abs(signs @ sums) >= seen).mean())
    signs = 1 - 2 * np.random.default_rng(seed).integers(0, 2, (FLIPS, size), dtype=np.int8)
    return float((1 + (abs(signs @ sums) >= seen).sum()) / (1 + FLIPS))


def holm(p_values: Mapping[str, float | None]) -> dict[str, float | None]:
    """Holm's correction: the p of each, as if it had been the only test of its family."""
    tested = sorted((p, name) for name, p in p_values.items() if p is not None)
    corrected: dict[str, float | None] = dict.fromkeys(p_values)
    largest = 0.0
    for rank, (p, name) in enumerate(tested):
        largest = max(largest, min(1.0, p * (len(tested) - rank)))
        corrected[name] = largest
    return corrected


def rank_correlation(a: Sequence[float], b: Sequence[float]) -> float | None:
    """Spearman's correlation; None with fewer than three pairs of numbers or where one side never changes."""
    pairs = np.asarray([a, b], dtype=float)
    pairs = pairs[:, np.isfinite(pairs).all(axis=0)]
    if pairs.shape[1] < 3:  # noqa: PLR2004 - two points always lie on a line
        return None
    ranks = np.asarray([_ranks(row) for row in pairs])
    if (ranks.std(axis=1) == 0).any():
        return None
    return float(np.corrcoef(ranks)[0, 1])


def _ranks(values: Array) -> Array:
    """Ranks from 0, ties sharing their mean rank."""
    _, at, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts + 1) / 2)[at])


def kappa(a: Sequence[Any], b: Sequence[Any], *, ordered: bool = False) -> float | None:
    """Cohen's kappa of two raters; quadratic weights where the levels are `ordered` numbers.

    Returns:
        None without pairs, or where chance alone would give full agreement.
    """
    if not a:
        return None
    levels = sorted({*a, *b})
    place = {level: at for at, level in enumerate(levels)}
    table = np.zeros((len(levels), len(levels)))
    for one, other in zip(a, b, strict=True):
        table[place[one], place[other]] += 1
    table /= table.sum()
    values = np.asarray(levels, dtype=float) if ordered else np.arange(len(levels))
    distance = (values[:, None] - values) ** 2 if ordered else (values[:, None] != values).astype(float)
    chance = np.outer(table.sum(axis=1), table.sum(axis=0))
    expected = float((distance * chance).sum())
    return None if expected == 0 else 1 - float((distance * table).sum()) / expected
