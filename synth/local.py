"""A GGUF model in this process as a writer of questions' answers: nothing leaves it, and nothing has a price."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from corpora.errors import UsageError
from synth.asking import Books, Question, Ticket
from synth.backend import Answer, Job
from synth.budget import Tokens
from synth.grammar import Grammatical
from synth.llama import LlamaBackend

_LEAST_ROOM = 64  # tokens


class LocalWriter:
    """Questions to llama.cpp, held to their shapes by grammar."""

    def __init__(self, backend: LlamaBackend) -> None:
        """Keep the backend, which this writer closes."""
        self.backend = backend

    @property
    def identity(self) -> Mapping[str, Any]:
        """The model's name, the SHA-256 of its file, its quantisation, and how it draws."""
        return {**self.backend.identity, "parallel": self.backend.parallel}

    def write(self, questions: Sequence[Question], books: Books) -> None:
        """Have the questions answered, as far as the budget goes; replies are on disk before they are read.

        Raises:
            UsageError: a prompt is longer than the model's context, or the memory does not hold it.
            CorporaError: llama.cpp failed; replies that came are kept.
        """
        for _, alike in groupby(questions, key=lambda question: question.step):  # a short answer needs little memory
            self._write(deque(alike), books)

    def close(self) -> None:
        """Free the model."""
        self.backend.close()

    def _write(self, queue: deque[Question], books: Books) -> None:
        room = self._room(queue)
        while queue:
            tickets: list[Ticket] = []
            while queue and (ticket := books.begin(queue[0], self._worst(queue[0], room))):
                tickets.append(ticket)
                queue.popleft()
            if not tickets:
                books.exhausted = True
                return
            jobs = deque(_job(at, ticket.question, room) for at, ticket in enumerate(tickets))
            for answer in self.backend.shaped(jobs):
                books.keep([(tickets[answer.job.page], _completion(answer))])

    def _room(self, questions: Sequence[Question]) -> int:
        """Tokens that the model's context leaves for an answer beside the longest prompt.

        Raises:
            UsageError: it leaves none.
        """
        longest = max(len(self.backend.tokens(_prompt(question))) for question in questions)
        header = self.backend.header
        if header.context - longest < _LEAST_ROOM:
            raise UsageError(
                f"{header.name} sees {header.context} tokens, and a prompt of `{questions[0].step}` takes {longest}: "
                "choose a smaller --batch, or a model that sees more"
            )
        return header.context - longest

    def _worst(self, question: Question, room: int) -> Tokens:
        return Tokens(len(self.backend.tokens(_prompt(question))), _shape(question, room).answer_tokens())


@dataclass(frozen=True, slots=True)
class _Fitted:
    """A shape in no more room than the context leaves: what is whole of a reply that is cut there is taken."""

    shape: Grammatical
    most_tokens: int

    def grammar(self) -> str:
        """The shape's."""
        return self.shape.grammar()

    def answer_tokens(self) -> int:
        """The shape's room, or less."""
        return min(self.shape.answer_tokens(), self.most_tokens)

    def closing_tokens(self) -> int:
        """The shape's."""
        return self.shape.closing_tokens()

    def closing(self, text: str) -> str | None:
        """The shape's."""
        return self.shape.closing(text)


def _prompt(question: Question) -> str:
    return "\n\n".join(message.content for message in question.messages)


def _job(at: int, question: Question, room: int) -> Job:
    return Job(_prompt(question), question.seed, at, question.attempt, _shape(question, room))


def _shape(question: Question, room: int) -> Grammatical:
    assert question.shape is not None  # noqa: S101 - every question for a model in this process has one
    return _Fitted(question.shape, room)


def _completion(answer: Answer) -> str:
    """An answer in the form of a server's reply, so that one reader reads both."""
    return json.dumps(
        {
            "choices": [{"message": {"content": answer.text}, "finish_reason": answer.finish}],
            "usage": {"prompt_tokens": answer.prompt_tokens, "completion_tokens": answer.tokens},
        }
    )
