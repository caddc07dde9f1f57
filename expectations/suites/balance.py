"""Balance: no one client, source or topic speaks for all; a person should look, nothing is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from expectations.thresholds import Thresholds

_REASONS = {
    "client": "A model takes on one client's life and way of speaking, and may recite them, where one has too many.",
    "source": "What one source alone has (a school of therapy, a transcriber's habits) is then taken for therapy.",
    "topic": "A model learns the answers of the topic that it mostly sees, and gives them elsewhere.",
}


def expectations(thresholds: Thresholds) -> list[Any]:
    """The largest share of each, over the corpus as a whole."""
    from expectations.bounds import ExpectColumnNumbersToBeBetween

    most = {
        "client": thresholds.max_client_share,
        "source": thresholds.max_source_share,
        "topic": thresholds.max_topic_share,
    }
    return [
        ExpectColumnNumbersToBeBetween(
            column=f"largest_{name}_share",
            max_value=share,
            description=f"No {name} has more than {100 * share:g} per cent of the examples.",
            severity="warning",
            notes=_REASONS[name],
            meta={"name": f"largest_{name}_share", "table": "corpus"},
        )
        for name, share in most.items()
    ]
