"""What is concluded from figures: intervals that cover, tests that reject as often as they say, agreement."""

import itertools

import numpy as np
import pytest

from finetune.evaluate.statistics import estimate, holm, kappa, rank_correlation, sign_flip


def clustered(rng, groups, each, effect=0.0):
    """Values whose groups differ from one another more than their members do."""
    levels = rng.normal(effect, 1.0, groups)
    return np.repeat(levels, each) + rng.normal(0, 0.3, groups * each), [
        str(g) for g in range(groups) for _ in range(each)
    ]


def test_intervals_cover_the_truth_and_know_that_clients_resemble_themselves():
    rng = np.random.default_rng(5)
    covered = ignoring = 0
    for trial in range(200):
        values, groups = clustered(rng, 20, 10)
        found = estimate(values, groups, seed=trial)
        covered += found.low <= 0 <= found.high
        alone = estimate(values, [str(at) for at in range(len(values))], seed=trial)
        ignoring += alone.low <= 0 <= alone.high
    assert covered >= 176  # 88 %: percentile intervals of 20 groups are a little short of 95 %
    assert ignoring < 120


def test_missing_values_and_few_groups_are_told_apart():
    assert estimate([float("nan")] * 3, ["a", "b", "c"]) is None
    few = estimate([1.0, 2.0, float("nan")], ["a", "b", "c"])
    assert (few.mean, few.low, few.n, few.groups) == (1.5, None, 2, 2)
    assert sign_flip([1.0] * 5, list("abcde")) is None


def test_an_interval_is_that_of_group_weighted_means():
    """Groups of unequal size: the mean is over responses."""
    assert estimate([1, 1, 1, 5], ["a", "a", "a", "b"]).mean == 2.0


@pytest.mark.parametrize("size", [6, 9])
def test_sign_flip_is_the_exact_test_for_few_groups(size):
    sums = np.random.default_rng(size).normal(0.5, 1, size)
    flips = [abs(np.dot(signs, sums)) for signs in itertools.product((1, -1), repeat=size)]
    exact = np.mean([flip >= abs(sums.sum()) - 1e-9 for flip in flips])
    assert sign_flip(sums, [str(at) for at in range(size)]) == pytest.approx(exact)


def test_sign_flip_rejects_a_true_null_as_often_as_it_says():
    rng = np.random.default_rng(3)
    p_values = []
    for trial in range(200):
        values, groups = clustered(rng, 11, 5)
        p_values.append(sign_flip(values, groups, seed=trial))
    assert 2 <= sum(p <= 0.05 for p in p_values) <= 20
    values, groups = clustered(rng, 30, 5, effect=1.5)
    assert sign_flip(values, groups) < 0.01


def test_holm_multiplies_the_smallest_most_and_never_falls():
    corrected = holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": None})
    assert corrected == pytest.approx({"a": 0.03, "b": 0.06, "c": 0.06, "d": None})


def test_rank_correlation_is_scipys():
    scipy_stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(1)
    a, b = rng.integers(0, 6, 40), rng.integers(0, 6, 40)
    assert rank_correlation(a, b) == pytest.approx(scipy_stats.spearmanr(a, b).statistic)
    assert rank_correlation([1, 2], [1, 2]) is None
    assert rank_correlation([1, 1, 1], [1, 2, 3]) is None


def test_kappa_by_hand():
    """Two raters, 20 of 30 agree, both say yes to half: chance is one half."""
    a = ["yes"] * 15 + ["no"] * 15
    b = ["yes"] * 10 + ["no"] * 5 + ["yes"] * 5 + ["no"] * 10
    assert kappa(a, b) == pytest.approx((20 / 30 - 0.5) / 0.5)
    assert kappa([1, 5, 9], [1, 5, 9], ordered=True) == 1.0
    assert kappa([1, 2, 3, 4], [2, 3, 4, 5], ordered=True) > kappa([1, 2, 3, 4], [2, 3, 4, 5])
    assert kappa(["a"], ["a"]) is None
    assert kappa([], []) is None
