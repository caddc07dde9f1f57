import ast
import inspect

import pytest

from anonymize.proof import second
from anonymize.proof.second import find_otherwise


def found(*turns):
    return [[turn[s.start : s.end] for s in spans] for turn, spans in zip(turns, find_otherwise(turns), strict=True)]


TALK = "I went there and we talked about it, and then it was late so I left. It was good. We will see."


def test_capitals_inside_sentences_and_words_of_no_dictionary():
    assert found(TALK, "So I told Grace and Zbyszko Wieczorek about it.") == [[], ["Grace", "Zbyszko Wieczorek"]]


def test_what_a_session_also_writes_small_is_a_word():
    assert found(TALK, "I have Hope. I hope so.") == [[], []]


def test_without_capitals_only_words_of_no_dictionary():
    assert found(TALK.lower(), "so i told grace and zbyszko wieczorek about it") == [[], ["zbyszko wieczorek"]]


def test_what_identifies_nobody_is_no_suspect():
    assert found(TALK, "On Monday Mom and I drove to Texas with the Zoloft and God knows, Doctor.") == [[], []]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("call 614-555-0142 now", "614-555-0142"),
        ("it is 48 1200 9931 I think", "48 1200 9931"),
        ("write to tess.k@brightmail.com now", "tess.k@brightmail.com"),
        ("it is seven one three five five five oh one", "seven one three five five five oh one"),
    ],
)
def test_numbers(text, what):
    assert found(text) == [[what]]


@pytest.mark.parametrize("text", ["$1,250,000 in 2011-2012", "twenty five or thirty", "from 1998 - 2004"])
def test_quantities_and_years_are_none(text):
    assert found(text) == [[]]


def test_its_method_is_another_than_the_finders():
    """It imports none of the modules that the finder decides by, and asks no list whether a word is a name."""
    source = inspect.getsource(second)
    modules = {node.module for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)}
    assert not modules & {
        f"anonymize.{name}" for name in ("names", "places", "evidence", "speech", "reading", "finder")
    }
    assert "voc.NAME" not in source
    assert "voc.GIVEN" not in source
    assert "voc.SURNAME" not in source


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit", ["a", "A", "Ab ", "1", "1 ", "1-", "one ", "a.", "a@", "a@a.", "www.", ":", "-", "'a", "\u0301", "[NAME] "]
)
def test_a_million_hostile_characters_are_read_inside_the_bound(unit):
    from corpora.deadline import bound, time_limit

    text = unit * (1_000_000 // len(unit))
    with time_limit(bound(len(text))):
        assert len(find_otherwise([text])) == 1
