"""What an answer must be to count: each fault has a name, so that refusals can be counted and retried.

The limits are ours: a run of twelve common words is longer than the set phrases of everyday speech, and fewer than one
content word in ten from the page means that the answer is about something else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from corpora.records import count_words
from synth.grammar import CLIENT, THERAPIST, Shape
from synth.pages import Page

Scan = Callable[[Sequence[str]], list[list[tuple[str, str]]]]
"""The second detector, given by the caller: texts -> for each, the identifiers in it as (class, text)."""

REASONS = (
    "malformed", "too_short", "truncated", "refused", "role_swapped", "repetitive", "copied", "off_topic",
    "invented_name", "mixed_names",
)  # fmt: skip
"""Every fault an answer can have, in the order they are looked for."""

_ROLES = {CLIENT.strip(): "user", THERAPIST.strip(): "assistant"}
_CUT = ("closed", "length")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_REFUSAL = re.compile(
    r"\bas an? (?:ai|artificial|language model|assistant)\b|\b(?:i am|i'm) (?:just )?an? (?:ai|language model)\b"
    r"|\b(?:cannot|can't|unable to|not able to) "
    r"(?:assist|comply|fulfil|rewrite|paraphrase|generate|help with (?:this|that) request)",
    re.IGNORECASE,
)
_KIN = (
    "mother|father|mom|mum|dad|sister|brother|wife|husband|son|daughter|aunt|uncle|cousin|grandmother|grandfather"
    "|boyfriend|girlfriend|partner|boss|friend|neighbor|neighbour|teacher|nephew|niece"
)
_STEM = 5
_CONTENT = 4  # shorter words are mostly function words
_GRAM = 3


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the checks.

    `copied_run`: most words in a row that an answer may share with its page. `overlap`: least share of the answer's
    content words (their first five letters) that the page holds, too. `variety`: least share of distinct runs of three
    words. `inventions`: whether an identifier that the page does not hold drops the answer or flags it.
    """

    copied_run: int = 12
    overlap: float = 0.1
    variety: float = 0.6
    inventions: Literal["drop", "flag"] = "drop"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer's lines as (chat role, text), the first fault found or None, and flags for the row."""

    lines: tuple[tuple[str, str], ...]
    reason: str | None
    flags: tuple[str, ...] = ()


def parse(text: str) -> tuple[tuple[str, str], ...] | None:
    """The answer as (chat role, text) lines; None where a line has no label, or two in a row have the same."""
    lines: list[tuple[str, str]] = []
    for raw in text.splitlines():
        label, _, said = raw.strip().partition(" ")
        if not label:
            continue
        if label not in _ROLES or not said.strip() or (lines and lines[-1][0] == _ROLES[label]):
            return None
        lines.append((_ROLES[label], " ".join(said.split())))
    return tuple(lines) or None


def judge(text: str, finish: str, page: Page, shape: Shape, limits: Limits, scan: Scan | None) -> Verdict:
    """Look for every fault, the cheap ones first.

    Args:
        text: the answer.
        finish: how it ended, as `synth.backend.Answer` says.
        page: what it rewrites.
        shape: what was asked for.
        limits: the checks' bounds.
        scan: finds identifiers in answer and page; None leaves the two checks of names out.
    """
    lines = parse(text)
    if lines is None:
        return Verdict((), "refused" if _REFUSAL.search(text) else "malformed")
    if fault := _shape_fault(lines, shape):
        return Verdict(lines, fault)
    whole = " ".join(said for _, said in lines)
    for reason, holds in _faults(lines, whole, finish, page, limits):
        if holds:
            return Verdict(lines, reason)
    return _names_verdict(lines, page, limits, scan) if scan else Verdict(lines, None)


def _faults(
    lines: tuple[tuple[str, str], ...], whole: str, finish: str, page: Page, limits: Limits
) -> Iterator[tuple[str, bool]]:
    yield "truncated", finish in _CUT
    yield "refused", refuses(whole)
    yield "role_swapped", _swapped(lines, page)
    yield "repetitive", variety(whole) < limits.variety
    yield "copied", longest_common_run(_words(whole), _words(page.text)) > limits.copied_run
    yield "off_topic", overlap(whole, page.text) < limits.overlap


def overlap(text: str, other: str) -> float:
    """The share of a text's content words, by their first five letters, that another text holds, too."""
    stems, others = _stems(text), _stems(other)
    return len(stems & others) / len(stems) if stems else 0.0


def longest_common_run(a: Sequence[str], b: Sequence[str]) -> int:
    """The most words in a row that both hold."""
    best, row = 0, [0] * (len(b) + 1)
    for word in a:
        last = 0
        for at, other in enumerate(b, start=1):
            last, row[at] = row[at], last + 1 if word == other else 0
            best = max(best, row[at])
    return best


def _shape_fault(lines: tuple[tuple[str, str], ...], shape: Shape) -> str | None:
    roles = [role for role, _ in lines]
    if shape.mode == "round" and roles == ["assistant", "user"]:
        return "role_swapped"
    expected = ["user", "assistant"] * (1 if shape.mode == "round" else len(roles) // 2)
    if roles != expected:
        return "malformed"
    long = lines if shape.mode == "round" else lines[-1:]
    return "too_short" if any(count_words(said) < shape.min_words for _, said in long) else None


def _swapped(lines: tuple[tuple[str, str], ...], page: Page) -> bool:
    """Whether each side of the answer is closer to the other side of the page than to its own, and clearly."""
    if not page.two_sided:
        return False

    def closer(role: str, other: str) -> float:
        said = " ".join(text for at, text in lines if at == role)
        return overlap(said, page.said_by(other)) - overlap(said, page.said_by(role))

    margin = 0.2
    client, therapist = closer("user", "assistant"), closer("assistant", "user")
    return client > margin and therapist > margin


def refuses(text: str) -> bool:
    """Whether a text speaks as a model that declines, or of itself as a model."""
    return bool(_REFUSAL.search(text))


def variety(text: str) -> float:
    """The share of distinct three-word runs."""
    words = _words(text)
    grams = [tuple(words[at : at + _GRAM]) for at in range(len(words) - _GRAM + 1)]
    return len(set(grams)) / len(grams) if grams else 1.0


def _words(text: str) -> list[str]:
    return [match.group().casefold() for match in _WORD.finditer(text)]


def _stems(text: str) -> set[str]:
    return {word[:_STEM] for word in _words(text) if len(word) >= _CONTENT}


def _names_verdict(lines: tuple[tuple[str, str], ...], page: Page, limits: Limits, scan: Scan) -> Verdict:
    texts = [said for _, said in lines]
    found = [entry for entries in scan(texts) for entry in entries]
    known = _words(page.text)
    if any(word not in set(known) for _, name in found for word in _words(name)):
        flagged = limits.inventions == "flag"
        return Verdict(lines, None if flagged else "invented_name", ("invented_name",) if flagged else ())
    names = [name for kind, name in found if kind == "NAME"]
    mixed = any(longest_common_run(words, known) < len(words) for words in map(_words, names))
    return Verdict(lines, "mixed_names" if mixed or _other_kin(" ".join(texts), page.text, names) else None)


def _other_kin(text: str, page: str, names: Sequence[str]) -> bool:
    """Whether a name that the page gives to one relation ("my sister Ann") belongs to another in the answer."""
    for name in set(names):
        relation = re.compile(rf"\b({_KIN}),? {re.escape(name)}\b", re.IGNORECASE)
        before = {match.group(1).casefold() for match in relation.finditer(page)}
        after = {match.group(1).casefold() for match in relation.finditer(text)}
        if before and after - before:
            return True
    return False
