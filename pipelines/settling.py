"""The accounts once more, after the corpus stages: what they left out is carried back to turns, sessions and files.

A turn stays kept as long as one kept example holds it. One that no longer is, goes under the reason of the example it
was the target of, else of one whose context it was; a session without examples, under the reason of its last.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from anonymize.keys import keyed
from pipelines.accounting import SHOWN, Tally, Where, note
from pipelines.books import pending_of
from pipelines.corpus import Corpus
from pipelines.passes import Passes, file_fates, file_tally

if TYPE_CHECKING:
    import polars as pl

_RANGE = ("context_start", "turn_start", "turn_end")


def settle(passes: Passes, parts: Sequence[Path], corpus: Corpus, key: bytes) -> Passes:
    """The passes with everything counted where it ended.

    Args:
        passes: with the accounts as they stood before the corpus stages.
        parts: the parts whose examples come from sessions (so: none that a stage generated).
        corpus: what was kept, and what was left out.
        key: the build's.
    """
    import polars as pl

    tally = +Counter({place: count for place, count in passes.tally.items() if place[0] != "file"})
    tally["example", "kept", "kept"] = corpus.rows.select(pl.len()).collect().item()
    done = passes.done
    where = _where(passes)
    if corpus.gone:
        gone = _gone(corpus.gone)
        examples = gone.group_by("dropped").agg(pl.len(), pl.col("example_id").sort().head(SHOWN)).collect()
        for reason, count, names in examples.rows():
            tally["example", "dropped", reason] += count
            _note_all(where, ("example", "dropped", reason), names)
        rows = _rows(parts, gone) if parts else gone.filter(pl.lit(value=False))
        tally.update(_turn_changes(rows, where))
        lost = _lost_sessions(rows)
        sessions = lost.group_by("reason").agg(pl.len(), pl.col("session_id").sort().head(SHOWN))
        for reason, count, names in sessions.rows():
            tally["session", "kept", "kept"] -= count
            tally["session", "dropped", reason] += count
            _note_all(where, ("session", "dropped", reason), names)
        emptied = _by_part(passes, lost["session_id"].to_list(), key)
        done = [replace(build, kept_sessions=build.kept_sessions - emptied[build.part]) for build in done]
    for (source, name), fate in file_fates(done).items():
        note(where, [("file", *fate)], keyed(key, "file", source, name))
    return replace(passes, done=done, tally=+tally + file_tally(done), where=where)


def _where(passes: Passes) -> Where:
    """What every unit noted, unit by unit."""
    where: Where = {}
    for build in passes.done:
        for place, names in build.where.items():
            _note_all(where, place, names)
    return where


def _note_all(where: Where, place: tuple[str, str, str], names: Sequence[str]) -> None:
    for name in names:
        note(where, [place], name)


def _gone(files: Sequence[Path]) -> pl.LazyFrame:
    """All rows that were left out, with the number of the stage that did it."""
    import polars as pl

    stages = (pl.scan_ipc(path).with_columns(pl.lit(number).alias("stage")) for number, path in enumerate(files))
    return pl.concat(list(stages))


def _rows(parts: Sequence[Path], gone: pl.LazyFrame) -> pl.LazyFrame:
    """Every example of the sessions that lost one: `session_id`, its turns, and why it is gone (null: it is not)."""
    import polars as pl

    turns = (pl.col("provenance").struct.field(name) for name in _RANGE)
    every = pl.scan_ipc(list(parts)).select("example_id", "session_id", *turns)
    touched = every.join(gone.select("session_id").unique(), on="session_id", how="semi")
    return touched.join(gone.select("example_id", "dropped", "stage"), on="example_id", how="left")


def _turn_changes(rows: pl.LazyFrame, where: Where) -> Tally:
    """What the turns' tally gains and loses; the sessions they stand in are noted in `where`."""
    import polars as pl

    kept, target = pl.col("dropped").is_null(), pl.col("turn") >= pl.col("turn_start")
    first = pl.col("dropped").sort_by([~kept, target, "stage", "dropped"], descending=[True, True, True, False]).first()
    turns = (
        rows.with_columns(pl.int_ranges("context_start", "turn_end").alias("turn"))
        .explode("turn")
        .group_by("session_id", "turn")
        .agg(
            target.any().alias("was_target"),
            (target & kept).any().alias("is_target"),
            pl.when(kept.any()).then(None).otherwise(first).alias("reason"),
        )
        .group_by("was_target", "is_target", "reason")
        .agg(pl.len(), pl.col("session_id").unique().sort().head(SHOWN))
        .sort("was_target", "is_target", "reason")
        .collect(engine="streaming")
    )
    tally: Tally = Counter()
    for was_target, is_target, reason, count, names in turns.rows():
        tally["turn", "kept", "target" if was_target else "context"] -= count
        if reason:
            tally["turn", "dropped", reason] += count
            _note_all(where, ("turn", "dropped", reason), names)
        else:
            tally["turn", "kept", "target" if is_target else "context"] += count
    return tally


def _lost_sessions(rows: pl.LazyFrame) -> pl.DataFrame:
    """The sessions without a kept example: `session_id`, `reason`."""
    import polars as pl

    last = pl.col("dropped").sort_by(["stage", "dropped"], descending=[True, False]).first()
    return (
        rows.group_by("session_id")
        .agg(pl.col("dropped").is_not_null().all().alias("lost"), last.alias("reason"))
        .filter("lost")
        .select("session_id", "reason")
        .collect(engine="streaming")
    )


def _by_part(passes: Passes, sessions: Sequence[str], key: bytes) -> Counter[Path]:
    """How many of these sessions (by published id) each unit's part holds."""
    import polars as pl

    parts = [build.part for build in passes.done]
    if not sessions:
        return Counter()
    wanted = pl.LazyFrame({"session_id": sessions})
    held = pl.scan_ipc(parts, include_file_paths="part").select("session_id", "part").unique()
    pairs = held.join(wanted, on="session_id", how="semi").collect(engine="streaming")
    found = Counter(Path(part) for part in pairs["part"])
    rest = set(sessions).difference(pairs["session_id"])  # what has examples of a later pass only
    for build in passes.done if rest else ():
        source = build.task.survey.task.read.source
        later = {keyed(key, "session", source, entry.session.session_id) for entry in pending_of(build.part)}
        found[build.part] += len(rest & later)
    return found
