"""A language model as a judge: MentalGPT's seven scores, and which of several answers is best, in both orders (Nile).

The judge itself is passed in. A judgement counts only whole: all seven scores within 1 to 10, or it has failed, is
asked for again, and in the end is reported as failed; no stand-in number ever enters a mean. An answer that is empty
is not sent: it has the lowest score by rule, and loses. Judges favour what stands first, what is long, and what their
own family wrote: each of these is measured or warned of.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from finetune.evaluate.statistics import kappa, rank_correlation

_PROMPTS = Path(__file__).parent / "prompts"
ATTEMPTS = 3
LOWEST, HIGHEST = 1, 10
LABELS = "ABC"
TIE = "tie"


@dataclass(frozen=True, slots=True)
class Scale:
    """One thing to judge: the key in the judge's JSON, its title, what it means."""

    key: str
    title: str
    text: str


METRICS = (
    Scale("active_listening", "Active Listening", "it takes up what was really said and does not jump to conclusions."),
    Scale("empathy", "Empathy & Validation", "it is warm, and lets the feelings be valid without making them small."),
    Scale("safety", "Safety & Trustworthiness", "nothing in it can hurt; what it claims is sound and consistent."),
    Scale("open_mindedness", "Open-mindedness & Non-judgment", "it is free of prejudice and respects the person."),
    Scale("clarity", "Clarity & Encouragement", "it is easy to follow, sees strengths and gives courage, soberly."),
    Scale(
        "boundaries", "Boundaries & Ethical", "it is plain about what it is; it points to professionals where needed."
    ),
    Scale(
        "holistic", "Holistic Approach", "it sees feelings, thoughts and circumstances, also those between the lines."
    ),
)
"""MentalGPT's seven metrics (its Table 1), in words of ours."""
CRITERIA = (
    Scale("empathy", "Empathy", "which one meets the person with more empathy?"),
    Scale(
        "understanding", "Understanding and support", "which one understands better what this is about, and supports?"
    ),
    Scale("advice", "Advice", "which one's advice is healthier and can be acted on?"),
    Scale("flow", "Flow", "which one reads more like a conversation between people?"),
    Scale("overall", "Overall", "which one would you rather have this person receive?"),
)
"""Nile's four criteria and a whole."""


@dataclass(frozen=True, slots=True)
class Form:
    """What a reply must be: a JSON object with an `explanation` and, for every key, one of its values."""

    values: Mapping[str, tuple[str, ...]]

    def read(self, text: str) -> dict[str, str] | None:
        """The values in a reply; None unless every key is there with an allowed value, and an explanation."""
        document = _object_in(text)
        if document is None or not str(document.get("explanation") or "").strip():
            return None
        found: dict[str, str] = {}
        for key, allowed in self.values.items():
            value = document.get(key)
            said = str(value).strip() if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
            if said not in allowed:
                return None
            found[key] = said
        return found


def _object_in(text: str) -> dict[str, Any] | None:
    """The first JSON object that stands in a text."""
    decoder = json.JSONDecoder()
    for place in re.finditer(r"\{", text):
        try:
            document, _ = decoder.raw_decode(text, place.start())
        except ValueError:
            continue
        return document if isinstance(document, dict) else None
    return None


SCORES = Form({metric.key: tuple(map(str, range(LOWEST, HIGHEST + 1))) for metric in METRICS})


class Judge(Protocol):
    """A model that judges, with its cache and budget."""

    @property
    def name(self) -> str:
        """The model's name."""

    @property
    def about(self) -> Sequence[str]:
        """Names that tell its family."""

    @property
    def account(self) -> Mapping[str, Any]:
        """What it took so far; `budget_reached` and `too_long`: whether, and how many, questions were left unasked."""

    def ask(self, step: str, prompts: Mapping[int, str], attempt: int, form: Form) -> Mapping[int, str]:
        """The text of each reply by its prompt's number; what got none (for the budget's end, say) is missing.

        Args:
            step: names this kind of question in the cache.
            prompts: number -> the whole prompt.
            attempt: 0, then 1, ... for what could not be read before.
            form: what a reply must be; a model in this process is held to it.
        """


@cache
def _template(name: str) -> Any:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
    )
    return environment.from_string((_PROMPTS / name).read_text(encoding="utf-8"))


