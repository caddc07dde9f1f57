"""Finding names, places and organisations in one session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from anonymize.naming import christened, firms, institutions, names, phrasing, places, plain, roads, unheard
from anonymize.naming.reading import Reading
from anonymize.ner import doubt
from anonymize.ner.plugged import PluggedModel
from anonymize.ner.reread import reread
from anonymize.spans import Span


def read_session(
    turns: Sequence[str],
    known: Mapping[str, str],
    phrases: Mapping[str, str],
    taken: Sequence[Sequence[Span]],
    caller: frozenset[str] = frozenset(),
    *,
    strict: bool = False,
    model: PluggedModel | None = None,
    encoder: bool = False,
) -> Reading:
    """Read one session and decide on every token: first by rules, then, where they doubt, by a model.

    Args:
        turns: the session's turns.
        known: look-up forms of single tokens that are certain from elsewhere -> their type.
        phrases: phrases of several tokens that are certain from elsewhere -> their type.
        taken: per turn, spans that are decided already (structured identifiers) and are left alone.
        caller: look-up forms of names that the caller gave; they are masked with a capital even if they are words.
        strict: mask every unexplained capital inside a sentence.
        model: a model of the user's, asked last.
        encoder: let the sentence encoder settle doubts; else the packaged recognizer does.
    """
    reading = read_by_rules(turns, known, phrases, taken, caller, strict=strict)
    if encoder and reread(reading):
        reading.remember()
        _decide(reading)
    if not encoder:
        doubt.settle(reading)
    if model:
        model.add_to(reading)
        _decide(reading)
    return reading


def read_by_rules(
    turns: Sequence[str],
    known: Mapping[str, str],
    phrases: Mapping[str, str],
    taken: Sequence[Sequence[Span]],
    caller: frozenset[str] = frozenset(),
    *,
    strict: bool = False,
) -> Reading:
    """`read_session` before any model is asked.

    What is certain by shape (phrases, head words, spelled names) comes first; then every candidate is scored twice,
    since the first pass fills the session's memory and the second uses it.
    """
    reading = Reading(turns, known, phrases, taken, caller, strict=strict)
    names.mark_caller(reading)
    institutions.mark_parishes(reading)
    phrasing.mark_phrases(reading)
    places.keep_titles(reading)
    plain.keep_words(reading)
    plain.keep_known(reading)
    plain.keep_told(reading)
    plain.keep_kin(reading)
    plain.keep_spelling(reading)
    plain.keep_begun(reading)
    plain.keep_kinds(reading)
    christened.mark_christened(reading)
    names.mark_spelled(reading)
    names.mark_letter_names(reading)
    names.mark_labelled(reading)
    names.mark_small_words(reading)
    places.mark_organisations(reading)
    places.mark_campuses(reading)
    places.mark_streets(reading)
    places.mark_in_states(reading)
    roads.mark_roads(reading)
    roads.mark_miles(reading)
    institutions.mark_congregations(reading)
    institutions.mark_hospitals(reading)
    institutions.mark_units(reading)
    institutions.mark_crews(reading)
    firms.mark_ampersands(reading)
    firms.mark_clipped(reading)
    for again in range(3):
        if again > 1 and not reading.careless:
            break  # only a careless session still has names to learn
        _decide(reading)
    unheard.mark_unheard(reading)
    return reading


def _decide(reading: Reading) -> None:
    """Decide on every token by what is known so far, and learn from it."""
    names.mark_scored(reading)
    names.extend_runs(reading)
    names.close_gaps(reading)
    names.mark_bynames(reading)
    names.extend_hyphens(reading)
    names.mark_tries(reading)
    names.mark_initials(reading)
    firms.mark_firms(reading)
    firms.mark_pairs(reading)
    firms.mark_partners(reading)
    firms.mark_answers(reading)
    places.mark_linked(reading)
    firms.mark_owned(reading)
    places.mark_house_numbers(reading)
    firms.mark_signs(reading)
    institutions.mark_institutions(reading)
    institutions.mark_served(reading)
    reading.remember()
    phrasing.mark_remembered(reading)
