"""Judges for an evaluation: models on a server, their replies in a ledger, within a budget."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from corpora.files import private_folder
from corpora.records import Message

if TYPE_CHECKING:
    from finetune.evaluate.judging import Form
    from synth.asking import Asker

_ANSWER_TOKENS = 600
_AGAIN = 0.5
"""The temperature of a second and third attempt; the first has none."""


class ServedJudge:
    """A server's model as the judge that an evaluation asks."""

    def __init__(self, name: str, asker: Asker) -> None:
        """Keep both."""
        self.name, self._asker = name, asker

    def ask(self, step: str, prompts: Mapping[int, str], attempt: int, form: Form) -> Mapping[int, str]:
        """The text of each reply by its prompt's number; what the budget had no room for is missing."""
        from synth.asking import Question

        del form  # the prompt says it, and what does not hold it is asked again
        questions = [
            Question(
                step, at, attempt, (Message("user", text),), _ANSWER_TOKENS, temperature=_AGAIN if attempt else 0.0
            )
            for at, text in prompts.items()
        ]
        return {at: reply.text for (_, at, _), reply in self._asker.ask(questions).items() if reply.text}


@contextmanager
def open_judges(
    models: Sequence[str], endpoint: str | None, work: Path, max_tokens: int | None, parallel: int
) -> Iterator[tuple[ServedJudge, ...]]:
    """The judges by their models' names; each has a ledger of its own in `work`, so that no reply is paid for twice.

    Args:
        models: names as the server knows them.
        endpoint: its address; None for the `openai` library's own.
        work: a private folder.
        max_tokens: most tokens of each judge, read and written; None for no limit.
        parallel: requests at once.

    Raises:
        UsageError: the address cannot be used.
    """
    from synth.asking import Asker, Books, spent_before
    from synth.budget import Budget
    from synth.ledger import Ledger
    from synth.remote import RemoteWriter

    with ExitStack() as stack:
        judges = []
        for number, model in enumerate(models):
            writer = RemoteWriter(model, endpoint, parallel=parallel)
            stack.callback(writer.close)
            ledger = stack.enter_context(Ledger(private_folder(work) / f"judge-{number}.jsonl"))
            books = Books(ledger, Budget(None, None, max_tokens, spent_before(ledger)), model)
            judges.append(ServedJudge(model, Asker(writer, books)))
        yield tuple(judges)