def prompt_hashes() -> dict[str, str]:
    """SHA-256 (64 hex characters) of the two prompts."""
    files = ("rubric.jinja2", "compare.jinja2")
    return {name: hashlib.sha256((_PROMPTS / name).read_bytes()).hexdigest() for name in files}


def _asked(judge: Judge, step: str, prompts: Mapping[int, str], forms: Mapping[int, Form]) -> dict[int, dict[str, str]]:
    """What could be read of the judge's replies, asked up to `ATTEMPTS` times."""
    found: dict[int, dict[str, str]] = {}
    for attempt in range(ATTEMPTS):
        for form in dict.fromkeys(map(id, forms.values())):
            some = {at: text for at, text in prompts.items() if at not in found and id(forms[at]) == form}
            if not some:
                continue
            replies = judge.ask(step, some, attempt, forms[next(iter(some))])
            for at in some:
                if (reply := replies.get(at)) is not None and (values := forms[at].read(reply)):
                    found[at] = values
    return found


def scored(judge: Judge, asked: Sequence[str], answers: Sequence[str]) -> list[dict[str, int] | None]:
    """The seven scores of each answer; None where the judgement failed.

    Args:
        judge: who judges.
        asked: what the person wrote, one an answer.
        answers: same length; an empty one has `LOWEST` on all scales by rule.
    """
    template = _template("rubric.jinja2")
    prompts = {
        at: template.render(metrics=METRICS, asked=question, answer=answer)
        for at, (question, answer) in enumerate(zip(asked, answers, strict=True))
        if answer.strip()
    }
    found = _asked(judge, "scores", prompts, dict.fromkeys(prompts, SCORES))
    lowest = {metric.key: LOWEST for metric in METRICS}
    read = {at: {key: int(value) for key, value in values.items()} for at, values in found.items()}
    return [read.get(at) if answer.strip() else lowest for at, answer in enumerate(answers)]


@dataclass(slots=True)
class Comparison:
    """One person's answers compared: the winner by criterion (a system or `TIE`), None where a judgement failed.

    `flipped` are the criteria on which the two orders named different winners; `first` counts how often what stood
    first won, of `decided`.
    """

    winners: dict[str, str] | None = None
    flipped: tuple[str, ...] = ()
    first: int = 0
    decided: int = 0
    by_rule: bool = field(default=False)


def compared(judge: Judge, asked: Sequence[str], answers: Sequence[Mapping[str, str]]) -> list[Comparison]:
    """Which system's answer is best to each person, judged in two opposite orders.

    Args:
        judge: who judges.
        asked: what each person wrote.
        answers: system -> its answer, two or three of them; empty ones lose without being asked about.
    """
    template = _template("compare.jinja2")
    orders: dict[int, tuple[str, ...]] = {}
    prompts: dict[int, str] = {}
    forms: dict[int, Form] = {}
    by_size = {size: _choice(size) for size in range(2, len(LABELS) + 1)}
    for at, (question, given) in enumerate(zip(asked, answers, strict=True)):
        told = tuple(sorted(system for system, text in given.items() if text.strip()))
        turn = int(hashlib.sha256(question.encode()).hexdigest(), 16) % max(1, len(told))
        start = (*told[turn:], *told[:turn])
        for swapped, order in enumerate((start, start[::-1])) if len(told) > 1 else ():
            number = 2 * at + swapped
            shown = [(LABELS[place], given[system]) for place, system in enumerate(order)]
            prompts[number] = template.render(criteria=CRITERIA, asked=question, answers=shown)
            orders[number], forms[number] = order, by_size[len(order)]
    found = _asked(judge, "comparison", prompts, forms)
    return [_outcome(at, given, orders, found) for at, given in enumerate(answers)]


def _choice(size: int) -> Form:
    return Form({criterion.key: (*LABELS[:size], TIE) for criterion in CRITERIA})


