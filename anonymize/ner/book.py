"""What the models are trained on beside the carriers: our books of utterances, and marked transcripts.

A line of `book/*.txt` is something that somebody says in a session, written for training: `[[NAME|Grace]]`,
`[[LOCATION|..]]` and `[[ORG|..]]` are identifiers, and every other word names nobody, whatever it looks like. In
`book/whole`, as in the transcripts, dates, numbers and codes are marked too, by the types of `anonymize.spans`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import corpora
from anonymize.ner.fill import Example
from anonymize.proof.gold import as_spoken, read_gold
from corpora.errors import UsageError

BOOK = Path(__file__).parent / "book"
WHOLE = BOOK / "whole"
LABEL_OF = {"NAME": "PERSON", "LOCATION": "LOCATION", "ORG": "ORG"}
"""Our span types -> the recognizer's classes."""

_GOLD = Path(__file__).parents[2] / "tests" / "gold"
_SETS = (
    "dev", "second", "third", "fourth", "unseen", "fifth", "sixth", "seventh", "sealed",
    "ninth", "tenth", "eleventh", "twelfth", "thirteenth", "fifteenth", "seventeenth", "nineteenth", "twentieth",
    "twentyfirst",
)  # fmt: skip
TRAINED_ON = (Path(corpora.__file__).parent / "sample", *(_GOLD / name for name in _SETS))
HELD_OUT = tuple(_GOLD / name for name in ("final", "blind", "eighth", "fourteenth", "sixteenth", "eighteenth"))
"""Marked transcripts of the repository: read for training, and never (their totals are our figures). `twentysecond` to
`thirtieth` are neither: rules were set by them."""


def utterances(folder: Path) -> Iterator[Example]:
    """The utterances of one folder's books, in their order, with the types that are marked.

    Raises:
        UsageError: a line's marks are broken; the message says where.
    """
    for path in sorted(folder.glob("*.txt")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            try:
                text, spans = as_spoken(line)
            except ValueError as error:
                raise UsageError(f"{path}:{number}: {error}") from None
            yield Example(text, [(s.start, s.end, s.type) for s in spans])


def read_book() -> Iterator[Example]:
    """All books' utterances with their names, places and organisations, under the recognizer's classes."""
    for folder in (BOOK, WHOLE):
        yield from (_named(example) for example in utterances(folder))


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
            for turn in read_gold(path).turns:
                yield _named(Example(turn.text, [(s.start, s.end, s.type) for s in turn.spans]))


def _named(example: Example) -> Example:
    return Example(
        example.text, [(start, end, LABEL_OF[kind]) for start, end, kind in example.spans if kind in LABEL_OF]
    )
