"""Every measure of a response in one row, and what may be concluded from two systems' rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finetune.evaluate import behaviour, empathy, overlap
from finetune.evaluate.behaviour import Sentiment
from finetune.evaluate.statistics import ALPHA, Estimate, estimate, holm, sign_flip

Row = Mapping[str, float]

LOWER, HIGHER, NEITHER = -1, 1, 0
DIRECTIONS: dict[str, int] = {
    **dict.fromkeys(behaviour.DISTANCES, LOWER),
    **dict.fromkeys((*overlap.LEXICAL, "bertscore", "similarity"), HIGHER),
    **dict.fromkeys(empathy.MEASURES, HIGHER),
    **dict.fromkeys(behaviour.COUNTS, NEITHER),
}
"""Which way is better; counts have no better side, their distance to the therapist's has."""
THERAPIST = "therapist"
BESIDE_THERAPIST = (*behaviour.DISTANCES, *overlap.LEXICAL, "bertscore", "similarity")
"""What compares a response with the therapist's; of the therapist's own it says nothing."""
TESTED = (*BESIDE_THERAPIST, "empathy")
"""What verdicts are given on: one family of tests for Holm's correction."""
TITLES = {
    "length_difference": "Length difference (words)",
    "sentence_difference": "Sentence difference",
    "sentiment_distance": "Sentiment distance",
    "question_difference": "Question difference",
    "name_mismatch": "Name-use mismatch (share)",
    "words": "Words",
    "sentences": "Sentences",
    "questions": "Questions asked",
    "has_question": "Responses with a question (share)",
    "sentiment": "Sentiment (-1 to 1)",
    "calls_name": "Calls the client by name (share)",
    "bleu": "BLEU (sentence)",
    "rouge1": "ROUGE-1",
    "rouge2": "ROUGE-2",
    "rougeL": "ROUGE-L",
    "bertscore": "BERTScore F1",
    "similarity": "Embedding similarity",
    "empathy": "Empathy (share of sentences)",
    "reaction": "of these: reaction",
    "interpretation": "of these: interpretation",
    "exploration": "of these: exploration",
}
VERDICTS = BETTER, WORSE, NOT_SHOWN, TOO_FEW, WITHHELD = "better", "worse", "not shown", "too few", "withheld"
"""Verdicts: on the tuned model; no difference that so few answers could show; too few clients; degenerate output."""


def beside_itself(system: str, measure: str) -> bool:
    """Whether a measure would compare the therapist with itself."""
    return system == THERAPIST and measure in BESIDE_THERAPIST


@dataclass(slots=True)
class Meter:
    """What measures responses: given names (lower-cased), a sentiment scorer, local encoders if any."""

    names: Collection[str]
    sentiment: Sentiment
    encoder: overlap.Encoder | None = None
    bertscore: Path | None = None

    def rows(self, texts: Sequence[str | None], references: Sequence[str | None]) -> list[Row | None]:
        """One row a response; None where there is no response.

        Args:
            texts: responses; None where this system has none to an item.
            references: the therapist's; None where nobody answered.
        """
        rows: list[dict[str, float] | None] = [
            None
            if text is None
            else {**behaviour.measure(text, reference, self.names, self.sentiment), **empathy.measure(text)}
            for text, reference in zip(texts, references, strict=True)
        ]
        pairs = [
            (at, text, reference)
            for at, (text, reference) in enumerate(zip(texts, references, strict=True))
            if text is not None and reference is not None
        ]
        if pairs:
            self._overlap(rows, pairs)
        return [row for row in rows]  # noqa: C416 - a list of the wider type

    def _overlap(self, rows: list[dict[str, float] | None], pairs: Sequence[tuple[int, str, str]]) -> None:
        places, said, heard = zip(*pairs, strict=True)
        columns = overlap.lexical(said, heard)
        if self.encoder:
            for column, value in zip(columns, self.encoder.similarities(said, heard), strict=True):
                column["similarity"] = value
        if self.bertscore:
            for column, value in zip(columns, overlap.bert_score(said, heard, self.bertscore, None), strict=True):
                column["bertscore"] = value
        for at, column in zip(places, columns, strict=True):
            row = rows[at]
            if row is not None:
                row.update(column)


def summary(
    rows: Sequence[Row | None], groups: Sequence[str], seed: int, names: Sequence[str] = tuple(DIRECTIONS)
) -> dict[str, dict[str, Any]]:
    """The estimate of each measure of `names` that any row has."""
    names = [name for name in names if any(row is not None and name in row for row in rows)]
    found = {name: estimate(_column(rows, name), groups, seed) for name in names}
    return {name: one.document() for name, one in found.items() if one}


def _column(rows: Sequence[Row | None], name: str) -> list[float]:
    missing = float("nan")
    return [missing if row is None else row.get(name, missing) for row in rows]


def contrast(
    tuned: Sequence[Row | None],
    other: Sequence[Row | None],
    groups: Sequence[str],
    directions: Mapping[str, int],
    seed: int,
    *,
    withheld: bool = False,
) -> dict[str, dict[str, Any]]:
    """Tuned minus other for every measure that both have, tested as one family.

    Args:
        tuned: the tuned model's rows.
        other: the other system's, of the same items.
        groups: the client or topic of each item.
        directions: measure -> which way is better.
        seed: of draws and flips.
        withheld: whether degenerate output forbids a verdict.

    Returns:
        measure -> `difference` (mean with its interval), `p`, `p_holm`, `verdict`.
    """
    differences = {}
    for name in directions:
        pairs = zip(_column(tuned, name), _column(other, name), strict=True)
        differences[name] = [one - two for one, two in pairs]
    estimates = {name: estimate(values, groups, seed) for name, values in differences.items()}
    measured = {name: found for name, found in estimates.items() if found}
    p_values = {name: sign_flip(differences[name], groups, seed) for name in measured}
    corrected = holm(p_values)
    return {
        name: {
            "difference": found.document(),
            "p": p_values[name],
            "p_holm": corrected[name],
            "verdict": WITHHELD if withheld else verdict(found, corrected[name], directions[name]),
        }
        for name, found in measured.items()
    }


def verdict(difference: Estimate, p: float | None, direction: int) -> str:
    """What may be said: a side is better only where the interval leaves out 0 and the corrected test agrees."""
    if difference.low is None or difference.high is None or p is None:
        return TOO_FEW
    if difference.low <= 0 <= difference.high or p > ALPHA:
        return NOT_SHOWN
    return BETTER if (difference.mean > 0) == (direction > 0) else WORSE
