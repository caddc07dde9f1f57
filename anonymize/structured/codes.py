"""Numbers and codes in digits or in words: telephone, account, record, licence, plate and serial numbers.

Number-like items ("three", "oh", "double seven", "418", "xqh", "z") that stand together make a *run*. What a run is
follows from its digits, its grouping, and the *cue* ("record number", "plate's", "ending in") before it, in the same
turn or in the question before it. Quantities, scores, prices, times and counting aloud are left alone.
"""

# ruff: noqa: PLR2004  the numbers are lengths of identifiers and days, months and years

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator

from anonymize.spans import Span
from anonymize.structured.cues import FILLER, LETTERS_BEFORE, WINDOW, Cue, cue_of
from anonymize.structured.runs import LONGEST, Run, find_runs
from anonymize.words.lexicon import pattern, words
from anonymize.words.numerals import NUMBER_WORDS, TEENS, TENS, digits_of

_DIGIT, _TWO_DIGITS = re.compile(r"\d"), re.compile(r"\d\d")
_NUMBERS, _ABOVE_TEN = frozenset(NUMBER_WORDS), frozenset((*TEENS, *TENS))
_UNITS = re.compile(rf"[ -]?(?:{pattern('units')})\b|[ -]?%")
_SHORT_CODES = words("short_codes")
_MONEY = re.compile(
    r"(?:[$£€]|\b(?:dollars|about|around|roughly|over|under|almost|nearly|paid|costs?|made|make|owes?|owed|worth|"
    r"like)) ?$"
)

_ECHOED = frozenset(("PHONE", "FAX", "SSN", "ACCOUNT"))
_CODE_KINDS = frozenset(("VEHICLE", "LICENSE", "DEVICE", "MRN", "HEALTH_PLAN", "ACCOUNT", "ID"))


def find_codes(
    texts: list[str], lows: list[str], taken: list[list[Span]], worth: dict[int, frozenset[str]]
) -> list[list[Span]]:
    """Numbers and codes of a session, turn by turn; runs that touch an already `taken` span are left to it.

    Only the turns in `worth`, which holds their words, are read for them: all with a digit or a number word.
    """
    runs = [
        run
        for turn, said in worth.items()
        if _may_run(lows[turn], said)
        for run in find_runs(lows[turn], turn)
        if not _touches(run, taken[turn])
    ]
    kinds = [_class_of(run, texts[run.turn], lows) for run in runs]
    _join_turns(runs, kinds, lows)
    _echo(runs, kinds, [(digits_of(lows[t][s.start : s.end]), s.type) for t, spans in enumerate(taken) for s in spans])
    _tails(runs, kinds, taken)
    found: list[list[Span]] = [[] for _ in lows]
    for run, kind in zip(runs, kinds, strict=True):
        if kind:
            start, end = _with_letters(run, kind, texts[run.turn], lows[run.turn])
            found[run.turn].append(Span(start, end, kind, "code_aloud" if run.singles else "code"))
    for turn in worth:
        for codes in (_extensions(lows[turn]), _joined(lows[turn])):
            free = [code for code in codes if not (_touches(code, taken[turn]) or _touches(code, found[turn]))]
            found[turn] = sorted([*found[turn], *free]) if free else found[turn]
    return found


def _may_run(low: str, said: frozenset[str]) -> bool:
    """Whether a turn holds two items that may make a run, or a number above ten; most hold a "one" at best."""
    if _TWO_DIGITS.search(low):
        return True
    if not _DIGIT.search(low):
        numbers = list(said & _NUMBERS)
        if not numbers or (len(numbers) == 1 and numbers[0] not in _ABOVE_TEN and low.count(numbers[0]) == 1):
            return False
    return bool(_WORTH.search(low))


def _extensions(low: str) -> Iterator[Span]:
    if "ext" in low:
        yield from (Span(*match.span("number"), "PHONE", "extension") for match in _EXTENSION.finditer(low))


def _joined(low: str) -> Iterator[Span]:
    if _DIGIT.search(low) and _JOINED_HINT.search(low):
        yield from (Span(*match.span(), "ID", "code_joined") for match in _JOINED.finditer(low))


_EXTENSION = re.compile(
    rf"\b(?:extension|ext\.?) (?P<number>(?:\d{{1,6}}|{'|'.join(NUMBER_WORDS)})"
    rf"(?:[ -](?:\d{{1,6}}|{'|'.join(NUMBER_WORDS)})){{0,5}})\b(?![- ](?:{pattern('units')})\b)"
)

