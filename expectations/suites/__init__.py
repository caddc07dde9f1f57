"""The suites, each a readable list of expectations over the metrics table.

A suite is a function from `Thresholds` to expectations of Great Expectations. Every expectation states its
`description`, its `severity` (`critical` refuses publication, `warning` asks a person to look, `info` only tells), in
`notes` the reason it is there, and in `meta` its `name`. It reads the table of one row an example (`metrics.measure`);
with `"table": "splits"` in `meta` that of one row a split (`metrics.by_split`), with `"shards"` of one row a shard
(`metrics.by_shard`), with `"corpus"` of one row in all (`metrics.whole`). A user's own suite is a Python file with such
a function, `expectations(thresholds)`.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from corpora.errors import UsageError
from expectations.suites import balance, privacy, quality, splits, structure, synthetic
from expectations.thresholds import Thresholds

Suite = Callable[[Thresholds], list[Any]]

SUITES: Mapping[str, Suite] = MappingProxyType(
    {
        "structure": structure.expectations,
        "privacy": privacy.expectations,
        "splits": splits.expectations,
        "quality": quality.expectations,
        "synthetic": synthetic.expectations,
        "balance": balance.expectations,
    }
)
"""The suites of every build, by name, in the order they are reported."""


def named_suites(names: Iterable[str]) -> dict[str, Suite]:
    """Suites by the names of ours, or by the paths of files (`.py`) that hold a user's own, named as their file.

    Raises:
        UsageError: there is no such suite or file, or the file is none of a suite.
    """
    chosen: dict[str, Suite] = {}
    for name in names:
        if name in SUITES:
            chosen[name] = SUITES[name]
        elif name.endswith(".py"):
            chosen[Path(name).stem] = _own_suite(Path(name))
        else:
            raise UsageError(
                f"there is no suite {name!r}; ours are {', '.join(SUITES)}; a file of your own ends in .py"
            )
    return chosen


def _own_suite(path: Path) -> Suite:
    spec = importlib.util.spec_from_file_location(f"corpora_suite_{path.stem}", path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise UsageError(f"suite {path}: there is no such Python file")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        suite: Suite = module.expectations
    except Exception as error:
        raise UsageError(f"suite {path}: it needs a function expectations(thresholds); {error!r}") from error
    return suite
