"""What the detector finds in the hand-marked transcripts: floors that a change must not fall under."""

from pathlib import Path

import pytest

import corpora
from anonymize import Deidentifier
from anonymize.proof.gold import read_gold

pytestmark = pytest.mark.integration

SAMPLE = Path(corpora.__file__).parent / "sample"
GOLD = Path(__file__).parents[1] / "gold"


def measure(folder, case=str):
    """(recall, recall of names, share of masked words that are identifiers) over one folder of authored gold."""
    caught, names, masked, right = [], [], 0, 0
    detector = Deidentifier(key=bytes(32))
    for path in sorted(folder.glob("*.gold")):
        turns = read_gold(path).turns
        found = detector.find([case(turn.text) for turn in turns])
        for turn, spans in zip(turns, found, strict=True):
            covered = {at for span in spans for at in range(span.start, span.end)}
            marked = [span for span in turn.spans if span.type != "KEEP"]
            for span in marked:
                letters = {at for at in range(span.start, span.end) if turn.text[at].isalnum()}
                caught.append(letters <= covered)
                if span.type == "NAME":
                    names.append(caught[-1])
            identifying = {at for span in marked for at in range(span.start, span.end)}
            masked += len(covered)
            right += len(covered & identifying)
    return sum(caught) / len(caught), sum(names) / len(names), right / masked


def test_the_packaged_sample():
    recall, names, precision = measure(SAMPLE)
    assert recall >= 0.93
    assert names >= 0.95
    assert precision >= 0.75


@pytest.mark.parametrize("half", ["dev", "final"])
def test_further_gold(half):
    recall, names, precision = measure(GOLD / half)
    assert recall >= 0.85
    assert names >= 0.9
    assert precision >= 0.75


def test_a_transcript_without_capitals():
    recall, names, precision = measure(SAMPLE, str.lower)
    assert recall >= 0.8
    assert names >= 0.85
    assert precision >= 0.75


def test_there_are_a_thousand_identifiers_besides_the_sample():
    spans = [span for path in GOLD.glob("*/*.gold") for turn in read_gold(path).turns for span in turn.spans]
    assert sum(span.type != "KEEP" for span in spans) >= 1000
