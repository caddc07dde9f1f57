"""A score of empathy, as Mirror AI compares it between therapist and model; that paper does not say how it counted.

Ours is open to inspection: the share of a response's sentences that make an empathic move, by the patterns of
`empathy.toml`. It counts forms of words and understands nothing; the judge's "Empathy & Validation" stands beside it.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

from finetune.evaluate.behaviour import sentences

KINDS = ("reaction", "interpretation", "exploration")
MEASURES = ("empathy", *KINDS)
_FILE = Path(__file__).with_name("empathy.toml")


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    found = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {kind: re.compile("|".join(f"(?:{one})" for one in found[kind]), re.IGNORECASE) for kind in KINDS}


def measure(response: str) -> dict[str, float]:
    """The share of sentences with an empathic move of any kind (`empathy`), and of each kind; 0 where none is said."""
    parts = [part.replace("’", "'") for part in sentences(response)]
    found = {kind: [bool(pattern.search(part)) for part in parts] for kind, pattern in _patterns().items()}
    any_kind = list(map(any, zip(*found.values(), strict=True)))
    return {name: sum(marks) / len(parts) if parts else 0.0 for name, marks in {"empathy": any_kind, **found}.items()}
