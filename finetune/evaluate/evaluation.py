"""The evaluation of a run, from answers to figures: one document, from which report and tables are made."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from corpora.errors import UsageError
from corpora.files import private_folder, write_atomic
from finetune.evaluate import behaviour, degenerate, overlap
from finetune.evaluate.items import HELD_OUT, QUESTIONS, Condition, Item, another_therapist, therapist_elsewhere
from finetune.evaluate.judging import Judge
from finetune.evaluate.measures import DIRECTIONS, TESTED, THERAPIST, Meter, Row, contrast, summary
from finetune.evaluate.panel import family_warnings, judged, unasked_warnings
from finetune.evaluate.respond import Generation, Replies, Reply, Responder, answered, encoded
from finetune.evaluate.statistics import LEAST_GROUPS

TUNED, BASE = "fine-tuned", "base"
ANOTHER, ELSEWHERE = "another therapist", "therapist elsewhere"
RESULT = "evaluation.json"
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class System:
    """One model: its name in the tables, what answers, and names that tell its family."""

    name: str
    responder: Responder
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What is evaluated: the items, the prompt conditions, the meter, the judges, and the folder for the results.

    `facts` go into the document as they are (run, corpus, split, questions left out).
    """

    items: Sequence[Item]
    conditions: Sequence[Condition]
    meter: Meter
    judges: Sequence[Judge]
    generation: Generation
    out: Path
    facts: Mapping[str, Any]
    seed: int = 0

    @property
    def work(self) -> Path:
        """Answers and judgements; private, and where a killed run goes on."""
        return self.out.with_name(f"{self.out.name}.work")


def evaluate(plan: Plan, systems: Sequence[System], progress: Progress) -> dict[str, Any]:
    """Have the systems answer, measure the answers, and write `evaluation.json`; returns its document.

    Args:
        plan: what is evaluated.
        systems: the models, the tuned one (named `TUNED`) among them.
        progress: called with a system's name, answers there, and answers wanted.

    Raises:
        UsageError: no item can be put to every model.
        CorporaError: a model or a judge failed; what was answered is kept.
    """
    private_folder(plan.work)
    document: dict[str, Any] = {
        **plan.facts,
        "systems": [system.name for system in systems],
        "generation": asdict(plan.generation),
        "conditions": {},
    }
    for number, condition in enumerate(plan.conditions):
        items, replies, notes = _answers(plan, condition, systems, progress)
        found: dict[str, Any] = {"sha256": condition.sha256, **notes}
        for part in (HELD_OUT, QUESTIONS):
            rows = [at for at, item in enumerate(items) if item.part == part]
            if rows:
                some = {name: [column[at] for at in rows] for name, column in replies.items()}
                found[part] = _measured(plan, [items[at] for at in rows], some)
                if part == QUESTIONS and not number:
                    texts = {name: [reply.text for reply in column] for name, column in some.items()}
                    withheld = found[part]["withheld"]
                    asked = [items[at] for at in rows]
                    found[part] |= judged(plan.judges, asked, texts, TUNED, plan.seed, withheld=withheld)
        document["conditions"][condition.name] = found
    document["warnings"] = [*plan.facts.get("warnings", ()), *_warnings(plan, systems, document)]
    private_folder(plan.out)
    write_atomic(plan.out / RESULT, (json.dumps(document, indent=2) + "\n").encode())
    return document


def _answers(
    plan: Plan, condition: Condition, systems: Sequence[System], progress: Progress
) -> tuple[list[Item], dict[str, list[Reply]], dict[str, Any]]:
    """Every system's replies to the items that can be put to all of them."""
    talks = [condition.applied(item) for item in plan.items]
    prompts, cut = {}, {}
    for system in systems:
        prompts[system.name], cut[system.name] = encoded(system.responder.encoder, talks)
    usable, left_out = [], {}
    for at, item in enumerate(plan.items):
        reason = next((found for name in prompts if isinstance(found := prompts[name][at], str)), None)
        if reason is None:
            usable.append(at)
        else:
            left_out[item.item_id] = reason
    if not usable:
        raise UsageError("no item can be put to the models: " + ", ".join(sorted(set(left_out.values()))))
    replies = {}
    for system in systems:
        done = 0

        def count(more: int, name: str = system.name) -> None:
            nonlocal done
            done += more
            progress(name, done, len(usable))

        kept = Replies(plan.work / f"answers-{system.name}.jsonl")
        wanted = [prompt for at in usable if not isinstance(prompt := prompts[system.name][at], str)]
        replies[system.name] = answered(system.responder, wanted, kept, count)
    items = [plan.items[at] for at in usable]
    _keep_readable(plan.work / f"side-by-side-{condition.name}.jsonl", items, replies)
    return items, replies, {"left_out": left_out, "prompts_cut": cut}


