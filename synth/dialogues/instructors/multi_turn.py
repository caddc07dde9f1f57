"""A whole session's conversation, of 6 to 20 turns."""

from typing import ClassVar

from synth.dialogues.instructors.base import Bounds, Instructor


class MultiTurn(Instructor):
    """A conversation that goes somewhere."""

    name: ClassVar[str] = "multi_turn"
    turns: ClassVar[Bounds] = Bounds(6, 20)
    client_words: ClassVar[Bounds] = Bounds(3, 180)
    therapist_words: ClassVar[Bounds] = Bounds(3, 220)
    share: ClassVar[float] = 0.25
