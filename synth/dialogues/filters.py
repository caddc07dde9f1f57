"""Which dialogues are taken: each fault has a name, so that it can be counted, and its dialogue asked for again.

The opener rule: of a side's texts, a set share may begin with the same four words; in MentalChat16K's published sample
a third of the answers begin alike.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from corpora.records import count_words
from synth.checks import refuses, variety
from synth.dialogues.instructors.base import Bounds, Instructor
from synth.dialogues.similar import Kept
from synth.dialogues.turns import Turns, whole

Embed = Callable[[Sequence[str]], Sequence[Sequence[float]]]
"""Texts -> one vector of length 1 each."""

_OPENER = 4
_LEAST_OPENERS = 2
_LONGEST_WORD = 10  # characters a word, on average, spaces counted: far more than English has
_LEAST_VARIETY = 0.6
_COPIED = 13  # words in a row: longer than the set phrases of everyday speech
_TELLING = 200  # characters under which a text tells too little of its language
_DEBRIS = re.compile(
    r"```|^\s*(?:#{1,6}\s|[-*•]\s|\d+\.\s)|\*\*|</?[a-z]+>|https?://|www\."
    r"|\[(?:your |the |client|name|insert|therapist|counsell?or|city|date)[^\]]*\]|<(?:name|insert)[^>]*>"
    r"|^\s*(?:client|patient|therapist|counsell?or|user|assistant)\s*:|\"(?:items|turns|message|speaker)\"\s*:"
    r"|\\n|\blorem ipsum\b|\bword count\b|\(\d+ words\)",
    re.IGNORECASE | re.MULTILINE,
)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


def opener(text: str) -> str:
    """A text's first four words, without case and punctuation."""
    return " ".join(word.casefold() for word in _WORD.findall(text)[:_OPENER])


def form_fault(turns: Turns, instructor: Instructor) -> str | None:
    """The first fault of a dialogue by itself; None where it has none.

    It is one of `wrong_roles`, `too_few_turns`, `too_many_turns`, `too_short`, `too_long`, `debris` (markup, blanks,
    labels, addresses), `refused`, `repetitive`, `language`, or one of the instructor's own.
    """
    return next((name for name, found in _faults(turns, instructor) if found), None) or instructor.fault(turns)


def answer_fault(text: str, bounds: Bounds) -> str | None:
    """The first fault of a counsellor's answer by itself; as `form_fault`."""
    faults = (*length_faults((("assistant", text),), "assistant", bounds), *_text_faults(text))
    return next((name for name, found in faults if found), None)


def _faults(turns: Turns, instructor: Instructor) -> Iterator[tuple[str, bool]]:
    roles = [role for role, _ in turns]
    yield "wrong_roles", roles != [("user", "assistant")[at % 2] for at in range(len(roles))]
    yield "too_few_turns", len(turns) < instructor.turns.low
    yield "too_many_turns", len(turns) > instructor.turns.high
    yield "wrong_roles", len(turns) > 1 and roles[-1] != "assistant"
    yield from length_faults(turns, "user", instructor.client_words)
    yield from length_faults(turns, "assistant", instructor.therapist_words)
    yield from _text_faults(whole(turns))


def _text_faults(text: str) -> Iterator[tuple[str, bool]]:
    yield "debris", bool(_DEBRIS.search(text))
    yield "refused", refuses(text)
    yield "repetitive", variety(text) < _LEAST_VARIETY
    yield "language", len(text) >= _TELLING and not _is_english(text)


def length_faults(turns: Turns, role: str, bounds: Bounds) -> Iterator[tuple[str, bool]]:
    """Whether any text of one side is too short or too long."""
    said = [text for at, text in turns if at == role]
    yield "too_short", any(count_words(text) < bounds.low for text in said)
    most = bounds.high * _LONGEST_WORD
    yield "too_long", any(count_words(text) > bounds.high or len(text) > most for text in said)


def copies(text: str, seed: str) -> bool:
    """Whether a text repeats more than twelve words in a row of what it was to start from."""
    said, start = (_WORD.findall(part.casefold()) for part in (text, seed))
    runs = {tuple(start[at : at + _COPIED]) for at in range(len(start) - _COPIED + 1)}
    return any(tuple(said[at : at + _COPIED]) in runs for at in range(len(said) - _COPIED + 1))


def _is_english(text: str) -> bool:
    from py3langid import classify

    return bool(classify(text)[0] == "en")


class Sieve:
    """What a new text must not be too like: everything that was kept of one kind, in the order of its index."""

    def __init__(self, expected: int, opener_share: float, min_distance: float, min_vector_distance: float) -> None:
        """Start with nothing.

        Args:
            expected: texts in the end, of which the share counts.
            opener_share: the most that may begin alike; never under two.
            min_distance: see `Kept`.
            min_vector_distance: see `Kept`.
        """
        self._most = max(_LEAST_OPENERS, math.ceil(opener_share * expected))
        self.openers: Counter[str] = Counter()
        self._kept = Kept(min_distance, min_vector_distance)

    def fault(self, turns: Turns, vector: Sequence[float] | None = None) -> str | None:
        """`repeated_opener`, `duplicate`, `near_duplicate`, or None; what has no fault is kept from now on."""
        begins = opener(turns[0][1])
        if self.openers[begins] >= self._most:
            return "repeated_opener"
        found = self._kept.fault(whole(turns), vector)
        if found is None:
            self.openers[begins] += 1
        return found

    def worn(self, most: int = 12) -> list[str]:
        """The openers that have used up their share, so that prompts can ask for others."""
        return sorted(text for text, count in self.openers.most_common(most) if count >= self._most)
