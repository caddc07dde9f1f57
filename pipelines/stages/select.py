"""Which sessions to build from, by what is known of them."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from pydantic import field_validator

from corpora.records import META_KEYS, Drop, Session
from pipelines.stages.base import MapStage, stage


@stage
class Select(MapStage):
    """Keeps the sessions that meet every condition in `where`, before anything is built from them.

    A condition is `key=value,value`: one of the values must stand in the session's metadata, as a whole word or words,
    whatever the case. Sessions whose metadata lacks the key are counted apart (`selection_unknown`), so that the
    coverage shows.
    """

    name: ClassVar[str] = "select"
    version: ClassVar[str] = "1"
    inputs: ClassVar[frozenset[str]] = frozenset({"sessions"})

    where: tuple[str, ...] = ()

    @field_validator("where")
    @classmethod
    def _conditions(cls, where: tuple[str, ...]) -> tuple[str, ...]:
        for condition in where:
            key, equals, values = condition.partition("=")
            if key.strip() not in META_KEYS or not equals or not values.strip(" ,"):
                raise ValueError(f"a condition is KEY=VALUE,VALUE with a key of {', '.join(META_KEYS)}")
        return where

    def map(self, session: Session) -> Session | Drop:
        """The session unchanged, or `Drop("not_selected")`, or `Drop("selection_unknown")`."""
        for condition in self.where:
            key, _, values = condition.partition("=")
            known = _texts(session.meta.get(key.strip()))
            if not known or not _matches(known, values):
                reason = "not_selected" if known else "selection_unknown"
                return Drop(reason, "session", session.origin, session.session_id, count=len(session.turns))
        return session


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, (list, tuple)) else [value]
    return [str(item).casefold() for item in values if item is not None and str(item).strip()]


def _matches(known: list[str], values: str) -> bool:
    wanted = [value.strip().casefold() for value in values.split(",") if value.strip()]
    return any(re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text) for value in wanted for text in known)
