"""Each cleaning step does what it says, is counted, and is off or on as documented."""

from __future__ import annotations

import pytest

from corpora.records import Origin, Session, Turn
from pipelines.recipe import RECIPES, load_recipe
from pipelines.stages import Clean, Windows


def session(*texts, modality="chat"):
    sides = ("client", "therapist")
    turns = [Turn(n, sides[n % 2], "x", text) for n, text in enumerate(texts)]
    return Session("a", "s", None, turns, {"modality": modality}, Origin("a"))


@pytest.mark.parametrize(
    ("settings", "before", "after", "kind"),
    [
        ({}, "See https://x.example/a?b for it.", "See for it.", "urls"),
        ({}, "I am fine. Sent from my iPhone", "I am fine.", "email_footers"),
        ({}, "I am fine 🙂 really :)", "I am fine really", "emoji"),
        ({"fillers": "thin"}, "Um, I was, uh, late.", "I was, late.", "fillers"),
        ({"special_characters": True}, "It’s ¤ “so”…", 'It\'s "so"...', "special_characters"),
        ({"spelling": True}, "i dont know alot", "I don't know a lot", "spelling"),
        ({"lower_case": True}, "I Know", "i know", "lower_case"),
    ],
)
def test_steps(settings, before, after, kind):
    stage, given = Clean(**settings), session(before, "Yes.")
    assert stage.map(given).turns[0].text == after
    assert stage.counted(given)[kind] > 0
    if settings:
        assert Clean().map(given).turns[0].text == before


def test_spoken_sessions_keep_what_the_detector_should_see():
    given = session("It is on www.example.com.", "Yes.", modality="spoken")
    assert Clean().map(given) == given
    assert not Clean().counted(given)


def test_a_turn_is_never_cleaned_to_nothing():
    assert [turn.text for turn in Clean().map(session("🙂", "Yes.")).turns] == ["🙂", "Yes."]


def test_an_incomplete_dialogue_is_dropped_with_its_turns():
    drop = Clean(min_turns=4).map(session("Hi.", "Yes."))
    assert (drop.reason, drop.level, drop.count) == ("incomplete_dialogue", "session", 2)


def test_backchannels_between_two_turns_of_the_client_make_them_one():
    given = session("I left.", "Mm-hm.", "And then I came back.", "Why was that?")
    assert Clean().map(given) == given
    stage = Clean(merge_backchannels=True)
    merged = stage.map(given)
    assert stage.counted(given) == {"backchannels": 1}
    assert len(merged.turns) == 4
    [example] = Windows(min_words=1).make(merged)
    assert [message.content for message in example.prompt] == ["I left. And then I came back."]


def test_the_recipe_takes_the_options():
    loaded = load_recipe(RECIPES / "build.toml", {"clean": {"fillers": "thin", "merge_backchannels": True}})
    [stage] = [stage for stage in loaded.stages if isinstance(stage, Clean)]
    assert (stage.fillers, stage.merge_backchannels, stage.lower_case) == ("thin", True, False)
