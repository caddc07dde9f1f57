"""A brief answer to one thing said, so that a model learns to be brief, too."""

from synth.dialogues.instructors.base import Bounds, Instructor


class ShortAnswer(Instructor):
    """One round; the answer has 40 words at most."""

    name: str = "short_answer"
    turns: Bounds = Bounds(2, 2)
    client_words: Bounds = Bounds(8, 120)
    therapist_words: Bounds = Bounds(3, 40)
    batch: int = 10
    share: float = 0.06