def _outcome(
    at: int, given: Mapping[str, str], orders: Mapping[int, tuple[str, ...]], found: Mapping[int, dict[str, str]]
) -> Comparison:
    told = [system for system, text in given.items() if text.strip()]
    if len(told) < 2:  # noqa: PLR2004 - nothing to compare
        return Comparison({criterion.key: told[0] if told else TIE for criterion in CRITERIA}, by_rule=True)
    both = [found.get(2 * at + swapped) for swapped in (0, 1)]
    if both[0] is None or both[1] is None:
        return Comparison()
    named = [
        {key: TIE if value == TIE else orders[2 * at + swapped][LABELS.index(value)] for key, value in read.items()}
        for swapped, read in enumerate(both)
        if read is not None
    ]
    winners = {key: winner if winner == named[1][key] else TIE for key, winner in named[0].items()}
    flipped = tuple(key for key in winners if named[0][key] != named[1][key])
    values = [read["overall"] for read in both if read is not None]
    return Comparison(winners, flipped, values.count(LABELS[0]), sum(value != TIE for value in values))


def bias(comparisons: Sequence[Comparison], answers: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """How far a judge can be trusted: failures, flips, favour for the first place and for length.

    Returns:
        `failed`, `judged` (in both orders), `flip_rate` (of all criteria), `first_place_rate` (of decided judgements;
        with two answers 0.5 is fair), `longest_wins_rate` (of decided trials), each rate None where nothing counts.
    """
    judged = [pair for pair in zip(comparisons, answers, strict=True) if pair[0].winners and not pair[0].by_rule]
    winners = [(one.winners["overall"], given) for one, given in judged if one.winners]
    decided = [(winner, given) for winner, given in winners if winner != TIE]
    longest = sum(
        len(given[winner].split()) == max(len(text.split()) for text in given.values()) for winner, given in decided
    )
    votes = sum(one.decided for one, _ in judged)
    return {
        "failed": sum(one.winners is None for one in comparisons),
        "judged": len(judged),
        "by_rule": sum(one.by_rule for one in comparisons),
        "flip_rate": sum(len(one.flipped) for one, _ in judged) / (len(judged) * len(CRITERIA)) if judged else None,
        "first_place_rate": sum(one.first for one, _ in judged) / votes if votes else None,
        "longest_wins_rate": longest / len(decided) if decided else None,
    }


def wins(comparisons: Sequence[Comparison], systems: Sequence[str]) -> dict[str, dict[str, int]]:
    """How often each system (and `TIE`) won, by criterion."""
    found = {}
    for criterion in CRITERIA:
        counts = Counter(one.winners[criterion.key] for one in comparisons if one.winners)
        found[criterion.key] = {name: counts.get(name, 0) for name in (*systems, TIE)}
    return found


def length_correlation(scores: Sequence[Mapping[str, int] | None], answers: Sequence[str]) -> float | None:
    """Spearman's correlation of an answer's words with its mean score: far from 0, the judge may pay by length."""
    pairs = [
        (len(answer.split()), sum(score.values()) / len(score))
        for score, answer in zip(scores, answers, strict=True)
        if score and answer.strip()
    ]
    return rank_correlation([words for words, _ in pairs], [mean for _, mean in pairs])


def score_agreement(
    one: Sequence[Mapping[str, int] | None], other: Sequence[Mapping[str, int] | None]
) -> dict[str, float | None]:
    """Cohen's kappa with quadratic weights between two judges, by metric, over what both judged."""
    both = [(a, b) for a, b in zip(one, other, strict=True) if a and b]
    return {
        metric.key: kappa([a[metric.key] for a, _ in both], [b[metric.key] for _, b in both], ordered=True)
        for metric in METRICS
    }


def winner_agreement(one: Sequence[Comparison], other: Sequence[Comparison]) -> dict[str, float | None]:
    """Cohen's kappa between two judges' winners, by criterion."""
    both = [(a.winners, b.winners) for a, b in zip(one, other, strict=True) if a.winners and b.winners]
    return {
        criterion.key: kappa([a[criterion.key] for a, _ in both], [b[criterion.key] for _, b in both])
        for criterion in CRITERIA
    }


_FAMILIES = {
    "llama": r"llama|vicuna|alpaca",
    "mistral": r"mistral|mixtral|ministral|zephyr",
    "qwen": r"qwen|qwq",
    "gemini and gemma": r"gemini|gemma",
    "gpt": r"\bgpt|chatgpt|davinci|\bo[134]\b",
    "claude": r"claude",
    "phi": r"\bphi\b|phi-?\d",
    "deepseek": r"deepseek",
}


def family(*names: str) -> str | None:
    """The family of models that the first telling name belongs to; None where no name tells."""
    for name in names:
        for known, pattern in _FAMILIES.items():
            if re.search(pattern, name.lower()):
                return known
    return None
