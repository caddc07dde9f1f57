import pytest

from anonymize import Deidentifier, build_roster
from anonymize.rulings import Decision, read_decisions, rulings
from corpora.errors import UsageError
from corpora.records import Origin, Session, Turn

KEY = bytes(32)
TURNS = [
    "My brother Khoa works at Matteson Hospital in Albuquerque.",
    "we saw the heron gate, then Khoa's car. Heron gate!",
]


def masked(ruled, turns=TURNS):
    found = Deidentifier(KEY, rulings=ruled).find(turns)
    return [turn[s.start : s.end] for turn, spans in zip(turns, found, strict=True) for s in spans]


def decided(**tokens):
    return [Decision(token.replace("_", " "), what, "A. Steward", "2026-01-02") for token, what in tokens.items()]


def test_without_rulings_nothing_changes():
    assert masked(rulings()) == ["Khoa", "Matteson Hospital", "Albuquerque", "Khoa"]


def test_a_class_may_stay():
    assert masked(rulings(["ORG"])) == ["Khoa", "Albuquerque", "Khoa"]
    assert masked(rulings(["ORG", "LOCATION"])) == ["Khoa", "Khoa"]


@pytest.mark.parametrize("kind", ["NAME", "PHONE", "SSN", "nonsense"])
def test_names_and_numbers_may_not(kind):
    with pytest.raises(UsageError, match="cannot be kept"):
        rulings([kind])


def test_what_a_steward_rules_holds_in_any_case():
    ruled = rulings(decisions=decided(khoa="keep", Heron_Gate="mask"))
    assert masked(ruled) == ["Matteson Hospital", "Albuquerque", "heron gate", "Heron gate"]
    assert masked(ruled, [turn.upper() for turn in TURNS])[-1] == "HERON GATE"


def test_the_later_of_two_decisions_counts():
    first, second = decided(heron="mask")[0], Decision("heron", "keep", "B", "2026-03-01")
    assert rulings(decisions=[second, first]).mask == frozenset()
    assert rulings(decisions=[second, first]).keep == {("heron",)}


def test_what_stays_is_on_no_roster_and_what_goes_gets_a_surrogate():
    detector = Deidentifier(KEY, rulings=rulings(["LOCATION"], decided(heron_gate="mask", khoa="keep")))
    session = Session("s", "test", "c", [Turn(i, "client", "C:", t) for i, t in enumerate(TURNS)], {}, Origin("f"))
    survey = detector.survey(session)
    assert {form.form for form in survey.forms} == {"matteson hospital"}
    text = " ".join(turn.text for turn in detector.replace(session, build_roster("c", [survey])).turns)
    assert "Khoa" in text
    assert "Albuquerque" in text
    assert "eron gate" not in text


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def test_a_reviewed_list_is_read_and_undecided_rows_are_passed_over(tmp_path):
    path = write(tmp_path / "d.csv", "count,token,decision,who,when\n3,Heron,MASK,A,2026-01-02\n1,gate,,,\n")
    assert read_decisions(path) == [Decision("Heron", "mask", "A", "2026-01-02")]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("token,decision\n", "no column when, who"),
        ("token,decision,who,when\nQuillon,burn,A,2026\n", "line 2: the decision must be"),
        ("token,decision,who,when\nQuillon,mask,,2026\n", "line 2: say who decided"),
        ("token,decision,who,when\n--,mask,A,2026\n", "line 2: the token holds no word"),
    ],
)
def test_a_bad_line_is_named_without_its_token(tmp_path, text, why):
    with pytest.raises(UsageError, match=why) as error:
        read_decisions(write(tmp_path / "d.csv", text))
    assert "Quillon" not in str(error.value)
