"""Writing a session anew: the one place where a session becomes de-identified."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Any

from anonymize.spans import Span
from anonymize.surrogates.surrogates import OVER_89, OVER_89_ATTRIBUTE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anonymize.surrogates.surrogates import Surrogates
    from corpora.records import Session

AGE_CAP = "90+"
SPEAKERS = {"therapist": "Therapist", "client": "Client", "other": "Other"}
_OLDEST = 89
_YEARS_OLD = re.compile(r"[- ]years?[- ]old", re.IGNORECASE)
_SAID = re.compile(r" or older|-plus", re.IGNORECASE)
_NUMBER = re.compile(r"\d+")


def replace_session(
    session: Session, spans: list[list[Span]], surrogates: Surrogates
) -> tuple[Session, list[list[Span]]]:
    """The session with a surrogate for every span, and the surrogates' spans in the new turns.

    Speakers become their role's name, ages over 89 in the metadata are capped, and `deidentified` is set. What else of
    the metadata may be published is decided before (`metadata.publishable`).

    Raises:
        ValueError: there is not one list of spans a turn, or spans of a turn overlap or leave it.
    """
    if len(spans) != len(session.turns):
        raise ValueError(f"{len(spans)} lists of spans for {len(session.turns)} turns")
    turns, written = [], []
    for turn, found in zip(session.turns, spans, strict=True):
        text, placed = replace_text(turn.text, found, surrogates)
        turns.append(dataclasses.replace(turn, text=text, speaker=SPEAKERS[turn.role]))
        written.append(placed)
    return dataclasses.replace(session, turns=turns, meta=cap_ages(session.meta), deidentified=True), written


def replace_text(text: str, spans: list[Span], surrogates: Surrogates) -> tuple[str, list[Span]]:
    """One turn's text with surrogates, and where they stand in it.

    Raises:
        ValueError: spans overlap or leave the text.
    """
    pieces: list[str] = []
    placed: list[Span] = []
    last = size = 0
    for span in sorted(spans):
        if not last <= span.start < span.end <= len(text):
            raise ValueError(
                f"span {span.start}:{span.end} overlaps another or leaves the turn of {len(text)} characters"
            )
        new = surrogates.text_for(span.type, text[span.start : span.end])
        if span.type == "AGE90":
            new = _age_in_place(new, text[span.start :], text[span.end :])
        size += span.start - last
        pieces += (text[last : span.start], new)
        placed.append(Span(size, size + len(new), span.type, span.rule))
        size += len(new)
        last = span.end
    return "".join((*pieces, text[last:])), placed


def _age_in_place(new: str, old: str, rest: str) -> str:
    """The category for ages over 89 in the words around it ("a 90-plus-year-old"); what says so already stays."""
    if _SAID.match(rest):
        return old[: len(old) - len(rest)]
    return new.replace(OVER_89, OVER_89_ATTRIBUTE) if _YEARS_OLD.match(rest) else new


def cap_ages(meta: Mapping[str, Any]) -> dict[str, Any]:
    """Metadata with an age range that reaches over 89 as "90+"; free text was withheld before, by `metadata`."""
    return {key: _capped(value) if key == "age_range" else value for key, value in meta.items()}


def _capped(value: Any) -> Any:
    over = isinstance(value, str) and any(int(age) > _OLDEST for age in _NUMBER.findall(value))
    return AGE_CAP if over else value
