"""What a steward should look at: words left in the text that may name somebody, and maskings that may be wrong.

Both come as words with counts and short windows of context, in which everything masked stands as its class, so that a
reader sees no more of the raw text than the question needs.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from anonymize.proof.second import find_otherwise
from anonymize.spans import Span
from anonymize.words import vocabulary as voc
from anonymize.words.tokens import fold

LEFT, MASKED = "left", "masked"
WHY = {
    "capital": "capital inside a sentence",
    "unlisted": "in no dictionary",
    "validated": "has the form of an identifier",
    "digits": "many digits",
    "spoken": "digits read aloud",
}
ELSEWHERE = "a name, masked elsewhere"
ORDINARY = "ordinary words, left elsewhere"

_WINDOW = 5  # words on each side
_CONTEXTS = 3
_LONGEST = 40  # characters of one word in a window
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
_DOUBTED = ("NAME", "LOCATION", "ORG")


@dataclass(frozen=True, slots=True)
class Finding:
    """One word or phrase to decide on.

    Attributes:
        kind: `left` (stands in the output) or `masked`.
        token: the word or phrase, as it stands where it was first met.
        why: what makes it suspicious.
        count: how often it stands so.
        sessions: in how many sessions.
        contexts: up to three short windows around it.
    """

    kind: str
    token: str
    why: str
    count: int
    sessions: int
    contexts: tuple[str, ...]


@dataclass(slots=True)
class _Group:
    token: str
    count: int = 0
    sessions: set[int] = field(default_factory=set)
    contexts: list[str] = field(default_factory=list)


class Review:
    """Collects findings over sessions, one after the other; keeps words and windows, no transcript."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, str, str], _Group] = {}
        self._masked: Counter[str] = Counter()
        self._left: Counter[str] = Counter()
        self._sessions = 0

    def add(self, turns: Sequence[str], found: Sequence[Sequence[Span]]) -> None:
        """Look through one session: its turns as read, and what was masked in them."""
        self._sessions += 1
        shown = [masked_text(text, spans) for text, spans in zip(turns, found, strict=True)]
        blank = [_TAG.sub(lambda tag: "\u25a0" * len(tag.group()), text) for text in shown]
        for at, told in enumerate(find_otherwise(blank)):
            for span in told:
                self._note(LEFT, WHY[span.rule], shown[at], span.start, span.end)
            self._names_left(blank[at], shown[at], told)
        for text, spans in zip(turns, found, strict=True):
            self._doubt(text, spans)

    def findings(self) -> list[Finding]:
        """What was found, most frequent first within its kind and reason."""
        ordered = sorted(self._groups.items(), key=lambda item: (item[0][:2], -item[1].count, item[0]))
        return [
            Finding(kind, group.token, why, group.count, len(group.sessions), tuple(group.contexts))
            for (kind, why, low), group in ordered
            if self._stands(kind, why, low)
        ]

    def _stands(self, kind: str, why: str, low: str) -> bool:
        """Whether the rest of the corpus bears the suspicion out."""
        if kind == MASKED:
            return all(self._left[word] for word in voc.split_words(low))
        return why != ELSEWHERE or self._masked[low] > 0

    def _names_left(self, blank: str, shown: str, told: Sequence[Span]) -> None:
        """Count words left, and note those that lists know as names; `findings` drops what was masked nowhere."""
        flags = voc.vocabulary().flags
        for word in _WORD.finditer(blank):
            flag = flags.get(fold(word.group()), 0)
            self._left[fold(word.group())] += 1
            named = flag & voc.NAME and not flag & (voc.WORD | voc.KEEP | voc.CAPITAL | voc.STATE)
            if named and all(word.end() <= span.start or span.end <= word.start() for span in told):
                self._note(LEFT, ELSEWHERE, shown, *word.span())

    def _doubt(self, text: str, spans: Sequence[Span]) -> None:
        flags = voc.vocabulary().flags
        for number, span in enumerate(spans):
            words = voc.split_words(text[span.start : span.end])
            if span.type == "NAME":
                self._masked.update(words)
            if span.type in _DOUBTED and words and all(flags.get(word, 0) & voc.WORD for word in words):
                before = masked_text(text[: span.start], spans[:number])
                after = masked_text(text[span.end :], [_moved(other, -span.end) for other in spans[number + 1 :]])
                middle = text[span.start : span.end]
                self._note(
                    MASKED, f"{ORDINARY} ({span.type})", before + middle + after, len(before), len(before) + len(middle)
                )

    def _note(self, kind: str, why: str, text: str, start: int, end: int) -> None:
        token = text[start:end]
        group = self._groups.setdefault((kind, why, fold(token)), _Group(token))
        group.count += 1
        group.sessions.add(self._sessions)
        if len(group.contexts) < _CONTEXTS:
            group.contexts.append(_window(text, start, end))


_TAG = re.compile(r"\[[A-Z_0-9]+\]")


def masked_text(text: str, spans: Iterable[Span]) -> str:
    """The text with every masked span as its class in brackets."""
    pieces: list[str] = []
    last = 0
    for span in spans:
        pieces += (text[last : span.start], f"[{span.type}]")
        last = span.end
    return "".join((*pieces, text[last:]))


def draw_passages(turns: Sequence[int], count: int, seed: int = 0) -> list[tuple[int, int]]:
    """A simple random sample of turns, without replacement: sorted (session, turn).

    Args:
        turns: how many turns each session has.
        count: how many to draw; all of them where there are fewer.
        seed: of the draw.
    """
    places = [(session, turn) for session, size in enumerate(turns) for turn in range(size)]
    return sorted(random.Random(seed).sample(places, min(count, len(places))))  # noqa: S311 - no secret is drawn


def _moved(span: Span, by: int) -> Span:
    return Span(span.start + by, span.end + by, span.type, span.rule)


def _window(text: str, start: int, end: int) -> str:
    """The words around a place, which stands between arrows."""
    before, after = text[:start], text[end:]
    left = " ".join(word[-_LONGEST:] for word in before.split()[-_WINDOW:])
    right = " ".join(word[:_LONGEST] for word in after.split()[:_WINDOW])
    left += " " if before[-1:].isspace() else ""
    right = (" " if after[:1].isspace() else "") + right
    return f"... {left}>{text[start:end]}<{right} ..."