_JOINED = re.compile(
    r"(?<![\w/@.+-])(?:(?=[a-z\d/-]*\d{3})(?:[a-z]{1,5}(?:/[a-z\d]{1,8}){2,4}|[a-z]{1,4}(?:-[a-z\d]{1,6}){2,4})"
    r"|[a-z]{2,5}\d{1,4}[a-z]{2,5}(?<!s))(?![\w/@+-])"
)
_JOINED_HINT = re.compile(r"[a-z]/[a-z\d]+/|[a-z]-[a-z\d]+-|[a-z]{2}\d{1,4}[a-z]{2}")
"""Codes by their form alone: HLA/ATT/0917, RI-AD-5518, mg4zt."""


def _touches(run: Run | Span, spans: list[Span]) -> bool:
    """Whether the run shares a character with one of the sorted, disjoint spans."""
    at = bisect.bisect_left(spans, run.end, key=lambda span: span.start)
    return at > 0 and spans[at - 1].end > run.start


_ONE = rf"(?:\d|\b(?:{'|'.join(NUMBER_WORDS)})\b)"
_WORTH = re.compile(
    rf"\b(?:{'|'.join((*TEENS, *TENS))})\b|{_ONE}[\s,.\-]{{1,4}}(?:(?:[a-z]|u[mh]|and|then|"
    rf"dash)[\s,.\-]{{1,3}}){{0,4}}{_ONE}"
)


def _class_of(run: Run, text: str, lows: list[str]) -> str | None:
    """The class of a run; None where it is no identifier."""
    size = len(run.digits)
    if size + run.letters < 3:  # no code is as short
        return None
    low = lows[run.turn]
    cue = cue_of(run, lows)
    if (
        (run.counting and not (cue.direct or (cue.kind and size >= 7)))
        or (run.scaled and not (cue.strong and cue.direct))
        or (run.digits in _SHORT_CODES and not (cue.direct and cue.strong and cue.kind in _CODE_KINDS))
    ):
        return None
    if size < 7 and (_UNITS.match(low, run.end) or _MONEY.search(low[max(0, run.start - 12) : run.start])):
        return None
    if size >= 9 and low.endswith("plus ", 0, run.start):
        return "PHONE"
    if cue.ending and 3 <= size <= 6:  # the tail of a longer number
        return cue.kind if cue.kind in (*_CODE_KINDS, "SSN", "PHONE") else "ACCOUNT"
    return _by_cue(run, cue, size) or _by_shape(run, text, low, size)


def _by_cue(run: Run, cue: Cue, size: int) -> str | None:
    """The class that the cue gives the run, if the run looks like it."""
    fits = False
    match cue.kind:
        case "DATE":
            fits = cue.direct and len(run.groups) >= 2 and 3 + (len(run.groups) < 3) < size <= 8 and run.groups[0] <= 2
        case "PHONE" | "FAX":
            whole = size in (7, 10, 11) and not run.letters and _phone_shaped(run)
            fits = whole or (cue.direct and cue.partial and 2 < size < 7)
        case "SSN":
            fits = size == 9 or (cue.direct and size == 4)
        case "LOCATION":
            fits = size in (5, 9)
        case kind if kind in _CODE_KINDS:
            fits = _is_code(run, cue, size)
    return cue.kind if fits else None


def _is_code(run: Run, cue: Cue, size: int) -> bool:
    """Whether a run under the cue of a record or code is one: the surer the cue, the less it takes."""
    if cue.direct and cue.strong:
        return size + run.letters >= 3
    if _many_quantities(run) or (run.digits.endswith("00") and size <= 5):
        return False
    return size >= 5 or (run.letters > 0 and size >= 4)


def _by_shape(run: Run, text: str, low: str, size: int) -> str | None:  # noqa: PLR0911  one line a shape
    """The class of a number that nothing announces, from its length and grouping."""
    lettered = run.letters or _with_letters(run, "ID", text, low) != (run.start, run.end)
    if _many_quantities(run) and not (lettered and size in (5, 6) and len(run.groups) == 2):
        return None
    if lettered and size >= 5:
        return "ID"
    if _is_plate(run, text, low):
        return "VEHICLE"
    if size in (7, 10, 11) and _phone_shaped(run):
        return "PHONE"
    if size == 9 and (run.aloud or run.groups in ([3, 2, 4], [9])):
        return "SSN" if run.groups != [9] else "ID"
    if _round(run):
        return None
    if len(run.groups) == 1 and size >= 5:
        return "LOCATION" if size == 5 and _PLACE_BEFORE.search(low[max(0, run.start - 4) : run.start]) else "ID"
    if run.gaps == ["-"] and run.groups in ([2, 4], [2, 5], [2, 6]):
        return "ID"
    if not run.singles and size >= 7 and min(run.groups) >= 2 and set(run.gaps) <= {" ", "-"}:
        return "ID"
    alone = _ALONE.search(low, max(0, run.start - 2), run.start) and _CLOSED.match(low, run.end)
    return "ID" if run.aloud and size >= (4 if alone else 5) and run.singles >= size - 2 else None


