"""A build's own detector, held against transcripts that a person marked."""

import json
from pathlib import Path

import pytest

import corpora
from anonymize.proof.evaluate import evaluate, read_gold_sessions
from corpora.errors import UsageError
from pipelines import Pipeline
from pipelines.gold import recall_on_gold
from pipelines.recipe import RECIPES, load_recipe
from pipelines.stages import Expect

KEY = bytes(range(32))


@pytest.fixture(scope="module")
def gold(tmp_path_factory):
    """Two of the packaged transcripts, each with one identifier more, which nobody could find, marked in it."""
    folder = tmp_path_factory.mktemp("gold")
    packaged = sorted((Path(corpora.__file__).parent / "sample" / "gold").glob("*.json"))[:2]
    for path in packaged:
        document = json.loads(path.read_text())
        text = "Yes and then some."
        document["turns"].append({"text": text, "spans": [{"type": "ORG", "start": 4, "end": 7, "text": "and"}]})
        (folder / path.name).write_text(json.dumps(document))
    return folder


def test_it_counts_as_the_evaluation_of_the_detector_does_and_misses_what_is_missed(gold):
    plan = Pipeline(load_recipe(RECIPES / "build.toml").stages).plan(KEY)
    found = recall_on_gold(gold, plan)
    detector = plan.deidentify.deidentifier(KEY)
    whole = evaluate(read_gold_sessions(gold), detector.find)["cases"]["cased"]
    assert found == {
        "sessions": 2, "overall": whole["recall"], "names": whole["name_recall"], "by_class": whole["by_class"],
    }  # fmt: skip
    assert found["by_class"]["ORG"]["of"] - found["by_class"]["ORG"]["hits"] >= 2


def test_gold_is_read_before_the_build_and_published_as_a_hash(gold, tmp_path):
    stage = Expect(gold=gold)
    stage.check()
    assert str(gold) not in json.dumps(stage.parameters())
    before = stage.parameters()["gold"]
    (gold / "more.json").write_text((gold / "st-101-1.json").read_text())
    assert Expect(gold=gold).parameters()["gold"] != before
    (gold / "more.json").unlink()
    with pytest.raises(UsageError, match="no gold here"):
        Expect(gold=tmp_path).check()
