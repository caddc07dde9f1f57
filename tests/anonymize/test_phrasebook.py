"""Short sentences in which [[...]] must be masked as written and {{...}} must stay, with capitals and without."""

import re
from pathlib import Path

import pytest

from anonymize import Deidentifier

MARK = re.compile(r"\[\[(?P<masked>.+?)\]\]|\{\{(?P<kept>.+?)\}\}")
LINES = [
    line
    for line in (Path(__file__).parent / "phrasebook.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
OPENING = "So how was the week. It was okay. I mean, I tried the thing we talked about. And then?"
DEIDENTIFIER = Deidentifier(b"k" * 32)


@pytest.mark.parametrize("change", [str, str.lower], ids=["cased", "lower"])
@pytest.mark.parametrize("line", LINES)
def test_what_is_marked_is_masked_and_what_is_ordinary_stays(line, change):
    marked = line.split(" || ")
    turns = [change(OPENING), *(change(MARK.sub(lambda m: m[m.lastgroup], turn)) for turn in marked)]
    for turn, spans in zip(marked, DEIDENTIFIER.find(turns)[1:], strict=True):
        covered = {k for span in spans for k in range(span.start, span.end)}
        removed = 0  # characters of brackets before the mark
        for mark in MARK.finditer(turn):
            start = mark.start() - removed
            inner = mark[mark.lastgroup]
            places = {start + k for k, c in enumerate(inner) if c.isalnum()}
            assert places <= covered if mark.lastgroup == "masked" else not places & covered, inner
            removed += len(mark.group()) - len(inner)
