"""The evaluation's plots: the systems side by side, each point with its interval, in the pages' house style."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from corpora import plots
from corpora.pages import drawing, slug
from finetune.evaluate import empathy, overlap
from finetune.evaluate.judging import CRITERIA, METRICS
from finetune.evaluate.measures import TITLES, beside_itself

_FAULTS = ("empty", "truncated", "short", "looping", "repeated_answers")
_SHARES = (*overlap.LEXICAL, "bertscore", "similarity", empathy.MEASURES[0], "has_question", "name_mismatch")
_COUNTS = ("words", "sentences", "questions")
Points = Mapping[str, tuple[float, float, float]]


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing and what it shows."""

    caption: str
    drawing: Any


def part_figures(found: Mapping[str, Any], anchor: str) -> Iterator[Figure]:
    """Faults, shares and counts of every system, and the length difference by symptom.

    Args:
        found: one part of the evaluation's document.
        anchor: unique on the page; the drawings' ids begin with it.
    """
    systems = list(found["measures"])
    faults = {fault.replace("_", " "): _shares_of(found["degenerate"], fault) for fault in _FAULTS}
    yield _figure(
        f"{anchor}-faults", systems, faults, "per cent of responses", "Output that no average should be taken of."
    )
    for name, keys, caption in (
        ("counts", _COUNTS, "How much is said."),
        ("shares", _SHARES, "Likeness to the therapist (where one answered), empathy and manners, from 0 to 1."),
    ):
        rows = {TITLES[key]: _points(found["measures"], key) for key in keys}
        if rows := {title: points for title, points in rows.items() if points}:
            yield _figure(f"{anchor}-{name}", systems, rows, "mean, with its 95 % interval", caption)
    by_symptom = {
        symptom: _points({name: system["measures"] for name, system in one["systems"].items()}, "length_difference")
        for symptom, one in found["symptoms"].items()
    }
    if by_symptom := {symptom: points for symptom, points in by_symptom.items() if points}:
        caption = "Words more or fewer than the therapist's, by symptom: 0 is best."
        yield _figure(f"{anchor}-symptoms", systems, by_symptom, "words, with the 95 % interval", caption)


def judge_figures(found: Mapping[str, Any], anchor: str) -> Iterator[Figure]:
    """Each judge's seven scores, and which answers it found best."""
    for judge, one in found.get("judges", {}).items():
        scores = {metric.title: _points(one["scores"], metric.key) for metric in METRICS}
        if scores := {title: points for title, points in scores.items() if points}:
            yield _figure(
                f"{anchor}-{judge}-scores", list(one["scores"]), scores, "score, 1 to 10", f"Scores by {judge}."
            )
        wins = {criterion.title: _won(one["wins"][criterion.key]) for criterion in CRITERIA}
        if wins := {title: points for title, points in wins.items() if points}:
            caption = f"The best answer in both orders, by {judge}; an answer that won in one order only is a tie."
            yield _figure(f"{anchor}-{judge}-wins", list(one["wins"]["overall"]), wins, "per cent of trials", caption)


def _figure(name: str, systems: Sequence[str], rows: Mapping[str, Points], unit: str, caption: str) -> Figure:
    return Figure(caption, drawing(plots.compared(slug(name), systems, rows, unit)))


def _shares_of(systems: Mapping[str, Mapping[str, Any]], fault: str) -> dict[str, tuple[float, float, float]]:
    shares = {name: 100 * one[fault] / one["responses"] for name, one in systems.items() if one["responses"]}
    return {name: (share, share, share) for name, share in shares.items()}


def _points(systems: Mapping[str, Mapping[str, Any]], key: str) -> dict[str, tuple[float, float, float]]:
    """Every system's estimate; without an interval (too few clients) the point alone."""
    found = {name: one[key] for name, one in systems.items() if key in one and not beside_itself(name, key)}
    return {
        name: (one["mean"] if one["low"] is None else one["low"], one["mean"],
               one["mean"] if one["high"] is None else one["high"])
        for name, one in found.items()
    }  # fmt: skip


def _won(counts: Mapping[str, int]) -> dict[str, tuple[float, float, float]]:
    trials = sum(counts.values())
    shares: Sequence[tuple[str, float]] = [(name, 100 * count / trials) for name, count in counts.items() if trials]
    return {name: (share, share, share) for name, share in shares}
