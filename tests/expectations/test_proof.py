"""What the report says of how much may have been missed, and of what is not treated."""

import re

import pytest

from expectations.gate import GateResult
from expectations.safe_harbor import harbor_rows

RATE = {"rate": 0.9, "low": 0.596, "high": 0.982, "hits": 9, "of": 10}


@pytest.fixture
def words(tmp_path, manifest, report_page):
    """What a reader of the page sees."""

    def read(**parts):
        html = report_page(tmp_path, GateResult(passed=True, results=()), manifest | parts).read_text()
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)))

    return read


def test_canaries_are_reported_and_their_absence_is(words):
    canaries = {
        "of_each_class": 10,
        "overall": RATE,
        "by_class": {"NAME": RATE},
        "leaked": 1,
        "leaked_but_pointed_at": 0,
    }
    text = words(canaries=canaries)
    assert "9 of 10 canaries were caught (90.0 % (59.6 to 98.2))" in text
    assert "NAME 1,234 90.0 % (59.6 to 98.2) 9 of 10" in text
    assert "AGE90 2 not measured" in text
    assert "A. Names replaced 1,234 9 of 10" in text
    assert "No canaries were planted" in words()
    assert "A. Names replaced 1,234 not measured" in words()


def test_recapture_is_called_a_lower_bound(words):
    found = {
        "first": 90,
        "second": 60,
        "both": 55,
        "missed_by_both_at_least": 3.2,
        "interval_if_independent": [0.4, 7.0],
    }
    text = words(recapture={"words": found})
    assert "Names, places, organisations 90 60 55 3 0 to 7" in text
    assert "lower bound" in text


def test_a_reviewed_sample_is_the_rule_of_three(words):
    sample = {"read": 300, "leaks": 0, "at_most": 0.00994, "same_rows": True}
    assert "A person read 300 passages drawn at random from this build and found 0" in words(reviewed_sample=sample)
    assert "at most 0.99 % of its passages hold one (the rule of three)" in words(reviewed_sample=sample)
    leaky = words(reviewed_sample=sample | {"leaks": 2, "same_rows": False})
    assert "an earlier build" in leaky
    assert "rule of three" not in leaky
    assert "No sample of the output has been read by a person yet" in words()


def test_quasi_identifiers_stand_beside_the_classes(words):
    metadata = {"columns": ["age_range", "gender"], "clients": 40, "combinations": 7, "smallest": 1, "alone": 2}
    metadata |= {"in_small_groups": 9, "small": 5, "alone_by_column": {"age_range": 1, "gender": 0}}
    stories = {"": 3, "occupation + place": 5, "occupation + place + rare event": 2}
    text = words(quasi_identifiers={"stories": stories, "metadata": metadata})
    assert "occupation + place + rare event 2" in text
    assert "none of the three 3" in text
    assert "40 clients fall into 7 combinations. The smallest has 1 (k = 1); 2 clients stand alone" in text
    assert text.index("The eighteen classes of the Safe Harbor") < text.index("Facts that are no identifiers")
    nothing = metadata | {"columns": [], "combinations": 0, "smallest": None, "alone_by_column": {}}
    assert "No such fact is published" in words(quasi_identifiers={"stories": {}, "metadata": nothing})


def test_what_a_recipe_leaves_in_the_text_is_said_to_be_untreated():
    rows = {
        row.harbor.letter: row for row in harbor_rows({"recipe": [{"use": "deidentify", "keep": ["LOCATION", "ORG"]}]})
    }
    assert rows["B"].treatment == "left in the text by the recipe (LOCATION): not treated"
    assert rows["A"].treatment == "replaced"
    assert "not treated" in rows["Q"].treatment
    assert rows["Q"].replaced is None
    shifted = {row.harbor.letter: row for row in harbor_rows({"recipe": [{"use": "deidentify", "dates": "shift"}]})}
    assert "not Safe Harbor" in shifted["C"].treatment
    assert len(harbor_rows({})) == 18
