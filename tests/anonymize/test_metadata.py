import pytest

from anonymize import Deidentifier
from anonymize.metadata import publishable, withheld

FIND = Deidentifier(key=bytes(32)).find


@pytest.mark.parametrize(
    "value",
    [
        "anxiety",
        "panic attacks",
        "PTSD",
        "Cognitive Behavioral Therapy",
        "30-39",
        "90+",
        "reducing alcohol consumption",
    ],
)
def test_what_names_nobody_passes(value):
    assert publishable({"topic": value}, FIND) == {"topic": value}


@pytest.mark.parametrize(
    "value",
    [
        "divorce from Gretchen Halvorsen",
        "fear of gunther abernethy",
        "stalking by ezekiel",
        "moved to Boise",
        "lives in tillamook",
        "call 207 555 0143",
        "laid off by the Kowalczyk plant",
    ],
)
def test_what_may_name_somebody_is_withheld(value):
    assert publishable({"topic": value}, FIND) == {"topic": None}


def test_a_list_loses_its_naming_items_only_and_the_loss_is_counted():
    before = {"symptoms": ["anxiety", "stalking by ezekiel"], "topic": "moved to Boise", "session_no": 3}
    after = publishable(before, FIND)
    assert after == {"symptoms": ["anxiety"], "topic": None, "session_no": 3}
    assert withheld(before, after) == 2


def test_the_sources_own_terms_pass_as_they_are():
    meta = {"license": "see https://example.org/terms", "consent": "on file at St. Olga's", "language": "en"}
    assert publishable(meta, FIND) == meta
