"""Privacy: what would be published names nobody, as far as detectors that did not clean it can tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from expectations.thresholds import Thresholds


def expectations(thresholds: Thresholds) -> list[Any]:
    """Residual identifiers: none of the kinds that can be checked with certainty, few of the rest."""
    from expectations.bounds import ExpectColumnNumbersToBeBetween

    return [
        ExpectColumnNumbersToBeBetween(
            column="roster_hits",
            max_value=0,
            description="No name found in a client's sessions is left in that client's examples.",
            severity="critical",
            notes="A name known from any session of the client must be gone from all of them.",
            meta={"name": "no_roster_name"},
        ),
        ExpectColumnNumbersToBeBetween(
            column="caller_hits",
            max_value=0,
            description="No name that the caller gave is left.",
            severity="critical",
            notes="These names are known to be real.",
            meta={"name": "no_caller_name"},
        ),
        ExpectColumnNumbersToBeBetween(
            column="structured_hits",
            max_value=0,
            description="No telephone, e-mail, account or other structured identifier is left.",
            severity="critical",
            notes="Their form can be checked, so a find is hardly ever false; surrogates of ours are not counted.",
            meta={"name": "no_structured_identifier"},
        ),
        ExpectColumnNumbersToBeBetween(
            column="other_hits_per_1000",
            max_value=thresholds.other_hits_per_1000,
            description=(
                "A second detector reports at most "
                f"{thresholds.other_hits_per_1000:g} other possible identifiers per 1,000 words of a split."
            ),
            severity="warning",
            notes="General detectors report false finds (places, titles, file-like words); a high rate needs a look.",
            meta={"name": "other_hits_rate", "table": "splits"},
        ),
    ]