_ALONE = re.compile(r"(?:^|[.?!]) ?$")
_CLOSED = re.compile(r"\.(?!\.)|$")
"""What stands before and after a number that is a sentence by itself."""

_PLATE = re.compile(r"(?<![\w-])(?P<letters>[a-z]{2,3}) \d{3,4}(?!\w)")
_CONSONANTS = re.compile(r"[bcdfghjklmnpqrstvwxz]+")
_NO_PLATE = words("not_a_plate")


def _is_plate(run: Run, text: str, low: str) -> bool:
    """Whether capitals, or letters that are no word, and three or four digits make a number plate ("QX 418")."""
    plate = _PLATE.search(low, max(0, run.start - 4), run.end)
    if plate is None or plate["letters"] in _NO_PLATE:
        return False
    return bool(_CONSONANTS.fullmatch(plate["letters"])) or _in_capitals(text, *plate.span("letters"))


_PLACE_BEFORE = re.compile(r"[a-z]{2},? $")


def _phone_shaped(run: Run) -> bool:
    if run.digits[0] in "01" and len(run.digits) == 10:  # no area code starts so
        return run.aloud
    written = (
        [3, 4],
        [3, 3, 4],
        [3, 4, 4],
        [1, 3, 3, 4],
        [3, 7],
        [6, 4],
        [10],
        [11],
        [7],
        [3, 2, 2],
        [3, 3, 2, 2],
        [3, 1, 3],
        [1, 10],
        [1, 3, 7],
    )
    return (
        run.groups in written
        or run.singles >= 3
        or (sum(g <= 2 for g in run.groups) == len(run.groups) and run.singles > 0)
    )


def _many_quantities(run: Run) -> bool:
    """Whether the run is a list or range of quantities or years ("1990-1995", "10, 20, 30")."""
    if len(run.groups) < 2 or run.singles or run.letters or len(set(run.groups)) > 1:
        return False
    width = run.groups[0]
    years = width == 4 and all(run.digits[i : i + 2] in ("19", "20") for i in range(0, len(run.digits), 4))
    return years or (
        width <= 4 and (all("," in gap for gap in run.gaps) or (len(run.groups) == 2 and (width < 4 or _round(run))))
    )


_REMARK = 45
"""Characters of a remark between two parts of a number: "five five five, what is it, oh one seven seven"."""


def _join_turns(runs: list[Run], kinds: list[str | None], lows: list[str]) -> None:
    """Class the parts of a number cut by a remark, or shared by turns ("five five five -" / "oh one six three")."""
    for first in range(len(runs)):
        digits, last = runs[first].digits, first
        while last + 1 < len(runs) and len(digits) < 10 and _continues(runs[last], runs[last + 1], lows):
            last += 1
            digits += runs[last].digits
            if len(digits) in (7, 9, 10, 11) and not all(kinds[first : last + 1]):
                cue = cue_of(runs[first], lows)
                kind = cue.kind if cue.kind in (*_CODE_KINDS, "FAX", "SSN") else "PHONE"
                if len(digits) != 9 or kind != "PHONE":  # nine digits are no telephone number
                    kinds[first : last + 1] = [kind] * (last + 1 - first)


def _continues(run: Run, following: Run, lows: list[str]) -> bool:
    """Whether `following` goes on with a number that the end of the turn cut off, or a remark in the turn."""
    if run.turn == following.turn:
        return bool(run.aloud and following.aloud and following.start - run.end <= _REMARK)
    return (
        0 < following.turn - run.turn <= 2  # one short turn may stand between
        and not any(len(low.split()) > 3 for low in lows[run.turn + 1 : following.turn])  # "Mm-hm."
        and min(len(run.digits), len(following.digits)) >= 2
        and max(run.singles, following.singles, *run.groups) >= 3
        and not re.search(r"\w", lows[run.turn][run.end :])
        and bool(FILLER.fullmatch(lows[following.turn], 0, following.start))
    )


