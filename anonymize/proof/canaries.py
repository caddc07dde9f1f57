"""Canaries: made-up identifiers of every class, planted in a copy of a session, to see how many would be caught.

The copy lives in memory only and is thrown away; nothing planted can reach an output. What is measured is recall in
the user's own talk, with its own case and memory, on identifiers that are certain to be there. The carriers are ours
and the names come from our lists, so it is an upper hint, no fair sample: read it beside an evaluation on gold.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib.resources
import random
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from anonymize.deidentifier import Deidentifier
from anonymize.proof.second import find_otherwise
from anonymize.roster import build_roster
from anonymize.spans import SPAN_TYPES, Span
from anonymize.words.origins import GROUPS, names_of
from corpora.records import Session

_MARK = "{}"
_SHARE = 0.9  # of letters in one case, over which a session is written in that case


@dataclass(frozen=True, slots=True)
class Canary:
    """A sentence, where in it the identifier stands, and of which class it is."""

    text: str
    start: int
    end: int
    type: str


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one canary: whether it was masked whole, and if not, whether the second reader points at it."""

    type: str
    caught: bool
    told: bool


def make_canary(kind: str, draw: random.Random) -> Canary:
    """A sentence with one identifier of a class; names of all origins, the same for the same state of `draw`."""
    carriers = _canaries()["carriers"][kind].strip().splitlines()
    before, _, after = draw.choice(carriers).partition(_MARK)
    surface = _surface(kind, draw)
    return Canary(before + surface + after, len(before), len(before) + len(surface), kind)


def plant(session: Session, draw: random.Random) -> tuple[Session, list[tuple[int, Canary]]]:
    """A copy of the session with one canary of each class, each at the end of a turn, in the session's own case.

    Returns:
        The copy, and for each canary its turn and itself, with offsets in that turn.
    """
    change = _case_of(session)
    turns = list(session.turns)
    planted = []
    for kind in SPAN_TYPES:
        at = draw.randrange(len(turns))
        canary = make_canary(kind, draw)
        said = turns[at].text + " "
        changed = change(canary.text)
        text = changed if len(changed) == len(canary.text) else canary.text
        turns[at] = dataclasses.replace(turns[at], text=said + text)
        planted.append((at, Canary(text, len(said) + canary.start, len(said) + canary.end, kind)))
    return dataclasses.replace(session, turns=turns), planted


def release(session: Session, detector: Deidentifier, draw: random.Random) -> list[Fate]:
    """Plant canaries in a copy of a session, de-identify it as a build would, and say what became of each.

    Args:
        session: cleaned, raw, with at least one turn.
        detector: the build's.
        draw: what is planted where.
    """
    copy, planted = plant(session, draw)
    roster = build_roster(session.client_id or session.session_id, [detector.survey(copy)])
    found = detector.find([turn.text for turn in copy.turns], roster=roster)
    left = find_otherwise([_blanked(turn.text, spans) for turn, spans in zip(copy.turns, found, strict=True)])
    return [_fate(canary, copy.turns[at].text, found[at], left[at]) for at, canary in planted]


def _fate(canary: Canary, text: str, found: Sequence[Span], left: Sequence[Span]) -> Fate:
    letters = {at for at in range(canary.start, canary.end) if text[at].isalnum()}
    caught = letters <= {at for span in found for at in range(span.start, span.end)}
    told = not caught and any(span.start < canary.end and canary.start < span.end for span in left)
    return Fate(canary.type, caught, told)


def _blanked(text: str, spans: Sequence[Span]) -> str:
    for span in spans:
        text = text[: span.start] + "\u25a0" * (span.end - span.start) + text[span.end :]
    return text


def _case_of(session: Session) -> Callable[[str], str]:
    letters = [c for turn in session.turns for c in turn.text if c.isalpha()]
    upper = sum(c.isupper() for c in letters) / max(1, len(letters))
    return str.upper if upper > _SHARE else str.lower if not upper else str


def _surface(kind: str, draw: random.Random) -> str:
    if kind == "NAME":
        given, surnames = _names(draw.choice(sorted(GROUPS)))
        lists = (given, surnames) if surnames and draw.randrange(2) else (given,)
        return " ".join(draw.choice(names).title() for names in lists)
    shape = draw.choice(_canaries()["surfaces"][kind].strip().splitlines())
    return "".join(_filled(c, draw) for c in shape)


def _filled(sign: str, draw: random.Random) -> str:
    """`#` is a digit from 2 to 9, `?` a consonant; everything else stands for itself."""
    return str(draw.randrange(2, 10)) if sign == "#" else draw.choice("BCDFGHJKLMNPRSTVWX") if sign == "?" else sign


@functools.cache
def _names(group: str) -> tuple[list[str], list[str]]:
    """Names of a group that are one word; short ones, and those that are ordinary words, are gold's business."""
    from anonymize.words import vocabulary as voc

    flags = voc.vocabulary().flags

    def sure(name: str) -> bool:
        return name.isalpha() and len(name) > 3 and not flags.get(name, 0) & (voc.WORD | voc.AMBIGUOUS | voc.KEEP)  # noqa: PLR2004

    given, surnames = names_of(group)
    return [name for name in given if sure(name)], [name for name in surnames if sure(name)]


@functools.cache
def _canaries() -> dict[str, dict[str, str]]:
    return tomllib.loads((importlib.resources.files("anonymize.proof") / "canaries.toml").read_text(encoding="utf-8"))
