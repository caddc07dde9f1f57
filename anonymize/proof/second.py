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
from itertools import pairwise

from anonymize.proof.audit import spoken, validated
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
_DIGIT = re.compile(r"\d")
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
    tokens = tokenize(list(turns))
    said = (tokens.low[start:end] for start, end in pairwise(tokens.first))
    found: list[list[Span]] = [_numbers(text, words) for text, words in zip(turns, said, strict=True)]
    taken = [{at for span in spans for at in range(span.start, span.end)} for spans in found]
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


def _numbers(text: str, words: Sequence[str]) -> list[Span]:
    spans: list[Span] = []
    ranges = [(start, end, "validated") for start, end in validated(text)]
    if _DIGIT.search(text):
        ranges += [(*m.span(), "digits") for m in _DIGITS.finditer(text) if not _YEARS.fullmatch(m.group())]
    ranges += [(*m.span(), "spoken") for m in spoken(text, words)]
    for start, end, rule in ranges:
        if all(end <= span.start or span.end <= start for span in spans):
            spans.append(Span(start, end, "CODE", rule))
    return spans


def _suspects(tokens: Tokens) -> list[tuple[int, int, int, str]]:
    """(turn, start, end, rule) of each suspect word, in order."""
    cased = _is_cased(tokens)
    forms = {low for low in tokens.low if len(low) >= _SHORTEST}  # each is judged once, however often it is said
    unlisted = {low for low in forms if _is_unlisted(low)}
    capital = _never_lower(tokens, forms) if cased else set()
    found = []
    for at in [at for at, low in enumerate(tokens.low) if low in unlisted or low in capital]:
        low, shape = tokens.low[at], tokens.shape[at]
        if shape == NUMBER or (cased and shape == LOWER):
            continue
        if low in unlisted:
            rule = "unlisted"
        elif shape == TITLE and tokens.before[at] == SPACE:
            rule = "capital"
        else:
            continue
        found.append((tokens.turn[at], tokens.start[at], tokens.end[at], rule))
    return found


def _is_cased(tokens: Tokens) -> bool:
    """Whether the session's capitals mean something: it has some inside sentences, and not only them."""
    places = zip(tokens.low, tokens.shape, tokens.before, strict=True)
    inside = [(low, shape) for low, shape, before in places if before != START and shape != NUMBER]
    capitals = sum(shape != LOWER and low != "i" for low, shape in inside)
    return _CASED < capitals / max(1, len(inside)) < _SHOUTED


def _is_unlisted(low: str) -> bool:
    """Whether no dictionary has the word, nor what it was derived from."""
    flags = voc.vocabulary().flags
    return not flags.get(low, 0) & _DICTIONARY and (len(low) > _LONGEST or not derived_word(low, flags))


def _never_lower(tokens: Tokens, forms: set[str]) -> set[str]:
    """The forms that the session writes with a capital wherever it writes them, and that may identify somebody."""
    lower = {low for low, shape in zip(tokens.low, tokens.shape, strict=True) if shape == LOWER}
    flags = voc.vocabulary().flags
    return {low for low in forms - lower if not flags.get(low, 0) & _IDENTIFIES_NOBODY}
