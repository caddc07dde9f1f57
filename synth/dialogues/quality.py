"""What a set of dialogues is like, in numbers: topics against their target, lengths, beginnings, variety, losses."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from statistics import quantiles
from typing import Any

from corpora.records import count_words
from synth.dialogues.filters import opener
from synth.dialogues.generate import Dialogue, Result
from synth.dialogues.settings import Settings
from synth.dialogues.topics import quota
from synth.dialogues.turns import whole
from synth.draws import draw_of

_SAMPLED = 200
_SHOWN = 6
_GRAMS = 4


def quality(result: Result, settings: Settings) -> dict[str, Any]:
    """Everything the report shows of the dialogues.

    Returns:
        `topics` (target, kept, and chi-square with its degrees of freedom and probability), `words` (quantiles of first
        messages and last answers), `openers` (the commonest of each), `distinct` (share of distinct one-, two- and
        three-word runs), `self_bleu` (of 200 drawn texts against each other), `duplicates` (equal texts), and
        `samples` (a few whole dialogues: they are synthetic).
    """
    dialogues = result.dialogues
    texts = [whole(dialogue.turns) for dialogue in dialogues]
    sides = {
        "messages": [dialogue.turns[0][1] for dialogue in dialogues],
        "answers": [dialogue.turns[-1][1] for dialogue in dialogues],
    }
    return {
        "topics": topic_shares(dialogues, settings),
        "words": {side: _quantiles([count_words(text) for text in said]) for side, said in sides.items()},
        "openers": {side: Counter(map(opener, said)).most_common(_SHOWN) for side, said in sides.items()},
        "distinct": {str(size): distinct(texts, size) for size in (1, 2, 3)},
        "self_bleu": self_bleu(_drawn(texts, _SAMPLED, settings.seed)),
        "duplicates": len(texts) - len(set(texts)),
        "samples": [_sample(dialogue) for dialogue in _drawn(dialogues, _SHOWN, settings.seed)],
    }


def topic_shares(dialogues: Sequence[Dialogue], settings: Settings) -> dict[str, Any]:
    """Each topic's target and what was kept, and Pearson's chi-square of the kept against the target's shares."""
    from scipy.stats import chi2

    kept = Counter(dialogue.slot.topic for dialogue in dialogues)
    target, weights = quota(settings.topics, settings.total), settings.topics
    whole_weight, total = sum(weights.values()), len(dialogues)
    wanted = {topic: total * weight / whole_weight for topic, weight in weights.items()}
    statistic = sum((kept[topic] - mean) ** 2 / mean for topic, mean in wanted.items()) if total else 0.0
    freedom = max(1, len(weights) - 1)
    return {
        "target": target,
        "kept": {topic: kept[topic] for topic in target},
        "chi_square": round(statistic, 3),
        "degrees_of_freedom": freedom,
        "p": round(float(chi2.sf(statistic, freedom)), 4),
    }


def distinct(texts: Sequence[str], size: int) -> float | None:
    """Distinct runs of `size` words by all such runs; None where there is none."""
    runs = [run for text in texts for run in _runs(text.casefold().split(), size)]
    return round(len(set(runs)) / len(runs), 4) if runs else None


def self_bleu(texts: Sequence[str]) -> float | None:
    """BLEU-4 of each text against all the others, on average: 0 where they share nothing, 1 where they are equal.

    Counts of runs are clipped by the most that any other text has; no brevity penalty, runs that nobody else has count
    as half a one, as in BLEU's usual smoothing. None for fewer than two texts.
    """
    if len(texts) < 2:  # noqa: PLR2004 - a text needs another
        return None
    counts = [[Counter(_runs(text.casefold().split(), size)) for size in range(1, _GRAMS + 1)] for text in texts]
    tops: list[defaultdict[tuple[str, ...], list[int]]] = [defaultdict(lambda: [0, 0]) for _ in range(_GRAMS)]
    for entry in counts:
        for top, runs in zip(tops, entry, strict=True):
            for run, count in runs.items():
                top[run] = sorted([*top[run], count], reverse=True)[:2]
    scores = [_bleu(entry, tops) for entry in counts]
    return round(sum(scores) / len(scores), 4)


def _bleu(entry: Sequence[Counter[tuple[str, ...]]], tops: Sequence[Mapping[tuple[str, ...], Sequence[int]]]) -> float:
    logs = 0.0
    for runs, top in zip(entry, tops, strict=True):
        matched = sum(min(count, top[run][1] if top[run][0] == count else top[run][0]) for run, count in runs.items())
        logs += math.log(max(matched, 0.5) / max(1, sum(runs.values())))
    return math.exp(min(0.0, logs / _GRAMS))


def _runs(words: Sequence[str], size: int) -> list[tuple[str, ...]]:
    return [tuple(words[at : at + size]) for at in range(len(words) - size + 1)]


def _quantiles(values: Sequence[int]) -> dict[str, int]:
    if not values:
        return {}
    quarters = quantiles(values, n=4, method="inclusive") if len(values) > 1 else [values[0]] * 3
    names = ("least", "quarter", "median", "three_quarters", "most")
    return dict(zip(names, map(round, (min(values), *quarters, max(values))), strict=True))


def _drawn(items: Sequence[Any], most: int, seed: int) -> list[Any]:
    return list(items) if len(items) <= most else draw_of(seed, "sample").sample(list(items), most)


def _sample(dialogue: Dialogue) -> dict[str, Any]:
    return {
        "instructor": dialogue.slot.instructor,
        "topic": dialogue.slot.topic,
        "turns": [list(turn) for turn in dialogue.turns],
    }


def accounts(result: Result) -> dict[str, Any]:
    """Wanted against kept by instructor and topic, with accept rates, and why dialogues were not taken."""
    kept = Counter((d.slot.instructor, d.slot.topic) for d in result.dialogues)
    kept += Counter({("response", topic): count for (name, topic), count in kept.items() if name == "query"})

    def rates(at: int) -> dict[str, Any]:
        asked, taken = Counter[str](), Counter[str]()
        for place, count in result.asked.items():
            asked[place[at]] += count
        for place, count in kept.items():
            taken[place[at]] += count
        return {
            name: {"asked": count, "accepted": taken[name], "rate": round(taken[name] / count, 4)}
            for name, count in sorted(asked.items())
        }

    reasons: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for (instructor, _, reason), count in result.faults.items():
        reasons[instructor][reason] += count
    return {
        "kept": len(result.dialogues),
        "stopped": result.stopped,
        "by_instructor": rates(0),
        "by_topic": rates(1),
        "reasons": {name: dict(sorted(found.items())) for name, found in sorted(reasons.items())},
        "safety": dict(sorted(result.findings.items())),
        "flagged": dict(sorted(Counter(flag for d in result.dialogues for flag in d.flags).items())),
    }
