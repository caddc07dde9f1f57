"""Many questions to one model: from the ledger where they were answered before, else within the budget.

A `Question` is what is sent, a `Reply` what came; a `Writer` sends (to a server, or to a model in this process) and
tells the `Books` of every step, so that nothing is sent that may pass the budget and no reply is read before it is on
disk. An `Asker` puts them together; what it returns depends on the ledger alone, never on the order of arrival.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from corpora.records import Message
from synth.budget import Budget, Tokens, prompt_bound
from synth.grammar import Grammatical
from synth.ledger import Key, Ledger


@dataclass(frozen=True, slots=True)
class Question:
    """One request: its place in the work (`step`, `index`, `attempt`), the messages, and how much may be written.

    `ahead` is the worst case of what must follow a good reply and is kept free for it; `shape` holds an answer of a
    model in this process to its form.
    """

    step: str
    index: int
    attempt: int
    messages: tuple[Message, ...]
    max_tokens: int
    temperature: float = 1.0
    top_p: float = 1.0
    seed: int = 0
    ahead: Tokens = field(default_factory=Tokens)
    shape: Grammatical | None = None

    @property
    def place(self) -> tuple[str, int, int]:
        """(step, index, attempt)."""
        return self.step, self.index, self.attempt

    @property
    def prompt_hash(self) -> str:
        """SHA-256 (32 hex characters) of all that the reply depends on but the model."""
        said = [[message.role, message.content] for message in self.messages]
        sent = [said, self.max_tokens, self.temperature, self.top_p, self.seed]
        return hashlib.sha256(json.dumps(sent).encode()).hexdigest()[:32]

    @property
    def worst(self) -> Tokens:
        """The most tokens it can take, where the tokenizer is unknown."""
        return Tokens(prompt_bound([message.content for message in self.messages]), self.max_tokens)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came: the text, `finish` (`stop`, `length`, or what else the server says), tokens (None: it does not say).

    `fault` is `broken_body` where the reply is no chat completion and `empty` where it holds no text.
    """

    text: str
    finish: str
    tokens: Tokens | None = None
    request_id: str | None = None
    fault: str | None = None


def read_reply(raw: str) -> Reply:
    """A chat completion's JSON, as a server sent it (the request's id in `id`)."""
    try:
        document = json.loads(raw)
    except ValueError:
        return Reply("", "", fault="broken_body")
    if not isinstance(document, dict):
        return Reply("", "", fault="broken_body")
    tokens, request_id = _usage(document.get("usage")), document.get("id")
    known = str(request_id) if request_id else None
    try:
        choice = document["choices"][0]
        text = choice["message"].get("content")
        finish = str(choice.get("finish_reason") or "stop")
    except (KeyError, IndexError, TypeError, AttributeError):
        return Reply("", "", tokens, known, "broken_body")
    if not isinstance(text, str) or not text.strip():
        return Reply("", finish, tokens, known, "empty")
    return Reply(text.strip(), finish, tokens, known)


def _usage(usage: Any) -> Tokens | None:
    try:
        return Tokens(max(0, int(usage["prompt_tokens"])), max(0, int(usage["completion_tokens"])))
    except (TypeError, KeyError, ValueError):
        return None


@dataclass(frozen=True, slots=True)
class Ticket:
    """The leave to send one question once: the ledger's id, the worst case that is reserved for it."""

    id: int
    question: Question
    worst: Tokens


