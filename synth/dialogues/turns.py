"""A dialogue as plain text: (chat role, text) pairs, `user` for the client, `assistant` for the counsellor."""

from __future__ import annotations

from collections.abc import Sequence

Turns = Sequence[tuple[str, str]]


def said_by(turns: Turns, role: str) -> str:
    """All that one side says."""
    return "\n".join(text for at, text in turns if at == role)


def whole(turns: Turns) -> str:
    """All that is said."""
    return "\n".join(text for _, text in turns)
