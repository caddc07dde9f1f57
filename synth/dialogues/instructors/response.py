"""The counsellor's answer to one message."""

from synth.dialogues.instructors.base import Bounds, Instructor
from synth.dialogues.instructors.query import Query


class Response(Instructor):
    """It is asked for by itself, once the message is accepted; runs give it no count of its own."""

    name: str = "response"
    turns: Bounds = Bounds(2, 2)
    client_words: Bounds = Query.client_words
    therapist_words: Bounds = Bounds(80, 450)
