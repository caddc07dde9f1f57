"""Runs: number-like items, in digits or words, that stand together in a turn ("three oh nine, 555, double four")."""

# ruff: noqa: PLR2004  the numbers are lengths of identifiers and days, months and years

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from anonymize.words.lexicon import pattern, words
from anonymize.words.numerals import NUMBER_WORDS, REPEATS, TEENS, TENS, UNITS

if TYPE_CHECKING:
    from collections.abc import Iterator

_NUMBER = (
    r"(?P<quantity>[$£€] ?\d[\d,.]*|\b\d{1,3}(?:,\d{3})+(?:\.\d+)?\b|\b\d{1,3}\.\d{1,2}(?![.\d])\b(?!\.\d)|"
    r"\b\d{1,2}:\d{2}(?::\d{2})?\b"
    r"|(?<=\blast )(?:two|three|four|five|six)\b(?=[,:])|\ba (?:hundred|thousand|million)\b"
    r"|\b\d+(?:st|nd|rd|th|s|k|mg|am|pm|'s)\b|\b\d{1,3}/\d{1,3}\b(?![/\d]))"
    r"|(?P<code>\b(?:[a-z]{1,4}-?)?\d[a-z\d]{0,24}\b)"
    rf"|(?P<word>\b(?:{'|'.join(NUMBER_WORDS)})\b(?!'))"
)
_LETTER = (
    r"(?P<letter>(?<![\w'])(?:[a-z]|(?!(?:mm|hm|hmm|mr|dr|st|vs|tv|pm|mg|lb|lbs|ml|ft|sr|jr|km|kg|hr|hrs|th|nd|mrn|ssn|"
    r"rd)\b)[bcdfghjklmnpqrstvwxz]{2,3})(?![\w'])|\b(?:zee|zed|alpha|bravo|charlie|delta|echo|foxtrot|juliet|kilo|"
    r"lima|oscar|papa|quebec|romeo|sierra|tango|whiskey|yankee|zulu)\b)"
)
_OPENING = re.compile(_NUMBER)
_ITEM = re.compile(f"{_NUMBER}|{_LETTER}")
_INITIALS = sorted({word[0] for word in NUMBER_WORDS})
_HINT = re.compile(
    rf"[$£€\d{''.join(_INITIALS)}](?:(?<=[$£€\d])|(?<!\w.)(?:"
    + "|".join(
        f"(?<={initial})(?:{'|'.join(word[1:] for word in NUMBER_WORDS if word[0] == initial)})\\b"
        for initial in _INITIALS
    )
    + "))"
)
"""Where a number can begin, or its first digit: one set of characters stands first, for `re` skips to those fast."""

_LETTERS_BEFORE = 5  # of a code, before its first digit
_GAP = re.compile(
    r"[\s,\-/#()+.…]{0,5}(?:(?:um+|uh+|er+m?|em|dash|hyphen|space|then|and then|and then it's|then it's|slash|stroke|"
    r"as in \w+)[\s,\-.…]{1,4}){0,2}"
)
_LOCAL = 7  # digits of a telephone number without its area
_UNITS = re.compile(rf" (?:{pattern('units')})\b")
_PLAIN_CODES = words("plain_codes")
_SENTENCE_END = re.compile(r"(?<!\.)[.?!]\s")  # three points are a pause

LONGEST = 40
"""Items in a run at most: an IBAN read letter by letter has 34 characters."""


@dataclass(slots=True)
class Run:
    """Number-like items that stand together in one turn: `digits` joined; `groups` counts digits item by item.

    `singles` are read one by one; `scaled` says that it has thousands, as amounts do.
    """

    turn: int
    start: int
    end: int
    digits: str = ""
    letters: int = 0
    groups: list[int] = field(default_factory=list)
    singles: int = 0
    scaled: bool = False
    gaps: list[str] = field(default_factory=list)

    @property
    def aloud(self) -> bool:
        """Whether it is read out digit by digit."""
        return self.singles >= 3 and self.singles * 2 > len(self.groups)  # three make a pattern

    @property
    def counting(self) -> bool:
        """Whether someone counts, up or down."""
        steps = {int(b) - int(a) for a, b in zip(self.digits, self.digits[1:], strict=False)}
        return self.aloud and steps in ({1}, {-1})


