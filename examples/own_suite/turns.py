"""A suite of one's own, with an expectation of one's own, over the metrics table.

    corpora validate CORPUS --suite examples/own_suite/turns.py

or in a recipe's `expect` stage: `own_suites = ["turns.py"]`.
"""

from typing import Any

import great_expectations.expectations as gxe
from great_expectations.execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import ColumnMapExpectation
from great_expectations.expectations.metrics.map_metric_provider import (
    ColumnMapMetricProvider,
    column_condition_partial,
)
from great_expectations.render.renderer_configuration import RendererConfiguration, RendererValueType

from expectations.thresholds import Thresholds


class ColumnNumbersOdd(ColumnMapMetricProvider):
    """For each number of a column, whether it is odd."""

    condition_metric_name = "column_numbers.odd"

    @column_condition_partial(engine=PandasExecutionEngine)
    def _pandas(self, column: Any, **_: Any) -> Any:
        return column % 2 == 1


class ExpectColumnNumbersToBeOdd(ColumnMapExpectation):
    """Expect odd numbers; the sentence below is how reports say so."""

    map_metric = "column_numbers.odd"

    @classmethod
    def _prescriptive_template(cls, renderer_configuration: RendererConfiguration) -> RendererConfiguration:
        renderer_configuration.add_param(name="column", param_type=RendererValueType.STRING)
        renderer_configuration.template_str = "$column values must be odd."
        return renderer_configuration


def expectations(thresholds: Thresholds) -> list[Any]:
    """What this house expects besides."""
    return [
        ExpectColumnNumbersToBeOdd(
            column="prompt_messages",
            description="A prompt goes from client to client.",
            severity="critical",
            notes="Sides alternate and the client speaks first and last, so the number of messages is odd.",
            meta={"name": "odd_prompt"},
        ),
        gxe.ExpectColumnMeanToBeBetween(
            column="response_words",
            max_value=thresholds.max_words / 4,
            description="Responses are no lectures: their mean is at most a quarter of the longest allowed.",
            severity="warning",
            notes="A therapist who mostly lectures is not what this model should imitate.",
            meta={"name": "no_lectures"},
        ),
    ]
