"""The gate: what must be true of the finished rows before anything is published."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from pipelines.stages.base import Stage, stage

if TYPE_CHECKING:
    from expectations.suites import Suite


@stage
class Expect(Stage):
    """Great Expectations' suites over the metrics table, with the thresholds that a recipe may set.

    `other_hits_per_1000_words` bounds what a second, different detector still reports in the output; above it the
    build is published with a warning, for stock detectors report false URLs and licences. The shares bound how much of
    the examples one client, source or topic has; above them is a warning, too. `own_suites` are Python
    files with further suites (docs/validate.md). `canaries` is how many
    made-up identifiers of each class are planted in throw-away copies of sessions, to measure how many are caught.
    """

    name: ClassVar[str] = "expect"
    version: ClassVar[str] = "1"
    inputs: ClassVar[frozenset[str]] = frozenset({"examples", "split"})

    max_words: Annotated[int, Field(ge=1)] = 2000
    other_hits_per_1000_words: Annotated[float, Field(ge=0)] = 5.0
    max_client_share: Annotated[float, Field(gt=0, le=1)] = 0.25
    max_source_share: Annotated[float, Field(gt=0, le=1)] = 1.0
    max_topic_share: Annotated[float, Field(gt=0, le=1)] = 0.5
    own_suites: tuple[Path, ...] = ()
    canaries: Annotated[int, Field(ge=0)] = 0

    def check(self) -> None:
        """Load the user's own suites.

        Raises:
            UsageError: one of them is none.
        """
        self.suites()

    def suites(self) -> Mapping[str, Suite]:
        """Ours and the user's own, by name."""
        from expectations.suites import SUITES, named_suites

        return {**SUITES, **named_suites(map(str, self.own_suites))} if self.own_suites else SUITES
