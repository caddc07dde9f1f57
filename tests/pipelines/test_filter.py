import pytest

from pipelines.stages import Filter

LOOP = "you are safe " * 20


@pytest.mark.parametrize(
    ("bounds", "row", "reason"),
    [
        ({"min_words": 5}, {"answer": "one two three four"}, "below_min_words"),
        ({"min_words": 4}, {"answer": "one two three four"}, None),
        ({"max_words": 3}, {"answer": "one two three four"}, "above_max_words"),
        ({"min_prompt_words": 3}, {"prompt": ["so", "well", "no"], "answer": "x"}, None),
        ({"min_prompt_words": 4}, {"prompt": ["so", "well", "no"], "answer": "x"}, "prompt_below_min_words"),
        ({"max_prompt_words": 2}, {"prompt": ["so", "well", "no"], "answer": "x"}, "prompt_above_max_words"),
        ({"min_context_turns": 2}, {"prompt": "so", "answer": "x"}, "below_min_turns"),
        ({"max_context_turns": 2}, {"prompt": ["so", "well", "no"], "answer": "x"}, "above_max_turns"),
        ({"ratings": ["high"]}, {"answer": "x", "meta": {"quality": "low"}}, "rated_otherwise"),
        ({"ratings": ["high"]}, {"answer": "x"}, None),
        ({"least_variety": 0.3}, {"answer": LOOP}, "repeats_itself"),
        ({"least_letters": 0.6}, {"answer": "12:30 --- 14:45 | 7/8 ok"}, "no_prose"),
        ({"min_words": 5, "kinds": ["synthetic"]}, {"answer": "one"}, None),
        ({}, {"answer": ""}, None),
    ],
)
def test_a_bound_leaves_out_what_lies_beyond_it_and_says_why(bounds, row, reason, frame_of, fates):
    assert list(fates(Filter(**bounds).apply(frame_of({"prompt": "hm", **row}))).values()) == [reason]


def test_the_first_reason_counts(frame_of, fates):
    stage = Filter(min_words=50, least_variety=0.9)
    assert list(fates(stage.apply(frame_of({"answer": "no no no"}))).values()) == ["below_min_words"]
