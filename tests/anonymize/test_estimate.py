import random

import pytest

from anonymize.proof.estimate import most_likely_at_most, over_sessions, recapture, wilson


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (29, 29, 0.8830, 1.0)],
)
def test_wilsons_interval_is_the_published_one(hits, total, low, high):
    """The examples of Newcombe (1998), Statistics in Medicine 17, table I, method 3."""
    assert wilson(hits, total) == pytest.approx((low, high), abs=6e-5)


def test_nothing_seen_says_nothing():
    assert wilson(0, 0) == (0.0, 1.0)
    assert most_likely_at_most(0, 0) == 1.0


@pytest.mark.parametrize("seen", [30, 100, 1000])
def test_the_rule_of_three(seen):
    assert most_likely_at_most(0, seen) == pytest.approx(1 - 0.05 ** (1 / seen))
    assert most_likely_at_most(0, seen) == pytest.approx(3 / seen, rel=0.06)


def test_the_bound_grows_with_what_was_found_and_shrinks_with_what_was_read():
    assert most_likely_at_most(1, 100) == pytest.approx(0.0466, abs=1e-4)  # exact binomial tables
    assert most_likely_at_most(0, 100) < most_likely_at_most(1, 100) < most_likely_at_most(5, 100)
    assert most_likely_at_most(1, 1000) < most_likely_at_most(1, 100)


def test_sessions_that_disagree_widen_the_interval():
    alike, unlike = [(9, 10)] * 20, [(10, 10)] * 18 + [(0, 10)] * 2
    assert over_sessions(alike) == wilson(180, 200)
    low, _ = over_sessions(unlike)
    assert low < wilson(180, 200)[0] - 0.05
    assert over_sessions(unlike) == over_sessions(unlike)


def test_certainty_is_never_claimed():
    assert over_sessions([(10, 10)] * 5)[0] < 0.95


def test_capture_recapture_recovers_what_independent_readers_miss():
    draw = random.Random(5)
    errors = []
    for _ in range(200):
        first = [draw.random() < 0.9 for _ in range(1000)]
        second = [draw.random() < 0.6 for _ in range(1000)]
        both = sum(a and b for a, b in zip(first, second, strict=True))
        missed = sum(not a and not b for a, b in zip(first, second, strict=True))
        errors.append(recapture(sum(first), sum(second), both).missed - missed)
    assert abs(sum(errors) / len(errors)) < 1.5


def test_readers_that_fail_together_make_it_a_lower_bound():
    """A hundred identifiers, forty of which neither can find: two readers that agree see nothing amiss."""
    assert recapture(60, 60, 60).missed == 0
    with pytest.raises(ValueError, match="7 found by both"):
        recapture(6, 9, 7)
