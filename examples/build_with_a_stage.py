"""Build a corpus from Python, with a stage of one's own: `python examples/build_with_a_stage.py OUT [FOLDER]`.

The stage leaves out sessions in which the therapist hardly speaks. It runs in the worker processes like any other, and
what it leaves out is counted under its own reason; the pipeline refuses to run with stages that do not fit.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field

from corpora import Drop, Session
from corpora.records import count_words
from pipelines import Pipeline
from pipelines.stages import Clean, Deidentify, Expect, Flags, Language, MapStage, Quality, Read, Split, Windows
from pipelines.stages.base import stage


@stage
class TherapistSpeaks(MapStage):
    """Leaves out sessions in which less than `least_share` of all words are the therapist's."""

    name: ClassVar[str] = "therapist_speaks"
    version: ClassVar[str] = "1"
    inputs: ClassVar[frozenset[str]] = frozenset({"sessions"})

    least_share: Annotated[float, Field(ge=0, le=1)] = 0.4

    def map(self, session: Session) -> Session | Drop:
        """The session itself, or why it goes."""
        words = {"therapist": 0, "client": 0, "other": 0}
        for turn in session.turns:
            words[turn.role] += count_words(turn.text)
        if words["therapist"] < self.least_share * sum(words.values()):
            return Drop("therapist_hardly_speaks", "session", session.origin, session.session_id)
        return session


def main(out: str, *folder: str) -> None:
    """Build `out` of the transcripts in a folder, or of the packaged sample, and say where all sessions went."""
    read = Read(source="alexander-street", input=Path(folder[0]) if folder else None)
    own = TherapistSpeaks(least_share=0.35)
    before, after = [read, Clean(), own, Language(), Quality()], [Windows(min_words=50), Flags(), Split(), Expect()]
    manifest = Pipeline([*before, Deidentify(), *after], name="therapist speaks").run(Path(out)).manifest
    sessions = manifest["accounting"]["sessions"]
    sys.stdout.write(f"{manifest['examples']['total']} examples; sessions: {sessions}\n")


if __name__ == "__main__":  # worker processes import this file too
    main(*sys.argv[1:])
