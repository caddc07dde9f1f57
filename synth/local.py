"""A GGUF model in this process as a writer of questions' answers: nothing leaves it, and nothing has a price."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from synth.asking import Books, Question, Ticket
from synth.backend import Answer, Job
from synth.budget import Tokens
from synth.llama import LlamaBackend


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
        queue = deque(questions)
        while queue:
            tickets: list[Ticket] = []
            while queue and (ticket := books.begin(queue[0], self._worst(queue[0]))):
                tickets.append(ticket)
                queue.popleft()
            if not tickets:
                books.exhausted = True
                return
            jobs = deque(_job(at, ticket.question) for at, ticket in enumerate(tickets))
            for answer in self.backend.shaped(jobs):
                books.keep([(tickets[answer.job.page], _completion(answer))])

    def close(self) -> None:
        """Free the model."""
        self.backend.close()

    def _worst(self, question: Question) -> Tokens:
        room = question.shape.answer_tokens() if question.shape else question.max_tokens
        return Tokens(len(self.backend.tokens(_prompt(question))), room)


def _prompt(question: Question) -> str:
    return "\n\n".join(message.content for message in question.messages)


def _job(at: int, question: Question) -> Job:
    return Job(_prompt(question), question.seed, at, question.attempt, question.shape)


def _completion(answer: Answer) -> str:
    """An answer in the form of a server's reply, so that one reader reads both."""
    return json.dumps(
        {
            "choices": [{"message": {"content": answer.text}, "finish_reason": answer.finish}],
            "usage": {"prompt_tokens": answer.prompt_tokens, "completion_tokens": answer.tokens},
        }
    )
