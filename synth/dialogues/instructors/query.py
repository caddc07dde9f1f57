"""A client's first message, which is fed back for a counsellor's answer: MentalChat16K's two steps."""

from typing import ClassVar

from synth.dialogues.instructors.base import Bounds, Instructor


class Query(Instructor):
    """A message of 300 words or more that meets seven requirements."""

    name: ClassVar[str] = "query"
    turns: ClassVar[Bounds] = Bounds(1, 1)
    client_words: ClassVar[Bounds] = Bounds(300, 700)
    therapist_words: ClassVar[Bounds] = Bounds(0, 0)
    batch: ClassVar[int] = 5
    share: ClassVar[float] = 0.5
