"""`strict` fails closed: what nothing explains is masked, not passed."""

import pytest

from anonymize import Deidentifier

BALANCED, STRICT = Deidentifier(bytes(32)), Deidentifier(bytes(32), policy="strict")
UNKNOWN = (
    "So we took it to Quillfeather and left it there.",
    "I was with the Zanthrip people all day.",
    "And then Morvane said no.",
    "They sent me over to Brokkelhaven for a week.",
    "He had a Vantrillo in his hand.",
)


def masked(detector, text):
    fill = "And then we talked about it, and I was fine, and I went home, I guess."
    found = detector.find([fill, text, fill])
    return [text[span.start : span.end] for span in found[1]]


@pytest.mark.parametrize("text", UNKNOWN)
def test_an_unknown_capital_inside_a_sentence_is_masked(text):
    word = next(word for word in text.split()[1:] if word[0].isupper())
    assert any(word in found for found in masked(STRICT, text))


def test_words_that_are_explained_stay():
    for text in (
        "On Monday Mom and I drove to Texas.",
        "I take Zoloft and God knows it helps.",
        "I think so, yes.",
    ):
        assert masked(STRICT, text) == []


@pytest.mark.parametrize("text", [*UNKNOWN[:-1], "My brother Khoa sold the boat to Marisol.", "Call 614-555-0142 now."])
def test_it_masks_whatever_balanced_does(text):
    strict = " ".join(masked(STRICT, text))
    assert all(found in strict for found in masked(BALANCED, text))
