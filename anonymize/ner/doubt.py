"""Asking the packaged recognizer about the few tokens of which the rules are unsure.

The rules score every candidate; a score that just misses its threshold is a doubt, and so are, where capitals mean
nothing, two plain words where an organisation or a place may stand ("decided on cypress landing"). Only the sentences
that hold a doubt are read. The recognizer can add a span and takes none back: recall comes first, and what it takes
back was right more often than wrong (docs/ner.md).
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from anonymize.naming.cues import place_cue
from anonymize.naming.evidence import judge, threshold
from anonymize.naming.reading import LOCATION, NAME, ORG
from anonymize.ner import MODEL
from anonymize.words import context
from anonymize.words import vocabulary as voc
from anonymize.words.tokens import NUMBER, START
from corpora.lean import HEAVY, without

if TYPE_CHECKING:
    from spacy.language import Language

    from anonymize.naming.reading import Reading

RULE = "ner"
_UNDER = 1.0  # how far a score may be under its threshold; one of four tried on gold-dev, tests/gold/dev and the sample
_REMEMBERED = 2.0  # the same for a word that is a name elsewhere in the session
_KINDS = {"PERSON": NAME, "LOCATION": LOCATION, "ORG": ORG}
_LEADS = frozenset({"at", "from", "to", "in", "for", "on", "called", "near", "by", "over", "with"})
_CALLS = context.ENDEARMENTS | context.CRIES
_NAMING = voc.GIVEN | voc.PLACE | voc.PLACE_WORD
_PLAIN = voc.CAPITAL | voc.KEEP | voc.KIN | voc.STATE


def settle(reading: Reading) -> None:
    """Mark what the rules doubted and the recognizer takes for a name, a place or an organisation."""
    open_ones = reading.flagged(lambda f: not f or f & _NAMING)
    words = {i: kind for i in open_ones if (kind := _doubted(reading, i))}
    phrases = [] if reading.cased else [i for i in range(1, reading.count - 1) if _phrase_may_start(reading, i)]
    if not words and not phrases:
        return
    seen = _recognised(reading, sorted({*words, *phrases}))
    for i, kind in words.items():
        if i in seen:
            reading.mark(i, i + 1, kind, RULE)
    for i in phrases:
        kind = seen.get(i, "")
        if kind in (LOCATION, ORG) and seen.get(i + 1) == kind and not seen.get(i - 1):
            _mark_phrase(reading, i, kind, seen)


def _doubted(reading: Reading, i: int) -> str:
    """The kind of the name that token i may be, if the rules have just passed it over; else ""."""
    f, low = reading.flag[i], reading.low[i]
    if reading.label[i] or reading.barred(i) or reading.shape[i] == NUMBER or len(low) == 1:
        return ""
    if f & (voc.KIN | voc.TITLE) or low in _CALLS or (f and not reading.wordy(i)):
        return ""
    if f and not f & voc.GIVEN and not (f & (voc.PLACE | voc.PLACE_WORD) and place_cue(reading, i)):
        return ""
    kind, score, _ = judge(reading, i)
    under = _REMEMBERED if low in reading.memory else _UNDER
    return kind if score >= threshold(reading, i, kind) - under else ""


def _phrase_may_start(reading: Reading, i: int) -> bool:
    """Whether tokens i and i + 1 are plain words after "at", "from", ..., of which none is decided."""
    if reading.low[i - 1] not in _LEADS or reading.low[i] in context.GENERIC:
        return False
    if not (reading.joined(i) and reading.joined(i + 1)) or (reading.label[i] and reading.label[i + 1]):
        return False
    return not any(
        reading.status[k]
        or reading.flag[k] & _PLAIN
        or reading.shape[k] == NUMBER
        or reading.low[k] in context.FUNCTION
        for k in (i, i + 1)
    )


def _mark_phrase(reading: Reading, i: int, kind: str, seen: dict[int, str]) -> None:
    k = i
    while seen.get(k) == kind and (k == i or reading.joined(k)):
        if not reading.label[k] and not reading.status[k]:
            reading.mark(k, k + 1, kind, RULE)
        k += 1


def _recognised(reading: Reading, doubts: Iterable[int]) -> dict[int, str]:
    """Token -> kind, for the tokens of the doubts' sentences that the recognizer takes for identifiers."""
    tokens = reading.tokens
    sentences: list[tuple[int, int]] = []
    for i in doubts:
        if not sentences or i >= sentences[-1][1]:
            sentences.append(_sentence(reading, i))
    texts = [reading.turns[tokens.turn[a]][tokens.start[a] : tokens.end[b - 1] + 1] for a, b in sentences]
    seen: dict[int, str] = {}
    for (a, b), doc in zip(sentences, _recognizer().pipe(texts), strict=True):
        for entity in doc.ents:
            start, end = (tokens.start[a] + at for at in (entity.start_char, entity.end_char))
            seen |= {k: _KINDS[entity.label_] for k in range(a, b) if tokens.start[k] < end and start < tokens.end[k]}
    return seen


def _sentence(reading: Reading, i: int) -> tuple[int, int]:
    """First token and end of token i's sentence."""
    turn, first = reading.tokens.turn[i], reading.tokens.first
    a, b = i, i + 1
    while a > first[turn] and reading.before[a] != START:
        a -= 1
    while b < first[turn + 1] and reading.before[b] != START:
        b += 1
    return a, b


@functools.cache
def _recognizer() -> Language:
    """The packaged pipeline, loaded once a process, when the first doubt arises.

    spaCy would first import every package that offers it a factory (Presidio, and with it torch where installed: many
    seconds); ours needs none of them.
    """
    with without(*HEAVY):
        import spacy
        from spacy.util import registry

    factories: Any = registry._entry_point_factories  # noqa: SLF001 - there is no public switch
    offered, factories.entry_points = factories.entry_points, False
    try:
        return spacy.load(MODEL)
    finally:
        factories.entry_points = offered
