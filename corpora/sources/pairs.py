"""Questions and answers in two columns of a table, whatever they are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from corpora.records import Turn
from corpora.sources.rows import Columns, Rows, Unusable


@dataclass(frozen=True)
class Pairs(Rows):
    """One question with one answer a row, in any two columns of a table.

    `title` stands before the question. `question_id` groups the answers to one question; without it, equal questions
    are one group.
    """

    name: str = "pairs"
    modality: str = "forum"
    question: Columns = ("question", "input", "prompt", "context", "query", "client", "user", "patient", "instruction")
    answer: Columns = ("answer", "response", "output", "completion", "reply", "therapist", "counselor", "assistant")
    title: Columns = ()
    question_id: Columns = ()
    client: Columns = ("client_id", "user_id", "patient_id")

    def needed(self) -> Sequence[str]:
        """A question and an answer."""
        return ("question", "answer")

    def turns(self, cells: Mapping[str, Any]) -> tuple[list[Turn], str | None]:
        """The question as the client's turn, the answer as the therapist's."""
        title, question = self.text(cells, "title"), self.text(cells, "question")
        if title and title.casefold().rstrip(".?!") not in question.casefold():
            question = f"{title}{'' if title[-1] in '.?!' else '.'} {question}".strip()
        answer = self.text(cells, "answer")
        if not question or not answer:
            raise Unusable("empty_cell", "the question or the answer is empty; fill it, or take the row out")
        turns = [Turn(0, "client", "question", question), Turn(1, "therapist", "answer", answer)]
        return turns, self.text(cells, "question_id") or None
