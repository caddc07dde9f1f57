from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora.records import Drop, Example, Origin, Session, Turn, count_words
from pipelines.accounting import as_document, tally_session
from pipelines.stages import Windows


def session(*spoken):
    turns = [Turn(index, role, role.upper(), text) for index, (role, text) in enumerate(spoken)]
    return Session("s-1", "test", "c-1", turns, {"topic": "sleep"}, Origin("s-1.txt"), deidentified=True)


def words(count, word="word"):
    return " ".join([word] * count)


def test_a_long_therapist_turn_becomes_one_example_with_the_turns_before_it():
    (made,) = Windows(min_words=5).make(session(("client", "I slept badly."), ("therapist", words(5))))
    assert [(m.role, m.content) for m in made.prompt] == [("user", "I slept badly.")]
    assert [(m.role, m.content) for m in made.completion] == [("assistant", words(5))]
    assert (made.response_words, made.context_turns, made.meta["topic"]) == (5, 1, "sleep")


def test_a_short_therapist_turn_is_context_and_never_a_target():
    talk = session(("client", "a"), ("therapist", "Mm-hm."), ("client", "b"), ("therapist", words(50)))
    short, made = Windows().make(talk)
    assert short == Drop("below_min_words", "turn", talk.origin, "s-1", count=1, turns=(1, 2))
    assert [m.content for m in made.prompt] == ["a", "Mm-hm.", "b"]


def test_words_are_counted_after_turns_of_one_side_were_merged():
    talk = session(("client", "a"), ("therapist", words(30)), ("therapist", words(20)))
    (made,) = Windows(min_words=50).make(talk)
    assert made.response_words == 50
    assert (made.provenance.turn_start, made.provenance.turn_end) == (1, 3)


def test_other_speakers_and_all_of_a_couple_stand_on_the_clients_side():
    talk = session(("client", "he"), ("other", "she"), ("client", "they"), ("therapist", words(2)))
    (made,) = Windows(min_words=1).make(talk)
    assert [(m.role, m.content) for m in made.prompt] == [("user", "he she they")]


def test_a_target_that_opens_the_session_has_no_context():
    (drop,) = Windows(min_words=1).make(session(("therapist", words(3)), ("client", "a")))
    assert drop.reason == "no_context"


def test_min_words_0_keeps_every_therapist_turn_that_has_context():
    made = Windows(min_words=0).make(
        session(("client", "a"), ("therapist", "Ok."), ("client", "b"), ("therapist", "Yes."))
    )
    assert [m.completion[0].content for m in made] == ["Ok.", "Yes."]


def test_context_over_the_word_cap_is_cut_at_a_message_border_and_flagged():
    talk = session(
        ("client", words(6, "old")), ("therapist", "t"), ("client", words(4, "new")), ("therapist", words(50))
    )
    made = Windows(context_words=8).make(talk)[-1]
    assert [m.content for m in made.prompt] == [words(4, "new")]
    assert made.flags == ("truncated_context",)


def test_a_single_client_turn_over_the_cap_keeps_its_last_words():
    talk = session(("client", "one two three four"), ("therapist", words(50)))
    (made,) = Windows(context_words=2).make(talk)
    assert made.prompt[0].content == "three four"
    assert made.flags == ("truncated_context",)


ROLES = st.sampled_from(["therapist", "client", "other"])
SPOKEN = st.lists(st.tuples(ROLES, st.integers(1, 12).map(words)), min_size=1, max_size=30)


@given(SPOKEN, st.integers(0, 10), st.integers(1, 6), st.integers(1, 40))
def test_prompts_alternate_start_and_end_with_the_client_and_keep_both_bounds(spoken, least, turns, cap):
    talk = session(*spoken)
    made = Windows(min_words=least, context_turns=turns, context_words=cap).make(talk)
    for example in (item for item in made if isinstance(item, Example)):
        roles = [message.role for message in example.prompt]
        assert roles == (["user", "assistant"] * len(roles))[: len(roles)]
        assert roles[-1] == "user"
        assert len(roles) == example.context_turns <= turns
        assert sum(count_words(m.content) for m in example.prompt) <= cap
        assert example.response_words == count_words(example.completion[0].content) >= least


@given(SPOKEN, st.integers(0, 10), st.integers(1, 6), st.integers(1, 40))
def test_every_turn_has_exactly_one_fate(spoken, least, turns, cap):
    talk = session(*spoken)
    tally = Counter()
    tally_session(tally, len(talk.turns), Windows(min_words=least, context_turns=turns, context_words=cap).make(talk))
    entry = as_document(tally)["turns"]
    assert entry["seen"] == len(talk.turns) == sum(entry["kept"].values()) + sum(entry["dropped"].values())


@pytest.mark.parametrize("wrong", [{"min_words": -1}, {"context_turns": 0}, {"context_words": 0}, {"min_word": 5}])
def test_nonsense_parameters_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Windows(**wrong)
