import re

import pytest

from anonymize import Deidentifier
from anonymize.replace import replace_session, replace_text
from anonymize.roster import Survey, SurveyForm, build_roster
from anonymize.spans import Span
from anonymize.surrogates.surrogates import Surrogates
from corpora.records import Origin, Session, Turn

ROSTER = build_roster("c1", [Survey((SurveyForm("marisol", "NAME", 3, "given", "f"),))])
SURROGATES = Surrogates(b"k" * 32, "c1", ROSTER)


def session(*texts, **meta):
    turns = [Turn(i, "client" if i % 2 else "therapist", f"DR. {i}:", t, float(i)) for i, t in enumerate(texts)]
    return Session("s", "test", "c1", turns, meta, Origin("file.txt"))


def test_spans_become_surrogates_and_the_rest_stays():
    texts = "Hello, Marisol.", "I am Marisol, born May 3rd."
    spans = [[Span(7, 14, "NAME", "r")], [Span(5, 12, "NAME", "r"), Span(19, 26, "DATE", "d")]]
    new, written = replace_session(session(*texts), spans, SURROGATES)
    for turn, old, found, placed in zip(new.turns, texts, spans, written, strict=True):
        assert [(s.type, s.rule) for s in placed] == [(s.type, s.rule) for s in found]
        rest, last = "", 0
        for span in placed:
            rest += turn.text[last : span.start] + "#"
            last = span.end
        kept, last = "", 0
        for span in found:
            kept += old[last : span.start] + "#"
            last = span.end
        assert rest + turn.text[placed[-1].end :] == kept + old[found[-1].end :]
    assert new.turns[0].text[7:-1] == SURROGATES.text_for("NAME", "Marisol")


def test_only_the_output_is_deidentified_and_speakers_are_roles():
    old = session("Hi.", "Hi.")
    new, written = replace_session(old, [[], []], SURROGATES)
    assert (old.deidentified, new.deidentified) == (False, True)
    assert [t.speaker for t in new.turns] == ["Therapist", "Client"]
    assert [t.start_s for t in new.turns] == [0.0, 1.0]
    assert written == [[], []]


@pytest.mark.parametrize(
    ("age_range", "said"),
    [("85-94", "90+"), ("90", "90+"), ("104", "90+"), ("80-89", "80-89"), ("31-40", "31-40"), (None, None)],
)
def test_ages_over_89_are_capped_in_metadata(age_range, said):
    new, _ = replace_session(session("Hi.", age_range=age_range, session_no=93, license="CC-99"), [[]], SURROGATES)
    assert new.meta == {"age_range": said, "session_no": 93, "license": "CC-99"}


def test_free_text_of_the_metadata_is_withheld_or_plain():
    one = session(
        "I told Marisol.", topic="Marisol's grief since May 3rd, 2011", symptoms=["call 614-555-0142", "insomnia"]
    )
    new = Deidentifier(b"k" * 32).replace(one)
    assert new.meta["topic"] is None
    assert new.meta["symptoms"] == ["insomnia"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("She is 93.", "She is 90 or older."),
        ("She is 93 years old.", "She is 90-plus years old."),
        ("A 93-year-old.", "A 90-plus-year-old."),
    ],
)
def test_an_age_fits_the_words_around_it_once_and_again(text, said):
    def rewritten(text):
        start = re.search(r"\d\d", text).start()
        return replace_text(text, [Span(start, start + 2, "AGE90", "r")], SURROGATES)[0]

    assert rewritten(text) == said
    assert rewritten(said) == said


@pytest.mark.parametrize(
    "spans",
    [
        [Span(0, 5, "NAME", "r"), Span(4, 8, "NAME", "r")],
        [Span(3, 3, "NAME", "r")],
        [Span(0, 50, "NAME", "r")],
        [Span(-2, 3, "NAME", "r")],
    ],
)
def test_spans_that_overlap_or_leave_the_turn_are_refused_without_its_text(spans):
    with pytest.raises(ValueError, match="overlaps another or leaves") as caught:
        replace_text("Marisol is here", spans, SURROGATES)
    assert "Marisol" not in str(caught.value)


def test_every_turn_needs_its_list_of_spans():
    with pytest.raises(ValueError, match="1 lists of spans for 2 turns"):
        replace_session(session("a", "b"), [[]], SURROGATES)


def test_the_second_pass_takes_what_the_first_found_of_numbers():
    detector = Deidentifier(b"k" * 32, encoder="off")
    old = session("What's your number?", "It's 555-0142, and I am Marisol.")
    found = detector.structured(old)
    assert [span.type for span in found[1]] == ["PHONE"]
    assert detector.apply(old, ROSTER, found) == detector.apply(old, ROSTER)
    blind = detector.apply(old, ROSTER, [[], []])[0]
    assert "555-0142" in blind.turns[1].text  # nobody looked again
    assert "Marisol" not in blind.turns[1].text
