"""What every backend does: take jobs from a queue, give answers back in any order, as they are finished."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from synth.grammar import Grammatical, Shape


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a token is drawn: the `top_k` likeliest, of these the smallest set of probability `top_p`, at `temperature`.

    `seed` is the run's; every page and attempt draws by a seed of its own that follows from it.
    """

    temperature: float = 0.7
    top_p: float = 0.95
    top_k: int = 40
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Job:
    """One answer wanted: the whole prompt, the draw's seed, and what the caller knows it by.

    `shape`, where given, is the form of this answer alone.
    """

    prompt: str
    seed: int
    page: int
    attempt: int
    shape: Grammatical | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model wrote.

    `finish` is `stop` where the model ended by itself, `closed` where it had to be ended when its room ran out, and
    `length` where it was cut off. `tokens` were generated, `prompt_tokens` read (0 where a server does not say).
    """

    job: Job
    text: str
    finish: str
    tokens: int
    prompt_tokens: int = 0


class Backend(Protocol):
    """Something that writes answers of one shape."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """`model` (its name), `sha256` of its file, `quantisation`: what a row's provenance says."""

    @property
    def parallel(self) -> int:
        """Answers written at once."""

    def fits(self, prompt: str, shape: Shape) -> bool:
        """Whether the prompt and the longest answer go into the model's context together."""

    def answers(self, jobs: deque[Job], shape: Shape) -> Iterator[Answer]:
        """Yield an answer a job, in any order; jobs that the caller appends meanwhile are taken, too.

        Raises:
            CorporaError: the model or its server failed; what was yielded before stands.
        """
