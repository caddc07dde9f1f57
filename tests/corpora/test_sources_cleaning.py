"""What is taken out of a turn, and what stays."""

from __future__ import annotations

import pytest

from corpora.sources.cleaning import clean, is_noise, seconds


@pytest.mark.parametrize(
    "mark",
    [
        *(
            "laughter",
            "LAUGHS",
            "chuckles",
            "pause",
            "long pause",
            "10 second pause",
            "silence",
            "crying",
            "client crying",
        ),
        *(
            "both laugh",
            "laughs softly",
            "sighs",
            "clears throat",
            "blows her nose",
            "CROSSTALK",
            "cross talk",
            "sniffles",
        ),
        *(
            "inaudible",
            "inaudible at 0:01:07",
            "unintelligible 00:03:11",
            "unclear",
            "indiscernible",
            "ph",
            "sp?",
            "sic",
            "?",
        ),
        *("0:02:47", "09:23", "00:12 - 00:15", "at 0:02:14.5", "phone rings", "door slams", "End of tape 1, side A"),
        *(
            "speaking in Spanish",
            "foreign language",
            "nods",
            "shakes head",
            "typing",
            "pulling off gloves",
            "on the phone",
        ),
        *("dog barking", "to himself", "quietly", "tearful", "recording stops"),
    ],
)
def test_sounds_gestures_times_and_spelling_marks_are_noise(mark):
    assert is_noise(mark)


@pytest.mark.parametrize(
    "mark",
    [
        *(
            "name",
            "client's employer",
            "name removed",
            "redacted",
            "city",
            "therapist's name",
            "street address deleted",
        ),
        *(
            "phone number removed",
            "he laughs at me",
            "I was crying",
            "building",
            "nothing",
            "in the morning",
            "husband",
            "3rd",
        ),
    ],
)
def test_redactions_and_words_are_kept(mark):
    assert not is_noise(mark)
    assert clean(f"We saw ({mark}) there.") == f"We saw ({mark}) there."


@pytest.mark.parametrize(
    ("printed", "cleaned"),
    [
        ("  So   it\tgoes ", "So it goes"),
        ("I'm home (laughter) .", "I'm home."),
        ("(pause) Yes (ph), her.", "Yes, her."),
        ("I can't[0:02:47]do it0:13:39.5 now", "I can't do it now"),
        ("*sighs* Well {inaudible} <unintelligible> yes ((laughs))", "Well yes"),
        ("At 3:45, or 10:30. I ran it in 3:58:12; John 3:16.", "At 3:45, or 10:30. I ran it in 3:58:12; John 3:16."),
        ("I live in ____ with [name].", "I live in ____ with [name]."),
        ("No, it - (pause) yeah.", "No, it - yeah."),
        ("(laughter).", ""),
        ("[crosstalk]", ""),
        ("...", "..."),
    ],
)
def test_clean(printed, cleaned):
    assert clean(printed) == cleaned


@pytest.mark.parametrize(
    ("stamp", "time"), [("[0:02:47]", 167.0), ("0:13:39.5", 819.5), ("(09:23)", 563.0), ("x", None)]
)
def test_seconds(stamp, time):
    assert seconds(stamp) == time


def test_marks_are_kept_by_option_but_no_times():
    text = "Well (laughter) [00:01:02] I was in Kerhonkson (ph) [inaudible at 0:01:07]."
    assert clean(text) == "Well I was in Kerhonkson."
    assert clean(text, keep_marks=True) == "Well (laughter) I was in Kerhonkson [inaudible]."
