"""Output that no average should be taken of: empty, cut off, platitudes, loops, the same answer to everybody.

Measured before anything else. A model that answers "I'm sorry to hear that" to all is close to the human therapist in
sentiment and asks few questions; the Illinois authors found theirs out only by reading.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

SHORT_WORDS = 8
"""A response under this many words counts as short."""
LOOP_WORDS, LOOP_TIMES = 4, 4
"""A run of so many words that stands in one response so many times makes it a loop."""
WITHHELD = 0.25
"""Over this share of degenerate responses a model gets no verdicts."""
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


def words(text: str) -> list[str]:
    """Lower-cased words without punctuation."""
    return _WORD.findall(text.lower())


def runs(tokens: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    """All runs of `size` neighbouring tokens, in order."""
    return (tuple(tokens[at : at + size]) for at in range(len(tokens) - size + 1))


def loops(text: str) -> bool:
    """Whether one run of words comes back again and again."""
    counts = Counter(runs(words(text), LOOP_WORDS))
    return max(counts.values(), default=0) >= LOOP_TIMES


def is_degenerate(text: str) -> bool:
    """Empty, short or looping."""
    return len(text.split()) < SHORT_WORDS or loops(text)


def distinct(texts: Sequence[str], size: int, budget: int | None = None) -> float | None:
    """Distinct-n: the share of different runs of `size` words among all runs.

    It falls the more is said, so systems are compared on their first `budget` words only.
    """
    seen: set[tuple[str, ...]] = set()
    total = left = 0
    left = budget if budget is not None else sum(len(words(text)) for text in texts)
    for text in texts:
        tokens = words(text)[:left]
        left -= len(tokens)
        found = list(runs(tokens, size))
        seen.update(found)
        total += len(found)
    return len(seen) / total if total else None


def measure(texts: Sequence[str], finishes: Sequence[str], budget: int | None = None) -> dict[str, Any]:
    """Counts and shares for one system.

    Args:
        texts: its responses.
        finishes: `stop` or `length` of each.
        budget: words that distinct-n is taken over; all where None.

    Returns:
        `responses`, `empty`, `truncated`, `short`, `looping`, `degenerate` (short or looping, empty ones among them),
        `repeated_answers` (responses that another item got word for word), `distinct_1` to `distinct_3`, `words`
        (mean).
    """
    same = Counter(" ".join(words(text)) for text in texts)
    return {
        "responses": len(texts),
        "empty": sum(not text.strip() for text in texts),
        "truncated": sum(finish == "length" for finish in finishes),
        "short": sum(len(text.split()) < SHORT_WORDS for text in texts),
        "looping": sum(map(loops, texts)),
        "degenerate": sum(map(is_degenerate, texts)),
        "repeated_answers": sum(count for said, count in same.items() if count > 1 and said),
        "words": sum(len(text.split()) for text in texts) / len(texts) if texts else 0.0,
        **{f"distinct_{size}": distinct(texts, size, budget) for size in (1, 2, 3)},
    }


def shared_budget(texts_by_system: Sequence[Sequence[str]]) -> int:
    """Words of the system that said least, for `distinct`; systems that said nothing do not count."""
    totals = [sum(len(words(text)) for text in texts) for texts in texts_by_system]
    return min((total for total in totals if total), default=0)
