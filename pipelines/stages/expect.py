"""The gate: what must be true of the finished rows before anything is published."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from corpora.files import sha256_file
from pipelines.stages.base import Stage, stage

if TYPE_CHECKING:
    from expectations.suites import Suite


@stage
class Expect(Stage):
    """Great Expectations' suites over the metrics table, with the thresholds that a recipe may set.

    `other_hits_per_1000_words` bounds what a second, different detector still reports in the output; above it the
    build is published with a warning, for stock detectors report false URLs and licences. The shares bound how much of
    the examples one client, source or topic has, or models wrote, and how much of the latter begins alike; above them
    is a warning, too. `own_suites` are Python files with further suites (docs/validate.md). `canaries` is how many
    made-up identifiers of each class are planted in throw-away copies of sessions, to measure how many are caught;
    `gold` are transcripts that a person marked (docs/privacy.md), on which this build's detector is measured.
    """

    name: ClassVar[str] = "expect"
    version: ClassVar[str] = "1"
    inputs: ClassVar[frozenset[str]] = frozenset({"examples", "split"})

    max_words: Annotated[int, Field(ge=1)] = 2000
    other_hits_per_1000_words: Annotated[float, Field(ge=0)] = 5.0
    max_client_share: Annotated[float, Field(gt=0, le=1)] = 0.25
    max_source_share: Annotated[float, Field(gt=0, le=1)] = 1.0
    max_topic_share: Annotated[float, Field(gt=0, le=1)] = 0.5
    max_made_share: Annotated[float, Field(ge=0, le=1)] = 1.0
    max_opener_share: Annotated[float, Field(gt=0, le=1)] = 0.2
    own_suites: tuple[Path, ...] = ()
    canaries: Annotated[int, Field(ge=0)] = 0
    gold: Path | None = None

    def check(self) -> None:
        """Load the user's own suites, and read the gold.

        Raises:
            UsageError: one of them is none.
        """
        self.suites()
        if self.gold:
            from anonymize.proof.evaluate import read_gold_sessions

            read_gold_sessions(self.gold)

    def parameters(self) -> dict[str, Any]:
        """The fields; gold, which is mostly a folder, by the hash of its files."""
        found = super().parameters()
        if self.gold:
            files = sorted(path for path in [self.gold, *self.gold.rglob("*")] if path.is_file())
            found["gold"] = hashlib.sha256("".join(map(sha256_file, files)).encode()).hexdigest()
        return found

    def suites(self) -> Mapping[str, Suite]:
        """Ours and the user's own, by name."""
        from expectations.suites import SUITES, named_suites

        return {**SUITES, **named_suites(map(str, self.own_suites))} if self.own_suites else SUITES
