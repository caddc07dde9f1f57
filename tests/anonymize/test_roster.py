import itertools

import pytest

from anonymize import Deidentifier, Roster, Survey, build_roster
from anonymize.roster import within_one_edit
from corpora.records import Origin, Session, Turn

DEIDENTIFIER = Deidentifier(b"k" * 32)


def session(session_id, *texts, speaker="CLIENT:", meta=None):
    turns = [Turn(i, "client", speaker, text) for i, text in enumerate(texts)]
    return Session(session_id, "test", "c1", turns, meta or {}, Origin("file"))


def survey(*texts, **more):
    return DEIDENTIFIER.survey(session("s", *texts, **more))


def test_a_survey_says_what_is_sure():
    forms = {form.form: form for form in survey("Marisol Vega called.", "I told Marisol.", "We live in Tucson.").forms}
    assert (forms["marisol"].type, forms["marisol"].count, forms["marisol"].gender) == ("NAME", 2, "f")
    assert forms["vega"].kind == "surname"
    assert forms["tucson"].type == "LOCATION"


def test_survey_and_roster_survive_json():
    one = survey("My brother Will Szymanski lives in Boston.")
    roster = build_roster("c1", [one], ["Oluchi Obi"])
    assert Survey.from_json(one.to_json()) == one
    assert Roster.from_json(roster.to_json()) == roster


def test_the_roster_does_not_depend_on_the_order_of_surveys():
    surveys = [survey("Bob came."), survey("Robert left with Marisol."), survey("My friend Bobby called from Fresno.")]
    digests = {build_roster("c1", order, ["Ann"]).digest() for order in itertools.permutations(surveys)}
    assert len(digests) == 1


def test_forms_of_one_given_name_share_a_cluster():
    roster = build_roster("c1", [survey("Robert came.", "I told Bob.", "Bobby's dog barked.", "I saw Marisol.")])
    clusters = {roster.resolve(token).cluster for token in ("Robert", "bob", "BOBBY", "Bobby's", "Bobby\u2019s")}
    assert len(clusters) == 1
    assert roster.resolve("Marisol").cluster not in clusters


@pytest.mark.parametrize("token", ["Dunleavys", "dunleavy", "DUNLEAVY", "Dunleavy's", "Dunlevy"])
def test_families_cases_and_misspellings_resolve(token):
    roster = build_roster("c1", [survey("At the Dunleavy place. Old Mr. Dunleavy was there.")])
    assert roster.resolve(token).cluster == "dunleavy"


def test_words_and_strangers_do_not_resolve():
    roster = build_roster("c1", [survey("I told Marisol.")])
    assert roster.resolve("table") is None
    assert roster.resolve("Khoa") is None


def test_a_small_word_that_is_a_surname_is_no_name_elsewhere():
    first, second = session("s1", "Then Mr. He came. Good."), session("s2", "He was fine. He left. So he did.")
    roster = build_roster("c1", [DEIDENTIFIER.survey(first), DEIDENTIFIER.survey(second)])
    assert [s.type for s in DEIDENTIFIER.apply(first, roster)[1][0]] == ["NAME"]
    assert DEIDENTIFIER.apply(second, roster)[1] == [[]]


def test_a_word_that_is_somebodys_name_stays_a_word_for_the_gate():
    roster = build_roster("c1", [survey("The dog answers to Biscuit. They call me Tiny, and I am not.")])
    assert roster.resolve("Tiny").ambiguous


def test_ambiguous_forms_are_marked():
    roster = build_roster("c1", [survey("My husband Will and my friend Oluchi came.")])
    assert roster.resolve("Will").ambiguous
    assert not roster.resolve("Oluchi").ambiguous


def test_a_name_of_the_third_session_is_masked_in_the_first():
    first = session("s1", "so then tamsyn's hat was gone", "and i had not much hope left")
    third = session("s3", "My aunt Tamsyn sold it.", "Then my friend Hope came.")
    roster = build_roster("c1", [DEIDENTIFIER.survey(s) for s in (first, third)])
    _, spans, _ = DEIDENTIFIER.apply(first, roster)
    assert [[s.type for s in of_turn] for of_turn in spans] == [["NAME"], []]


def test_phrases_are_masked_in_all_sessions_and_any_case():
    first = session("s1", "when i was in at maple hollow they were kind")
    third = session("s3", "They were kind at Maple Hollow.")
    roster = build_roster("c1", [DEIDENTIFIER.survey(s) for s in (first, third)])
    found = DEIDENTIFIER.find([first.turns[0].text], roster=roster)[0]
    assert [first.turns[0].text[s.start : s.end] for s in found] == ["maple hollow"]


def test_labels_and_metadata_are_surveyed():
    forms = {form.form for form in survey("hi", speaker="OLUCHI:", meta={"topic": "conflict with Tamsyn"}).forms}
    assert "tamsyn" in forms
    one = session("s", "so oluchi what happened", speaker="OLUCHI:")
    assert "oluchi" not in DEIDENTIFIER.replace(one).turns[0].text


def test_replace_links_forms_of_one_person_and_sets_deidentified():
    done = DEIDENTIFIER.replace(session("s", "Marisol Vega came.", "Ms. Vega said no.", "I like Marisol."))
    given, surname, _ = done.turns[0].text.split(" ")
    assert done.deidentified
    assert done.turns[1].text == f"Ms. {surname} said no."
    assert done.turns[2].text == f"I like {given}."
    assert not {"Marisol", "Vega"} & {given, surname}


@pytest.mark.parametrize(
    ("a", "b", "near"),
    [
        ("marisol", "marisl", True),
        ("marisol", "marissol", True),
        ("marisol", "marisal", True),
        ("marisol", "mairsol", True),
        ("marisol", "marisol", True),
        ("marisol", "marsal", False),
        ("ab", "ba", True),
        ("abc", "abcde", False),
    ],
)
def test_within_one_edit(a, b, near):
    assert within_one_edit(a, b) is near
    assert within_one_edit(b, a) is near
