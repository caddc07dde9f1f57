"""One exercise of cognitive behavioural therapy, from the situation to the thought that fits better."""

import re
from typing import ClassVar

from synth.dialogues.instructors.base import Bounds, Instructor
from synth.dialogues.turns import Turns, said_by

_PARTS = ("thought", "evidence|speaks (?:for|against)|prove", "feel", "believ|how (?:strong|sure)|percent|out of ten")
_LEAST_PARTS = 2


class CbtExercise(Instructor):
    """The counsellor works with thoughts and feelings, by questions."""

    name: ClassVar[str] = "cbt_exercise"
    turns: ClassVar[Bounds] = Bounds(6, 16)
    client_words: ClassVar[Bounds] = Bounds(3, 180)
    therapist_words: ClassVar[Bounds] = Bounds(3, 220)
    approach: ClassVar[str | None] = "CBT"
    share: ClassVar[float] = 0.08

    def fault(self, turns: Turns) -> str | None:
        """`no_exercise` where the counsellor names fewer than two of thought, evidence, feeling, strength of belief."""
        said = said_by(turns, "assistant")
        parts = sum(bool(re.search(part, said, re.IGNORECASE)) for part in _PARTS)
        return "no_exercise" if parts < _LEAST_PARTS or "?" not in said else None
