"""A brief answer to one thing said, so that a model learns to be brief, too."""

from typing import ClassVar

from synth.dialogues.instructors.base import Bounds, Instructor


class ShortAnswer(Instructor):
    """One round; the answer has 40 words at most."""

    name: ClassVar[str] = "short_answer"
    turns: ClassVar[Bounds] = Bounds(2, 2)
    client_words: ClassVar[Bounds] = Bounds(8, 120)
    therapist_words: ClassVar[Bounds] = Bounds(3, 40)
    batch: ClassVar[int] = 10
    share: ClassVar[float] = 0.06
