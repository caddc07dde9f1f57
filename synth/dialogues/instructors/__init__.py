"""The instructors by name: ours, and those that installed packages add by the `corpora.instructors` entry point."""

from __future__ import annotations

from functools import cache

from corpora.errors import UsageError
from synth.dialogues.instructors.base import Bounds, Instructor
from synth.dialogues.instructors.cbt_exercise import CbtExercise
from synth.dialogues.instructors.motivational_interview import MotivationalInterview
from synth.dialogues.instructors.multi_turn import MultiTurn
from synth.dialogues.instructors.query import Query
from synth.dialogues.instructors.response import Response
from synth.dialogues.instructors.risk_assessment import RiskAssessment
from synth.dialogues.instructors.short_answer import ShortAnswer

__all__ = ["Bounds", "Instructor", "instructors"]

_OURS = (Query, Response, MultiTurn, CbtExercise, MotivationalInterview, RiskAssessment, ShortAnswer)


@cache
def instructors() -> dict[str, Instructor]:
    """Every instructor that is there, by its name.

    Raises:
        UsageError: an installed package's instructor cannot be imported, or is none.
    """
    from importlib.metadata import entry_points

    found: dict[str, Instructor] = {cls.name: cls() for cls in _OURS}
    for entry in entry_points(group="corpora.instructors"):
        try:
            made = entry.load()()
        except ImportError as error:
            raise UsageError(f"instructor {entry.name!r} cannot be imported from {entry.value}: {error}") from error
        if not isinstance(made, Instructor):
            raise UsageError(f"instructor {entry.name!r} ({entry.value}) is no synth.dialogues.instructors.Instructor")
        found[made.name] = made
    return found
