import pytest

from synth.measure import faithfulness, found_again, found_again_by_vectors, numbers, risks

PAGES = ["the piano in the kitchen", "a dog in the rain", "my work at the harbour", "my work at the harbour"]


def test_a_page_is_found_again_by_its_words_and_ties_count_in_part():
    found = found_again([(0, "piano kitchen"), (1, "piano"), (2, "harbour work")], PAGES)
    assert found == {"tried": 3, "found": 1.5, "rate": 0.5, "chance": 0.25}


def test_words_that_no_page_holds_are_a_guess_and_no_query_gives_no_rate():
    assert found_again([(0, "xylophone")], PAGES)["found"] == 0.25
    assert found_again([], PAGES)["rate"] is None


def test_a_page_is_found_again_by_vectors():
    vectors = [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)]
    assert found_again_by_vectors([(0, (0.9, 0.1, 0.0)), (1, (0.9, 0.1, 0.0))], vectors)["rate"] == 0.5


def test_faithfulness_counts_what_was_kept():
    pairs = [
        ("I do not sleep, 3 hours.", "I can't sleep, three hours."),
        ("I never eat.", "I eat."),
        ("I want to die.", "It is hard."),
        ("Nice day.", "I hurt myself."),
    ]
    found = faithfulness(pairs)
    assert found["negations"] == {"pages": 2, "kept": 1, "rate": 0.5}
    assert found["numbers"] == {"pages": 1, "kept": 1, "rate": 1.0}
    assert found["risk"] == {"pages": 1, "kept": 0, "rate": 0.0}
    assert found["risk_added"] == 1


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("I thought about killing myself", {"suicide"}),
        ("everyone would be better off without me", {"suicide"}),
        ("she took her own life", {"suicide"}),
        ("he was cutting himself", {"self_harm"}),
        ("he threatened to hit me", {"violence", "abuse"}),
        ("the deadline is killing the mood", set()),
        ("a therapist", set()),
    ],
)
def test_kinds_of_danger(text, kinds):
    assert risks(text) == kinds


def test_numbers_in_digits_and_words_are_the_same():
    assert numbers("Twenty people, 007 and 20, one day") == {"20", "7"}
