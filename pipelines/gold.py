"""What a build's own detector catches of identifiers that a person marked: counts for the manifest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipelines.tasks import Plan


def recall_on_gold(path: Path, plan: Plan) -> dict[str, Any]:
    """Hold the build's detector, with its settings and the names it was given, against gold transcripts as written.

    Args:
        path: what `anonymize.proof.evaluate.read_gold_sessions` reads.
        plan: the build's.

    Returns:
        `sessions`; `overall` and, as `names`, recall of names (intervals over sessions); `by_class` (Wilson's); each a
        rate with `low`, `high`, `hits`, `of`.
    """
    from anonymize.proof.evaluate import read_gold_sessions, score_session, summarise

    detector, known = plan.deidentify.deidentifier(plan.key), plan.deidentify.caller_names()
    sessions = read_gold_sessions(path)
    found = summarise([score_session(one, lambda turns: detector.find(turns, known_names=known)) for one in sessions])
    return {
        "sessions": len(sessions),
        "overall": found["recall"],
        "names": found["name_recall"],
        "by_class": found["by_class"],
    }