class Books:
    """The ledger and the budget together, for one configuration."""

    def __init__(self, ledger: Ledger, budget: Budget, config: str, progress: Callable[[], None] | None = None) -> None:
        """Keep what is used; `progress` is called after every change."""
        self.ledger, self.budget, self._config, self._progress = ledger, budget, config, progress or (lambda: None)
        self.counts: Counter[str] = Counter()
        """`sent`, `replies`, and every way in which a request ended otherwise, by name."""
        self.exhausted = False
        """Whether the budget left a question unasked."""

    def key(self, question: Question) -> Key:
        """The ledger's key of a question."""
        return (self._config, *question.place)

    def begin(self, question: Question, worst: Tokens | None = None) -> Ticket | None:
        """Reserve the worst case and note the request; None where the budget has no room for it."""
        worst = worst or question.worst
        if not self.budget.reserve(worst, question.ahead):
            return None
        self.counts["sent"] += 1
        return Ticket(self.ledger.ask(self.key(question), question.prompt_hash, worst), question, worst)

    def lost(self, ticket: Ticket, why: str) -> None:
        """No reply came, but the request may have been charged: its worst case counts as spent."""
        self.ledger.end(ticket.id, "lost", why)
        self._ended(ticket, None, why)

    def refused(self, ticket: Ticket, why: str) -> None:
        """The server refused the request, so that it costs nothing."""
        self.ledger.end(ticket.id, "refused", why)
        self._ended(ticket, Tokens(), why)

    def keep(self, replies: Sequence[tuple[Ticket, str]]) -> None:
        """Put raw replies on disk; only then are they read."""
        self.write(replies)
        self.ledger.sync()
        self.settle(replies)

    def write(self, replies: Sequence[tuple[Ticket, str]]) -> None:
        """Write raw replies to the ledger; `ledger.sync` must follow before `settle`."""
        self.ledger.keep((t.id, self.key(t.question), t.question.prompt_hash, raw) for t, raw in replies)

    def settle(self, replies: Sequence[tuple[Ticket, str]]) -> None:
        """Count what replies took."""
        for ticket, raw in replies:
            self.budget.settle(ticket.worst, read_reply(raw).tokens)
            self.counts["replies"] += 1
        self._progress()

    def give_up(self, ticket: Ticket) -> None:
        """Every try failed: an empty reply stands for it, so that a rerun does not ask again."""
        self.write([(ticket, "")])
        self.counts["given_up"] += 1

    def _ended(self, ticket: Ticket, actual: Tokens | None, why: str) -> None:
        self.budget.settle(ticket.worst, actual)
        self.budget.held -= ticket.question.ahead
        self.counts[why] += 1
        self._progress()


class Writer(Protocol):
    """Something that has questions answered."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """`model` and what else a row's provenance says of it."""

    def write(self, questions: Sequence[Question], books: Books) -> None:
        """Have the questions answered, as far as the budget goes (else `books.exhausted`); replies go to the books.

        Raises:
            CorporaError: the model or its server cannot be used; replies that came are kept.
        """

    def close(self) -> None:
        """Close connections, free memory."""


class Asker:
    """Has questions answered: from the ledger, or by a writer within the budget."""

    def __init__(self, writer: Writer, books: Books) -> None:
        """Keep both."""
        self.writer, self.books = writer, books

    def ask(self, questions: Sequence[Question], held: Tokens | None = None) -> dict[tuple[str, int, int], Reply]:
        """The replies by their questions' places; what the budget has no room for, or no try brought, is missing.

        Args:
            questions: each place once.
            held: the worst case of what must follow earlier replies; kept free from what is asked now.

        Raises:
            CorporaError: the model or its server cannot be used.
        """
        ledger = self.books.ledger
        self.books.budget.held = held or Tokens()
        missing = []
        for question in questions:
            if ledger.found(self.books.key(question), question.prompt_hash) is None:
                missing.append(question)
            else:
                self.books.budget.held += question.ahead
        if missing:
            self.writer.write(missing, self.books)
        raw = {q.place: ledger.found(self.books.key(q), q.prompt_hash) for q in questions}
        return {place: read_reply(text) for place, text in raw.items() if text is not None}


def spent_before(ledger: Ledger) -> Tokens:
    """What earlier runs on the ledger spent; a request without a known end or usage counts with its worst case."""
    total = ledger.lost
    for _, worst in ledger.asked.values():
        total += worst
    for raw, worst in ledger.replies:
        total += read_reply(raw).tokens or worst
    return total
