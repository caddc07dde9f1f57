"""A bound on the time that one piece of text may take: a pattern that runs away fails its session, and never passes it.

Python's `re` has no time-out of its own, but its matching engine looks for signals while it works. So an interval timer
on the process' own computing time (not the clock: a busy machine fails nothing) raises in the middle of a match.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from corpora.errors import CorporaError

BASE_SECONDS = 20.0
"""What any piece may take, the loading of word lists included (about two seconds)."""

SECONDS_PER_MEGABYTE = 300.0
"""About a hundred times what rules take for ordinary dialogue, and several times what the sentence encoder takes for a
transcript without capitals on a slow processor."""

_AGAIN = 0.25
"""Seconds until the timer fires once more, for the case that something swallowed the first error."""


class OutOfTimeError(CorporaError):
    """A piece of text took longer than its bound; nothing of it was passed on."""

    def __init__(self) -> None:
        super().__init__(
            "a text took longer to work through than any honest one does, and nothing of it was passed on; leave the "
            "file out, or look for endless repetition in it"
        )


class _Clock:
    """The one bound that is in force, if any: bounds do not nest, the outer one rules."""

    running = False
    expired = False


def bound(characters: int) -> float:
    """Seconds of computing that a piece of this length may take."""
    return BASE_SECONDS + SECONDS_PER_MEGABYTE * characters / 1e6


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise `OutOfTimeError` in whatever runs longer than `seconds` of this process' computing time.

    In the main thread (where workers and the serial engine do their work) it is raised in the middle of the work, a
    regular expression's included. Elsewhere, and on systems without interval timers, it is raised when the work is
    done, so that nothing that took too long passes there either. Inside another limit it does nothing.

    Raises:
        OutOfTimeError: the time is up.
    """
    interrupts = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    if interrupts and _Clock.running:
        yield
        return
    with _interrupting(seconds) if interrupts else _measuring(seconds):
        yield


@contextmanager
def _interrupting(seconds: float) -> Iterator[None]:
    before = signal.signal(signal.SIGVTALRM, _expire)
    _Clock.running, _Clock.expired = True, False
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds, _AGAIN)
    try:
        yield
    finally:
        _Clock.running = False  # first, so that a late signal raises nothing here
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
    if _Clock.expired:
        raise OutOfTimeError


@contextmanager
def _measuring(seconds: float) -> Iterator[None]:
    started = time.thread_time()
    yield
    if time.thread_time() - started > seconds:
        raise OutOfTimeError


def _expire(_number: int, _frame: FrameType | None) -> None:
    if _Clock.running:
        _Clock.expired = True
        raise OutOfTimeError
