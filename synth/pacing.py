"""How fast requests may go out: so many requests and tokens a minute, and never while a server asked for a pause."""

from __future__ import annotations

import asyncio
import time
from email.utils import parsedate_to_datetime

LONGEST_PAUSE = 120.0
"""Seconds that a server's `Retry-After` is followed at most."""
_SPARE_S = 0.05  # a bucket lets so much of its rate through at once, so that a busy loop does not lose its turn


class Bucket:
    """A leaky bucket: amounts go through evenly, `per_minute` of them."""

    def __init__(self, per_minute: float | None) -> None:
        """Start empty; None lets everything through."""
        self._seconds_each = 60 / per_minute if per_minute else 0.0
        self._due = 0.0

    async def take(self, amount: float = 1) -> None:
        """Wait until `amount` may go."""
        if not self._seconds_each:
            return
        now = time.monotonic()
        self._due = max(self._due, now - _SPARE_S) + amount * self._seconds_each
        if (wait := self._due - amount * self._seconds_each - now) > 0:
            await asyncio.sleep(wait)


class Pacing:
    """Both buckets and the pause that a server asked for; all requests of a client go through one."""

    def __init__(self, requests_per_minute: float | None = None, tokens_per_minute: float | None = None) -> None:
        """Start with empty buckets."""
        self._requests, self._tokens, self._open_at = Bucket(requests_per_minute), Bucket(tokens_per_minute), 0.0

    async def turn(self, tokens: int) -> None:
        """Wait until one request of so many tokens may go."""
        await self._requests.take()
        await self._tokens.take(tokens)
        while (wait := self._open_at - time.monotonic()) > 0:  # noqa: ASYNC110 - a pause may be prolonged meanwhile
            await asyncio.sleep(wait)

    def pause(self, seconds: float) -> None:
        """Let nothing out for so long."""
        self._open_at = max(self._open_at, time.monotonic() + seconds)


def wanted_pause(header: str | None) -> float:
    """The seconds that a `Retry-After` asks for, as a number or a date; 0 where it says nothing that can be read."""
    try:
        return min(max(float(header or 0), 0.0), LONGEST_PAUSE)
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(header or "").timestamp()
    except (TypeError, ValueError):
        return 0.0
    return min(max(until - time.time(), 0.0), LONGEST_PAUSE)
