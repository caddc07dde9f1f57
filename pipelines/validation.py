"""Holding a corpus to the suites outside a build: a finished one of ours, or rows that others made."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpora.errors import UsageError
from corpora.foreign import as_examples, is_ours
from corpora.rows import frames, parts_in
from corpora.shards import SUMS, verify_sums
from expectations.metrics import AUDIT_COLUMNS
from expectations.thresholds import Thresholds
from pipelines.workplace import MANIFEST

if TYPE_CHECKING:
    import polars as pl

_SIDES = ("prompt", "completion")
_NUMBERS = r"@|\w\.\w|://|:[0-9A-Fa-f]{0,4}:"
_DIGITS = 7
"""What a text must have for a structured identifier to be in it: one of these signs, or so many digits."""


def thresholds_of(recipe: Sequence[Mapping[str, Any]]) -> Thresholds:
    """The bounds that a recipe sets.

    Args:
        recipe: the stages as tables: `use` and the parameters.
    """
    stages: dict[str, list[Mapping[str, Any]]] = {}
    for stage in recipe:
        stages.setdefault(str(stage["use"]), []).append(stage)
    windows, rewrites = stages.get("windows", []), stages.get("paraphrase", [])
    (expect,) = stages.get("expect", [{}])
    least = dict.fromkeys(("transcript", "qa"), min(s["min_words"] for s in windows)) if windows else {}
    if rewrites:
        least["paraphrase"] = min(stage["min_words"] for stage in rewrites)
    context = [stage["context_words"] for stage in windows] + [stage["most_context_words"] for stage in rewrites]
    turns = [stage["context_turns"] for stage in windows] or [8]
    for synth in stages.get("synth", []):
        least["synthetic"] = synth["least_words"]
        turns.append(synth["most_context"][0])
        context.append(synth["most_context"][1])
    shares = (f"max_{name}_share" for name in ("client", "source", "topic", "made", "opener"))
    names = {name: name for name in ("max_words", *shares)}
    set_here = {
        ours: expect[theirs]
        for ours, theirs in {**names, "other_hits_per_1000": "other_hits_per_1000_words"}.items()
        if theirs in expect
    }
    return Thresholds(
        min_words=least,
        max_context_turns=max(turns),
        max_context_words=max(context, default=None),
        **set_here,
    )


@dataclass(frozen=True, slots=True)
class Measured:
    """A corpus' metrics; the bounds it is held to; and the columns that nobody counted, which are zero."""

    metrics: pl.DataFrame
    thresholds: Thresholds
    unmeasured: tuple[str, ...]


def measure_corpus(path: Path, mapping: Mapping[str, str], thresholds: Thresholds | None = None) -> Measured:
    """Measure a corpus, some rows at a time.

    Of a build whose files are as they were published, the manifest's word is taken that no certain identifier was left,
    since only the build knows its surrogates and rosters. Of all other rows, structured identifiers are counted.

    Args:
        path: a folder or file that `corpora.rows` reads.
        mapping: our columns by theirs (`corpora.foreign`).
        thresholds: the bounds; by default those of the build's own recipe, for others' rows hardly any.

    Raises:
        UsageError: there are no rows, or they cannot be read or mapped.
    """
    from expectations.metrics import measure

    manifest = _manifest(path)
    sound = _none_left(manifest) and not list(verify_sums(path))
    if thresholds is None:
        thresholds = thresholds_of(manifest["recipe"]) if manifest else Thresholds(max_context_turns=None)
    metrics = measure(_audited(frame, counted=sound) for frame in _examples(path, mapping))
    left_out = ("other_hits", "other_hits_per_1000")
    return Measured(metrics, thresholds, left_out if sound else ("roster_hits", "caller_hits", *left_out))


def _manifest(path: Path) -> dict[str, Any]:
    """The manifest of a build of ours; empty for anything else."""
    try:
        document = json.loads((path / MANIFEST).read_text(encoding="utf-8")) if (path / SUMS).is_file() else {}
        return dict(document) if document.get("recipe") and document.get("privacy") else {}
    except (OSError, ValueError, AttributeError):
        return {}


def _none_left(manifest: Mapping[str, Any]) -> bool:
    privacy = manifest.get("privacy", {})
    return all(privacy.get(name) == 0 for name in ("roster_hits", "caller_hits", "structured_hits"))


def _examples(path: Path, mapping: Mapping[str, str]) -> Iterator[pl.DataFrame]:
    """The rows under our columns, and their split."""
    import polars as pl

    count = 0
    for part in parts_in(path):
        for frame in frames(part):
            if is_ours(frame.columns) and not mapping:
                yield frame if "split" in frame.columns else frame.with_columns(pl.lit(part.split).alias("split"))
            else:
                yield as_examples(frame, mapping, part.split, path.resolve().stem, count)
            count += frame.height
    if not count:
        raise UsageError(f"{path}: its files hold no row")


def _audited(frame: pl.DataFrame, *, counted: bool) -> pl.DataFrame:
    """The rows with what is left in them: nothing where the build counted that, else structured identifiers."""
    import polars as pl

    zero = pl.lit(0, pl.Int32)
    audited = frame.with_columns(zero.alias(name) for name in AUDIT_COLUMNS if name not in frame.columns)
    return audited if counted else audited.with_columns(_structured(frame).alias("structured_hits"))


def _structured(frame: pl.DataFrame) -> pl.Series:
    """How many structured identifiers stand in the messages of each row."""
    import polars as pl

    from anonymize.proof.audit import validated

    messages = ((pl.col(name).list.eval(pl.element().struct.field("content").fill_null(""))) for name in _SIDES)
    said = frame.select(pl.concat_list(side.fill_null([]) for side in messages).alias("said"))["said"]
    whole = said.list.join("\n")
    worth = (whole.str.contains(_NUMBERS) | (whole.str.count_matches(r"\d") >= _DIGITS)).arg_true()
    hits = [sum(len(validated(text)) for text in texts) for texts in said.gather(worth).to_list()]
    return pl.zeros(frame.height, pl.Int32, eager=True).scatter(worth, hits)
