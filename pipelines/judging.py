"""Judges for an evaluation: models on a server or in this process, their replies in a ledger, within a budget."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpora.errors import UsageError
from corpora.files import private_folder
from corpora.pages import slug
from corpora.records import Message

if TYPE_CHECKING:
    from finetune.evaluate.judging import Form
    from synth.asking import Asker, Writer
    from synth.budget import Price
    from synth.llama import LlamaBackend

_ANSWER_TOKENS = 600
_AGAIN = 0.5
"""The temperature of a second and third attempt; the first has none."""
_EXPLANATION = 300
"""Most characters of an explanation that a model in this process is held to."""
_AT_ONCE = 16
"""Most judgements that a model in this process writes at once."""


@dataclass(frozen=True, slots=True)
class Panel:
    """Who judges, and what may be spent: server's models by name or GGUF files, and the limits of each of them.

    `max_tokens` counts what is read and written, `budget` is in US dollars (`prices` names each model's).
    """

    models: Sequence[str] = ()
    endpoint: str | None = None
    parallel: int = 16
    max_tokens: int | None = None
    budget: float | None = None
    prices: Path | None = None

    @property
    def remote(self) -> list[str]:
        """The judges that are no files."""
        return [model for model in self.models if not is_file(model)]


def is_file(model: str) -> bool:
    """Whether a model's name is that of a GGUF file, which runs in this process."""
    return model.endswith(".gguf")


@dataclass(frozen=True, slots=True)
class ReplyShape:
    """The form of a judge's reply: an explanation in plain letters, then one of its values for every key."""

    values: Mapping[str, tuple[str, ...]]

    def grammar(self) -> str:
        """The GBNF text; its root is `root`."""
        parts = [rf'"{{\"explanation\": \"" [!#-Z^-~] [ !#-Z^-~]{{0,{_EXPLANATION - 1}}} "\""']
        for key, allowed in self.values.items():
            values = " | ".join(f'"{value}"' for value in allowed)
            parts.append(rf'", \"{key}\": \"" ({values}) "\""')
        return f'root ::= {" ".join(parts)} "}}"\n'

    def answer_tokens(self) -> int:
        """Room for one reply, at a token a character."""
        keys = sum(len(key) + 8 + max(map(len, allowed)) for key, allowed in self.values.items())
        return _EXPLANATION + 24 + keys

    def closing_tokens(self) -> int:
        """None are set aside: every reply has room to end."""
        return 0

    def closing(self, text: str) -> str | None:  # noqa: ARG002 - the protocol's signature
        """None."""
        return None


class AskedJudge:
    """A model as the judge that an evaluation asks."""

    def __init__(self, name: str, about: Sequence[str], asker: Asker, local: LlamaBackend | None = None) -> None:
        """Keep all; `about` are names that tell its family, `local` is its backend where it runs in this process."""
        self.name, self.about, self._asker, self._local = name, tuple(about), asker, local
        self._too_long: set[tuple[str, int]] = set()

    @property
    def replies(self) -> int:
        """Replies given since it was opened."""
        return self._asker.books.counts["replies"]

    @property
    def account(self) -> Mapping[str, Any]:
        """Tokens read and written, their price (None: unknown), whether the budget ended it, how many were too long."""
        budget = self._asker.books.budget
        return {
            "tokens_read": budget.spent.read,
            "tokens_written": budget.spent.written,
            "cost_usd": budget.dollars(),
            "budget_reached": self._asker.books.exhausted,
            "too_long": len(self._too_long),
        }

    def ask(self, step: str, prompts: Mapping[int, str], attempt: int, form: Form) -> Mapping[int, str]:
        """The text of each reply by its prompt's number.

        What the budget had no room for is missing, and what a model in this process cannot read at once.
        """
        from synth.asking import Question

        shape = ReplyShape(form.values)
        asked = prompts
        if backend := self._local:
            room = backend.header.context - shape.answer_tokens()
            asked = {at: text for at, text in prompts.items() if len(backend.tokens(text)) <= room}
            self._too_long |= {(step, at) for at in prompts.keys() - asked.keys()}
        heat = _AGAIN if attempt else 0.0
        questions = [
            Question(step, at, attempt, (Message("user", text),), _ANSWER_TOKENS, temperature=heat, shape=shape)
            for at, text in asked.items()
        ]
        return {at: reply.text for (_, at, _), reply in self._asker.ask(questions).items() if reply.text}


@contextmanager
def open_judges(
    panel: Panel, work: Path, progress: Callable[[str, int], None] = lambda _name, _replies: None
) -> Iterator[tuple[AskedJudge, ...]]:
    """The judges; each has a ledger of its own in `work`, so that no reply is paid for twice.

    Args:
        panel: who they are, and their limits.
        work: a private folder.
        progress: called with a judge's name and how many replies it has given in this run.

    Raises:
        UsageError: a file, the address or the prices cannot be used, or two judges have one name.
    """
    from synth.asking import Asker, Books, spent_before
    from synth.budget import Budget
    from synth.ledger import Ledger

    with ExitStack() as stack:
        judges: dict[str, AskedJudge] = {}
        for model in dict.fromkeys(panel.models):
            name, about, writer, local = _writer(panel, model)
            stack.callback(writer.close)
            if name in judges:
                raise UsageError(f"--judge {model}: there is a judge named {name} already; rename the file")
            ledger = stack.enter_context(Ledger(private_folder(work) / f"judge-{slug(name)}.jsonl"))
            budget = Budget(_price(panel, model), panel.budget, panel.max_tokens, spent_before(ledger))

            def told(name: str = name) -> None:
                progress(name, judges[name].replies)

            books = Books(ledger, budget, str(writer.identity["sha256"] or model), told)
            judges[name] = AskedJudge(name, about, Asker(writer, books), local)
        yield tuple(judges.values())


def _writer(panel: Panel, model: str) -> tuple[str, tuple[str, ...], Writer, LlamaBackend | None]:
    """A judge's name, the names that tell its family, what writes its replies, and its backend in this process."""
    if not is_file(model):
        from synth.remote import RemoteWriter

        return model, (model,), RemoteWriter(model, panel.endpoint, parallel=panel.parallel), None
    from synth.backend import Sampling
    from synth.llama import LlamaBackend, LlamaOptions
    from synth.local import LocalWriter

    path = Path(model)
    backend = LlamaBackend(path, Sampling(temperature=0.0), LlamaOptions(min(panel.parallel, _AT_ONCE)))
    about = (path.stem, backend.header.name, str(backend.header.metadata.get("general.architecture", "")))
    return path.stem, about, LocalWriter(backend), backend


def _price(panel: Panel, model: str) -> Price | None:
    """The model's price; nothing for a model in this process, None where no file names it."""
    from synth.budget import Price, load_price

    if is_file(model):
        return Price()
    return load_price(panel.prices, model) if panel.prices else None
