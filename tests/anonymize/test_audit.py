import json
import subprocess
import sys
from pathlib import Path

import pytest

from anonymize import Deidentifier
from anonymize.proof.audit import Residue, audit_turns, counts_by_rule
from anonymize.roster import Survey, SurveyForm, build_roster
from anonymize.spans import Span
from corpora.records import Origin, Session, Turn

GOLD_DEV = Path(__file__).parents[2] / "../shared/data/gold-dev/gold"
ROSTER = build_roster(
    "c1",
    [
        Survey(
            (
                SurveyForm("marisol", "NAME", 3, "given", "f"),
                SurveyForm("hope", "NAME", 1, "given", "f", ambiguous=True),
                SurveyForm("pinetop lakeside", "LOCATION", 1),
            )
        )
    ],
)


def audit(text, spans=(), known=()):
    (residue,) = audit_turns([text], [list(spans)], ROSTER, known)
    return residue


@pytest.mark.parametrize(
    "leak",
    [
        "write to tess.k@brightmail.com now",
        "call 614-555-0142 now",
        "call (212) 736-5000 now",
        "my social 412-55-9081",
        "from 203.0.113.77 again",
        "from 2001:db8:85a3::8a2e:370:7334 again",
        "see https://quietriver.net/me",
        "see quietriver.com/me",
        "card 4539 1488 0343 6467",
    ],
)
def test_planted_structured_identifiers_are_counted(leak):
    assert audit(leak).structured_hits == 1
    at = leak.index(" ") + 1
    assert audit(leak, [Span(at, len(leak), "ID", "surrogate")]).structured_hits == 0


@pytest.mark.parametrize(
    "text",
    [
        "I left at home.So we went, and it.Is late.",
        "It took 1:23:45 and cost 1,250.00, at 10.30.",
        "Version 1.2.3 of 123-45 and 000-12-3456.",
        "I got it on amazon.com in 2011.",
        "Nothing at all.",
    ],
)
def test_clean_text_counts_nothing_critical(text):
    residue = audit(text)
    assert (residue.roster_hits, residue.caller_hits, residue.structured_hits) == (0, 0, 0)


def test_names_left_are_counted_once_by_who_gave_them():
    assert audit("So marisol and MARISOL's mother") == Residue(roster_hits=2)
    assert audit("I told Tadeusz.", known=["Tadeusz Okonkwo-Baird"]).caller_hits == 1
    assert audit("In Pinetop Lakeside.").roster_hits == 1
    assert audit("So marisol", [Span(3, 10, "NAME", "surrogate")]) == Residue()


def test_names_that_are_words_never_count_as_critical():
    assert audit("I hope it works.") == Residue(other_hits=1)
    assert audit("He will come.", known=["Will"]).caller_hits == 0


def test_digits_read_aloud_are_suspicious():
    assert audit("it is seven one three, five five five, oh one nine nine").other_hits == 1


def test_every_turn_needs_its_list_of_surrogates():
    with pytest.raises(ValueError, match="0 lists of surrogate spans for 1 turns"):
        audit_turns(["a"], [], ROSTER)


def test_rules_are_counted_by_class():
    found = [[Span(0, 1, "NAME", "kin")], [Span(0, 1, "DATE", "d"), Span(2, 3, "NAME", "kin")]]
    assert counts_by_rule(found) == {"DATE/d": 1, "NAME/kin": 2}


@pytest.mark.skipif(not GOLD_DEV.is_dir(), reason="the development gold is not here")
@pytest.mark.parametrize("style", ["surrogate", "placeholder"])
def test_deidentified_gold_has_no_critical_residue(style):
    deidentifier = Deidentifier(b"k" * 32, style=style)
    raw_hits = 0
    for path in sorted(GOLD_DEV.glob("*.json")):
        turns = json.loads(path.read_text(encoding="utf-8"))["turns"]
        records = [Turn(i, "client", "C:", t["text"]) for i, t in enumerate(turns)]
        session = Session(path.stem, "test", None, records, {}, Origin(path.name))
        roster = build_roster(path.stem, [deidentifier.survey(session)])
        new, _, written = deidentifier.apply(session, roster)
        left = audit_turns([t.text for t in new.turns], written, roster)
        assert sum(r.roster_hits + r.caller_hits + r.structured_hits for r in left) == 0
        raw_hits += sum(r.roster_hits for r in audit_turns([t.text for t in records], [[] for _ in records], roster))
    assert raw_hits > 100


def test_the_audit_opens_no_socket():
    code = """
import socket
def refuse(*args, **kwargs):
    raise AssertionError("a socket was opened")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
from anonymize.proof.audit import audit_turns
from anonymize.roster import Roster
text = "tess@quietriver.co.uk 614-555-0142 https://quietriver.net 4539 1488 0343 6467 GB33BUKB20201555555555"
print(audit_turns([text], [[]], Roster("c"))[0].structured_hits)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "4", done.stderr[-2000:]


@pytest.mark.slow
@pytest.mark.parametrize("unit", ["a.", "1 ", "a@a.", "www.", "555-", "one "])
def test_hostile_text_is_audited_to_its_end(unit):
    assert len(audit_turns([unit * (100_000 // len(unit))], [[]], ROSTER)) == 1


CALLER = ["Bill Driver", "Dr. Strange", "Bishop", "Stove", "Freud"]
WORDS_AS_NAMES = [
    "I saw Bishop there, and BISHOP saw me, but the bishop of the town was away.",
    "my driver left, and then Driver said no and Bill Driver's brother agreed.",
    "He said that Dr. Strange told him a strange thing near the stove.",
    "She read Freud, and Doctor Strange, and met Stove.",
]


def test_the_callers_names_are_masked_with_a_capital_even_if_they_are_words():
    found = Deidentifier(bytes(32)).find(WORDS_AS_NAMES, known_names=CALLER)
    masked = [text[s.start : s.end] for text, spans in zip(WORDS_AS_NAMES, found, strict=True) for s in spans]
    assert masked == ["Bishop", "BISHOP", "Driver", "Bill Driver", "Strange", "Freud", "Strange", "Stove"]


def test_an_ordinary_word_of_the_callers_list_does_not_block_but_its_capital_does():
    (residue,) = audit_turns(["they say the bishop and his driver left the stove on"], [[]], ROSTER, CALLER)
    assert residue.caller_hits == residue.roster_hits == 0
    (residue,) = audit_turns(["they say Bishop left, and so did Driver"], [[]], ROSTER, CALLER)
    assert residue.caller_hits == 2
