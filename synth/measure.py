"""What paraphrasing gains and costs, as numbers: how often a page is found again, and what of its content was kept."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_NEGATION = re.compile(
    r"\b(?:no|not|never|none|nobody|nothing|nowhere|neither|nor|without|cannot)\b|n['’]t\b", re.IGNORECASE
)
_RISK = {
    "suicide": (
        r"suicid|kill(?:ing|ed)? (?:my|your|him|her|them)sel"
        r"|(?:end|take|took|taking|ending) (?:my|his|her|your|their) (?:own )?li[fv]e"
        r"|(?:want|wish|wanted|wished)(?: to)? (?:die|be dead)|better off (?:dead|without me)"
        r"|don['’]?t want to (?:live|be here|wake up)"
    ),
    "self_harm": (r"self[- ]?(?:harm|injur)|(?:hurt|cut|burn|harm)(?:ting|ing|s|ed)? (?:my|your|him|her)self|overdos"),
    "violence": r"(?:kill|stab|shoot|strangl|beat)(?:ing|ed|s)? (?:him|her|them|me|you|my)\b|\bviolen|threaten",
    "abuse": r"\babus|\brap(?:e|ed|ist)\b|molest|assault|\b(?:hit|hits|hitting) (?:me|her|him|us|the kids)\b",
    "substances": r"overdos|relaps|\bdrunk\b|\bheroin|cocaine|\bmeth\b|blackout",
}
RISKS = {kind: re.compile(pattern, re.IGNORECASE) for kind, pattern in _RISK.items()}
"""Words that mark danger, by kind; a kept kind is one whose words stand in both texts."""
_NUMBER_WORDS = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
    "nineteen twenty"
)
_TENS = "thirty forty fifty sixty seventy eighty ninety hundred"
_NUMBERS = {word: number for number, word in enumerate(_NUMBER_WORDS.split(), start=2)} | {
    word: 10 * number for number, word in enumerate(_TENS.split(), start=3)
}


def risks(text: str) -> set[str]:
    """The kinds of danger that a text names (keys of `RISKS`)."""
    return {kind for kind, pattern in RISKS.items() if pattern.search(text)}


def numbers(text: str) -> set[str]:
    """The numbers of a text, in digits or words; `one` is left out, since it is a pronoun as often."""
    found = {str(_NUMBERS[word]) for word in _words(text) if word in _NUMBERS}
    return found | {digits.lstrip("0") or "0" for digits in re.findall(r"\d+", text)}


def faithfulness(pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """What answers kept of their pages.

    Args:
        pairs: (page, answer).

    Returns:
        `negations`, `numbers` and `risk`, each with `pages` (that hold any), `kept` (answers that hold all the page's
        numbers or kinds of risk, or any negation at all) and `rate`; `risk_added`: answers that name a kind of danger
        which the page does not.
    """
    kept: dict[str, list[bool]] = {"negations": [], "numbers": [], "risk": []}
    added = 0
    for page, answer in pairs:
        if _NEGATION.search(page):
            kept["negations"].append(bool(_NEGATION.search(answer)))
        for name, of in (("numbers", numbers), ("risk", risks)):
            if wanted := of(page):
                kept[name].append(wanted <= of(answer))
        added += bool(risks(answer) - risks(page))
    return {**{name: _rate(found) for name, found in kept.items()}, "risk_added": added}


def _rate(found: Sequence[bool]) -> dict[str, Any]:
    return {"pages": len(found), "kept": sum(found), "rate": round(sum(found) / len(found), 4) if found else None}


def found_again(queries: Sequence[tuple[int, str]], pages: Sequence[str]) -> dict[str, Any]:
    """How often a page is the nearest of all pages by word overlap (cosine of TF-IDF weights).

    Args:
        queries: (index of the page it came from, text).
        pages: all pages that it could have come from.

    Returns:
        `tried`, `found` (a tie with n others counts 1/n), `rate`, and `chance`, the rate of guessing.
    """
    postings, weight = _index(pages)
    found = 0.0
    for at, text in queries:
        scores: defaultdict[int, float] = defaultdict(float)
        for word, count in Counter(_words(text)).items():
            for page, value in postings.get(word, ()):
                scores[page] += count * weight[word] * value
        found += _top(scores, at, len(pages))
    return _linkage(found, len(queries), len(pages))


def found_again_by_vectors(
    queries: Sequence[tuple[int, Sequence[float]]], pages: Sequence[Sequence[float]]
) -> dict[str, Any]:
    """As `found_again`, by the dot product of vectors of length 1, less the mean page's, which all share."""
    import numpy as np

    table = np.asarray(pages, dtype=float)
    middle = table.mean(axis=0)
    table = table - middle
    table /= np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-12)
    found = 0.0
    for at, vector in queries:
        found += _top(dict(enumerate((table @ (np.asarray(vector) - middle)).tolist())), at, len(pages))
    return _linkage(found, len(queries), len(pages))


def _linkage(found: float, tried: int, pages: int) -> dict[str, Any]:
    rate = round(found / tried, 4) if tried else None
    return {"tried": tried, "found": round(found, 2), "rate": rate, "chance": round(1 / pages, 4) if pages else None}


def _top(scores: dict[int, float], at: int, pages: int) -> float:
    """1 where the page at `at` scores highest, 1/n where n do, else 0."""
    best = max(scores.values(), default=0.0)
    if scores.get(at, 0.0) < best - 1e-9:
        return 0.0
    ties = sum(score >= best - 1e-9 for score in scores.values())
    return 1 / (ties or pages)


def _index(pages: Sequence[str]) -> tuple[dict[str, list[tuple[int, float]]], dict[str, float]]:
    counts = [Counter(_words(page)) for page in pages]
    holding = Counter(word for page in counts for word in page)
    weight = {word: math.log((1 + len(pages)) / (1 + number)) + 1 for word, number in holding.items()}
    postings: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
    for at, page in enumerate(counts):
        length = math.sqrt(sum((count * weight[word]) ** 2 for word, count in page.items())) or 1.0
        for word, count in page.items():
            postings[word].append((at, count * weight[word] / length))
    return postings, weight


def _words(text: str) -> list[str]:
    return [match.group().casefold() for match in _WORD.finditer(text)]