def _echo(runs: list[Run], kinds: list[str | None], known: list[tuple[str, str]]) -> None:
    """Class what repeats a part of a number found elsewhere in the session; `known` are others' (digits, class)."""
    parts: dict[str, str] = {}
    numbers = [(digits, kind) for digits, kind in known if kind in _ECHOED]
    numbers += [(run.digits, kind) for run, kind in zip(runs, kinds, strict=True) if kind and not run.letters]
    for digits, kind in numbers:
        if 4 <= len(digits) <= LONGEST:
            for start in range(len(digits) - 2):
                for end in range(start + 3, len(digits) + 1):
                    parts.setdefault(digits[start:end], kind)
    for index, run in enumerate(runs):
        if (
            kinds[index] is None
            and (len(run.digits) >= 4 or run.aloud)
            and not (run.counting or run.scaled)
            and not (_round(run) and len(run.digits) < 5)
        ):
            kinds[index] = parts.get(run.digits)


def _tails(runs: list[Run], kinds: list[str | None], taken: list[list[Span]]) -> None:
    """Class four digits after a telephone number in the same turn that start with a zero or are read out, too."""
    first = {turn: s.end for turn, spans in enumerate(taken) for s in reversed(spans) if s.type in ("PHONE", "FAX")}
    for index, run in enumerate(runs):
        if kinds[index] in ("PHONE", "FAX"):
            first[run.turn] = min(run.end, first.get(run.turn, run.end))
        elif (
            kinds[index] is None
            and len(run.digits) == 4
            and not run.letters
            and ((run.groups == [4] and run.digits[0] == "0") or run.aloud)
            and first.get(run.turn, run.start) < run.start
        ):
            kinds[index] = "PHONE"


def _round(run: Run) -> bool:
    return run.digits.endswith("00") or (len(run.digits) == 4 and run.digits[:2] in ("19", "20"))


_LABEL = re.compile(r"\b(?:mrn|exp)\b[.:#]? ?$")
_LETTERS_AFTER = re.compile(r"(?:[ -][a-z](?![\w'])){1,3}|[ -][a-z]{2,3}(?![\w'])")
_AFTER_LETTER = re.compile(
    r"[^\w\s]|$| (?:like|and|so|but|is|it|it's|i|that|that's|which|or|on|in|for|at|to|if|because|from|was|yeah|okay|"
    r"right)\b"
)
_ANNOUNCERS = words("code_announcers")
_SMALL_WORDS = words("not_a_code")


def _with_letters(run: Run, kind: str, text: str, low: str) -> tuple[int, int]:
    """The run's range, widened to the letters that belong to the code ("ZKP 418", "h 0042 7713", "2309 5571 A")."""
    if kind == "PHONE" and low.endswith("plus ", 0, run.start):
        return run.start - len("plus "), run.end
    if kind not in _CODE_KINDS:
        return run.start, run.end
    return _start_with_letters(run, kind, text, low), _end_with_letters(run, text, low)


def _start_with_letters(run: Run, kind: str, text: str, low: str) -> int:
    base = max(0, run.start - 30)
    if label := _LABEL.search(low, base, run.start):
        return label.start() if kind == "MRN" else run.start
    if kind == "ID" and len(run.digits) in (8, 9) and f" {low[: run.start]}".endswith((" a ", " a-")):
        return run.start - 2  # an alien registration number
    before = LETTERS_BEFORE.search(low[base : run.start])
    if before is None:
        return run.start
    first = base + before.start()
    letters = re.findall(r"[a-z]+", before.group())
    if before.group().endswith(", ") and len(letters[-1]) > 1 and not _in_capitals(text, first, run.start - 2):
        return run.start
    capital = _in_capitals(text, first, first + 1)
    while letters and (letters[0] in _ANNOUNCERS or (letters[0] in _SMALL_WORDS and not capital)):
        letters = letters[1:]
    sure = kind != "ID" or run.letters or len(run.digits) >= 7 or capital
    if not letters or not (sure or len(letters) > 1 or _CONSONANTS.fullmatch(letters[0])):
        return run.start
    return base + before.start() + before.group().index(letters[0])


def _end_with_letters(run: Run, text: str, low: str) -> int:
    after = _LETTERS_AFTER.match(low, run.end)
    if after is None:
        return run.end
    letters = after.group().strip(" -")
    joined = low[run.end] == "-"
    capital = letters != "i" and _in_capitals(text, after.end() - len(letters), after.end())
    single = len(letters) == 1 and letters != "i" and _AFTER_LETTER.match(low, after.end())
    return after.end() if joined or capital or single else run.end


def _in_capitals(text: str, start: int, end: int) -> bool:
    """Whether capitals stand there in text that is not all in capitals, as letters of a code do."""
    around = text[max(0, start - WINDOW) : end + WINDOW]
    return text[start:end].isupper() and not around.isupper() and text[start : start + 2] not in ("I ", "I'")
