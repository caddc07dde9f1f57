"""The same identifier, said otherwise: what is found must not depend on how a transcript writes it. Every class."""

import re

import pytest

from anonymize import SPAN_TYPES, Deidentifier

DETECTOR = Deidentifier(bytes(32))

SAID = {
    "NAME": ("I told my brother {} about the garden.", "Khoa", "Bertrand"),
    "LOCATION": ("We moved here from {} when I was nine.", "Poughkeepsie", "Chattanooga"),
    "ORG": ("I have been working at {} since the spring.", "Larkmont Hospital", "Wexford Community College"),
    "DATE": ("The hearing was on {} in the morning.", "March 21, 2012", "October 3rd"),
    "AGE90": ("My grandmother is {} years old and still sharp.", "94", "ninety-seven"),
    "PHONE": ("You can call me at {} after six.", "614-555-0142", "(312) 555-0177"),
    "FAX": ("The office fax number is {} I think.", "614-555-0143", "312-555-0178"),
    "EMAIL": ("My email is {} by the way.", "wren.hollow@quietriver.net", "larkmont77@brightmail.com"),
    "SSN": ("They asked for my social security number, it's {} and I gave it.", "412-55-9081", "318-42-8127"),
    "MRN": ("My medical record number is {} at the clinic.", "48812093", "77120458"),
    "HEALTH_PLAN": ("My member ID with the insurance is {} on the card.", "XQP77812094411", "WRT33819204857"),
    "ACCOUNT": ("It came out of my checking account number {} twice.", "4471990283", "8820147735"),
    "LICENSE": ("My driver's license number is {} and it expired.", "R7719420", "K4482917"),
    "VEHICLE": ("The license plate was {} and I wrote it down.", "KRT-4471", "WXB-8820"),
    "DEVICE": ("The serial number on my pump is {} and they recalled it.", "SN-4471902", "SN-8820147"),
    "URL": (
        "It is all on {} if you want to read it.",
        "www.quietriver-journal.net",
        "https://larkmontdiary.com/post77",
    ),
    "IP": ("They said somebody logged in from the address {} that night.", "203.0.113.77", "198.51.100.23"),
    "HANDLE": ("My username there is {} so he could find me.", "@wren_hollow77", "@larkmont_tern"),
    "ID": ("My case number is {} with the county.", "22-CV-4471", "A88201477"),
}
"""Class -> a sentence, and two identifiers that can stand in it."""


def found_in(turns, surface):
    """Whether every letter and digit of `surface` is masked wherever it stands, in any of its writings."""
    spans = DETECTOR.find(turns)
    places = 0
    for turn, of_turn in zip(turns, spans, strict=True):
        covered = {at for span in of_turn for at in range(span.start, span.end)}
        for match in re.finditer(re.escape(surface), turn, re.IGNORECASE):
            places += 1
            if not {at for at in range(*match.span()) if turn[at].isalnum()} <= covered:
                return False
    return places > 0


def test_every_class_is_here():
    assert set(SAID) == set(SPAN_TYPES)


@pytest.mark.parametrize("kind", SAID)
@pytest.mark.parametrize("change", [str, str.lower, str.upper], ids=["as said", "lower", "UPPER"])
def test_case_does_not_matter(kind, change):
    sentence, *surfaces = SAID[kind]
    for surface in surfaces:
        assert found_in([change(sentence.format(surface))], surface), surface


@pytest.mark.parametrize("kind", SAID)
@pytest.mark.parametrize("quotes", ["\u201c\u201d", "\u2018\u2019", '""', "()", "\u00ab\u00bb"])
def test_quotation_marks_do_not_matter(kind, quotes):
    sentence, surface, _ = SAID[kind]
    assert found_in([f"And he said, {quotes[0]}{sentence.format(surface)}{quotes[1]}"], surface)


@pytest.mark.parametrize("kind", SAID)
def test_curly_apostrophes_do_not_matter(kind):
    sentence, surface, _ = SAID[kind]
    text = "It\u2019s what I\u2019d say: " + sentence.replace("'", "\u2019").format(surface)
    assert found_in([text], surface)


@pytest.mark.parametrize("kind", SAID)
def test_time_stamps_and_marks_around_it_do_not_matter(kind):
    sentence, surface, _ = SAID[kind]
    before, after = sentence.split("{}")
    assert found_in([f"[0:12:41] {before}{surface} [0:12:47]{after}"], surface)
    if kind != "AGE90":  # "94 (pause) years" is no age before the reader has taken the mark out
        assert found_in([f"{before}[inaudible] {surface} (pause){after}"], surface)


@pytest.mark.parametrize("kind", SAID)
def test_a_stutter_before_it_does_not_matter(kind):
    sentence, surface, _ = SAID[kind]
    assert found_in([sentence.replace("{}", "um, {}").format(surface)], surface)
    assert found_in([f"I- I- I mean, {sentence.format(surface)}"], surface)
    assert found_in([sentence.format(f"{surface}, {surface}")], surface)


@pytest.mark.parametrize("kind", ["NAME", "LOCATION", "ORG"])
@pytest.mark.parametrize("ending", ["'s", "\u2019s"])
def test_a_possessive_does_not_matter(kind, ending):
    sentence, surface, _ = SAID[kind]
    assert found_in([sentence.format(surface), f"It was {surface}{ending} fault, I think."], surface)


@pytest.mark.parametrize("kind", SAID)
def test_a_turn_that_is_split_does_not_matter(kind):
    sentence, surface, _ = SAID[kind]
    before, after = sentence.split("{}")
    assert found_in([before.strip(), f"{surface}{after}"], surface)
    assert found_in([f"{before}{surface}", after.strip()], surface)


@pytest.mark.parametrize("kind", SAID)
def test_another_identifier_in_its_place_changes_nothing_else(kind):
    sentence, first, second = SAID[kind]
    rest = []
    for surface in (first, second):
        text = sentence.format(surface)
        at = text.index(surface)
        (spans,) = DETECTOR.find([text])
        rest.append([span.type for span in spans if span.end <= at or at + len(surface) <= span.start])
        assert [span.type for span in spans if span.start < at + len(surface) and at < span.end]
    assert rest[0] == rest[1] == []


def test_two_people_swapped_are_both_found_either_way():
    for first, second in (("Oluchi", "Bertrand"), ("Bertrand", "Oluchi")):
        turns = [f"{first} told {second} that we would come.", f"So {second} was angry at {first}."]
        assert found_in(turns, first)
        assert found_in(turns, second)


@pytest.mark.parametrize("kind", SAID)
def test_the_class_is_told(kind):
    sentence, surface, _ = SAID[kind]
    text = sentence.format(surface)
    at = text.index(surface)
    told = {span.type for span in DETECTOR.find([text])[0] if span.start < at + len(surface) and at < span.end}
    assert told & ({"PHONE", "FAX"} if kind == "FAX" else {kind})  # a written number looks the same on both
