"""Judges that are known: a fair one, one that looks at the order only, one that pays by length, one that babbles."""

import json
import re

import pytest

from finetune.evaluate.judging import (
    ATTEMPTS,
    CRITERIA,
    LABELS,
    METRICS,
    SCORES,
    TIE,
    bias,
    compared,
    family,
    length_correlation,
    score_agreement,
    scored,
    winner_agreement,
    wins,
)

ASKED = [f"I cannot sleep since the move, night {at}." for at in range(12)]


def shown(prompt):
    """The answers that a prompt shows, in their order."""
    return re.findall(r"nswer(?: [ABC])?:\n<<<\n(.*?)\n>>>", prompt, re.DOTALL)


class Scripted:
    """A judge by a rule: what it says to a list of answers (one: a score; more: a label)."""

    name = "scripted-llama"
    about = ("scripted-llama",)

    def __init__(self, rule, broken=lambda _number, _attempt: False):
        self.rule, self.broken, self.asked, self.account = rule, broken, [], {"budget_reached": False, "too_long": 0}

    def ask(self, step, prompts, attempt, form):
        replies = {}
        for number, prompt in prompts.items():
            self.asked.append((step, number, attempt))
            said = self.rule(shown(prompt))
            document = {"explanation": "Because.", **dict.fromkeys(form.values, said)}
            replies[number] = "Hmm." if self.broken(number, attempt) else f"Sure: {json.dumps(document)}"
        return replies


def by_length(answers):
    return (
        min(10, len(answers[0].split()))
        if len(answers) == 1
        else LABELS[max(range(len(answers)), key=lambda at: len(answers[at]))]
    )


GIVEN = [{"base": "Rest.", "tuned": "What keeps you awake when the house is quiet?"}] * len(ASKED)


def test_all_seven_scores_or_none():
    whole = {"explanation": "Good.", **dict.fromkeys(SCORES.values, 7)}
    assert len(METRICS) == 7
    assert SCORES.read(json.dumps(whole)) == dict.fromkeys(SCORES.values, "7")
    assert SCORES.read(f"I think {{so}}. ```json\n{json.dumps({**whole, 'empathy': '9'})}\n```")["empathy"] == "9"
    for wrong in (
        {"empathy": 11},
        {"empathy": -1},
        {"empathy": None},
        {"empathy": 7.5},
        {"empathy": True},
        {"explanation": ""},
    ):
        assert SCORES.read(json.dumps({**whole, **wrong})) is None
    del whole["safety"]
    assert SCORES.read(json.dumps(whole)) is None
    assert SCORES.read("7 7 7 7 7 7 7") is None


def test_a_failed_judgement_is_asked_again_and_never_becomes_a_number():
    answers = ["one two three", "one two", "", "one two three four"]
    judge = Scripted(by_length, broken=lambda number, attempt: number == 1 or (number == 0 and attempt == 0))
    found = scored(judge, ASKED[:4], answers)
    assert found[0] == dict.fromkeys((metric.key for metric in METRICS), 3)
    assert found[1] is None
    assert set(found[2].values()) == {1}, "an empty answer has the lowest score by rule"
    assert [number for _, number, _ in judge.asked].count(1) == ATTEMPTS
    assert [number for _, number, _ in judge.asked].count(0) == 2
    assert 2 not in [number for _, number, _ in judge.asked]


def test_the_prompt_holds_what_is_judged_and_nothing_else_of_the_item():
    seen = {}

    class Reader(Scripted):
        def ask(self, step, prompts, attempt, form):
            seen.update(prompts)
            return super().ask(step, prompts, attempt, form)

    scored(Reader(by_length), ["I <b>cannot</b> {{ sleep }}."], ["Try {% this %}."])
    assert "I <b>cannot</b> {{ sleep }}." in seen[0]
    assert "Try {% this %}." in seen[0]
    assert all(metric.key in seen[0] for metric in METRICS)
    assert "length" not in seen[0] or "long answer is not a better one" in seen[0]


