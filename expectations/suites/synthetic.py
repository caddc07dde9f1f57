"""Synthetic: what language models wrote says so, is not all alike, and is not what others are measured by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from expectations.thresholds import Thresholds


def expectations(thresholds: Thresholds) -> list[Any]:
    """Origin of every row, and how much and how varied the models' part is; a corpus without such rows passes."""
    return [*_rows(), *_whole(thresholds)]


def _rows() -> list[Any]:
    import great_expectations.expectations as gxe
    from great_expectations.expectations.row_conditions import Column

    from expectations.bounds import ExpectColumnNumbersToBeBetween

    return [
        gxe.ExpectColumnValuesToBeInSet(
            column="maker_named",
            value_set=[True],
            description="Every example that a model wrote names the model and the prompt.",
            severity="critical",
            notes="Whoever trains on it must be able to tell whose words they are, and to leave them out.",
            meta={"name": "maker_named"},
        ),
        ExpectColumnNumbersToBeBetween(
            column="made_count",
            max_value=1,
            description="No two responses of models are the same, word for word.",
            severity="warning",
            notes="A model that repeats itself teaches the one answer again and again.",
            meta={"name": "made_once"},
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="made",
            value_set=[False],
            row_condition=Column("split") == "test",
            description="No example of the test split was written by a model.",
            severity="info",
            notes="A score on a model's words tells how well it is imitated, not how well people are answered.",
            meta={"name": "tested_on_people"},
        ),
    ]


def _whole(thresholds: Thresholds) -> list[Any]:
    from expectations.bounds import ExpectColumnNumbersToBeBetween

    most_made, most_alike = thresholds.max_made_share, thresholds.max_opener_share
    return [
        ExpectColumnNumbersToBeBetween(
            column="made_share",
            max_value=most_made,
            description=f"Models wrote at most {100 * most_made:g} per cent of the examples.",
            severity="warning",
            notes="What models write is smoother and more alike than speech; the recipe says how much of it is meant.",
            meta={"name": "made_share", "table": "corpus"},
        ),
        ExpectColumnNumbersToBeBetween(
            column="largest_opener_share",
            max_value=most_alike,
            description=f"At most {100 * most_alike:g} per cent of models' responses begin with the same three words.",
            severity="warning",
            notes="A favourite opening is the first sign that sampling collapsed.",
            meta={"name": "openers_vary", "table": "corpus"},
        ),
    ]
