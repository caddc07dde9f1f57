"""The checks of a build as Great Expectations would hold a pandas frame of the corpus to them, without metrics of ours.

Expectations of its own where it has one; else custom ones as its documentation tells to write them: a metric that maps
a function over a column of messages, or over two columns.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from great_expectations.execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import ColumnMapExpectation, ColumnPairMapExpectation
from great_expectations.expectations.metrics.map_metric_provider import (
    ColumnMapMetricProvider,
    ColumnPairMapMetricProvider,
    column_condition_partial,
    column_pair_condition_partial,
)

from expectations.metrics import AUDIT_COLUMNS
from expectations.thresholds import Thresholds

if TYPE_CHECKING:
    import pandas as pd

_ORDER = re.compile(r"(system,)?(assistant,)?(user,assistant,)*(user,)?")


def _roles(messages: Any) -> str:
    return "".join(f"{message['role']}," for message in messages)


def _words(messages: Any) -> int:
    return sum(len(message["content"].split()) for message in messages)


def _characters(messages: Any) -> int:
    return sum(len(message["content"]) for message in messages)


RULES: Mapping[str, Callable[[Any], bool]] = {
    "no_empty_text": lambda messages: all(message["content"].strip() for message in messages),
    "role_order_ok": lambda messages: _ORDER.fullmatch(_roles(messages)) is not None,
    "starts_with_user": lambda messages: _roles(messages).removeprefix("system,").startswith("user,"),
    "ends_with_user": lambda messages: len(messages) > 0 and messages[-1]["role"] == "user",
    "one_completion": lambda messages: _roles(messages) == "assistant,",
    "prompt_says_something": lambda messages: _words(messages) >= 3,  # noqa: PLR2004
}
PAIR_RULES: Mapping[str, Callable[[Any, Any], Any]] = {
    "words_match": lambda completion, counted: completion.map(_words) == counted,
    "characters_per_word": lambda prompt, completion: (
        (prompt.map(_characters) + completion.map(_characters)) / (prompt.map(_words) + completion.map(_words))
    ).between(3, 10),
    "in_one_split": lambda key, split: split.groupby(key).transform("nunique") <= 1,
    "response_in_one_split": lambda completion, split: (
        split.groupby(completion.map(lambda messages: "\n".join(message["content"] for message in messages))).transform(
            "nunique"
        )
        <= 1
    ),
}


class MessagesMeet(ColumnMapMetricProvider):  # type: ignore[misc]
    """For each list of messages, whether it keeps a rule."""

    condition_metric_name = "messages.meet"
    condition_value_keys = ("rule",)

    @column_condition_partial(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(self, column: Any, rule: str, **_: Any) -> Any:
        return column.map(RULES[rule]).astype(bool)


class ExpectMessagesToMeet(ColumnMapExpectation):  # type: ignore[misc]
    """Expect every list of messages to keep a rule."""

    rule: str
    map_metric: ClassVar[str] = "messages.meet"
    success_keys: ClassVar[tuple[str, ...]] = ("rule", "mostly")


class PairsMeet(ColumnPairMapMetricProvider):  # type: ignore[misc]
    """For each pair of values, whether it keeps a rule."""

    condition_metric_name = "pairs.meet"
    condition_domain_keys = ("batch_id", "table", "column_A", "column_B", "row_condition", "ignore_row_if")
    condition_value_keys = ("rule",)

    @column_pair_condition_partial(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(self, column_A: Any, column_B: Any, rule: str, **_: Any) -> Any:  # noqa: N803  Great Expectations' names
        return PAIR_RULES[rule](column_A, column_B).astype(bool)


class ExpectPairsToMeet(ColumnPairMapExpectation):  # type: ignore[misc]
    """Expect every pair of values to keep a rule."""

    rule: str
    ignore_row_if: str
    domain_keys: ClassVar[tuple[str, ...]] = ("batch_id", "column_A", "column_B", "row_condition", "ignore_row_if")
    map_metric: ClassVar[str] = "pairs.meet"
    success_keys: ClassVar[tuple[str, ...]] = ("rule", "mostly")


def expectations(thresholds: Thresholds, columns: list[str]) -> list[Any]:
    """The checks of the suites structure, privacy, splits and quality that a frame of rows can be held to.

    Left out is the rate of doubtful finds a split, which needs a table of its own.
    """
    import great_expectations.expectations as gxe
    from great_expectations.expectations.row_conditions import Column

    pair = functools.partial(ExpectPairsToMeet, ignore_row_if="neither")
    required = ("example_id", "session_id", "client_id", "group_id", "source", "kind", "split", "response_words",
                "context_turns", "provenance", *AUDIT_COLUMNS)  # fmt: skip
    rules = {"role_order_ok": "prompt", "starts_with_user": "prompt", "ends_with_user": "prompt",
             "one_completion": "completion"}  # fmt: skip
    return [
        gxe.ExpectTableRowCountToBeBetween(min_value=1, meta={"name": "some_examples"}),
        gxe.ExpectTableColumnsToMatchSet(column_set=columns, exact_match=True, meta={"name": "schema"}),
        *(gxe.ExpectColumnValuesToNotBeNull(column=name, meta={"name": "no_missing_value"}) for name in required),
        gxe.ExpectColumnValuesToBeUnique(column="example_id", meta={"name": "unique_ids"}),
        *(
            ExpectMessagesToMeet(column=name, rule="no_empty_text", meta={"name": "no_empty_text"})
            for name in ("prompt", "completion")
        ),
        *(ExpectMessagesToMeet(column=name, rule=rule, meta={"name": rule}) for rule, name in rules.items()),
        *(
            gxe.ExpectColumnValuesToBeBetween(
                column="response_words",
                min_value=least,
                row_condition=Column("kind") == kind,
                meta={"name": f"min_words_{kind}"},
            )
            for kind, least in thresholds.min_words.items()
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="response_words", min_value=1, max_value=thresholds.max_words, meta={"name": "response_bounds"}
        ),
        pair(column_A="completion", column_B="response_words", rule="words_match", meta={"name": "words_match"}),
        gxe.ExpectColumnValuesToBeBetween(
            column="context_turns", min_value=1, max_value=thresholds.max_context_turns, meta={"name": "context_turns"}
        ),
        *(
            gxe.ExpectColumnValuesToBeBetween(column=column, max_value=0, meta={"name": name})
            for column, name in zip(
                AUDIT_COLUMNS, ("no_roster_name", "no_caller_name", "no_structured_identifier"), strict=False
            )
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="split", value_set=["train", "validation", "test"], meta={"name": "known_split"}
        ),
        *(
            pair(column_A=f"{unit}_id", column_B="split", rule="in_one_split", meta={"name": f"{unit}_in_one_split"})
            for unit in ("client", "group")
        ),
        pair(
            column_A="completion",
            column_B="split",
            rule="response_in_one_split",
            meta={"name": "response_in_one_split"},
        ),
        pair(
            column_A="prompt",
            column_B="completion",
            rule="characters_per_word",
            mostly=0.99,
            meta={"name": "characters_per_word"},
        ),
        ExpectMessagesToMeet(
            column="prompt", rule="prompt_says_something", mostly=0.95, meta={"name": "prompt_says_something"}
        ),
    ]


def validate(frame: pd.DataFrame, thresholds: Thresholds) -> dict[str, tuple[bool, int]]:
    """Run the checks; returns by name whether each held, and how many rows were against it."""
    import great_expectations as gx

    context = gx.get_context(mode="ephemeral")
    asset = context.data_sources.add_pandas("rows").add_dataframe_asset("rows")
    suite = context.suites.add(gx.ExpectationSuite("rows", expectations=expectations(thresholds, list(frame.columns))))
    definition = context.validation_definitions.add(
        gx.ValidationDefinition(name="rows", data=asset.add_batch_definition_whole_dataframe("rows"), suite=suite)
    )
    results = definition.run(batch_parameters={"dataframe": frame}).results
    found: dict[str, tuple[bool, int]] = {}
    for result in results:
        name = result.expectation_config.meta["name"]
        held, against = found.get(name, (True, 0))
        found[name] = (held and bool(result.success), against + int(result.result.get("unexpected_count", 0)))
    return found
