"""A client's first message, which is fed back for a counsellor's answer: MentalChat16K's two steps."""

from synth.dialogues.instructors.base import Bounds, Instructor


class Query(Instructor):
    """A message of 300 words or more that meets seven requirements."""

    name: str = "query"
    turns: Bounds = Bounds(1, 1)
    client_words: Bounds = Bounds(300, 700)
    therapist_words: Bounds = Bounds(0, 0)
    batch: int = 5
    share: float = 0.5