def _keep_readable(path: Path, items: Sequence[Item], replies: Mapping[str, Sequence[Reply]]) -> None:
    """All answers to an item in one line, for a person to read; private, in the work folder."""
    lines = [
        json.dumps({"item": item.item_id, "part": item.part, THERAPIST: item.reference,
                    **{name: column[at].text for name, column in replies.items()}})
        for at, item in enumerate(items)
    ]  # fmt: skip
    write_atomic(path, ("\n".join(lines) + "\n").encode())


def _measured(plan: Plan, items: Sequence[Item], replies: Mapping[str, Sequence[Reply]]) -> dict[str, Any]:
    """Degenerate output, then every measure by system, then the tuned model beside the others."""
    groups, references = [item.group for item in items], [item.reference for item in items]
    texts: dict[str, list[str | None]] = {name: [reply.text for reply in column] for name, column in replies.items()}
    human = {THERAPIST: references, ANOTHER: another_therapist(items), ELSEWHERE: therapist_elsewhere(items)}
    texts |= {name: column for name, column in human.items() if any(column)}
    told = {name: [text for text in column if text is not None] for name, column in texts.items()}
    budget = degenerate.shared_budget(list(told.values()))
    finishes = {name: [reply.finish for reply in column] for name, column in replies.items()}
    broken = {name: degenerate.measure(column, finishes.get(name, ()), budget) for name, column in told.items()}
    withheld = broken[TUNED]["degenerate"] > degenerate.WITHHELD * max(1, broken[TUNED]["responses"])
    rows = {name: plan.meter.rows(column, references) for name, column in texts.items()}
    tested = {name: DIRECTIONS[name] for name in TESTED}
    return {
        "items": len(items),
        "groups": len(set(groups)),
        "withheld": withheld,
        "degenerate": broken,
        "measures": {name: summary(column, groups, plan.seed) for name, column in rows.items()},
        "corpus_bleu": _corpus_bleu(texts, references),
        "contrasts": {
            name: contrast(rows[TUNED], rows[name], groups, tested, plan.seed, withheld=withheld)
            for name in replies
            if name != TUNED
        },
        "symptoms": _by_symptom(items, rows, plan.seed),
    }


def _corpus_bleu(texts: Mapping[str, Sequence[str | None]], references: Sequence[str | None]) -> dict[str, Any]:
    found = {}
    for name, column in texts.items():
        pairs = [(text, other) for text, other in zip(column, references, strict=True) if text is not None and other]
        if pairs and name != THERAPIST:
            said, heard = zip(*pairs, strict=True)
            found[name] = overlap.corpus_bleu(said, heard)
    return found


def _by_symptom(items: Sequence[Item], rows: Mapping[str, Sequence[Row | None]], seed: int) -> dict[str, Any]:
    """The Illinois table for each of its categories, with questions asked and name mismatches as totals too."""
    found: dict[str, Any] = {}
    for symptom, places in behaviour.categories([item.symptoms for item in items]).items():
        groups = [items[at].group for at in places]
        found[symptom] = {"items": len(places), "systems": {}}
        for name, column in rows.items():
            some = [column[at] for at in places]
            measured = summary(some, groups, seed, (*behaviour.DISTANCES, *behaviour.COUNTS))
            totals = {total: sum(row.get(total, 0) for row in some if row) for total in ("questions", "name_mismatch")}
            found[symptom]["systems"][name] = {"measures": measured, "totals": totals}
    return found


def _warnings(plan: Plan, systems: Sequence[System], document: Mapping[str, Any]) -> list[str]:
    warnings = family_warnings(plan.judges, {system.name: system.about for system in systems})
    warnings += unasked_warnings(plan.judges)
    for name, condition in document["conditions"].items():
        for part in (HELD_OUT, QUESTIONS):
            found = condition.get(part)
            if found and found["withheld"]:
                share = found["degenerate"][TUNED]["degenerate"] / found["degenerate"][TUNED]["responses"]
                warnings.append(f"{part}, prompt {name}: {share:.0%} of the tuned model's answers are degenerate; "
                                "no verdict is given, read the answers first")  # fmt: skip
            if found and found["groups"] < LEAST_GROUPS:
                warnings.append(f"{part}, prompt {name}: {found['groups']} clients or topics are too few for a verdict")
    return warnings
