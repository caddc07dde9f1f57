"""A whole session's conversation, of 6 to 20 turns."""

from synth.dialogues.instructors.base import Bounds, Instructor


class MultiTurn(Instructor):
    """A conversation that goes somewhere."""

    name: str = "multi_turn"
    turns: Bounds = Bounds(6, 20)
    client_words: Bounds = Bounds(3, 180)
    therapist_words: Bounds = Bounds(3, 220)
    share: float = 0.25
