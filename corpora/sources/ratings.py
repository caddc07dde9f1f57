"""A professional's ratings of sessions or turns, and how far several raters agree."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import permutations
from pathlib import Path

from corpora.errors import UsageError
from corpora.records import Session
from corpora.sources.catalogue import table_rows

_SESSION = ("session_id", "id", "session")
_TURN = ("turn", "turn_index", "turn_no")
_RATING = ("rating", "quality", "score")
_RATERS = ("rater", "rater_id", "annotator", "annotator_id")

Item = tuple[str, int | None]
"""A session's id, and the index of a turn in it or None for the session as a whole."""


@dataclass(frozen=True, slots=True)
class Ratings:
    """Ratings by item, one value a rater."""

    values: dict[Item, tuple[str, ...]]

    def of(self, session: str, turn: int | None = None) -> str | None:
        """The raters' common value: the mean of numbers, else the value most of them gave; None if they are split."""
        values = self.values.get((session, turn), ())
        numbers = _numbers(values)
        if numbers:
            return f"{sum(numbers) / len(numbers):.3g}"
        ranked = Counter(values).most_common(2)
        split = len(ranked) > 1 and ranked[0][1] == ranked[1][1]
        return None if split or not ranked else ranked[0][0]

    def rate(self, session: Session) -> Session:
        """The session with its ratings as `meta["quality"]`, and its turns' as their `quality`."""
        turns = [
            turn if (value := self.of(session.session_id, turn.index)) is None else replace(turn, quality=value)
            for turn in session.turns
        ]
        whole = self.of(session.session_id)
        return replace(session, turns=turns, meta={**session.meta, **({"quality": whole} if whole else {})})

    def agreement(self) -> str:
        """One sentence: items rated more than once, the share of agreeing pairs, Krippendorff's alpha."""
        shared = [values for values in self.values.values() if len(values) > 1]
        if not shared:
            return f"{len(self.values)} ratings, none given twice: no agreement to measure"
        pairs = [(a, b) for values in shared for a, b in permutations(values, 2)]
        same = sum(a == b for a, b in pairs) / len(pairs)
        alpha = krippendorff_alpha(shared)
        shown = "undefined (all values are equal)" if alpha is None else f"{alpha:.2f}"
        return f"{len(shared)} items rated more than once: {same:.0%} of pairs agree, Krippendorff's alpha {shown}"


def krippendorff_alpha(items: Sequence[Sequence[str]]) -> float | None:
    """Krippendorff's alpha (Content Analysis, 1980): interval where all values are numbers, else nominal.

    Args:
        items: for each item the values its raters gave, at least two.

    Returns:
        1 for perfect agreement, 0 for chance; None where all values are the same and nothing can be told.
    """
    values = [value for item in items for value in item]
    numbers = _numbers(values)

    def distance(a: str, b: str) -> float:
        return (float(a) - float(b)) ** 2 if numbers else float(a != b)

    observed = sum(sum(distance(a, b) for a, b in permutations(item, 2)) / (len(item) - 1) for item in items)
    counts = Counter(values)
    expected = sum(n * m * distance(a, b) for a, n in counts.items() for b, m in counts.items()) / (len(values) - 1)
    return 1 - observed / expected if expected else None


@cache
def read_ratings(path: Path) -> Ratings:
    """A CSV or TSV file with `session_id`, `rating` and, where given, `turn` (index from 0) and `rater`.

    Raises:
        UsageError: a column is missing, a cell is not what it should be, or a rater rates an item twice.
    """
    header, rows = table_rows(path, "--ratings")
    at = {key: next((header.index(n) for n in names if n in header), None) for key, names in _NAMES.items()}
    session_at, rating_at, turn_at, rater_at = at["session"], at["rating"], at["turn"], at["rater"]
    if session_at is None or rating_at is None:
        raise UsageError(f"--ratings {path}: it needs the columns session_id and rating (turn and rater may follow)")
    values: defaultdict[Item, dict[str, str]] = defaultdict(dict)
    for line, cells in rows:
        session, rating = cells[session_at].strip(), cells[rating_at].strip().casefold()
        turn = cells[turn_at].strip() if turn_at is not None else ""
        if not session or not rating or not (turn == "" or turn.isdigit()):
            raise UsageError(f"--ratings {path}, line {line}: session_id and rating are needed, turn is a number")
        rater = cells[rater_at].strip() if rater_at is not None else ""
        if values[session, int(turn) if turn else None].setdefault(rater, rating) != rating:
            raise UsageError(f"--ratings {path}, line {line}: this rater rated it otherwise on an earlier line")
    return Ratings({item: tuple(given.values()) for item, given in values.items()})


_NAMES = {"session": _SESSION, "turn": _TURN, "rating": _RATING, "rater": _RATERS}


def _numbers(values: Sequence[str]) -> list[float]:
    try:
        return [float(value) for value in values]
    except ValueError:
        return []
