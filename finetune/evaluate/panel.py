"""What one or more judges say of the systems' answers, as figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from finetune.evaluate.items import Item
from finetune.evaluate.judging import (
    METRICS,
    TIE,
    Judge,
    bias,
    compared,
    family,
    length_correlation,
    prompt_hashes,
    score_agreement,
    scored,
    winner_agreement,
    wins,
)
from finetune.evaluate.measures import contrast, summary
from finetune.evaluate.statistics import estimate

_UP = {metric.key: 1 for metric in METRICS}


def judged(
    judges: Sequence[Judge],
    items: Sequence[Item],
    texts: Mapping[str, Sequence[str]],
    tuned: str,
    seed: int,
    *,
    withheld: bool,
) -> dict[str, Any]:
    """Scores, comparisons, the judges' own favours and their agreement.

    Args:
        judges: who judges; none gives an empty document.
        items: what was asked.
        texts: system -> its answer to each item, the tuned one's among them; the first three are compared.
        tuned: name of the tuned system.
        seed: of draws and flips.
        withheld: whether degenerate output forbids a verdict.
    """
    asked, groups = [item.asked for item in items], [item.group for item in items]
    names = list(texts)
    given = [{name: texts[name][at] for name in names[:3]} for at in range(len(items))]
    found: dict[str, Any] = {}
    all_scores, all_winners = {}, {}
    for judge in judges:
        scores = {name: scored(judge, asked, texts[name]) for name in names}
        rows = {name: [dict(one) if one else None for one in column] for name, column in scores.items()}
        comparisons = compared(judge, asked, given) if len(names) > 1 else []
        all_scores[judge.name], all_winners[judge.name] = scores[tuned], comparisons
        found[judge.name] = {
            "scores": {name: _estimates(rows[name], groups, seed) for name in names},
            "failed": {name: sum(one is None for one in scores[name]) for name in names},
            "length_correlation": {name: length_correlation(scores[name], texts[name]) for name in names},
            "contrasts": {
                name: contrast(rows[tuned], rows[name], groups, _UP, seed, withheld=withheld)
                for name in names
                if name != tuned
            },
            "wins": wins(comparisons, names[:3]),
            "won": {name: _won(comparisons, tuned, name, groups, seed) for name in names[:3] if name != tuned},
            "bias": bias(comparisons, given),
            "account": dict(judge.account),
        }
    agreement = {
        f"{one} / {other}": {
            "scores": score_agreement(all_scores[one], all_scores[other]),
            "winners": winner_agreement(all_winners[one], all_winners[other]),
        }
        for one, other in combinations(found, 2)
    }
    return {"judges": found, "agreement": agreement, "prompts_sha256": prompt_hashes()} if found else {}


def _estimates(rows: Sequence[Mapping[str, float] | None], groups: Sequence[str], seed: int) -> dict[str, Any]:
    return summary(rows, groups, seed, names=tuple(_UP))


def _won(comparisons: Sequence[Any], tuned: str, other: str, groups: Sequence[str], seed: int) -> dict[str, Any] | None:
    """The tuned model's share of trials won against another, ties as half; trials that a third won do not count."""
    worth = {tuned: 1.0, TIE: 0.5, other: 0.0}
    missing = float("nan")
    values = [worth.get(one.winners["overall"], missing) if one.winners else missing for one in comparisons]
    found = estimate(values, groups, seed)
    return found.document() if found else None


def unasked_warnings(judges: Sequence[Judge]) -> list[str]:
    """A sentence for every judge that left questions unasked: its budget was spent, or its context is too small."""
    spent = [
        f"the judge {judge.name} reached its budget: what it left out counts as failed, and figures rest on the others"
        for judge in judges
        if judge.account["budget_reached"]
    ]
    return spent + [
        f"the judge {judge.name} cannot read {count} of its questions, which are longer than its context; they count "
        "as failed: take a judge that reads more, or lower --max-new-tokens"
        for judge in judges
        if (count := judge.account["too_long"])
    ]


def family_warnings(judges: Sequence[Judge], systems: Mapping[str, Sequence[str]]) -> list[str]:
    """A sentence for every judge of the same family as a model that it judges.

    Args:
        judges: who judges.
        systems: system -> names that tell its family (base model, kind of architecture).
    """
    return [
        f"the judge {judge.name} and {name} are both of the {known} family: judges favour what their own family writes"
        for judge in judges
        for name, about in systems.items()
        if (known := family(*judge.about)) and known == family(*about)
    ]
