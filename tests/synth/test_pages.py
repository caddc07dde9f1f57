from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora import Session, Turn
from corpora.records import Origin
from synth.pages import pages_of

TURNS = st.lists(
    st.tuples(st.sampled_from(["therapist", "client", "other"]), st.integers(1, 90)), min_size=1, max_size=40
)


def session(turns):
    spoken = [
        Turn(at, role, role, " ".join(f"w{at}.{number}" for number in range(words)) + ".")
        for at, (role, words) in enumerate(turns)
    ]
    return Session("s", "made", None, spoken, {}, Origin("x"), deidentified=True)


@given(TURNS, st.integers(5, 100), st.integers(0, 60))
def test_pages_hold_every_word_in_order_and_no_more_than_was_asked(turns, words, overlap):
    whole = session(turns)
    pages = pages_of(whole, words, overlap)
    seen = []
    for page in pages:
        said = [word for line in page.lines for word in line.text.split()]
        new = said[len([word for word in said if word in seen]) :]
        assert new, "a page brings something new"
        assert said == [word for word in said if word in seen] + new, "what is repeated stands first"
        assert page.words <= words + words // 3 + overlap
        seen += new
    assert seen == [word for turn in whole.turns for word in turn.text.split()]
    assert [page.number for page in pages] == list(range(len(pages)))
    assert pages[0].start == 0
    assert pages[-1].end == len(whole.turns)


def test_consecutive_turns_of_one_side_are_merged_and_long_ones_split_at_sentences():
    spoken = [Turn(0, "client", "C", "One two. Three four five. Six."), Turn(1, "other", "O", "Seven.")]
    page, second, *rest = pages_of(replace(session([("client", 1)]), turns=spoken), words=4)
    assert (page.text, second.text) == ("Client: One two.", "Client: Three four five. Six. Seven.")
    assert not rest
    assert (second.start, second.end) == (0, 2)
    assert not page.two_sided


def test_an_overlap_repeats_whole_turns():
    turns = [("client", 10), ("therapist", 10)] * 4
    pages = pages_of(session(turns), words=40, overlap=10)
    assert [(page.start, page.end) for page in pages] == [(0, 4), (3, 8)]


@pytest.mark.parametrize(("turns", "parts"), [([("client", 1), ("therapist", 3)], (1, 3)), ([("client", 9)], (5, 4))])
def test_halves_split_between_lines_and_then_between_words(turns, parts):
    (page,) = pages_of(session(turns), words=100)
    halves = page.halves()
    assert tuple(half.words for half in halves) == parts
    assert " ".join(half.text for half in halves).replace("Client: ", "").replace("Therapist: ", "").split() == [
        word for line in page.lines for word in line.text.split()
    ]


def test_a_single_word_has_no_halves():
    (page,) = pages_of(session([("client", 1)]), words=10)
    assert page.halves() is None
