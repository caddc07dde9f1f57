"""Splits: what is tested on was never trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from corpora.shards import SPLITS

if TYPE_CHECKING:
    from expectations.thresholds import Thresholds


def expectations(_: Thresholds) -> list[Any]:
    """Nobody, and no text, stands on both sides of a split."""
    import great_expectations.expectations as gxe

    from expectations.bounds import ExpectColumnNumbersToBeBetween

    return [
        gxe.ExpectColumnValuesToBeInSet(
            column="split",
            value_set=list(SPLITS),
            description="Every example stands in train, validation or test.",
            severity="critical",
            notes="Loaders read these three names.",
            meta={"name": "known_split"},
        ),
        ExpectColumnNumbersToBeBetween(
            column="client_splits",
            max_value=1,
            description="No client stands in two splits.",
            severity="critical",
            notes="A model tested on a client it was trained on looks better than it is, and may recite that client.",
            meta={"name": "client_in_one_split"},
        ),
        ExpectColumnNumbersToBeBetween(
            column="group_splits",
            max_value=1,
            description="No group stands in two splits.",
            severity="critical",
            notes="The group is the unit of splitting: the client, else the question, else the row.",
            meta={"name": "group_in_one_split"},
        ),
        ExpectColumnNumbersToBeBetween(
            column="response_splits",
            max_value=1,
            description="No response stands word for word in two splits.",
            severity="warning",
            notes="A repeated text leaks between splits even where the clients differ.",
            meta={"name": "response_in_one_split"},
        ),
    ]
