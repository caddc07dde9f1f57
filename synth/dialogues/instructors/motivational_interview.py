"""Motivational interviewing: the reasons for a change come from the client."""

import re

from synth.dialogues.instructors.base import Bounds, Instructor
from synth.dialogues.turns import Turns, said_by

_TELLING = re.compile(r"\byou (?:must|should|need to|have to|ought to|had better)\b", re.IGNORECASE)
_MOST_TELLING = 1


class MotivationalInterview(Instructor):
    """The counsellor asks and reflects, and does not tell."""

    name: str = "motivational_interview"
    turns: Bounds = Bounds(6, 16)
    client_words: Bounds = Bounds(3, 180)
    therapist_words: Bounds = Bounds(3, 180)
    approach: str | None = "motivational interviewing"
    share: float = 0.07

    def fault(self, turns: Turns) -> str | None:
        """`directive` where the counsellor tells the client what to do more than once, or never asks."""
        said = said_by(turns, "assistant")
        return "directive" if len(_TELLING.findall(said)) > _MOST_TELLING or "?" not in said else None
