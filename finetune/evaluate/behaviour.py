"""How a response behaves beside the human therapist's: the Illinois table.

"Enhancing LLMs for Therapy" compares length, sentences, sentiment, questions and the use of the client's name, for six
kinds of symptoms. The paper does not name its sentiment classifier; ours is VADER (the extra `evaluate`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence

from finetune.evaluate.extras import needed

SYMPTOMS = ("Anxiety", "Depression", "Fatigue", "Frustration", "Sadness", "Anger")
"""The paper's six categories, in its order."""
DISTANCES = ("length_difference", "sentence_difference", "sentiment_distance", "question_difference", "name_mismatch")
"""What needs the therapist's response beside it; 0 is best."""
COUNTS = ("words", "sentences", "questions", "has_question", "sentiment", "calls_name")
"""What a response has by itself."""
Sentiment = Callable[[str], float]

_SENTENCE = re.compile(r"[^.!?…]+(?:[.!?…]+[\"'”’)\]]*|$)")
_QUESTION = re.compile(r"\?+")
_PLACEHOLDER = r"\[(?:NAME|PERSON)[^\]]*\]"
_CALLED = re.compile(
    rf"""(?:^|[.!?…]\s+|\b(?i:hi|hello|hey|dear|thanks|thank\ you|welcome|okay|ok|well|so|and|yes|no|right),?\s+)
         (?P<first>{_PLACEHOLDER}|[A-Z][\w'’-]+)(?=\s*[,.!?—–])
         |,\s*(?P<last>{_PLACEHOLDER}|[A-Z][\w'’-]+)(?=\s*[.!?…]|\s*$)""",
    re.VERBOSE | re.MULTILINE,
)  # fmt: skip


def sentences(text: str) -> list[str]:
    """The text's sentences: what stands up to a full stop, question or exclamation mark, and holds a letter."""
    return [part.strip() for part in _SENTENCE.findall(text) if any(map(str.isalpha, part))]


def questions(text: str) -> int:
    """Questions asked: runs of question marks."""
    return len(_QUESTION.findall(text))


def addresses(text: str, names: Collection[str]) -> bool:
    """Whether somebody is called by name: a given name (or a placeholder for one) where one is addressed.

    Args:
        text: a response.
        names: given names, lower-cased.
    """
    for found in _CALLED.finditer(text):
        name = found["first"] or found["last"]
        if name.startswith("[") or name.lower() in names:
            return True
    return False


def sentiment_scorer() -> Sentiment:
    """VADER's compound score (-1 to 1), averaged over sentences: over a long text it runs to one end.

    Raises:
        UsageError: vaderSentiment is not installed.
    """
    analyzer = needed("vaderSentiment.vaderSentiment", "vaderSentiment").SentimentIntensityAnalyzer()

    def score(text: str) -> float:
        parts = sentences(text)
        return sum(analyzer.polarity_scores(part)["compound"] for part in parts) / len(parts) if parts else 0.0

    return score


def measure(response: str, reference: str | None, names: Collection[str], sentiment: Sentiment) -> dict[str, float]:
    """One response's figures; those that need the therapist's response are missing where there is none.

    Returns:
        `COUNTS`; with a reference also `DISTANCES`: the absolute differences in words, sentences, sentiment (0 to 2)
        and questions, and `name_mismatch` (1 where just one of the two calls the client by name).
    """
    own = _figures(response, names, sentiment)
    if reference is None:
        return own
    human = _figures(reference, names, sentiment)
    return {
        **own,
        "length_difference": abs(own["words"] - human["words"]),
        "sentence_difference": abs(own["sentences"] - human["sentences"]),
        "sentiment_distance": abs(own["sentiment"] - human["sentiment"]),
        "question_difference": abs(own["questions"] - human["questions"]),
        "name_mismatch": abs(own["calls_name"] - human["calls_name"]),
    }


def _figures(text: str, names: Collection[str], sentiment: Sentiment) -> dict[str, float]:
    asked = questions(text)
    return {
        "words": float(len(text.split())),
        "sentences": float(len(sentences(text))),
        "questions": float(asked),
        "has_question": float(asked > 0),
        "sentiment": sentiment(text),
        "calls_name": float(addresses(text, names)),
    }


def categories(symptoms: Sequence[Sequence[str]]) -> Mapping[str, list[int]]:
    """Which rows belong to each of the paper's categories; a row may belong to several, or to none."""
    found: dict[str, list[int]] = {name: [] for name in SYMPTOMS}
    for row, given in enumerate(symptoms):
        named = {symptom.strip().lower() for symptom in given}
        for name in SYMPTOMS:
            if name.lower() in named:
                found[name].append(row)
    return {name: rows for name, rows in found.items() if rows}
