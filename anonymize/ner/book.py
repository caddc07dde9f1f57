"""What the recognizer is trained on beside the carriers: our book of utterances, and marked transcripts.

A line of `book/*.txt` is something that somebody says in a session, written for training: `[[NAME|Grace]]`,
`[[LOCATION|..]]` and `[[ORG|..]]` are identifiers, every other word is none, whatever it looks like.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import corpora
from anonymize.ner.fill import Example
from anonymize.proof.gold import GoldSpan, as_spoken, read_gold
from corpora.errors import UsageError

BOOK = Path(__file__).parent / "book"
LABEL_OF = {"NAME": "PERSON", "LOCATION": "LOCATION", "ORG": "ORG"}
"""Our span types -> the recognizer's classes."""

_GOLD = Path(__file__).parents[2] / "tests" / "gold"
TRAINED_ON = (Path(corpora.__file__).parent / "sample", _GOLD / "dev", _GOLD / "second", _GOLD / "third")
HELD_OUT = (_GOLD / "final", _GOLD / "blind")
"""Marked transcripts of the repository: read for training, and never (their totals are our figures)."""


def read_book() -> Iterator[Example]:
    """The book's utterances, in its order.

    Raises:
        UsageError: a line's marks are broken; the message says where.
    """
    for path in sorted(BOOK.glob("*.txt")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            try:
                yield _example(*as_spoken(line))
            except ValueError as error:
                raise UsageError(f"{path}:{number}: {error}") from None


def read_transcripts(folders: Iterable[Path] = TRAINED_ON) -> Iterator[Example]:
    """The turns of marked transcripts (`*.gold`) with their names, places and organisations; other classes are text.

    Raises:
        UsageError: a folder holds no transcript, or one breaks its format.
    """
    for folder in folders:
        paths = sorted(folder.glob("*.gold"))
        if not paths:
            raise UsageError(f"{folder}: no *.gold files here; train in a checkout of the repository")
        for path in paths:
            yield from (_example(turn.text, turn.spans) for turn in read_gold(path).turns)


def _example(text: str, spans: Iterable[GoldSpan]) -> Example:
    return Example(text, [(s.start, s.end, LABEL_OF[s.type]) for s in spans if s.type in LABEL_OF])
