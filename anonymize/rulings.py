"""What a person ruled: classes of identifiers that stay, words that stay, words that go.

A steward's decisions are a CSV file with the columns `token`, `decision` (`mask` or `keep`), `who` and `when`; other
columns do not matter, and rows without a decision are passed over, so that a reviewed list can be handed in as it is.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from anonymize.roster import Survey
from anonymize.spans import Span
from anonymize.words import vocabulary as voc
from anonymize.words.tokens import tokenize
from corpora.errors import UsageError

MASK, KEEP = "mask", "keep"
COLUMNS = ("token", "decision", "who", "when")
MAY_STAY = ("LOCATION", "ORG", "DATE", "AGE90")
"""Classes that a recipe may leave in the text. Names, numbers and addresses with a form of their own always go."""

RULE = "steward"

Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """One word or phrase, what is to be done with it, and who said so when."""

    token: str
    decision: str
    who: str
    when: str


@dataclass(frozen=True, slots=True)
class Rulings:
    """Rules that stand over the detector's.

    Attributes:
        classes: span types that stay (of `MAY_STAY`).
        keep: phrases, as look-up forms of their words, that are never masked where they are the whole identifier.
        mask: phrases that are masked as names wherever they stand.
    """

    classes: frozenset[str] = frozenset()
    keep: frozenset[Phrase] = frozenset()
    mask: frozenset[Phrase] = frozenset()

    def settle(self, turns: Sequence[str], found: list[list[Span]]) -> list[list[Span]]:
        """The spans of a session after the rulings: per turn, sorted, without overlap."""
        if not (self.classes or self.keep or self.mask):
            return found
        stay = [[s for s in spans if not self._stays(s, turn)] for turn, spans in zip(turns, found, strict=True)]
        for turn, span in self._places(turns):
            touched = [other for other in stay[turn] if other.start < span.end and span.start < other.end]
            if not any(other.start <= span.start and span.end <= other.end for other in touched):
                ends = [other.end for other in (span, *touched)]
                starts = [other.start for other in (span, *touched)]
                stay[turn] = [other for other in stay[turn] if other not in touched]
                stay[turn].append(Span(min(starts), max(ends), span.type, span.rule))  # whole, though found in part
        return [sorted(spans) for spans in stay]

    def surveyed(self, survey: Survey) -> Survey:
        """The survey without what stays, so that no roster carries it into other sessions."""
        return Survey(
            tuple(
                form
                for form in survey.forms
                if form.type not in self.classes and tuple(form.form.split()) not in self.keep
            )
        )

    def _stays(self, span: Span, turn: str) -> bool:
        return span.type in self.classes or voc.split_words(turn[span.start : span.end]) in self.keep

    def _places(self, turns: Sequence[str]) -> Iterable[tuple[int, Span]]:
        """Where phrases to mask stand, longest first."""
        if not self.mask:
            return
        tokens = tokenize(list(turns))
        by_first: dict[str, list[Phrase]] = {}
        for phrase in sorted(self.mask, key=len, reverse=True):
            by_first.setdefault(phrase[0], []).append(phrase)
        for at, low in enumerate(tokens.low):
            for phrase in by_first.get(low, ()):
                last = at + len(phrase) - 1
                same = tuple(tokens.low[at : last + 1]) == phrase and tokens.turn[last] == tokens.turn[at]
                if same:
                    yield tokens.turn[at], Span(tokens.start[at], tokens.end[last], "NAME", RULE)
                    break


def rulings(classes: Iterable[str] = (), decisions: Iterable[Decision] = ()) -> Rulings:
    """Rulings from classes that stay and a steward's decisions; of two on one token the later counts.

    Raises:
        UsageError: a class may not stay.
    """
    classes = frozenset(classes)
    if wrong := sorted(classes - set(MAY_STAY)):
        raise UsageError(f"class {wrong[0]} cannot be kept; only {', '.join(MAY_STAY)} can")
    last = {voc.split_words(d.token): d.decision for d in sorted(decisions, key=lambda d: d.when)}
    chosen = {kind: frozenset(p for p, decision in last.items() if decision == kind and p) for kind in (MASK, KEEP)}
    return Rulings(classes, chosen[KEEP], chosen[MASK])


def read_decisions(path: Path) -> list[Decision]:
    """The decided rows of a decisions file, in order.

    Raises:
        UsageError: it is no UTF-8 CSV with these columns, or a decided row is incomplete; the message names the line,
            never the token.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if missing := set(COLUMNS) - set(rows.fieldnames or ()):
                raise UsageError(f"decisions {path}: it has no column {', '.join(sorted(missing))}")
            return [found for row in rows if (found := _decision(row, f"decisions {path}, line {rows.line_num}"))]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"decisions {path}: cannot be read as UTF-8 CSV ({type(error).__name__})") from None


def _decision(row: dict[str, str | None], where: str) -> Decision | None:
    token, decision, who, when = ((row[name] or "").strip() for name in COLUMNS)
    if not decision:
        return None
    if decision.lower() not in (MASK, KEEP):
        raise UsageError(f"{where}: the decision must be {MASK} or {KEEP}, or empty")
    if not voc.split_words(token):
        raise UsageError(f"{where}: the token holds no word")
    if not who or not when:
        raise UsageError(f"{where}: say who decided and when; `corpora review RUN --record FILE --by NAME` fills it in")
    return Decision(token, decision.lower(), who, when)
