from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora.errors import UsageError
from pipelines.stages import Split
from pipelines.stages.split import read_folds

GROUPS = st.sets(st.text("0123456789abcdef", min_size=8, max_size=8), min_size=3, max_size=40).map(sorted)


@given(GROUPS)
def test_three_or_more_groups_never_leave_a_split_empty(groups):
    placed, _ = Split().assign(groups)
    assert set(placed) == set(groups)
    assert set(placed.values()) == {"train", "validation", "test"}


@given(GROUPS, st.data())
def test_places_stay_when_data_are_added(groups, data):
    first = data.draw(st.lists(st.sampled_from(groups), min_size=3, unique=True))
    before, moved = Split().assign(first)
    after, _ = Split().assign(groups, moved)
    assert not [g for g in first if before[g] == "test" and after[g] == "train"]
    assert {g: after[g] for g in moved} == moved


@given(GROUPS)
def test_a_rebuild_from_its_own_manifest_changes_nothing(groups):
    placed, moved = Split().assign(groups)
    assert Split().assign(groups, moved) == (placed, moved)


@given(GROUPS, st.data())
def test_bound_groups_stand_together_and_none_comes_nearer_to_training(groups, data):
    bound = {group: data.draw(st.sampled_from("ab")) for group in groups if data.draw(st.booleans())}
    free, _ = Split().assign(groups)
    placed, moved = Split().assign(groups, bound=bound)
    assert all(len({placed[group] for group in bound if bound[group] == name}) <= 1 for name in "ab")
    units = {bound.get(group, group) for group in groups}
    if len(units) >= 3:
        assert set(placed.values()) == {"train", "validation", "test"}
    else:
        assert not [g for g in groups if Split()._natural(Split()._hash(g)) == "test" and placed[g] == "train"]
    assert {g: placed[g] for g in moved} == moved
    assert set(free) == set(placed)


def test_the_order_of_groups_does_not_matter():
    groups = [f"{n:08x}" for n in range(50)]
    assert Split().assign(groups) == Split().assign(groups[::-1])


def test_shares_are_about_those_asked_for():
    placed, moved = Split(ratios=(0.7, 0.2, 0.1)).assign([f"{n:08x}" for n in range(4000)])
    shares = Counter(placed.values())
    assert not moved
    assert [round(shares[s] / 4000, 1) for s in ("train", "validation", "test")] == [0.7, 0.2, 0.1]


def test_a_ratio_of_zero_leaves_that_split_out():
    placed, _ = Split(ratios=(0.5, 0.0, 0.5)).assign([f"{n:08x}" for n in range(100)])
    assert set(placed.values()) == {"train", "test"}


def test_another_seed_is_another_draw():
    groups = [f"{n:08x}" for n in range(100)]
    assert Split(seed=1).assign(groups) != Split().assign(groups)


def test_fewer_than_three_groups_stay_where_their_hash_puts_them():
    placed, moved = Split().assign(["aa", "bb"])
    assert len(placed) == 2
    assert not moved


def test_shares_must_sum_to_one():
    with pytest.raises(ValueError, match="sum to 1"):
        Split(ratios=(0.8, 0.1, 0.2))


def test_folds_of_the_users_own(tmp_path):
    path = tmp_path / "folds.csv"
    path.write_text("client_id,split\n101,train\n102,test\n")
    assert read_folds(path) == {"101": "train", "102": "test"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("client,split\n1,train\n", "no column client_id"),
        ("client_id,split\n1,dev\n", "line 2"),
        ("\xff\xfe", "column"),
    ],
)
def test_wrong_folds_say_what_and_where(tmp_path, text, said):
    path = tmp_path / "folds.csv"
    path.write_text(text)
    with pytest.raises(UsageError, match=said):
        read_folds(path)
