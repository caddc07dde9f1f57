"""The risk rules on labelled sentences of our own, and on what a conversation makes of them."""

from collections import Counter
from pathlib import Path

import pytest

from corpora.risk import RISKS, describe, find_risks, risk_flags, triggers

GOLD = Path(__file__).parents[1] / "gold" / "flags"


def scored(name):
    """(finds that are right, finds in all, labels in all) over one half of the labelled sentences."""
    counts = Counter()
    for line in (GOLD / f"{name}.tsv").read_text(encoding="utf-8").splitlines():
        labels, text = line.split("\t")
        wanted = set() if labels == "-" else set(labels.split(","))
        finds = [hit for hit in find_risks(text) if hit.status in {"present", "history"}]
        found = {hit.risk + (":history" if hit.status == "history" else "") for hit in finds}
        counts.update(right=len(found & wanted), found=len(found), wanted=len(wanted))
    return counts["right"], counts["found"], counts["wanted"]


@pytest.mark.parametrize(("half", "precision", "recall"), [("dev", 0.98, 0.98), ("final", 0.95, 0.95)])
def test_the_measured_figures_hold(half, precision, recall):
    right, found, wanted = scored(half)
    assert right / found >= precision
    assert right / wanted >= recall


def said(*texts):
    return [{"role": ("user", "assistant")[at % 2], "content": text} for at, text in enumerate(texts)]


def test_a_question_is_no_risk_until_it_is_affirmed():
    ask = "Are you having any thoughts of suicide?"
    assert risk_flags(said("I can't sleep.", ask, "No, nothing like that.")) == []
    assert risk_flags(said("I can't sleep.", ask, "Yeah. Most days.")) == ["crisis", "suicidal_ideation"]


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("I want to kill myself.", ["crisis", "suicidal_ideation"]),
        ("I’m not suicidal.", []),
        ("I was suicidal years ago.", ["suicidal_ideation_history"]),
        ("I used to cut myself, but now I want to die.", ["crisis", "self_harm_history", "suicidal_ideation"]),
        ("I take 20 mg of Prozac.", ["medication"]),
        ("", []),
    ],
)
def test_denied_and_past_are_told_from_present(text, flags):
    assert risk_flags(said(text)) == flags


def test_a_system_prompt_says_nothing_of_the_client():
    assert risk_flags([{"role": "system", "content": "If they want to kill themselves, or I want to die, act."}]) == []


def test_offsets_are_those_of_the_text():
    text = "İt’s odd. Sometimes I think about killing myself, you know."
    (hit,) = find_risks(text)
    assert text[hit.start : hit.end] == "killing myself"


def test_every_labelled_find_begins_with_a_trigger():
    """The quick look that passes texts by never passes one in which the rules find something."""
    words = triggers()
    for half in ("dev", "final"):
        for line in (GOLD / f"{half}.tsv").read_text(encoding="utf-8").splitlines():
            text = line.split("\t")[1]
            if find_risks(text):
                assert any(word in text.lower() for word in words) or " mg" in text


def test_each_risk_says_what_it_is():
    assert [risk for risk, _ in describe()] == list(RISKS)


def test_the_labelled_halves_share_no_sentence():
    halves = [
        {line.split("\t")[1] for line in (GOLD / f"{half}.tsv").read_text().splitlines()} for half in ("dev", "final")
    ]
    assert len(halves[0]) == len(halves[1]) == 159
    assert not halves[0] & halves[1]
