"""Which language a session is in; what the detector of identifiers does not cover is set aside."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from corpora.records import Drop, Session
from pipelines.stages.base import MapStage, stage

SAMPLE_CHARACTERS = 1_000
SHORTEST = 200


@stage
class Language(MapStage):
    """Quarantines a session whose language is not among `covered`, instead of passing it with a clean report.

    The language is found per session, on its first 1,000 characters, never per turn ("Sí." is no Spanish session). A
    session under 200 characters tells too little, and is taken to be in the first covered language.
    """

    name: ClassVar[str] = "language"
    version: ClassVar[str] = "3"
    inputs: ClassVar[frozenset[str]] = frozenset({"sessions"})
    outputs: ClassVar[frozenset[str]] = frozenset({"language"})

    covered: tuple[str, ...] = ("en",)

    def map(self, session: Session) -> Session | Drop:
        """The session with `meta["language"]`, or a quarantine entry that names the language found."""
        from py3langid import classify

        text = " ".join(turn.text for turn in session.turns)[:SAMPLE_CHARACTERS]
        language = self.covered[0] if len(text) < SHORTEST else classify(text)[0]
        if language not in self.covered:
            detail = f"the session seems to be in {language!r}; de-identification covers {', '.join(self.covered)}"
            return Drop(
                "language_not_covered",
                "session",
                session.origin,
                session.session_id,
                count=len(session.turns),
                detail=detail,
                quarantined=True,
            )
        return replace(session, meta={**session.meta, "language": language})
