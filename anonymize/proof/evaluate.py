"""How well identifiers are found in gold transcripts: counted per session, so that intervals can be drawn from them.

An identifier is *caught* when every letter and digit of it is masked, whatever class the detector gave it; else it
*leaks*. Nothing here keeps a transcript's text: the result is counts.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from anonymize.proof.estimate import DRAWS, over_sessions, recapture, wilson
from anonymize.proof.gold import KEEP, NOISE, GoldSpan, read_gold
from anonymize.proof.second import NUMBERS, WORDS, find_otherwise, group_of
from anonymize.spans import SPAN_TYPES, Span
from anonymize.words.origins import origin_of
from corpora.errors import UsageError

Finder = Callable[[list[str]], list[list[Span]]]
CASES: dict[str, Callable[[str], str]] = {"cased": str, "lower": str.lower, "UPPER": str.upper}
NAME_CLASSES = ("NAME",)
FORM_CLASSES = (
    "PHONE", "FAX", "EMAIL", "SSN", "MRN", "HEALTH_PLAN", "ACCOUNT", "LICENSE", "VEHICLE", "DEVICE", "URL", "IP",
    "HANDLE",
)  # fmt: skip
"""Classes with a form of their own ("structured identifiers")."""

_WORD = re.compile(r"\w+")
_BLANK = "\u25a0"


@dataclass(frozen=True, slots=True)
class GoldSession:
    """One session's turns, each with the identifiers and look-alikes (`KEEP`) marked in it; offsets are the turn's."""

    name: str
    turns: list[tuple[str, list[GoldSpan]]]


@dataclass(slots=True)
class SessionScore:
    """What was found in one session.

    `total` and `caught` count identifiers by class, `origin_total` and `origin_caught` names by origin; `masked` words
    of which `rightly` are an identifier's; `plain` words that are none's; `look_alikes` of which `kept` stayed whole.
    `captures` counts identifiers by (group, found by the first reader, found by the second); `told` of the leaks those
    that the second reader points at in the output, `alarms` everything else it points at there.
    """

    words: int = 0
    total: Counter[str] = field(default_factory=Counter)
    caught: Counter[str] = field(default_factory=Counter)
    origin_total: Counter[str] = field(default_factory=Counter)
    origin_caught: Counter[str] = field(default_factory=Counter)
    masked: int = 0
    rightly: int = 0
    plain: int = 0
    look_alikes: int = 0
    kept: int = 0
    captures: Counter[tuple[str, bool, bool]] = field(default_factory=Counter)
    told: int = 0
    alarms: int = 0


def read_gold_sessions(path: Path) -> list[GoldSession]:
    """Read gold: a `.gold` file, a folder of them, or a folder that holds rendered `gold/*.json` (or `*.json`).

    Raises:
        UsageError: there is none, or one breaks the format; the message names the file.
    """
    if path.is_file():
        paths = [path]
    else:
        paths = next(
            (found for pattern in ("*.gold", "gold/*.json", "*.json") if (found := sorted(path.glob(pattern)))), []
        )
    if not paths:
        raise UsageError(f"{path}: no gold here; give a .gold file, a folder of them, or one with gold/*.json")
    return [_read_rendered(p) if p.suffix == ".json" else _read_authored(p) for p in paths]


def _read_authored(path: Path) -> GoldSession:
    return GoldSession(path.stem, [(turn.text, turn.spans) for turn in read_gold(path).turns])


def _read_rendered(path: Path) -> GoldSession:
    try:
        turns = [
            (str(turn["text"]), [GoldSpan(s["type"], s["start"], s["end"], s["text"]) for s in turn["spans"]])
            for turn in json.loads(path.read_text(encoding="utf-8"))["turns"]
        ]
        fits = all(
            text[s.start : s.end] == s.text and s.type in (*SPAN_TYPES, KEEP, NOISE)
            for text, spans in turns
            for s in spans
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path}: not a rendered gold transcript ({type(error).__name__})") from None
    if not fits:
        raise UsageError(f"{path}: a mark has an unknown class, or does not stand where it says")
    return GoldSession(path.stem, turns)


def score_session(session: GoldSession, find: Finder, case: str = "cased") -> SessionScore:
    """Compare what a detector finds in one session, written in one of `CASES`, with what is marked there."""
    texts = [CASES[case](text) for text, _ in session.turns]
    texts = [new if len(new) == len(old) else old for new, (old, _) in zip(texts, session.turns, strict=True)]
    found = find(texts)
    covers = [_covered(text, spans) for text, spans in zip(texts, found, strict=True)]
    others = [_covered(text, spans) for text, spans in zip(texts, find_otherwise(texts), strict=True)]
    blanked = [
        "".join(_BLANK if hit else c for c, hit in zip(t, c_, strict=True)) for t, c_ in zip(texts, covers, strict=True)
    ]
    score = SessionScore()
    for at, left in enumerate(find_otherwise(blanked)):
        text, marks = texts[at], [mark for mark in session.turns[at][1] if mark.type != NOISE]
        _count_words(score, text, covers[at], [mark for mark in marks if mark.type != KEEP])
        for mark in marks:
            _count_mark(score, mark, text, covers[at], others[at], left)
        real = [(mark.start, mark.end) for mark in marks if mark.type != KEEP]
        score.alarms += sum(all(s.end <= start or end <= s.start for start, end in real) for s in left)
    return score


def _covered(text: str, spans: Iterable[Span]) -> bytearray:
    covered = bytearray(len(text))
    for span in spans:
        covered[span.start : span.end] = b"\x01" * (span.end - span.start)
    return covered


def _count_mark(
    score: SessionScore, mark: GoldSpan, text: str, first: bytearray, second: bytearray, left: Sequence[Span]
) -> None:
    places = [at for at in range(mark.start, mark.end) if text[at].isalnum()]
    if mark.type == KEEP:
        score.look_alikes += 1
        score.kept += not any(first[mark.start : mark.end])
        return
    caught = all(first[at] for at in places)
    score.total[mark.type] += 1
    score.caught[mark.type] += caught
    if mark.type in NAME_CLASSES:
        origin = origin_of(mark.text)
        score.origin_total[origin] += 1
        score.origin_caught[origin] += caught
    if not caught:
        score.told += any(span.start < mark.end and mark.start < span.end for span in left)
    if group := group_of(mark.type):
        score.captures[group, caught, any(second[at] for at in places)] += 1


def _count_words(score: SessionScore, text: str, covered: bytearray, marks: Sequence[GoldSpan]) -> None:
    identifying = _covered(text, [Span(mark.start, mark.end, mark.type, "gold") for mark in marks])
    for word in _WORD.finditer(text):
        masked, real = any(covered[slice(*word.span())]), any(identifying[slice(*word.span())])
        score.words += 1
        score.masked += masked
        score.rightly += masked and real
        score.plain += not real


def summarise(scores: Sequence[SessionScore]) -> dict[str, Any]:
    """All sessions of one case together, as JSON values; every rate is `{"rate", "low", "high", "hits", "of"}`.

    Rates of identifiers and words have intervals over sessions (bootstrap, `estimate.over_sessions`); shares of
    sessions, and rates by class and by origin, have Wilson's.
    """
    leaks = sum(_leaks(score) for score in scores)
    words = sum(score.words for score in scores)
    return {
        "recall": _clustered([(s.caught.total(), s.total.total()) for s in scores]),
        "name_recall": _clustered([_of(s, NAME_CLASSES) for s in scores]),
        "structured_recall": _clustered([_of(s, FORM_CLASSES) for s in scores]),
        "word_precision": _clustered([(s.rightly, s.masked) for s in scores]),
        "other_words_masked": _clustered([(s.masked - s.rightly, s.plain) for s in scores]),
        "look_alikes_kept": _clustered([(s.kept, s.look_alikes) for s in scores]),
        "clean_sessions": _rate(sum(not _leaks(s) for s in scores), len(scores)),
        "leaks": leaks,
        "leaks_per_1000_words": round(1000 * leaks / words, 3) if words else 0.0,
        "by_class": _by_key(scores, "total", "caught"),
        "by_origin": _by_key(scores, "origin_total", "origin_caught"),
        "second_reader": {
            "leaks_it_points_at": _rate(sum(s.told for s in scores), leaks),
            "other_finds_per_1000_words": round(1000 * sum(s.alarms for s in scores) / words, 3) if words else 0.0,
            "recapture": {group: _recaptured(scores, group) for group in (WORDS, NUMBERS)},
        },
    }


def evaluate(
    sessions: Sequence[GoldSession], find: Finder, progress: Callable[[int], None] = lambda _: None
) -> dict[str, Any]:
    """Score a detector on gold as written, in lower case and in capitals.

    Args:
        sessions: what `read_gold_sessions` returned.
        find: the detector: a session's turns -> a list of spans a turn.
        progress: called with the number of sessions done, over all cases.
    """
    results: dict[str, Any] = {}
    for number, case in enumerate(CASES):
        scores = []
        for at, session in enumerate(sessions, 1):
            scores.append(score_session(session, find, case))
            progress(number * len(sessions) + at)
        results[case] = summarise(scores)
    return {
        "sessions": len(sessions),
        "words": sum(len(_WORD.findall(text)) for session in sessions for text, _ in session.turns),
        "identifiers": sum(mark.type not in (KEEP, NOISE) for s in sessions for _, marks in s.turns for mark in marks),
        "intervals": {
            "level": 0.95,
            "rates of identifiers and words": f"bootstrap over sessions ({DRAWS} draws), Wilson where that is wider",
            "by class, by origin, clean sessions": "Wilson",
        },
        "cases": results,
    }


def _leaks(score: SessionScore) -> int:
    return score.total.total() - score.caught.total()


def _of(score: SessionScore, classes: Iterable[str]) -> tuple[int, int]:
    return sum(score.caught[name] for name in classes), sum(score.total[name] for name in classes)


def _interval(hits: int, of: int, limits: tuple[float, float]) -> dict[str, Any]:
    rate = round(hits / of, 4) if of else None
    return {"rate": rate, "low": round(limits[0], 4), "high": round(limits[1], 4), "hits": hits, "of": of}


def _rate(hits: int, of: int) -> dict[str, Any]:
    return _interval(hits, of, wilson(hits, of))


def _clustered(pairs: Sequence[tuple[int, int]]) -> dict[str, Any]:
    return _interval(sum(h for h, _ in pairs), sum(t for _, t in pairs), over_sessions(pairs))


def _by_key(scores: Sequence[SessionScore], total: str, caught: str) -> dict[str, Any]:
    totals: Counter[str] = sum((getattr(score, total) for score in scores), Counter())
    hits: Counter[str] = sum((getattr(score, caught) for score in scores), Counter())
    return {key: _rate(hits[key], totals[key]) for key in sorted(totals)}


def _recaptured(scores: Sequence[SessionScore], group: str) -> dict[str, Any]:
    """The estimate of what both readers miss, beside what they do miss, which only gold can tell."""
    counts: Counter[tuple[str, bool, bool]] = sum((score.captures for score in scores), Counter())
    both, only_first, only_second = (counts[group, a, b] for a, b in ((True, True), (True, False), (False, True)))
    estimate = recapture(both + only_first, both + only_second, both)
    return {
        "first": estimate.first,
        "second": estimate.second,
        "both": estimate.both,
        "estimated_missed_by_both_at_least": round(estimate.missed, 1),
        "interval_if_independent": [round(estimate.low, 1), round(estimate.high, 1)],
        "missed_by_both": counts[group, False, False],
    }
