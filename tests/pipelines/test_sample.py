import json
import re
from collections import Counter

import polars as pl
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from corpora.errors import UsageError
from pipelines.commands.corpus import explain
from pipelines.recipe import load_recipe
from pipelines.stages import Mix, Sample
from pipelines.stages.strata import grouped, shared_out

SUPPLY = st.dictionaries(st.text("abc", min_size=1, max_size=3), st.integers(1, 60), min_size=1, max_size=8)


@given(st.integers(1, 200), SUPPLY, st.sampled_from(["proportional", "equal"]))
def test_shares_sum_to_the_size_and_stay_within_the_supply(size, supply, allocation):
    given_out = shared_out(size, supply, allocation)
    assert sum(given_out.values()) == min(size, sum(supply.values()))
    assert all(0 <= given_out[name] <= supply[name] for name in supply)
    if allocation == "equal":
        most = max(given_out.values())
        assert all(given_out[name] >= min(supply[name], most - 1) for name in supply)
    else:
        exact = {name: min(size, sum(supply.values())) * have / sum(supply.values()) for name, have in supply.items()}
        assert all(abs(given_out[name] - exact[name]) < 1 for name in supply)


@pytest.fixture
def many(frame_of):
    """A thousand examples: seven in ten anxious, one client with a third of all."""
    rows = []
    for number in range(1000):
        emotion = ["anxious", "sad", "angry"][min(number % 10 // 7 + number % 10 // 9, 2)]
        gender = ["female", "male", None][number % 3]
        client = "loud" if number % 3 == 0 else f"c{number}"
        rows.append(
            {"client": client, "answer": "yes " * (number % 150), "meta": {"emotion": emotion, "gender": gender}}
        )
    return frame_of(*rows)


def kept(stage, frame):
    return stage.apply(frame).filter(pl.col("dropped").is_null()).collect()


def test_a_proportional_sample_keeps_every_share_and_says_so(many):
    stage = Sample(size=200, by=("emotion", "gender", "dialogue_length"))
    rows = kept(stage, many)
    assert rows.height == 200
    assert abs(Counter(rows["emotion"])["anxious"] - 140) <= 1
    audit = stage.findings(many, stage.apply(many))["sampling"][0]
    assert (audit["before"], audit["after"]) == (1000, 200)
    anxious = audit["audit"]["emotion"][0]
    assert (anxious["value"], anxious["before"], anxious["share_before"]) == ("anxious", 700, 0.7)
    assert abs(anxious["share_after"] - 0.7) < 0.01
    assert {row["value"] for row in audit["audit"]["gender"]} == {"female", "male", "unknown"}


def test_an_equal_one_balances(many):
    assert set(Counter(kept(Sample(by=("emotion",), allocation="equal"), many)["emotion"]).values()) == {100}
    rows = kept(Sample(size=450, by=("emotion",), allocation="equal"), many)
    assert Counter(rows["emotion"]) == {"anxious": 175, "sad": 175, "angry": 100}


def test_a_larger_sample_holds_the_smaller_and_the_seed_draws_another(many):
    small, large, other = (
        set(kept(Sample(size=size, seed=seed), many)["example_id"]) for size, seed in ((50, 0), (90, 0), (50, 1))
    )
    assert small < large
    assert len(small & other) < 25


def test_no_client_gives_more_than_the_cap(many, fates):
    stage = Sample(per_client=5)
    assert Counter(fates(stage.apply(many)).values()) == {None: 671, "over_client_cap": 329}
    assert Counter(kept(stage, many)["client_id"])["loud"] == 5


def test_an_example_with_several_symptoms_counts_under_the_rarest(frame_of):
    rows = [{"meta": {"symptoms": symptoms}} for symptoms in (["fear", "grief"], ["fear"], ["fear"], None)]
    table = grouped(frame_of(*rows), ("symptom", "response_length")).sort("example_id").collect()
    assert table["symptom"].to_list() == ["grief", "fear", "fear", "unknown"]
    assert set(table["response_length"]) == {"0-19"}


def test_a_mixture_has_the_shares_asked_for_and_the_scarcest_part_decides(frame_of, fates):
    rows = [{"kind": "paraphrase"}] * 40 + [{"kind": "synthetic"}] * 200 + [{"kind": "qa"}] * 7
    frame = frame_of(*rows)
    stage = Mix(weights={"paraphrase": 1, "synthetic": 3})
    assert Counter(kept(stage, frame)["kind"]) == {"paraphrase": 40, "synthetic": 120}
    assert Counter(fates(stage.apply(frame)).values()) == {None: 160, "not_in_mix": 87}
    shares = stage.findings(frame, stage.apply(frame))["sampling"][0]["audit"]["kind"]
    assert {row["value"]: row["share_after"] for row in shares} == {"paraphrase": 0.25, "synthetic": 0.75, "qa": 0}
    assert Counter(kept(Mix(weights={"qa": 1, "synthetic": 1}, size=6), frame)["kind"]) == {"qa": 3, "synthetic": 3}


def test_a_wrong_grouping_or_weight_is_refused_with_what_there_is(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('[[stage]]\nuse = "sample"\nby = ["mood"]\n')
    with pytest.raises(UsageError, match="emotion"):
        load_recipe(path)
    path.write_text('[[stage]]\nuse = "mix"\nweights = {}\n')
    with pytest.raises(UsageError, match="at least one part"):
        load_recipe(path)


def test_explain_shows_what_a_sample_changed(frame_of, tmp_path):
    frame = frame_of({"kind": "paraphrase"}, *[{"kind": "synthetic"}] * 3)
    stage = Mix(weights={"paraphrase": 1, "synthetic": 2})
    manifest = {"accounting": {"examples": {"seen": 4, "kept": {"kept": 3}, "dropped": {}, "quarantined": {}}}}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest | stage.findings(frame, stage.apply(frame))))
    shown = CliRunner().invoke(explain, [str(tmp_path)]).output
    assert "mix: 3 of 4 examples" in shown
    assert re.search(r"synthetic\W+3\W+75\.0%\W+2\W+66\.7%", shown)
