"""Writing a session anew: the one place where a session becomes de-identified."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Any

from anonymize.spans import Span
from anonymize.structured import find_structured
from anonymize.surrogates import OVER_89, OVER_89_ATTRIBUTE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anonymize.surrogates import Surrogates
    from corpora.records import Session

AGE_CAP = "90+"
SPEAKERS = {"therapist": "Therapist", "client": "Client", "other": "Other"}
_FIXED = ("language", "license")
"""Metadata texts from closed vocabularies, in which nothing is searched (a licence may be a web address)."""

_OLDEST = 89
_YEARS_OLD = re.compile(r"[- ]years?[- ]old", re.IGNORECASE)
_SAID = re.compile(r" or older|-plus", re.IGNORECASE)
_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")


def replace_session(
    session: Session, spans: list[list[Span]], surrogates: Surrogates
) -> tuple[Session, list[list[Span]]]:
    """The session with a surrogate for every span, and the surrogates' spans in the new turns.

    Speakers become their role's name, metadata passes the policy of `clean_meta`, and `deidentified` is set.

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
    meta = clean_meta(session.meta, surrogates)
    return dataclasses.replace(session, turns=turns, meta=meta, deidentified=True), written


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


def clean_meta(meta: Mapping[str, Any], surrogates: Surrogates) -> dict[str, Any]:
    """Metadata as it may be published: ages over 89 as "90+", identifiers in free text replaced."""
    return {key: _clean(key, value, surrogates) for key, value in meta.items()}


def _clean(key: str, value: Any, surrogates: Surrogates) -> Any:
    if key == "age_range" and isinstance(value, str):
        return AGE_CAP if any(int(age) > _OLDEST for age in _NUMBER.findall(value)) else value
    if isinstance(value, str) and key not in _FIXED:
        return replace_text(value, _find_in_meta(value, surrogates), surrogates)[0]
    return [_clean(key, item, surrogates) for item in value] if isinstance(value, list | tuple) else value


def _find_in_meta(text: str, surrogates: Surrogates) -> list[Span]:
    """Structured identifiers, and the client's names where they are no ordinary words."""
    spans = find_structured([text])[0]
    for word in _WORD.finditer(text):
        form = surrogates.roster.resolve(word.group())
        if form and not form.ambiguous and all(word.end() <= s.start or s.end <= word.start() for s in spans):
            spans.append(Span(*word.span(), "NAME", "roster"))
    return sorted(spans)
