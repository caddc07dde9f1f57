"""Turns to tokens: one pass over each turn, once, into parallel lists that the rules index."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from itertools import accumulate
from typing import NamedTuple

LOWER, TITLE, UPPER, NUMBER = range(4)
"""Shapes of a token: no capital first, one capital first, two or more capitals first (DUI, STDs), digits first."""

SPACE, COMMA, START, HYPHEN, DASH, OTHER = range(6)
"""What stands before a token: white space; a comma or bracket; the start of a turn, sentence or quotation; a hyphen
without space; a dash; anything else."""

_TOKEN = re.compile(
    r"([^\W\d_][^\W\d_\u0300-\u036f\u00ad\u200b-\u200d]*"
    r"(?:['\u2019\u02bc\u0300-\u036f\u00ad\u200b-\u200d]+[^\W\d_]+)*[\u0300-\u036f]*|\d\w*)"
)
_SUFFIX = re.compile(r"['\u2019\u02bc](?:s|d|ll|ve|re|m)$", re.IGNORECASE)
_INVISIBLE = re.compile("[\u00ad\u200b-\u200d]")
_STROKES = str.maketrans({"\u0142": "l", "\u0111": "d", "\u00f8": "o", "\u00e6": "ae", "\u00df": "ss", "\u0131": "i"})
_BOUNDARY = re.compile(r"[.?!:;\u2026\n\u201c\"\[\]*]|(?<!\w)['\u2018]")
_ABBREVIATED = frozenset(
    {
        "dr",
        "mr",
        "mrs",
        "ms",
        "st",
        "prof",
        "rev",
        "fr",
        "sr",
        "jr",
        "mt",
        "ft",
        "lt",
        "sgt",
        "capt",
        "col",
        "gen",
        "gov",
    }
)
_SPACES = frozenset({" ", "  "})
_PLAIN_GAPS = {" ": SPACE, ", ": COMMA, "? ": START, "! ": START, "... ": START, "-": HYPHEN, " - ": DASH}
"""Gaps that mean the same after every word; they are most."""

_OWNING = frozenset({"' ", "\u2019 "})
_HYPHENS = frozenset({"-", "\u2010", "\u2011"})
_DASH = re.compile("[-\u2013\u2014]")


@dataclass(slots=True)
class Tokens:
    """The tokens of one session, in parallel lists; possessive and contracted endings are cut off `end` and `low`.

    `low` is the look-up form (lower case, no diacritics, plain apostrophes); `suffix` is the ending cut off ("s");
    `before` says what precedes (`SPACE` ... `OTHER`); `first[t]` is the index of turn t's first token.
    """

    low: list[str] = field(default_factory=list)
    start: list[int] = field(default_factory=list)
    end: list[int] = field(default_factory=list)
    shape: list[int] = field(default_factory=list)
    before: list[int] = field(default_factory=list)
    suffix: list[str] = field(default_factory=list)
    turn: list[int] = field(default_factory=list)
    first: list[int] = field(default_factory=list)


def fold(word: str) -> str:
    """A word's look-up form: lower case, without diacritics and invisible characters, with plain apostrophes."""
    word = word.lower()
    if word.isascii():
        return word
    word = _INVISIBLE.sub("", word).replace("\u2019", "'").replace("\u02bc", "'")
    return "".join(c for c in unicodedata.normalize("NFD", word.translate(_STROKES)) if not unicodedata.combining(c))


class _Form(NamedTuple):
    """What a token's spelling alone says; `length` is that of the token without its ending."""

    low: str
    length: int
    shape: int
    suffix: str


class _Forms(dict[str, _Form]):
    """Spelling -> form, each worked out once; a session has its own, so that nothing of it is kept."""

    def __missing__(self, word: str) -> _Form:
        plain = word.isascii() and word.islower() and word.isalpha()  # as nearly all are
        form = self[word] = _Form(word, len(word), LOWER, "") if plain else _form(word)
        return form


def tokenize(turns: list[str]) -> Tokens:
    """Cut a session's turns into tokens, in one pass."""
    known, forms, out = _Forms(), list[_Form](), Tokens()
    for number, text in enumerate(turns):
        out.first.append(len(forms))
        pieces = _TOKEN.split(text)  # gap, word, gap, word, ..., gap
        found = list(map(known.__getitem__, pieces[1::2]))
        if found:
            gaps = zip(pieces[2:-1:2], found, strict=False)
            out.before.append(START)
            out.before += [_PLAIN_GAPS[gap] if gap in _PLAIN_GAPS else _gap(gap, form.low) for gap, form in gaps]
            out.start += list(accumulate(map(len, pieces)))[:-1:2]
            out.turn += [number] * len(found)
            forms += found
    out.first.append(len(forms))
    out.low = [form.low for form in forms]
    out.end = [start + form.length for start, form in zip(out.start, forms, strict=True)]
    out.shape = [form.shape for form in forms]
    out.suffix = [form.suffix for form in forms]
    return out


def _form(word: str) -> _Form:
    suffix = ""
    if not word.isalpha() and (cut := _SUFFIX.search(word)):
        suffix = word[cut.start() + 1 :].lower()
        word = word[: cut.start()]
    return _Form(fold(word), len(word), _shape(word), suffix)


def _shape(word: str) -> int:
    if word[0].isdigit():
        return NUMBER
    if not word[0].isupper():
        return TITLE if "'" in word[1:2] and word[2:3].isupper() else LOWER
    if len(word) == 1 or not word[1].isupper():
        return TITLE
    return UPPER


def _gap(gap: str, previous: str) -> int:
    if gap in _SPACES or (gap in _OWNING and previous[-1] in "sn") or (not gap.strip() and "\n" not in gap):
        return SPACE  # one may own, or be clipped: Presidents' Day, Dunkin' Donuts
    if gap in _HYPHENS or (gap == "." and len(previous) == 1):
        return HYPHEN
    initial = previous in _ABBREVIATED or (len(previous) == 1 and previous != "i")
    if gap == ". " and initial:
        return SPACE
    if _BOUNDARY.search(gap):
        return START
    if _DASH.search(gap):
        return DASH
    return COMMA if "," in gap or "(" in gap or ")" in gap else OTHER
