"""What dialogues are about, in which proportions, and who gets which topic.

`topics.csv` holds the 33 topics of the CounselChat platform with the number of times that counsellors' answers carry
each label (questions with a text, every label, counted per answer), which is what MentalChat16K drew its topics by.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from itertools import takewhile
from pathlib import Path

from corpora.errors import UsageError
from synth.draws import draw_of

PACKAGED = Path(__file__).with_name("topics.csv")
LONGEST = 80
"""Characters of a topic at most."""


def load_topics(path: Path = PACKAGED) -> dict[str, float]:
    """Topics and their weights from a CSV file with the columns `topic` and `weight` (1 where it is empty or missing).

    Lines at its beginning that start with `#` are passed over.

    Raises:
        UsageError: the file cannot be read, or a row holds no topic, one that was named before, or no positive weight.
    """
    topics: dict[str, float] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = file.readlines()
        notes = sum(1 for _ in takewhile(lambda line: line.startswith("#"), lines))
        rows = csv.DictReader(lines[notes:])
        if "topic" not in (rows.fieldnames or ()):
            raise UsageError(f"--topics {path}: it has no column topic")
        for row in rows:
            where, topic = f"--topics {path}, line {notes + rows.line_num}", " ".join((row["topic"] or "").split())
            weight = _weight(row.get("weight") or "1")
            if not topic or len(topic) > LONGEST or "|" in topic:
                raise UsageError(f"{where}: a topic is 1 to {LONGEST} characters without |")
            if topic.casefold() in {known.casefold() for known in topics}:
                raise UsageError(f"{where}: {topic!r} is on the list already")
            if weight is None:
                raise UsageError(f"{where}: a weight is a number over 0")
            topics[topic] = weight
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"--topics {path}: cannot be read as UTF-8 CSV ({type(error).__name__})") from None
    if not topics:
        raise UsageError(f"--topics {path}: it names no topic")
    return topics


def _weight(text: str) -> float | None:
    try:
        weight = float(text)
    except ValueError:
        return None
    return weight if math.isfinite(weight) and weight > 0 else None


def quota(weights: Mapping[str, float], total: int) -> dict[str, int]:
    """Whole numbers in proportion to weights that add up to `total`, by largest remainder (ties: the list's order)."""
    whole = sum(weights.values())
    exact = {name: total * weight / whole for name, weight in weights.items()}
    counts = {name: int(value) for name, value in exact.items()}
    by_remainder = sorted(weights, key=lambda name: counts[name] - exact[name])
    for name in by_remainder[: total - sum(counts.values())]:
        counts[name] += 1
    return counts


def assigned(weights: Mapping[str, float], total: int, *seed: object) -> list[str]:
    """The quota as a list in an order drawn by the seed."""
    names = [name for name, count in quota(weights, total).items() for _ in range(count)]
    draw_of(*seed).shuffle(names)
    return names
