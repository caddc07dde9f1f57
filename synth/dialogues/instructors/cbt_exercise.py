"""One exercise of cognitive behavioural therapy, from the situation to the thought that fits better."""

import re

from synth.dialogues.instructors.base import Bounds, Instructor
from synth.dialogues.turns import Turns, said_by

_PARTS = ("thought", "evidence|speaks (?:for|against)|prove", "feel", "believ|how (?:strong|sure)|percent|out of ten")
_LEAST_PARTS = 2


class CbtExercise(Instructor):
    """The counsellor works with thoughts and feelings, by questions."""

    name: str = "cbt_exercise"
    turns: Bounds = Bounds(6, 16)
    client_words: Bounds = Bounds(3, 180)
    therapist_words: Bounds = Bounds(3, 220)
    approach: str | None = "CBT"
    share: float = 0.08

    def fault(self, turns: Turns) -> str | None:
        """`no_exercise` where the counsellor names fewer than two of thought, evidence, feeling, strength of belief."""
        said = said_by(turns, "assistant")
        parts = sum(bool(re.search(part, said, re.IGNORECASE)) for part in _PARTS)
        return "no_exercise" if parts < _LEAST_PARTS or "?" not in said else None
