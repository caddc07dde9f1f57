"""Asking the packaged recognizer about the few tokens of which the rules are unsure."""

from __future__ import annotations

import functools
from collections import Counter
from typing import TYPE_CHECKING

from anonymize import context
from anonymize import vocabulary as voc
from anonymize.evidence import judge, threshold
from anonymize.ner import MODEL
from anonymize.places import place_cue
from anonymize.reading import KEPT, LOCATION, NAME, ORG
from anonymize.tokens import NUMBER, START

if TYPE_CHECKING:
    from spacy.language import Language

    from anonymize.reading import Reading

UNDER, OVER = 1.5, 1.0
FOR, AGAINST = 1.5, 1.0
_SCORED = frozenset({"memory", "list", "capital", "context"})
KINDS = {"PERSON": NAME, "LOCATION": LOCATION, "ORG": ORG}


@functools.cache
def packaged() -> Language:
    import spacy

    return spacy.load(MODEL)


SHARE, SURE, MANY, VSHARE = 0.5, 2.0, 3, -1.0


def settle(reading: Reading) -> int:
    doubts = {i: d for i in range(reading.count) if (d := doubt(reading, i))}
    if not doubts:
        return 0
    forms = {reading.low[i] for i in doubts}
    named = recognised(reading, [i for i in range(reading.count) if reading.low[i] in forms])
    seen, times = Counter(), Counter()
    for i in range(reading.count):
        if reading.low[i] in forms:
            times[reading.low[i]] += 1
            seen[reading.low[i]] += i in named
    changed = 0
    for i, (kind, margin) in doubts.items():
        low = reading.low[i]
        share = seen[low] / times[low]
        if reading.label[i]:
            if i not in named and share <= VSHARE and margin < OVER:
                reading.label[i] = reading.rule[i] = ""
                reading.status[i] = KEPT
                changed += 1
            continue
        yes = i in named and share >= SHARE and margin >= -UNDER
        yes = yes or (share >= SURE and times[low] >= MANY)
        if yes:
            reading.label[i], reading.rule[i] = kind, "ner"
            changed += 1
    return changed


GATE = True


def gate(reading: Reading, i: int) -> bool:
    f = reading.flag[i]
    if f & (voc.KIN | voc.TITLE | voc.KEEP) or reading.low[i] in context.ENDEARMENTS:
        return False
    return bool(f == 0 or f & voc.GIVEN or (f & (voc.PLACE | voc.PLACE_WORD) and place_cue(reading, i)))


def doubt(reading: Reading, i: int) -> tuple[str, float] | None:
    f = reading.flag[i]
    low = reading.low[i]
    if reading.status[i] or reading.shape[i] == NUMBER or len(low) < 2 or f & voc.CAPITAL:
        return None
    if reading.label[i] and reading.rule[i] not in _SCORED:
        return None
    if not reading.label[i] and f and not f & (voc.NAME | voc.PLACE | voc.PLACE_WORD):
        return None
    if f and not reading.wordy(i):
        return None
    if not reading.label[i] and GATE and not gate(reading, i):
        return None
    kind, score, _ = judge(reading, i)
    margin = score - threshold(reading, i, kind)
    return (kind, margin) if -UNDER <= margin < OVER else None


def recognised(reading: Reading, doubts: list[int]) -> dict[int, str]:
    """Token -> kind, for tokens of the sentences with doubts that the recognizer takes for identifiers."""
    pieces = []
    done = -1
    for i in doubts:
        if i < done:
            continue
        a = i
        while reading.before[a] != START and a > 0 and reading.tokens.turn[a - 1] == reading.tokens.turn[i]:
            a -= 1
        b = i + 1
        while b < reading.count and reading.before[b] != START:
            b += 1
        done = b
        pieces.append((a, b))
    out = {}
    tokens = reading.tokens
    for a, b in pieces:
        text = reading.turns[tokens.turn[a]]
        start = tokens.start[a]
        stop = tokens.start[b] if b < reading.count and tokens.turn[b] == tokens.turn[a] else len(text)
        for kind, x, y in entities(text[start:stop]):
            for k in range(a, b):
                if tokens.start[k] < y + start and x + start < tokens.end[k]:
                    out[k] = kind
    return out


@functools.lru_cache(maxsize=20000)
def entities(text: str) -> list[tuple[str, int, int]]:
    return [(KINDS[e.label_], e.start_char, e.end_char) for e in packaged()(text).ents]


CUES = frozenset({"at", "from", "to", "in", "for", "on", "called", "near", "by", "over", "with"})
PHRASES = True


def mark_phrases(reading: Reading) -> int:
    if reading.cased and PHRASES != "all":
        return 0
    doubts = []
    for i in range(1, reading.count - 1):
        if reading.low[i - 1] not in CUES or not reading.joined(i) or not reading.joined(i + 1):
            continue
        if reading.label[i] and reading.label[i + 1]:
            continue
        if any(reading.status[k] or reading.low[k] in context.FUNCTION or reading.shape[k] == NUMBER or reading.flag[k] & (voc.CAPITAL|voc.KEEP|voc.KIN|voc.STATE) for k in (i, i + 1)):
            continue
        if reading.low[i] in context.GENERIC: continue
        doubts.append(i)
    if not doubts:
        return 0
    named = recognised(reading, doubts)
    changed = 0
    for i in doubts:
        kind = named.get(i)
        if kind in (LOCATION, ORG) and named.get(i + 1) == kind and not named.get(i - 1):
            b = i
            while b < reading.count and named.get(b) == kind and (b == i or reading.joined(b)):
                b += 1
            for k in range(i, b):
                if not reading.label[k] and not reading.status[k]:
                    reading.label[k], reading.rule[k] = kind, "ner"
                    changed += 1
    return changed
