"""A build's audit report, written anew from what stands in its folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from corpora.errors import UsageError
from pipelines.decisions import MANIFEST, manifest_at, read_log


def rewrite_report(out: Path, samples: Sequence[dict[str, Any]] = ()) -> Path:
    """Write the report of the build at `out`, with the decisions made about it so far; returns the page.

    Args:
        out: the folder with the manifest (of a refused build, the work folder).
        samples: de-identified rows to show.

    Raises:
        UsageError: there is no manifest, or one that a report cannot be drawn from.
    """
    from expectations.report import write_report

    manifest = manifest_at(out)
    try:
        return write_report(out / "report", manifest, samples, read_log(out))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{out / MANIFEST} is damaged or of an older build ({type(error).__name__}); build again"
        ) from None
