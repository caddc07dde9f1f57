"""What can point to one person though no identifier is left: what they do, where they live, what happened to them.

Counted only, by words of our own lists: a place with an occupation, or with an event that a local paper would have had
(45 CFR 164.514(b)(2)(ii) speaks of information that could be used alone or in combination). Nothing is masked for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from anonymize.spans import Span
from anonymize.words.lexicon import words
from anonymize.words.tokens import fold

OCCUPATION, PLACE, EVENT = "occupation", "place", "rare event"


def story_of(turns: Iterable[str], found: Sequence[Sequence[Span]]) -> str:
    """Which of occupation, place and rare event one session tells, joined by " + "; "" for none.

    Args:
        turns: the session's turns.
        found: the identifiers found in them; a LOCATION is a place.
    """
    words_said = {word for turn in turns for word in turn.split()}
    said = {fold(word).strip(".,;:?!\"'()") for word in words_said}
    parts = (
        (OCCUPATION, bool(said & words("occupations"))),
        (PLACE, any(span.type == "LOCATION" for spans in found for span in spans)),
        (EVENT, bool(said & words("rare_events"))),
    )
    return " + ".join(name for name, told in parts if told)
