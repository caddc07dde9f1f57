"""Pages: a session cut at turn boundaries into pieces that a model can rewrite in one answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from corpora.records import Session, Turn, count_words, merged_sides

SPEAKERS = {"user": "Client", "assistant": "Therapist"}
"""How a page and an answer label the two sides, by chat role."""

_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_TAIL = 3  # a last page under a third of a page joins the one before it


@dataclass(frozen=True, slots=True)
class Line:
    """Merged speech of one side, or a piece of it where it is longer than a page: chat role, text, range of turns."""

    role: str
    text: str
    start: int
    end: int

    @property
    def words(self) -> int:
        """White-space separated words."""
        return count_words(self.text)


@dataclass(frozen=True, slots=True)
class Page:
    """Consecutive lines of one session; turns `start` to `end` (half-open); `number` counts from 0."""

    session_id: str
    number: int
    lines: tuple[Line, ...]

    @property
    def start(self) -> int:
        """Index of the first turn."""
        return self.lines[0].start

    @property
    def end(self) -> int:
        """Index after the last turn."""
        return self.lines[-1].end

    @property
    def text(self) -> str:
        """The page as a model reads it: `Client: ...` and `Therapist: ...`, one line each."""
        sides = groupby(self.lines, key=lambda line: line.role)
        spoken = ((role, " ".join(word for line in lines for word in line.text.split())) for role, lines in sides)
        return "\n".join(f"{SPEAKERS[role]}: {said}" for role, said in spoken)

    @property
    def words(self) -> int:
        """Words of both sides, labels not counted."""
        return sum(line.words for line in self.lines)

    @property
    def two_sided(self) -> bool:
        """Whether both the client and the therapist speak."""
        return len({line.role for line in self.lines}) == len(SPEAKERS)

    def said_by(self, role: str) -> str:
        """All text of one side."""
        return " ".join(line.text for line in self.lines if line.role == role)

    def halves(self) -> tuple[Page, Page] | None:
        """The page in two, by lines, a single line by its words; None where one word is left."""
        if len(self.lines) > 1:
            middle = len(self.lines) // 2
            return self._of(self.lines[:middle]), self._of(self.lines[middle:])
        line = self.lines[0]
        pieces = _pieces(line, (line.words + 1) // 2)
        return (self._of(pieces[:1]), self._of(pieces[1:])) if len(pieces) > 1 else None

    def _of(self, lines: Sequence[Line]) -> Page:
        return Page(self.session_id, self.number, tuple(lines))


def pages_of(session: Session, words: int, overlap: int = 0) -> list[Page]:
    """Cut a session into pages of about `words` words, at turn boundaries.

    Args:
        session: consecutive turns of one side are merged first.
        words: a page holds no more, but that a short rest joins the last page; a longer turn is split at sentences.
        overlap: words, in whole turns, that a page repeats of the one before it.

    Returns:
        Pages in order; every turn stands in at least one.
    """
    lines = [piece for role, turns in merged_sides(session.turns) for piece in _pieces(_line(role, turns), words)]
    ranges = _ranges([line.words for line in lines], words, overlap)
    return [Page(session.session_id, number, tuple(lines[a:b])) for number, (a, b) in enumerate(ranges)]


def _line(role: str, turns: Sequence[Turn]) -> Line:
    return Line(role, " ".join(turn.text for turn in turns), turns[0].index, turns[-1].index + 1)


def _ranges(sizes: Sequence[int], words: int, overlap: int) -> Iterator[tuple[int, int]]:
    """Half-open ranges of lines; each holds at least one line that no earlier one has."""
    start = end = 0
    while end < len(sizes):
        last, total = end, sum(sizes[start:end])
        while end < len(sizes) and (end == last or total + sizes[end] <= words):
            total += sizes[end]
            end += 1
        if sum(sizes[end:]) * _TAIL < words:
            end = len(sizes)
        yield start, end
        start, room = end, overlap
        while start - 1 > last and sizes[start - 1] <= room:
            start -= 1
            room -= sizes[start]


def _pieces(line: Line, words: int) -> list[Line]:
    """A line in pieces of `words` words at most: at sentence ends, within longer sentences between words."""
    if line.words <= words:
        return [line]
    parts: list[list[str]] = [[]]
    for sentence in _SENTENCE.split(line.text):
        tokens = sentence.split()
        if parts[-1] and len(parts[-1]) + len(tokens) > words:
            parts.append([])
        for token in tokens:
            if len(parts[-1]) == words:
                parts.append([])
            parts[-1].append(token)
    return [Line(line.role, " ".join(part), line.start, line.end) for part in parts if part]
