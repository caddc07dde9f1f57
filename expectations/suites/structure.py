"""Structure: every row is what a trainer expects to read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from expectations.thresholds import Thresholds


def expectations(thresholds: Thresholds) -> list[Any]:
    """Schema, ids, roles, and the bounds on words and context; all of it critical."""
    return [*_rows(), *_roles(), *_response_bounds(thresholds), *_context_bounds(thresholds)]


def _rows() -> list[Any]:
    import great_expectations.expectations as gxe

    from expectations.bounds import ExpectColumnNumbersToBeBetween

    return [
        ExpectColumnNumbersToBeBetween(
            column="examples",
            min_value=1,
            description="There is at least one example.",
            severity="critical",
            notes="An empty corpus trains nothing; it usually means that a filter was set too tight.",
            meta={"name": "some_examples", "table": "corpus"},
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="schema_ok",
            value_set=[True],
            description="The columns are those of the published schema, each of its type.",
            severity="critical",
            notes="Trainers and later builds read these columns by name and type.",
            meta={"name": "schema"},
        ),
        ExpectColumnNumbersToBeBetween(
            column="missing_values",
            max_value=0,
            description="Ids, source, kind, split, counts, provenance and residual findings are never null.",
            severity="critical",
            notes="A row without them can be neither traced, split, withdrawn nor called clean.",
            meta={"name": "no_missing_value"},
        ),
        ExpectColumnNumbersToBeBetween(
            column="id_count",
            max_value=1,
            description="No two examples share an id.",
            severity="critical",
            notes="An id names one therapist turn; a second row under it is a duplicate or a collision.",
            meta={"name": "unique_ids"},
        ),
        ExpectColumnNumbersToBeBetween(
            column="empty_texts",
            max_value=0,
            description="No message is empty.",
            severity="critical",
            notes="An empty message teaches silence, and chat templates treat it in different ways.",
            meta={"name": "no_empty_text"},
        ),
    ]


def _roles() -> list[Any]:
    import great_expectations.expectations as gxe

    flags = {
        "role_order_ok": ("The sides of a prompt alternate.", "Most chat templates refuse two turns of one side."),
        "starts_with_user": ("A prompt opens with the client.", "The therapist answers; the client speaks first."),
        "ends_with_user": ("A prompt ends with the client.", "The completion must answer the client's turn."),
        "one_completion": ("The completion is one turn of the therapist.", "It is the only text that is trained on."),
    }
    return [
        gxe.ExpectColumnValuesToBeInSet(
            column=column,
            value_set=[True],
            description=description,
            severity="critical",
            notes=reason,
            meta={"name": column},
        )
        for column, (description, reason) in flags.items()
    ]


def _response_bounds(thresholds: Thresholds) -> list[Any]:
    import great_expectations.expectations as gxe
    from great_expectations.expectations.row_conditions import Column

    from expectations.bounds import ExpectColumnNumbersToBeBetween

    by_kind = [
        ExpectColumnNumbersToBeBetween(
            column="response_words",
            min_value=max(1, least),
            row_condition=Column("kind") == kind,
            description=f"A {kind} response has at least {max(1, least)} words.",
            severity="critical",
            notes="The recipe's lower bound: shorter turns serve as context, not as something to imitate.",
            meta={"name": f"min_words_{kind}"},
        )
        for kind, least in sorted(thresholds.min_words.items())
    ]
    return [
        *by_kind,
        ExpectColumnNumbersToBeBetween(
            column="response_words",
            min_value=1,
            max_value=thresholds.max_words,
            description=f"A response has between 1 and {thresholds.max_words} words.",
            severity="critical",
            notes="A longer turn is most often two sessions or speakers run together.",
            meta={"name": "response_bounds"},
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="words_match",
            value_set=[True],
            description="The recorded word count is the text's own.",
            severity="critical",
            notes="The bounds above hold only if the count is true of the published text.",
            meta={"name": "words_match"},
        ),
    ]


def _context_bounds(thresholds: Thresholds) -> list[Any]:
    from expectations.bounds import ExpectColumnNumbersToBeBetween

    most = thresholds.max_context_turns
    between = "a turn or more" if most is None else f"between 1 and {most} turns"
    turns = ExpectColumnNumbersToBeBetween(
        column="context_turns",
        min_value=1,
        max_value=most,
        description=f"A response has {between} of context.",
        severity="critical",
        notes="A response without context answers nobody; more than the recipe allows was cut wrongly.",
        meta={"name": "context_turns"},
    )
    if thresholds.max_context_words is None:
        return [turns]
    words = ExpectColumnNumbersToBeBetween(
        column="prompt_words",
        max_value=thresholds.max_context_words,
        description=f"A prompt has at most {thresholds.max_context_words} words.",
        severity="critical",
        notes="The recipe's cap on context, so that examples fit a trainer's window.",
        meta={"name": "context_words"},
    )
    return [turns, words]
