"""What a text says of risk: suicidal ideation, self-harm, abuse, violence, medication, by rules that can be read.

The rules stand in `risk.toml`: patterns over each sentence, idioms taken out first, and cues for what is denied, past
or only asked. No model is involved, so that a steward can see why a row carries a flag. What the rules miss, and where
they cry wolf, is measured on sentences of our own (docs/flags.md); they are no clinical instrument.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

RISKS = ("suicidal_ideation", "self_harm", "abuse", "violence", "medication")
CRISIS = ("suicidal_ideation", "self_harm", "abuse", "violence")
"""Risks that, where they are neither past nor denied, make a row a `crisis` too."""
HISTORY = "_history"
Status = Literal["present", "history", "denied", "asked"]

_SENTENCE = re.compile(r"[^.!?\n;]+(?:\.(?=\d)[^.!?\n;]+)*[.!?]*")
_CLAUSE = re.compile(
    r",? (?:but|though|although) |, (?:now|and now|so now|then|because) | and now | now (?:i|i'm) |, (?=i )"
)
_ASKING = re.compile(
    r"^\W*(?:(?:so|and|but|okay|well|um|uh)\W+)*"
    r"(?:are|do|did|have|has|had|is|was|were|does|can|could|would|any|ever|when|how|what)\b"
)
_SECOND_PERSON = re.compile(r"\byou\b|\byour\b|^\W*(?:any|ever|has|does|did|is) ")
_YES = re.compile(
    r"^\W*(?:(?:um|uh|well|mm|i mean|honestly)\W+)*"
    r"(?:yes|yeah|yep|yup|i (?:do|am|have|did|was)\b|sometimes|a little|all the time|every)"
)
_USED_TO = re.compile(
    r"^\W*(?:but )?(?:i|you|he|she|they) (?:used to|did)\b\W*(?:$|,|once|every|all|back|for|years|when|a lot)"
)
_REMEMBERED = 4096
"""Texts whose finds are kept: neighbouring examples share most of their turns."""

_BEFORE = 60
"""Characters before a match in which, as in the match itself, a denial is looked for: some ten words."""


@dataclass(frozen=True, slots=True)
class Found:
    """One find: which risk, how it is meant, and the half-open range of the words in the text."""

    risk: str
    status: Status
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Rules:
    triggers: re.Pattern[str]
    idioms: re.Pattern[str]
    patterns: re.Pattern[str]
    meant: re.Pattern[str] | None
    denial: re.Pattern[str]


@lru_cache(maxsize=_REMEMBERED)
def find_risks(text: str) -> tuple[Found, ...]:
    """Every find of the rules in a text, in order of the risks.

    Of one risk, a sentence gives one find: the gravest of `present`, `history`, `asked` and `denied`.
    """
    plain = _plain(text)
    found: list[Found] = []
    for risk, rules in _rules().items():
        if not rules.triggers.search(plain):
            continue
        last: Found | None = None
        for sentence in _SENTENCE.finditer(plain):
            if last and last.status == "denied" and _USED_TO.search(sentence.group()):
                found[-1] = replace(last, status="history")
            last = _in_sentence(risk, rules, sentence)
            found += [last] if last else []
    return tuple(found)


def risk_flags(messages: Sequence[Mapping[str, str]]) -> list[str]:
    """The flags of a conversation: each risk that is present, `RISK_history` where it is past, and `crisis`.

    What one side only asks becomes present where the other side's next words affirm it.

    Args:
        messages: with `role` and `content`, in order.
    """
    flags: set[str] = set()
    asked: set[str] = set()
    for message in messages:
        if message["role"] == "system":
            continue
        if asked and _YES.search(_plain(message["content"])):
            flags |= asked
        finds = find_risks(message["content"])
        asked = {hit.risk for hit in finds if hit.status == "asked"}
        flags |= {hit.risk for hit in finds if hit.status == "present"}
        flags |= {hit.risk + HISTORY for hit in finds if hit.status == "history"}
    if flags.intersection(CRISIS):
        flags.add("crisis")
    return sorted(flags)


def triggers() -> list[str]:
    """Word beginnings, lower case: a text with none of them gives no find."""
    return sorted({word for table in _lexicon().values() for word in table["triggers"]} | set(_medicines()))


def _in_sentence(risk: str, rules: _Rules, sentence: re.Match[str]) -> Found | None:
    """The gravest find of one risk in a sentence."""
    if not rules.triggers.search(sentence.group()):
        return None
    words = rules.idioms.sub(lambda idiom: "_" * len(idiom.group()), sentence.group())
    hits: list[tuple[int, Status, re.Match[str]]] = []
    for pattern, deniable in ((rules.patterns, True), (rules.meant, False)):
        for match in pattern.finditer(words) if pattern else ():
            status = _status(rules, words, match, deniable=deniable)
            hits.append((("present", "history", "asked", "denied").index(status), status, match))
    if not hits:
        return None
    _, status, match = min(hits, key=lambda hit: (hit[0], hit[2].start()))
    return Found(risk, status, sentence.start() + match.start(), sentence.start() + match.end())


def _status(rules: _Rules, words: str, match: re.Match[str], *, deniable: bool) -> Status:
    """How a match is meant, by the cues around it in its sentence."""
    cues = _cues()
    clause = _clause(words, match.start())
    before = words[max(clause[0], match.start() - _BEFORE) : match.end()]
    here = words[clause[0] : clause[1]]
    asking = words.rstrip().endswith("?") and _ASKING.search(words) and _SECOND_PERSON.search(words)
    past = cues["history"].search(here) or cues["backward"].search(words)
    if asking and not past:
        return "asked"
    if deniable and cues["ended"].search(here) and (past or rules.denial.search(before)):
        return "history"
    if deniable and rules.denial.search(before):
        return "denied"
    return "history" if past and not cues["recent"].search(here) else "present"


def _clause(words: str, at: int) -> tuple[int, int]:
    """The clause of a sentence that holds the character `at`."""
    start, end = 0, len(words)
    for border in _CLAUSE.finditer(words):
        if border.end() <= at:
            start = border.start()
        elif border.start() >= at:
            end = border.start()
            break
    return start, end


def _plain(text: str) -> str:
    """Lower case, character by character, with straight apostrophes: offsets stay those of the text."""
    lowered = text.lower()
    if len(lowered) != len(text):  # a few letters grow
        lowered = "".join(low if len(low := character.lower()) == 1 else character for character in text)
    return lowered.replace("\u2019", "'").replace("\u2018", "'")


@cache
def _lexicon() -> dict[str, dict[str, list[str]]]:
    document = _document()
    return {risk: document[risk] for risk in RISKS}


@cache
def _document() -> dict[str, dict[str, list[str]]]:
    with Path(__file__).with_name("risk.toml").open("rb") as file:
        return dict(tomllib.load(file))


@cache
def _rules() -> dict[str, _Rules]:
    rules = {}
    for risk, table in _lexicon().items():
        words = [*table["triggers"], *(_medicines() if risk == "medication" else ())]
        patterns = [*table["patterns"], *([rf"\b(?:{'|'.join(_medicines())})\b"] if risk == "medication" else ())]
        rules[risk] = _Rules(
            re.compile(r"\b(?:" + "|".join(map(re.escape, words)) + ")|" + r"\d ?mg\b"),
            re.compile("|".join(table["idioms"])),
            re.compile("|".join(map(_expanded, patterns))),
            re.compile("|".join(map(_expanded, table["meant"]))) if table["meant"] else None,
            re.compile("|".join(table.get("denial", _document()["status"]["negation"]))),
        )
    return rules


@cache
def _cues() -> dict[str, re.Pattern[str]]:
    return {name: re.compile("|".join(patterns)) for name, patterns in _document()["status"].items()}


@cache
def _medicines() -> tuple[str, ...]:
    return tuple(str(_document()["medication"]["names"]).split())


def _expanded(pattern: str) -> str:
    """A pattern with the parts put in for their names."""
    for name, part in _document()["parts"].items():
        pattern = pattern.replace(f"{{{name}}}", str(part))
    return pattern


def describe() -> Iterator[tuple[str, str]]:
    """Each risk and what it stands for, for the documents."""
    for risk, table in _lexicon().items():
        yield risk, str(table["describes"])
