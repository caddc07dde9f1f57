"""Each fault by its name, on answers of our own; the page is a piece of fiction."""

import pytest

from corpora import Session, Turn
from corpora.records import Origin
from synth.checks import REASONS, Limits, judge, longest_common_run, overlap, parse
from synth.grammar import Shape
from synth.pages import pages_of

CLIENT = (
    "My sister Ann moved out in March and since then I sleep three hours a night. I keep the kitchen light on "
    "because the flat feels empty, and my brother Paul says I should sell the piano."
)
THERAPIST = (
    "So the house changed its sound when Ann left, and the piano became a question. What would it mean for you to keep "
    "the piano, and what does the light in the kitchen do for you at night?"
)
SHAPE = Shape(min_words=12, max_words=60)
GOOD_CLIENT = "Ever since Ann left in March I get about three hours of rest; empty rooms scare me, so one lamp burns."
GOOD_THERAPIST = (
    "It sounds as if her leaving took the music away, too. Tell me what the piano and that lamp hold for you."
)


@pytest.fixture(scope="module")
def page():
    turns = [Turn(0, "client", "C", CLIENT), Turn(1, "therapist", "T", THERAPIST)]
    (made,) = pages_of(Session("s", "made", None, turns, {}, Origin("x"), deidentified=True), words=200)
    return made


def scan(texts):
    names = ("Ann", "Paul", "Grace", "Ann Paul", "Lisbon")
    kinds = {"Lisbon": "LOCATION"}
    return [[(kinds.get(name, "NAME"), name) for name in names if name in text] for text in texts]


def verdict(page, client=GOOD_CLIENT, therapist=GOOD_THERAPIST, finish="stop", limits=None, text=None):
    text = f"Client: {client}\nTherapist: {therapist}" if text is None else text
    return judge(text, finish, page, SHAPE, limits or Limits(), scan)


def test_a_good_answer_passes(page):
    found = verdict(page)
    assert (found.reason, found.flags) == (None, ())
    assert [role for role, _ in found.lines] == ["user", "assistant"]


FAULTS = {
    "malformed": {"text": "Here is the rewrite you wanted."},
    "too_short": {"therapist": "I see."},
    "truncated": {"finish": "closed"},
    "refused": {"client": f"As an AI language model I will say this only. {GOOD_CLIENT}"},
    "role_swapped": {"text": f"Therapist: {GOOD_THERAPIST}\nClient: {GOOD_CLIENT}"},
    "repetitive": {"client": "the piano and the lamp " * 8 + "stay."},
    "copied": {"client": CLIENT},
    "off_topic": {
        "client": "Yesterday we drove over mountains, bought cherries from farmers, then watched boats racing past.",
        "therapist": "Travel seems refreshing; describe which harbour pleased everybody most these summer weeks?",
    },
    "invented_name": {"client": f"{GOOD_CLIENT} Grace agrees."},
    "mixed_names": {"client": f"{GOOD_CLIENT} My brother Ann agrees."},
}


@pytest.mark.parametrize("reason", REASONS)
def test_every_fault_has_its_name(page, reason):
    assert verdict(page, **FAULTS[reason]).reason == reason


def test_roles_are_swapped_where_each_side_says_what_the_other_said(page):
    limits = Limits(copied_run=100)
    assert verdict(page, client=THERAPIST, therapist=CLIENT, limits=limits).reason == "role_swapped"


def test_two_names_that_become_one_are_mixed_up(page):
    assert verdict(page, client=f"{GOOD_CLIENT} Ann Paul agrees.").reason == "mixed_names"


def test_an_invented_place_counts_too_and_may_be_flagged_instead(page):
    client = f"{GOOD_CLIENT} Lisbon was cold."
    assert verdict(page, client=client).reason == "invented_name"
    flagged = verdict(page, client=client, limits=Limits(inventions="flag"))
    assert (flagged.reason, flagged.flags) == (None, ("invented_name",))


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        ("Client: A b.\n\n Therapist:  C d. ", ["user", "assistant"]),
        ("Client: A.\nClient: B.", None),
        ("Client:\nTherapist: B.", None),
        ("", None),
        ("Patient: A.", None),
    ],
)
def test_parsing(text, roles):
    lines = parse(text)
    assert (lines and [role for role, _ in lines]) == roles


def test_measures_of_likeness():
    assert longest_common_run(["a", "b", "c", "d"], ["x", "b", "c", "y", "c", "d"]) == 2
    assert longest_common_run([], ["a"]) == 0
    assert overlap("the sleeping kitchen", "kitchens and sleep") == 1
    assert overlap("is it so", "it is") == 0
