"""The suites, each a readable list of expectations over the metrics table.

A suite is a function from `Thresholds` to expectations of Great Expectations. Every expectation states its
`description`, its `severity` (`critical` refuses publication, `warning` asks a person to look, `info` only tells), in
`notes` the reason it is there, and in `meta` its `name`; with `"table": "splits"` in `meta` it reads the table of one
row a split (`metrics.by_split`), otherwise that of one row an example (`metrics.measure`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from expectations.suites import privacy, quality, splits, structure
from expectations.thresholds import Thresholds

Suite = Callable[[Thresholds], list[Any]]

SUITES: Mapping[str, Suite] = MappingProxyType(
    {
        "structure": structure.expectations,
        "privacy": privacy.expectations,
        "splits": splits.expectations,
        "quality": quality.expectations,
    }
)
"""The suites of every build, by name, in the order they are reported."""
