"""The manifest: what was built, from what, by which versions, where every turn went. No path, no plain id."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anonymize.keys import key_id, keyed
from anonymize.proof.estimate import recapture
from anonymize.proof.second import NUMBERS, WORDS
from corpora.records import SCHEMA_VERSION
from expectations.metrics import AUDIT_COLUMNS
from expectations.quasi import k_anonymity
from pipelines.accounting import as_document, left_out
from pipelines.parts import work_key
from pipelines.passes import Passes
from pipelines.stages import GenerateStage, Read, Split, Stage
from pipelines.stages.read import SAMPLE
from pipelines.versions import TOOL, package_versions

if TYPE_CHECKING:
    import polars as pl

    from pipelines.corpus import Corpus

WRITTEN = {"modality": "chat", "license": "the terms of the model's provider", "consent": "no person, a model wrote it"}
"""The terms of synthetic rows."""


def facts(
    name: str,
    stages: Sequence[Stage],
    key: bytes,
    passes: Passes,
    corpus: Corpus,
    measured: Mapping[str, Any],
    metrics: pl.DataFrame,
) -> dict[str, Any]:
    """Everything about a build that the same inputs, recipe, key and versions make again (so: no time, no host)."""
    recipe = [{"use": stage.name, "version": stage.version, **_published(stage, key)} for stage in stages]
    reads = [stage for stage in stages if isinstance(stage, Read)]
    return {
        "tool": TOOL,
        "schema_version": SCHEMA_VERSION,
        "version": package_versions()[TOOL],
        "name": name,
        "sample": any(read.root == SAMPLE for read in reads),
        "recipe": recipe,
        "recipe_hash": work_key(recipe),
        "key_id": key_id(key),
        "packages": package_versions(),
        "sources": {
            **{read.source: read.terms for read in reads},
            **{stage.name: dict(stage.terms) for stage in stages if isinstance(stage, GenerateStage)},
        },
        "accounting": as_document(passes.tally),
        "left_out": left_out(passes.where),
        "clients": {"seen": len(passes.clients), "unknown": sum(not known for known in passes.clients.values())},
        "identifiers": _by_class_and_rule(passes.identifiers),
        "cleaning": {what: count for (kind, what), count in sorted(passes.notes.items()) if kind == "cleaning"},
        "examples": {**_examples(metrics), "by_language": _languages(corpus)},
        "splits": {
            **next({"ratios": list(stage.ratios), "seed": stage.seed} for stage in stages if isinstance(stage, Split)),
            "moved": len(corpus.moved),
            "moved_groups": dict(sorted(corpus.moved.items())),
        },
        "privacy": _privacy(metrics, sum(done.words for done in passes.done)),
        "recapture": {group: _recaptured(passes.notes, group) for group in (WORDS, NUMBERS)},
        "quasi_identifiers": {
            "stories": {story: count for (kind, story), count in sorted(passes.notes.items()) if kind == "story"},
            "metadata": k_anonymity(corpus.rows),
        },
        **corpus.findings,
        **measured,
    }


def timed(document: Mapping[str, Any], started: float, sums: str | None) -> dict[str, Any]:
    """The facts with what differs from run to run: when it was built, how long it took, and the hash of SHA256SUMS."""
    now = time.time()
    moment = datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds")
    return {**document, "built_at": moment, "duration_s": round(now - started, 2), "sums_sha256": sums}


def moved_before(last: Mapping[str, Any], stages: Sequence[Stage]) -> dict[str, str]:
    """The groups that the build with manifest `last` moved, where its split was drawn as this one's will be."""
    splits = last.get("splits", {})
    drawn = [splits.get("ratios"), splits.get("seed")]
    same = any(isinstance(stage, Split) and [list(stage.ratios), stage.seed] == drawn for stage in stages)
    return dict(splits.get("moved_groups", {})) if same else {}


def _published(stage: Stage, key: bytes) -> dict[str, Any]:
    """A stage's parameters, a file by a keyed hash: a plain one would let a list of names be guessed."""
    parameters = stage.parameters()

    def shown(name: str, value: Any) -> Any:
        if isinstance(value, Path):
            return f"file {keyed(key, 'file', parameters[name])[:12]}"
        if isinstance(value, tuple) and any(isinstance(part, Path) for part in value):
            return [f"file {keyed(key, 'file', str(digest))[:12]}" for digest in parameters[name]]
        return parameters[name]

    return {name: shown(name, getattr(stage, name, value)) for name, value in parameters.items()}


def _recaptured(notes: Counter[tuple[str, str]], group: str) -> dict[str, Any]:
    """What two readers of the input found, and the least that both missed, taken at their word."""
    found = recapture(*(notes[group, which] for which in ("first", "second", "both")))
    return {
        "first": found.first,
        "second": found.second,
        "both": found.both,
        "missed_by_both_at_least": round(found.missed, 1),
        "interval_if_independent": [round(found.low, 1), round(found.high, 1)],
    }


def _by_class_and_rule(identifiers: Counter[tuple[str, str]]) -> dict[str, dict[str, int]]:
    by_class, by_rule = Counter[str](), Counter[str]()
    for (kind, rule), count in identifiers.items():
        by_class[kind] += count
        by_rule[rule] += count
    return {"by_class": dict(sorted(by_class.items())), "by_rule": dict(sorted(by_rule.items()))}


def _examples(metrics: pl.DataFrame) -> dict[str, Any]:
    import polars as pl

    def counted(column: str) -> dict[str, int]:
        return dict(sorted(metrics.group_by(column).len().rows()))

    by_split = metrics.group_by("split").agg(
        pl.len().alias("examples"),
        pl.col("group_id").n_unique().alias("groups"),
        pl.col("session_id").n_unique().alias("sessions"),
    )
    return {
        "total": metrics.height,
        "by_split": {row.pop("split"): row for row in by_split.sort("split").to_dicts()},
        "by_source": counted("source"),
        "by_kind": counted("kind"),
    }


def _languages(corpus: Corpus) -> dict[str, int]:
    """Examples by language; those that name none are in no entry."""
    import polars as pl

    named = corpus.rows.select(pl.col("language").drop_nulls()).group_by("language").len()
    return dict(sorted(named.collect(engine="streaming").rows()))


def _privacy(metrics: pl.DataFrame, words: int) -> dict[str, int]:
    return {**{name: int(metrics[name].sum()) for name in AUDIT_COLUMNS}, "words": words}
