"""Quasi-identifiers among the published columns: how many clients share each combination of facts about them.

k-anonymity (Samarati and Sweeney 1998): a combination that only one client has singles that client out for whoever
knows these facts from elsewhere. Counts only, for the manifest and the report.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

COLUMNS = ("age_range", "gender", "symptoms", "topic", "emotion", "approach")
"""Published facts that somebody else may know of a client."""

SMALL = 5
"""Fewer clients than this in a combination are too few to hide among; a common floor of statistical offices."""


def k_anonymity(rows: pl.LazyFrame) -> dict[str, Any]:
    """Count clients by their combination of the columns that hold anything.

    Args:
        rows: one row an example, with `client_id` and the columns of the schema.

    Returns:
        `columns` (those with a value), `clients`, `combinations`, `smallest` (k; None without clients or columns),
        `alone` (clients whose combination nobody shares), `in_small_groups` (clients in combinations under `small`),
        `small`, and `alone_by_column` (clients who stand alone by one column already).
    """
    import polars as pl

    facts = [
        pl.col(name).cast(pl.List(pl.String)).list.sort().list.join(", ") if name == "symptoms" else pl.col(name)
        for name in COLUMNS
    ]
    by_client = (
        rows.select("client_id", *facts)
        .group_by("client_id")
        .agg(pl.col(name).drop_nulls().unique().sort().cast(pl.String).str.join("; ") for name in COLUMNS)
        .collect()
    )
    used = [name for name in COLUMNS if by_client.height and (by_client[name] != "").any()]
    sizes = by_client.group_by(used).len()["len"].to_list() if used else []
    return {
        "columns": used,
        "clients": by_client.height,
        "combinations": len(sizes),
        "smallest": min(sizes, default=None),
        "alone": sizes.count(1),
        "in_small_groups": sum(size for size in sizes if size < SMALL),
        "small": SMALL,
        "alone_by_column": {
            name: by_client.filter(pl.col(name) != "").group_by(name).len()["len"].to_list().count(1) for name in used
        },
    }
