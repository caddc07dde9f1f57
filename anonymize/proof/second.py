"""A second reader of a session, of another method than the finder: spelling and format, no name, no context.

Words: what stands with a capital inside a sentence though the session never writes it otherwise, or is in no
dictionary. Numbers: what passes a validator, long runs of digits, digits read aloud. It knows no list of names, no
kinship or title, no memory of a client, so what it misses and what the finder misses have little reason to be the same
(rare lower-case names are the exception: see `estimate.Recapture`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from anonymize.proof.audit import SPOKEN, validated
from anonymize.spans import Span
from anonymize.words import vocabulary as voc
from anonymize.words.morphology import derived_word
from anonymize.words.tokens import LOWER, NUMBER, SPACE, START, TITLE, Tokens, tokenize

WORDS, NUMBERS = "words", "numbers"
"""The two groups that captures are compared in."""

_GROUP = {"NAME": WORDS, "LOCATION": WORDS, "ORG": WORDS, "SUSPECT": WORDS, "CODE": NUMBERS}
_UNCOUNTED = ("DATE", "AGE90")
"""Classes that the second reader does not look for."""

_IDENTIFIES_NOBODY = voc.KEEP | voc.CAPITAL | voc.STATE | voc.TITLE | voc.KIN | voc.SPEECH
_DICTIONARY = voc.COMMON | _IDENTIFIES_NOBODY
_DIGITS = re.compile(r"(?<![\w$.,-])\d(?:[ -]?\d){5,24}(?![\w,-]|\.\d)")
_YEARS = re.compile(r"(?:19|20)\d\d ?- ?(?:19|20)?\d\d")
_SHORTEST, _LONGEST = 3, 40  # letters of a word
_CASED = 0.005  # share of capitals among words inside sentences, over which a session's capitals mean something
_SHOUTED = 0.5  # the same, over which they mean nothing


def group_of(kind: str) -> str | None:
    """The group in which a class of identifiers is compared; None for classes that the second reader does not know."""
    return None if kind in _UNCOUNTED else _GROUP.get(kind, NUMBERS)


def find_otherwise(turns: Sequence[str]) -> list[list[Span]]:
    """What might identify somebody in one session: per turn, sorted spans of type SUSPECT (words) or CODE (numbers).

    Neighbouring suspect words are one span. The rule says why: `capital`, `unlisted`, `validated`, `digits`, `spoken`.
    """
    found: list[list[Span]] = [_numbers(text) for text in turns]
    taken = [{at for span in spans for at in range(span.start, span.end)} for spans in found]
    tokens = tokenize(list(turns))
    for turn, start, end, rule in _suspects(tokens):
        if start not in taken[turn] and end - 1 not in taken[turn]:
            _append(found[turn], Span(start, end, "SUSPECT", rule), turns[turn])
    return [sorted(spans) for spans in found]


def captures(first: Sequence[Sequence[Span]], second: Sequence[Sequence[Span]]) -> Counter[tuple[str, str]]:
    """How many identifiers each of two readers found in a session, and both: (group, first | second | both) -> count.

    A find of the second reader that overlaps one of the first's belongs to that one's group; what overlaps dates and
    ages, which the second reader does not look for, is left out.
    """
    counts: Counter[tuple[str, str]] = Counter()
    for ours, theirs in zip(first, second, strict=True):
        met: dict[str, tuple[set[Span], set[Span]]] = {WORDS: (set(), set()), NUMBERS: (set(), set())}
        for span in ours:
            if group := group_of(span.type):
                counts[group, "first"] += 1
        for span in theirs:
            hits = [other for other in ours if other.start < span.end and span.start < other.end]
            group = group_of(hits[0].type) if hits else group_of(span.type)
            if group:
                counts[group, "second"] += 1
                if hits:
                    met[group][0].add(hits[0])
                    met[group][1].add(span)
        for group, (mine, other) in met.items():
            counts[group, "both"] += min(len(mine), len(other))
    return +counts


def _append(spans: list[Span], span: Span, text: str) -> None:
    last = spans[-1] if spans else None
    if last and last.type == span.type and text[last.end : span.start] in (" ", "-"):
        spans[-1] = Span(last.start, span.end, span.type, last.rule)
    else:
        spans.append(span)


def _numbers(text: str) -> list[Span]:
    spans: list[Span] = []
    ranges = [(start, end, "validated") for start, end in validated(text)]
    ranges += [(*m.span(), "digits") for m in _DIGITS.finditer(text) if not _YEARS.fullmatch(m.group())]
    ranges += [(*m.span(), "spoken") for m in SPOKEN.finditer(text)]
    for start, end, rule in ranges:
        if all(end <= span.start or span.end <= start for span in spans):
            spans.append(Span(start, end, "CODE", rule))
    return spans


def _suspects(tokens: Tokens) -> list[tuple[int, int, int, str]]:
    """(turn, start, end, rule) of each suspect word, in order."""
    flags = voc.vocabulary().flags
    inside = [at for at, before in enumerate(tokens.before) if before != START and tokens.shape[at] != NUMBER]
    capitals = sum(tokens.shape[at] != LOWER for at in inside if tokens.low[at] != "i")
    share = capitals / max(1, len(inside))
    cased = _CASED < share < _SHOUTED
    lower = {tokens.low[at] for at in range(len(tokens.low)) if tokens.shape[at] == LOWER} if cased else set()
    found = []
    for at, low in enumerate(tokens.low):
        if len(low) < _SHORTEST or tokens.shape[at] == NUMBER or (cased and tokens.shape[at] == LOWER):
            continue
        flag = flags.get(low, 0)
        if not flag & _DICTIONARY and (len(low) > _LONGEST or not derived_word(low, flags)):
            rule = "unlisted"
        elif cased and tokens.shape[at] == TITLE and tokens.before[at] == SPACE and _only_capital(low, flag, lower):
            rule = "capital"
        else:
            continue
        found.append((tokens.turn[at], tokens.start[at], tokens.end[at], rule))
    return found


def _only_capital(low: str, flag: int, lower: set[str]) -> bool:
    return low not in lower and not flag & _IDENTIFIES_NOBODY
