"""What an instructor is: one kind of dialogue, asked for by its prompt file, held to its bounds and its own check."""

from __future__ import annotations

from abc import ABC
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from synth.dialogues.turns import Turns
from synth.prompts import FOLDER


@dataclass(frozen=True, slots=True)
class Bounds:
    """Least and most, both allowed."""

    low: int
    high: int

    def hold(self, value: int) -> bool:
        """Whether a value lies within."""
        return self.low <= value <= self.high


class Instructor(ABC):
    """One kind of dialogue.

    A package adds its own by an entry point of the group `corpora.instructors` whose object is such a class. The prompt
    may use `items` (each with `number`, `topic`, `who`, `seed`), `turns`, `client_words`, `therapist_words`, `avoid`
    (openers that were used too often) and `rules`; it must use `items` and ask for the JSON that the others ask for.
    """

    name: str
    turns: Bounds
    """Turns of both sides; of one turn, the client's message, which is then answered."""
    client_words: Bounds
    therapist_words: Bounds
    approach: str | None = None
    batch: int = 1
    """Most dialogues asked for in one request."""
    share: float = 0.0
    """Part of a run that asks for no counts."""

    @property
    def prompt(self) -> Path:
        """The prompt's file."""
        return FOLDER / "dialogues" / f"{self.name}.jinja2"

    def fault(self, turns: Turns) -> str | None:  # noqa: ARG002 - a hook
        """Why a dialogue is none of this kind, as a short word; None where it is."""
        return None

    def bounded(self, client_words: Bounds | None = None, therapist_words: Bounds | None = None) -> Self:
        """The same instructor with other bounds on words."""
        other = copy(self)
        other.client_words = client_words or self.client_words
        other.therapist_words = therapist_words or self.therapist_words
        return other
