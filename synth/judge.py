"""A model as a judge: scores on named scales for each text, kept and budgeted like every other question.

What cannot be read as a verdict is asked again, and in the end counts as no verdict: an error is never "good".
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from corpora.records import Message
from synth.asking import Asker, Question, Reply
from synth.draws import seed_of
from synth.grammar import Grammatical
from synth.prompts import Prompt
from synth.reading import json_in

_REASON = 200


@dataclass(frozen=True, slots=True)
class Scale:
    """What is judged, under the name that the judge's JSON has for it, and the least and the most it may be."""

    name: str
    low: float = 1
    high: float = 10


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judge's scores by the scales' names, its reason, and the attempt that brought them."""

    scores: Mapping[str, float]
    reason: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges texts by one prompt and its scales.

    The reply must hold a JSON object with a number for every scale, within its bounds, and may hold a `reason`. `step`
    names this judge in the ledger; `shape` holds a model in this process to the form.
    """

    prompt: Prompt
    scales: tuple[Scale, ...]
    step: str = "judge"
    attempts: int = 3
    max_tokens: int = 300
    temperature: float = 0.0
    seed: int = 0
    shape: Grammatical | None = None

    def verdicts(self, asker: Asker, cases: Mapping[int, Mapping[str, Any]]) -> dict[int, Verdict]:
        """The verdict on each case that got one, by the case's index.

        Args:
            asker: has the questions answered.
            cases: index -> the prompt's variables.

        Raises:
            CorporaError: the model or its server cannot be used.
        """
        found: dict[int, Verdict] = {}
        for attempt in range(self.attempts):
            open_cases = [index for index in cases if index not in found]
            if not open_cases:
                break
            replies = asker.ask([self._question(index, attempt, cases[index]) for index in open_cases])
            for index in open_cases:
                reply = replies.get((self.step, index, attempt))
                if reply and (verdict := read_verdict(reply, self.scales, attempt)):
                    found[index] = verdict
        return found

    def _question(self, index: int, attempt: int, case: Mapping[str, Any]) -> Question:
        return Question(
            self.step,
            index,
            attempt,
            (Message("user", self.prompt.render(**case)),),
            self.max_tokens,
            self.temperature,
            seed=seed_of(self.seed, self.step, index, attempt),
            shape=self.shape,
        )


def read_verdict(reply: Reply, scales: Sequence[Scale], attempt: int = 0) -> Verdict | None:
    """The verdict in a reply; None unless it has a number within bounds for every scale."""
    document = json_in(reply.text)
    if not isinstance(document, dict):
        return None
    scores: dict[str, float] = {}
    for scale in scales:
        value = document.get(scale.name)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            return None
        if not scale.low <= value <= scale.high:
            return None
        scores[scale.name] = float(value)
    return Verdict(scores, str(document.get("reason") or "")[:_REASON], attempt)
