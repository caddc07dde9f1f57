"""The whole evaluation on models by rule: what is concluded, what is withheld, what goes on after a kill."""

import json

import pytest

from finetune.evaluate import behaviour
from finetune.evaluate.evaluation import BASE, RESULT, THERAPIST, TUNED, Plan, System, evaluate
from finetune.evaluate.items import Item, load_condition
from finetune.evaluate.measures import Meter
from finetune.evaluate.respond import Generation, Reply

ANSWER = "It sounds as though the evenings weigh on you most. What would make this week a little lighter?"


class Rule:
    """A system whose answer follows from the prompt's number."""

    def __init__(self, encoder, answer):
        self.encoder, self.answer, self.asked = encoder, answer, 0
        self.identity = {"rule": answer(0)}

    def respond(self, prompts):
        self.asked += len(prompts)
        return ((at, Reply(self.answer(at), "stop", 9)) for at in range(len(prompts)))


@pytest.fixture
def plan(tmp_path):
    items = [
        Item(f"h{at}", "held-out", f"c{at // 2}", ({"role": "user", "content": f"Night number {at} was long."},),
             ANSWER, ("Anxiety",) if at % 2 else ())
        for at in range(24)
    ]  # fmt: skip
    meter = Meter(frozenset({"mara"}), behaviour.sentiment_scorer())
    return Plan(items, [load_condition("none")], meter, (), Generation(), tmp_path / "evaluation", {"run": {}})


@pytest.fixture(scope="module")
def encoder(llama):
    from finetune.labels import Encoder
    from finetune.model import load_tokenizer

    return Encoder(load_tokenizer(str(llama)), 512, 10_000)


def systems(encoder, base, tuned):
    return [System(BASE, Rule(encoder, base)), System(TUNED, Rule(encoder, tuned), ("tiny-llama",))]


def near(at):
    return ANSWER if at % 3 else ANSWER.replace("lighter", "easier for you")


def far(at):
    return f"Here are {at} tips! Sleep? Eat? Walk? Rest? " + "Have you thought about your goals and plans today? " * (
        at % 4 + 1
    )


def test_the_closer_system_is_better_and_the_figures_say_why(plan, encoder):
    document = evaluate(plan, systems(encoder, far, near), lambda *_: None)
    found = document["conditions"]["none"]["held-out"]
    assert (found["items"], found["groups"], found["withheld"]) == (24, 12, False)
    assert found["contrasts"][BASE]["length_difference"]["verdict"] == "better"
    assert found["contrasts"][BASE]["rougeL"]["verdict"] == "better"
    assert found["measures"][THERAPIST]["length_difference"]["mean"] == 0
    assert found["symptoms"]["Anxiety"]["items"] == 12
    totals = found["symptoms"]["Anxiety"]["systems"]
    assert totals[THERAPIST]["totals"]["questions"] == 12 < totals[BASE]["totals"]["questions"]
    assert json.loads((plan.out / RESULT).read_text()) == document
    assert ANSWER[:20] not in (plan.out / RESULT).read_text()


def test_two_systems_alike_get_no_verdict(plan, encoder):
    found = evaluate(plan, systems(encoder, near, near), lambda *_: None)["conditions"]["none"]["held-out"]
    assert {one["verdict"] for one in found["contrasts"][BASE].values()} == {"not shown"}


def test_platitudes_get_no_verdict_however_close_they_are(plan, encoder):
    document = evaluate(plan, systems(encoder, far, lambda _at: "I'm sorry to hear that."), lambda *_: None)
    found = document["conditions"]["none"]["held-out"]
    assert found["withheld"]
    assert {one["verdict"] for one in found["contrasts"][BASE].values()} == {"withheld"}
    assert any("100% of the tuned model's answers are degenerate" in warning for warning in document["warnings"])


def test_answers_are_not_asked_for_twice(plan, encoder):
    first = evaluate(plan, systems(encoder, far, near), lambda *_: None)
    again = systems(encoder, far, near)
    assert evaluate(plan, again, lambda *_: None) == first
    assert [system.responder.asked for system in again] == [0, 0]