def find_runs(low: str, turn: int) -> Iterator[Run]:
    """The runs of one turn, parts of a number that full stops cut ("808. 555. 0118.") joined again."""
    whole: Run | None = None
    for part in _parts(low, turn):
        if (
            whole
            and not part.scaled
            and LONGEST > min(len(whole.digits), len(part.digits)) >= 3
            and _GAP.fullmatch(low, whole.end, part.start)
        ):
            whole.gaps += (".", *part.gaps)
            whole.digits += part.digits
            whole.groups += part.groups
            whole.end, whole.letters, whole.singles = (
                part.end,
                whole.letters + part.letters,
                whole.singles + part.singles,
            )
            continue
        if whole:
            yield whole
        whole = part
    if whole:
        yield whole


def _parts(low: str, turn: int) -> Iterator[Run]:
    """Runs that no sentence end cuts."""
    items: list[re.Match[str]] = []
    at = 0
    while item := _ITEM.search(low, at) if items else _opening(low, at):
        at = item.end()
        stops = item.lastgroup == "quantity" or item.group() in _PLAIN_CODES
        if items and (
            stops
            or len(items) == LONGEST
            or _SENTENCE_END.search(low, items[-1].end(), item.start() + 1)
            or not _GAP.fullmatch(low, items[-1].end(), item.start())
        ):
            if run := _read(items, turn):
                yield run
            items = []
        if not stops and (items or item.lastgroup != "letter"):
            items.append(item)
    if run := _read(items, turn):
        yield run


def _opening(low: str, at: int) -> re.Match[str] | None:
    """The next item that can open a run: any but a letter."""
    hint = _HINT.search(low, at)
    return _OPENING.search(low, max(at, hint.start() - _LETTERS_BEFORE)) if hint else None


def _trimmed(items: list[re.Match[str]]) -> list[re.Match[str]]:
    """The items without letters at the end, and without an amount: oh one eight two forty minutes."""
    while items and (items[-1].lastgroup == "letter" or items[-1].group() in REPEATS):
        items = items[:-1]
    amount = len(items) > _LOCAL and items[-1].group() in TENS and _UNITS.match(items[-1].string, items[-1].end())
    return items[:-1] if amount else items


def _read(items: list[re.Match[str]], turn: int) -> Run | None:
    """The digits that the items say; None where there are no two."""
    items = _trimmed(items)
    if not items:
        return None
    run = Run(turn, items[0].start(), items[-1].end())
    run.gaps = [b.string[a.end() : b.start()] for a, b in pairwise(items)]
    times, tens_end = 1, -1
    for item in items:
        word = item.group()
        said = ""
        if item.lastgroup == "code":
            said = "".join(c for c in word if c.isdigit())
            run.letters += sum(c.isalpha() for c in word)
            run.singles += word.isdigit() and len(word) == 1
        elif item.lastgroup == "letter":
            run.letters += len(word) if len(word) < 4 else 1  # "kilo" is one letter
            continue
        elif word in REPEATS:
            times = REPEATS[word]
            continue
        elif word in UNITS:
            if tens_end >= item.start() - 1 and UNITS[word]:
                run.digits = run.digits[:-1] + str(UNITS[word])
                tens_end = -1
                continue
            said = str(UNITS[word])
            run.singles += 1
        elif word in ("hundred", "thousand"):
            run.scaled |= word == "thousand"
            said = "00" if word == "hundred" else "000"
        else:
            said = str(TEENS.get(word) or TENS[word])
            tens_end = item.end() if word in TENS else -1
        run.digits += said * times
        run.groups.append(len(said) * times)
        times = 1
    return run if len(run.digits) > 1 else None
