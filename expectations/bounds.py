"""An expectation of our own: numbers between two bounds, held against a whole column at once.

Great Expectations' own check calls a Python function for every row, which takes a third of a second for a million of
them. This one differs in its metric alone: sentence, parameters and severity are inherited.
"""

from __future__ import annotations

from typing import Any, ClassVar

from great_expectations.execution_engine import PandasExecutionEngine
from great_expectations.expectations import ExpectColumnValuesToBeBetween
from great_expectations.expectations.metrics.map_metric_provider import (
    ColumnMapMetricProvider,
    column_condition_partial,
)


class ColumnNumbersBetween(ColumnMapMetricProvider):  # type: ignore[misc]
    """For each number of a column, whether it lies between the bounds, which both belong to the range."""

    condition_metric_name = "column_numbers.between"
    condition_value_keys = ("min_value", "max_value")

    @column_condition_partial(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(self, column: Any, min_value: float | None, max_value: float | None, **_: Any) -> Any:
        low = column == column if min_value is None else column >= min_value  # noqa: PLR0124  all of them: no nulls here
        return low if max_value is None else low & (column <= max_value)


class ExpectColumnNumbersToBeBetween(ExpectColumnValuesToBeBetween):  # type: ignore[misc]
    """Expect every number of a column between `min_value` and `max_value`, both allowed; nulls are passed over."""

    map_metric: ClassVar[str] = "column_numbers.between"
