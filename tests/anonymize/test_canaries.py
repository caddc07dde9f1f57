import random

import pytest

from anonymize import SPAN_TYPES, Deidentifier
from anonymize.proof.canaries import make_canary, plant, release
from anonymize.rulings import rulings
from corpora.records import Origin, Session, Turn

DETECTOR = Deidentifier(bytes(32))
SAID = ("How was your week?", "It was fine, I guess. We talked a lot.", "Tell me more about that.", "There is no more.")


def session(*said):
    turns = [Turn(at, "client" if at % 2 else "therapist", "", text) for at, text in enumerate(said or SAID)]
    return Session("s", "test", "c", turns, {}, Origin("s.txt"))


@pytest.mark.parametrize("kind", SPAN_TYPES)
def test_every_class_has_canaries_that_differ(kind):
    drawn = [make_canary(kind, random.Random(seed)) for seed in range(30)]
    assert len({canary.text for canary in drawn}) > 3
    assert all(canary.type == kind and canary.text[canary.start : canary.end].strip() for canary in drawn)


def test_a_copy_is_planted_and_the_session_stays_as_it_was():
    original = session()
    copy, planted = plant(original, random.Random(1))
    assert original == session()
    assert sorted(canary.type for _, canary in planted) == sorted(SPAN_TYPES)
    for at, canary in planted:
        assert copy.turns[at].text.startswith(SAID[at])
        assert copy.turns[at].text[canary.start : canary.end] in canary.text


def test_offsets_are_those_of_the_turn():
    copy, planted = plant(session(), random.Random(3))
    surfaces = {canary.type: copy.turns[at].text[canary.start : canary.end] for at, canary in planted}
    assert "@" in surfaces["EMAIL"] or " at " in surfaces["EMAIL"]
    assert surfaces["IP"].count(".") == 3
    assert all(part.istitle() for part in surfaces["NAME"].split())


@pytest.mark.parametrize("change", [str.lower, str.upper])
def test_canaries_are_written_as_the_session_is(change):
    copy, _ = plant(session(*(change(text) for text in SAID)), random.Random(2))
    assert all(turn.text == change(turn.text) for turn in copy.turns)


def test_the_detector_is_measured():
    fates = [fate for seed in range(8) for fate in release(session(), DETECTOR, random.Random(seed))]
    assert sum(fate.caught for fate in fates) >= 0.9 * len(fates)
    assert not any(fate.caught and fate.told for fate in fates)


def test_a_detector_that_leaves_a_class_in_the_text_is_caught_out():
    blind = Deidentifier(bytes(32), rulings=rulings(["LOCATION", "DATE"]))
    fates = [fate for seed in range(4) for fate in release(session(), blind, random.Random(seed))]
    caught = {kind: {fate.caught for fate in fates if fate.type == kind} for kind in SPAN_TYPES}
    assert caught["LOCATION"] == {False}
    assert caught["PHONE"] == {True}


def test_the_same_seed_gives_the_same_fates():
    assert release(session(), DETECTOR, random.Random(5)) == release(session(), DETECTOR, random.Random(5))
