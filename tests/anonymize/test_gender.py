import pytest

from anonymize import Deidentifier
from anonymize.surrogates.gender import gender_of
from corpora.records import Origin, Session, Turn

DEIDENTIFIER = Deidentifier(b"k" * 32)


def shown(name, *texts):
    """The gender that a survey of these turns gives a name."""
    turns = [Turn(i, "client", "CLIENT:", text) for i, text in enumerate(texts)]
    survey = DEIDENTIFIER.survey(Session("s", "test", "c1", turns, {}, Origin("file")))
    return next(form.gender for form in survey.forms if form.form == name)


@pytest.mark.parametrize(
    ("name", "gender"),
    [
        *[(name, "f") for name in ("sarah", "barbara", "marguerite", "joyce", "delfina", "svetlana", "vonetta")],
        *[(name, "m") for name in ("paul", "arthur", "reginald", "miguel", "kofi", "wojciech", "reg", "wes")],
        *[(name, "") for name in ("chris", "alex", "sam", "kim", "terry", "xqzt")],
    ],
)
def test_lists_know_the_usual_names(name, gender):
    assert gender_of(name) == gender


@pytest.mark.parametrize(
    ("text", "gender"),
    [
        ("My brother Chris called.", "m"),
        ("My sister Chris called.", "f"),
        ("Chris is my uncle.", "m"),
        ("I told Chris, my wife, about it.", "f"),
        ("Aunt Chris came over.", "f"),
        ("I saw Chris and then she left.", "f"),
        ("So Chris hurt himself.", "m"),
        ("I told Chris about it.", ""),
        ("I told Chris that Marisol said she would come.", ""),
        ("I told Chris that my mother said she would come.", ""),
    ],
)
def test_a_session_tells_the_gender_of_a_name_that_both_bear(text, gender):
    assert shown("chris", text) == gender


def test_kinship_outweighs_the_list_and_the_list_outweighs_a_pronoun():
    assert shown("marisol", "My brother Marisol came.") == "m"
    assert shown("marisol", "I told Marisol he should go.") == "f"


def test_the_surrogate_agrees_with_the_pronouns_in_all_sessions():
    from anonymize import build_roster
    from anonymize.surrogates.pools import pools

    def session(*texts):
        return Session("s", "test", "c1", [Turn(i, "client", "C:", t) for i, t in enumerate(texts)], {}, Origin("f"))

    for kin, gender in (("brother", "m"), ("sister", "f")):
        sessions = [session("Chris called me."), session(f"My {kin} Chris is back.")]
        roster = build_roster("c1", [DEIDENTIFIER.survey(s) for s in sessions])
        new = DEIDENTIFIER.replace(sessions[0], roster).turns[0].text.split(" ")[0]
        assert any(new in pool[gender].split() for pool in pools()["given"].values())
