"""Sessions that show poor therapy are no examples to learn from."""

from __future__ import annotations

from typing import ClassVar

from corpora.records import Drop, Session
from pipelines.stages.base import MapStage, stage


@stage
class Quality(MapStage):
    """Leaves out sessions rated `low`, which AnnoMI holds as demonstrations of what not to do."""

    name: ClassVar[str] = "quality"
    version: ClassVar[str] = "1"
    inputs: ClassVar[frozenset[str]] = frozenset({"sessions"})
    outputs: ClassVar[frozenset[str]] = frozenset({"quality"})

    keep_low: bool = False

    def map(self, session: Session) -> Session | Drop:
        """The session unchanged, or `Drop("low_quality")`."""
        if session.meta.get("quality") == "low" and not self.keep_low:
            return Drop("low_quality", "session", session.origin, session.session_id, count=len(session.turns))
        return session