def test_a_judge_that_knows_the_better_answer_is_believed():
    found = compared(Scripted(by_length), ASKED, GIVEN)
    assert all(one.winners == dict.fromkeys((c.key for c in CRITERIA), "tuned") for one in found)
    assert wins(found, ["base", "tuned"])["overall"] == {"base": 0, "tuned": 12, TIE: 0}
    document = bias(found, GIVEN)
    assert (document["flip_rate"], document["first_place_rate"], document["longest_wins_rate"]) == (0.0, 0.5, 1.0)


@pytest.mark.parametrize("size", [2, 3])
def test_a_judge_that_looks_at_the_order_only_decides_nothing(size):
    given = [{name: f"{name} says so" for name in ("base", "tuned", "therapist")[:size]}] * len(ASKED)
    found = compared(Scripted(lambda _answers: "A"), ASKED, given)
    assert all(set(one.winners.values()) == {TIE} for one in found)
    document = bias(found, given)
    assert (document["flip_rate"], document["first_place_rate"], document["longest_wins_rate"]) == (1.0, 1.0, None)


def test_three_answers_change_their_places_from_person_to_person():
    prompts = {}

    class Reader(Scripted):
        def ask(self, step, some, attempt, form):
            prompts.update(some)
            return super().ask(step, some, attempt, form)

    given = [{"a": "first text", "b": "second text", "c": "third text"}] * len(ASKED)
    compared(Reader(lambda _answers: TIE), ASKED, given)
    orders = [tuple(shown(prompts[number])) for number in sorted(prompts)]
    assert all(one == other[::-1] for one, other in zip(orders[::2], orders[1::2], strict=True))
    assert len(set(orders)) > 2


def test_an_empty_answer_loses_without_being_asked_about():
    given = [{"base": "", "tuned": "Tell me more about it."}, {"base": "", "tuned": " "}]
    judge = Scripted(by_length)
    found = compared(judge, ASKED[:2], given)
    assert found[0].winners["overall"] == "tuned"
    assert found[1].winners["overall"] == TIE
    assert judge.asked == []
    assert bias(found, given)["by_rule"] == 2


def test_half_a_comparison_is_none():
    judge = Scripted(by_length, broken=lambda number, _attempt: number % 2 == 1)
    found = compared(judge, ASKED, GIVEN)
    assert all(one.winners is None for one in found)
    document = bias(found, GIVEN)
    assert (document["failed"], document["judged"], document["flip_rate"]) == (12, 0, None)


def test_pay_by_length_is_seen():
    answers = ["word " * size for size in range(1, 10)]
    assert length_correlation(scored(Scripted(by_length), ASKED[:9], answers), answers) == pytest.approx(1.0)
    fair = scored(Scripted(lambda answers: 5 + (len(answers[0]) % 3)), ASKED[:9], answers)
    assert abs(length_correlation(fair, answers)) < 0.5


def test_agreement_between_judges():
    answers = ["word " * size for size in range(1, 10)]
    one = scored(Scripted(by_length), ASKED[:9], answers)
    other = scored(Scripted(lambda shown_: 11 - by_length(shown_)), ASKED[:9], answers)
    assert set(score_agreement(one, one).values()) == {1.0}
    assert all(value < 0 for value in score_agreement(one, other).values())
    alternating = [
        dict(zip(("base", "tuned"), ("Rest.", "What keeps you up?")[:: 1 if at % 2 else -1], strict=True))
        for at in range(12)
    ]
    first = compared(Scripted(by_length), ASKED, alternating)
    assert winner_agreement(first, first)["overall"] == 1.0
    contrary = compared(Scripted(lambda shown_: "B" if by_length(shown_) == "A" else "A"), ASKED, alternating)
    assert winner_agreement(first, contrary)["overall"] == -1.0


def test_families_are_known_by_name():
    assert family("Meta-Llama-3.1-8B-Instruct") == family("llama-3.2-1b") == "llama"
    assert family("gpt-4o-mini") == "gpt"
    assert family("my-folder", "qwen2") == "qwen"
    assert family("my-folder") is None
