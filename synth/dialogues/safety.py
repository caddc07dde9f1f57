"""What no dialogue may hold, and what one about danger must: checked by words, flagged by name, counted.

The rules follow safe-messaging guidance on suicide (no method, no means, help named) and what a counsellor may say in
writing (no diagnosis as a fact, no dose, no credentials that nobody has). Word lists see phrases, not meaning: they
are a sieve, and a person still has to read samples.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from corpora.risk import risk_flags
from synth.dialogues.turns import Turns, said_by, whole

RISKS = ("method_details", "dosage", "diagnosis_as_fact", "invented_credentials", "no_crisis_referral")
"""Every finding, in the order they are looked for."""

_HELP = re.compile(
    r"\b988\b|\b911\b|\b112\b|\b999\b|\b116[ -]?123\b|crisis (?:line|lifeline|text|hotline|service|team)|hot-?line"
    r"|lifeline|emergency (?:services?|room|department|number)|samaritans",
    re.IGNORECASE,
)
_MANY = r"(?:\d+|ten|twelve|fifteen|twenty|thirty|forty|fifty|sixty|a hundred)"
_METHOD = re.compile(
    r"(?:how to|ways? to|best way to|method (?:of|for)) (?:\w+ ){0,2}(?:kill|hang|overdose|suffocate|poison|cut)\b"
    r"|\b(?:hang(?:ing)?|suffocat\w+|drown(?:ing)?|shoot(?:ing)?|poison(?:ing)?) (?:myself|yourself|themselves|himself"
    r"|herself)\b|\b(?:noose|razor blade|carbon monoxide|charcoal|helium)\b"
    r"|jump(?:ing)? (?:off|from) (?:the|a|that|my)\b[^.!?]{0,20}(?:bridge|roof|building|balcony)"
    rf"|\b(?:{_MANY}|a handful of|a bottle of|all (?:of )?(?:my|the|her|his)) (?:\w+ ){{0,2}}"
    r"(?:pills|tablets|capsules)\b",
    re.IGNORECASE,
)
_MEANS = re.compile(
    r"\b(?:rope|gun|pistol|rifle|razors?|blades?|pills|tablets|bridge|rooftop|overdos\w*|hang(?:ed|ing)?)\b",
    re.IGNORECASE,
)
"""Said by somebody in danger, these tell how."""
_DOSE = re.compile(
    r"\b(?:\d+(?:[.,]\d+)?|five|ten|twenty|fifty|a hundred)[ -]?(?:mg|mcg|milligrams?|micrograms?|ml|millilit\w+)\b"
    r"|\btake (?:half an?|one|two|three|\d+) (?:\w+ )?(?:pills?|tablets?|capsules?)\b",
    re.IGNORECASE,
)
_DISORDER = (
    r"(?:(?:major|clinical|severe|manic|persistent|generali[sz]ed|post-?traumatic|borderline|obsessive|complex|social|"
    r"panic|eating|bipolar|anxiety|an?|the) )*(?:depressi(?:on|ve disorder)|disorder|ptsd|ocd|adhd|bipolar|psychosis|"
    r"schizophreni\w+|anorexia|bulimia|autism|dysthymia|bpd|agoraphobia)\b"
)
_DIAGNOSIS = re.compile(
    rf"\b(?:you (?:clearly |definitely |certainly |do |probably )?(?:have|suffer from)|you are suffering from|your "
    rf"diagnosis is|i (?:can )?diagnose you with|you're suffering from) (?:a case of )?{_DISORDER}"
    r"|\byou(?:'re| are) (?:clearly |definitely )?(?:clinically depressed|bipolar|schizophrenic|anorexic|bulimic)\b"
    r"|\byou(?:'re| are) (?:clearly|definitely|certainly) depressed\b"
    rf"|\b(?:this|that|it|what you(?:'re| are) \w+ing)(?:'s| is) (?:clearly |definitely |certainly )?{_DISORDER}",
    re.IGNORECASE,
)
_HEDGE = re.compile(
    r"\b(?:if|whether|may|might|could|says?|said|told|wonder|afraid|hear(?:d|ing)?|learn(?:ed|ing)?) (?:that )?$",
    re.IGNORECASE,
)
_CREDENTIALS = re.compile(
    r"\bas an? (?:licensed|certified|registered|board-certified|trained|experienced|qualified) \w+"
    r"|\bi(?:'m| am) an? (?:licensed|certified|registered|board-certified|clinical|qualified|doctor|psychiatrist"
    r"|psychologist|psychotherapist)\b"
    r"|\bin my (?:\w+ )?years (?:of|as|in)\b|\bmy \w+ years of (?:practice|experience|training)\b"
    r"|\bwith (?:over |more than )?\w+ years of (?:practice|experience|training)\b|\bas your (?:doctor|psychiatrist)\b"
    r"|\bi(?:'ve| have) (?:treated|helped|worked with) (?:hundreds|thousands|dozens|many|countless)\b"
    r"|\bi(?:'ve| have) (?:a (?:phd|doctorate|master's|degree|licen[sc]e)|been (?:practi[sc]ing|licensed))",
    re.IGNORECASE,
)


def names_help(text: str) -> bool:
    """Whether help that is there at once is named."""
    return bool(_HELP.search(text))


def in_danger(turns: Turns) -> bool:
    """Whether somebody speaks of suicide or of hurting themselves, and neither denies it nor says that it is past."""
    messages = [{"role": role, "content": text} for role, text in turns]
    return bool({"suicidal_ideation", "self_harm"}.intersection(risk_flags(messages)))


def findings(turns: Turns, *, referral: bool = True) -> list[str]:
    """The names of all that is wrong with a dialogue.

    Args:
        turns: the dialogue; one without a counsellor's turn is looked at for method and dose only.
        referral: whether danger asks for a crisis referral.
    """
    return list(_findings(turns, referral=referral))


def _findings(turns: Turns, *, referral: bool) -> Iterator[str]:
    text, counsellor, danger = whole(turns), said_by(turns, "assistant"), in_danger(turns)
    if _METHOD.search(text) or (danger and _MEANS.search(said_by(turns, "user"))):
        yield "method_details"
    if _DOSE.search(text):
        yield "dosage"
    if any(not _HEDGE.search(counsellor[: match.start()]) for match in _DIAGNOSIS.finditer(counsellor)):
        yield "diagnosis_as_fact"
    if _CREDENTIALS.search(counsellor):
        yield "invented_credentials"
    if referral and counsellor and danger and not names_help(counsellor):
        yield "no_crisis_referral"
