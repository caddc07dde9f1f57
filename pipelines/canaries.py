"""Canaries over a whole corpus: planted in copies of sampled sessions, in memory only; counts for the manifest."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from anonymize.keys import keyed
from anonymize.proof.canaries import Fate, release
from anonymize.proof.estimate import over_sessions, wilson
from corpora.deadline import bound, time_limit
from pipelines.engines import Runner
from pipelines.parts import read_head, read_survey
from pipelines.passes import BuildDone
from pipelines.tasks import Plan


@dataclass(frozen=True, slots=True)
class CanaryTask:
    """One session that gets canaries: where its text is, and the seed of what is planted."""

    part: Path
    at: int
    plan: Plan
    seed: str

    def files(self) -> tuple[list[Path], list[Path]]:
        """What stages name, and the part."""
        return self.plan.files(), [self.part]

    def finished(self) -> None:
        """Nothing is kept of it."""


def release_canaries(task: CanaryTask) -> list[Fate]:
    """Plant one canary of each class in a copy of the session; empty where the session cannot be worked through."""
    session = read_survey(task.part).sessions[task.at].session
    detector = task.plan.deidentify.deidentifier(task.plan.key)
    try:
        with time_limit(bound(sum(len(turn.text) for turn in session.turns))):
            return release(session, detector, random.Random(task.seed))  # noqa: S311 - no secret is drawn
    except Exception:  # noqa: BLE001 - the build itself set this session aside, with the reason
        return []


def canary_tasks(done: Sequence[BuildDone], count: int, plan: Plan) -> list[CanaryTask]:
    """`count` tasks over sessions drawn under the key, each session once before any comes again."""
    sessions = []
    for build in done:
        survey = build.task.survey
        for at, (name, *_) in enumerate(read_head(survey.part).sessions):
            sessions.append((keyed(plan.key, "canary", survey.task.read.source, name), survey.part, at))
    rounds = itertools.cycle(sorted(sessions)) if sessions else iter(())
    drawn = enumerate(itertools.islice(rounds, count))
    return [CanaryTask(part, at, plan, f"{number}:{seed}") for number, (seed, part, at) in drawn]


def count_canaries(done: Sequence[BuildDone], count: int, plan: Plan, run: Runner) -> dict[str, Any]:
    """Release `count` canaries of each class and say how many were caught, as JSON values for the manifest."""
    flights = [fates for fates in run(release_canaries, canary_tasks(done, count, plan), lambda _: []) if fates]
    planted, caught = Counter[str](), Counter[str]()
    for fate in itertools.chain.from_iterable(flights):
        planted[fate.type] += 1
        caught[fate.type] += fate.caught
    per_session = sorted((sum(fate.caught for fate in fates), len(fates)) for fates in flights)
    leaked = planted.total() - caught.total()
    return {
        "of_each_class": count,
        "overall": _rate(caught.total(), planted.total(), over_sessions(per_session)),
        "by_class": {kind: _rate(caught[kind], of, wilson(caught[kind], of)) for kind, of in sorted(planted.items())},
        "leaked": leaked,
        "leaked_but_pointed_at": sum(fate.told for fate in itertools.chain.from_iterable(flights)),
    }


def _rate(hits: int, of: int, limits: tuple[float, float]) -> dict[str, Any]:
    low, high = limits
    return {
        "rate": round(hits / of, 4) if of else None,
        "low": round(low, 4),
        "high": round(high, 4),
        "hits": hits,
        "of": of,
    }
