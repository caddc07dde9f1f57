"""What a build would do: its stages, its units, and how many targets each word bound would leave."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpora.records import Drop, count_words, merged_sides
from pipelines.paraphrasing import expected
from pipelines.passes import files_of, units_of
from pipelines.stages import MapStage, Paraphrase, Stage, Synth
from pipelines.synthesis import expected as expected_dialogues
from pipelines.units import introduced, mapped, read_unit
from synth.pages import pages_of

if TYPE_CHECKING:
    from pipelines.pipeline import Pipeline

FUNNEL = (0, 20, 50, 80)


def dry_run(pipeline: Pipeline) -> dict[str, Any]:
    """Read everything, change nothing.

    Returns:
        `stages` with their parameters, counts of `units`, `sessions` and `turns`, the `funnel` as word bound ->
        targets, `left_out` as reason -> sessions or files, and, where sessions are to be paraphrased, `paraphrase` with
        `pages`, expected tokens, and time from a short calibration; where dialogues are to be written, `synth` with
        `dialogues`, `requests`, expected tokens and cost.
    """
    for stage in pipeline.stages:
        stage.check()
    maps = [stage for stage in pipeline.stages if isinstance(stage, MapStage)]
    units = [unit for read in pipeline.reads for unit in units_of(files_of(read))]
    rewrites = [stage for stage in pipeline.stages if isinstance(stage, Paraphrase)]
    writes = [stage for stage in pipeline.stages if isinstance(stage, Synth)]
    lengths: list[int] = []
    pages: list[int] = []
    left_out: Counter[str] = Counter()
    sessions = turns = 0
    for read, unit in units:
        for item in read_unit(read, unit):
            session = item if isinstance(item, Drop) else mapped(introduced(item, read), maps)
            if isinstance(session, Drop):
                left_out[f"{session.reason} ({session.level})"] += session.count if session.level == "turn" else 1
                continue
            sessions += 1
            pages += [
                page.words
                for stage in rewrites
                if not stage.kinds or session.kind in stage.kinds
                for page in pages_of(session, stage.page_words, stage.page_overlap)
            ]
            turns += len(session.turns)
            runs = list(merged_sides(session.turns))[1:]
            lengths += [sum(count_words(turn.text) for turn in run) for side, run in runs if side == "assistant"]
    return {
        "stages": [{"use": stage.name, "version": stage.version, **_shown(stage)} for stage in pipeline.stages],
        "units": len(units),
        "sessions": sessions,
        "turns": turns,
        "funnel": {bound: sum(length >= bound for length in lengths) for bound in FUNNEL},
        "left_out": dict(sorted(left_out.items())),
        **({"paraphrase": expected(rewrites[0], pages)} if rewrites else {}),
        **({"synth": expected_dialogues(writes[0])} if writes else {}),
    }


def _shown(stage: Stage) -> dict[str, Any]:
    """A stage's parameters, files by their paths: this is for the eyes of who gave them."""
    files = {name: str(value) for name, value in vars(stage).items() if isinstance(value, Path)}
    return stage.parameters() | files
