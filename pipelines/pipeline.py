"""A pipeline is a list of stages; running one takes raw transcripts to a published, validated corpus.

Order of a run: survey every unit, join each client's names into one roster, replace and make examples per unit, let
the stages that generate write theirs, then work on all examples together, hold them to the expectations, and publish.
The per-unit passes run on an engine and resume.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from anonymize.keys import load_key
from anonymize.ner.encoder import chosen
from corpora.card import write_documents
from corpora.errors import GateError, UsageError
from corpora.files import write_atomic
from corpora.shards import read_sums, write_sums
from pipelines.accounting import reasons
from pipelines.corpus import Corpus, gather
from pipelines.decisions import read_log, withdrawn
from pipelines.diffing import changes_since
from pipelines.egress import close_egress
from pipelines.engines import WARM, Engine, Runner, open_engine, prepare
from pipelines.generation import Generated, run_generate
from pipelines.keep_map import write_replacements
from pipelines.manifest import facts, moved_before, timed
from pipelines.paraphrasing import run_paraphrase
from pipelines.passes import (
    NO_PASSES,
    Passes,
    Progress,
    files_of,
    retry_quarantined,
    run_passes,
    units_of,
    write_quarantine,
)
from pipelines.review import reviewed_sample
from pipelines.settling import settle
from pipelines.stages import (
    CorpusStage,
    Deidentify,
    Expect,
    GenerateStage,
    MakeStage,
    MapStage,
    Paraphrase,
    Read,
    Stage,
    Synth,
)
from pipelines.stages.withdrawn import Withdrawn
from pipelines.tasks import Plan
from pipelines.validation import thresholds_of
from pipelines.workplace import MANIFEST, Workplace

if TYPE_CHECKING:
    import polars as pl

    from expectations.outcome import GateResult

    Describe = Callable[[pl.DataFrame], dict[str, Any]]

Shape = TypeVar("Shape", bound=Stage)


def _silent(*_state: object) -> None:
    """Show no progress."""


@dataclass(frozen=True, slots=True)
class Published:
    """A finished build: where it stands, its manifest, and the list of what was set aside."""

    out: Path
    manifest: dict[str, Any]
    quarantine: Path


class Pipeline:
    """Stages in order; `run` makes the corpus."""

    def __init__(self, stages: Sequence[Stage], name: str = "build") -> None:
        """Check that the stages fit together.

        Args:
            stages: from `Read` (or one that generates) to `Expect`, in order.
            name: the recipe's name, for the manifest.

        Raises:
            UsageError: a stage needs what no earlier stage makes, or one that every pipeline has is missing or doubled.
        """
        self.stages, self.name = list(stages), name
        made: set[str] = set()
        for number, stage in enumerate(self.stages, start=1):
            if missing := sorted(stage.inputs - made):
                raise UsageError(
                    f"stage {number} ({stage.name}) needs {', '.join(missing)}, which no earlier stage makes"
                )
            made |= stage.outputs
        self.reads = self._all(Read)
        self.generates = self._all(GenerateStage)
        if self.reads or not self.generates:
            self._only(Deidentify)
        self.expect = self._only(Expect)
        for once in (Paraphrase, Synth):
            if len(self._all(once)) > 1:
                raise UsageError(f"a pipeline has at most one `{once.name}` stage")

    @property
    def deidentify(self) -> Deidentify:
        """The stage that replaces identifiers; every pipeline that reads has it."""
        return self._only(Deidentify)

    def plan(self, key: bytes, gone: frozenset[str] = frozenset()) -> Plan:
        """The per-session part of the pipeline; `gone` are the published ids that were withdrawn."""
        at = self.stages.index(self.deidentify) if self.reads else 0
        maps = self._all(MapStage)
        before = tuple(stage for stage in maps if self.stages.index(stage) < at)
        return Plan(
            before,
            self.deidentify,
            tuple(maps[len(before) :]),
            tuple(self._all(MakeStage)),
            key,
            bool(self._all(Paraphrase)),
            gone,
        )

    def run(
        self,
        out: Path | str,
        engine: Engine = "local",
        workers: int | None = None,
        key_file: Path | None = None,
        progress: Progress = _silent,
        *,
        ray_address: str | None = None,
        ray_storage: str | None = None,
        keep_map: bool = False,
        retry_quarantine: bool = False,
    ) -> Published:
        """Build the corpus at `out`, or finish a build that was cut off.

        Args:
            out: the folder to publish; `out.work` beside it holds everything a rerun needs.
            engine: `serial`, `local` or `ray`.
            workers: size of the pool; by default one a processor.
            key_file: the 32-byte key; by default the user's own, made where it is missing.
            progress: told of each finished unit.
            ray_address: of a running Ray cluster, or `auto`; by default this machine alone is one.
            ray_storage: URL (fsspec) of a folder through which files travel to nodes and back, encrypted; by default
                every node must see the input and `out.work` under the same paths.
            retry_quarantine: read again the files in which an earlier build set something aside.
            keep_map: write what was replaced by what, encrypted, to `out.work`.

        Raises:
            GateError: a critical expectation failed; nothing was published, `out.work/report` says why.
            UsageError: an input or option is wrong.
            CorporaError: another build is running, a worker died, or a folder cannot be written.
        """
        started = time.time()
        close_egress()
        for stage in self.stages:
            stage.check()
        place = Workplace(Path(out))
        files = [file for read in self.reads for file in files_of(read, place.folders)]
        preload = WARM[chosen(self.deidentify.encoder)] if files and not self.deidentify.ner else None
        prepare(engine, workers, [path for _, path in files], preload)
        units = units_of(files)
        key = load_key(key_file)
        with place.locked():
            if retry_quarantine:
                retry_quarantined(place)
            passes, measured = NO_PASSES, dict[str, Any]()
            plan = self.plan(key, withdrawn(place.out)) if self.reads else None
            if units and plan:
                with open_engine(
                    engine,
                    workers,
                    len(units),
                    sum(unit.end - unit.start for _, unit in units),
                    ray_address=ray_address,
                    ray_storage=ray_storage,
                    shared=place.work,
                    preload=preload,
                ) as runner:
                    passes = run_passes(place, plan, units, runner, progress)
                    measured = self._proofs(passes, plan, runner)
                if keep_map:
                    write_replacements(place.work, plan, passes.done)
            parts = [done.part for done in passes.done]
            for stage in self._all(Paraphrase):
                rewritten = run_paraphrase(place, self.plan(key), stage, passes, progress)
                passes, measured["paraphrase"] = rewritten.passes, rewritten.summary
                parts.append(rewritten.part)
            quarantine = write_quarantine(passes.done, place.folder("quarantine"))
            made = self._generated(place, key, progress)
            moved = moved_before(place.last_manifest(), self.stages)
            target = place.folder("corpus") / "rows.arrow"
            every = [*parts, *(generated.part for generated in made)]
            corpus = gather(every, self._corpus_stages(place.out), target, moved, passes.clients, key)
            tally = sum((generated.tally for generated in made), passes.tally)
            passes = settle(replace(passes, tally=tally), parts, corpus, key)
            for generated in made:
                measured |= generated.facts
            progress("validate", 0, 1)
            describe = partial(facts, self.name, self.stages, key, passes, corpus, measured)
            manifest = self._finish(place, corpus, started, describe)
            progress("validate", 1, 1)
            return Published(place.out, manifest, quarantine)

    def _corpus_stages(self, out: Path) -> list[CorpusStage]:
        ids = tuple(sorted(withdrawn(out)))
        return [*([Withdrawn(ids=ids)] if ids else []), *self._all(CorpusStage)]

    def _generated(self, place: Workplace, key: bytes, progress: Progress) -> list[Generated]:
        names = self.deidentify.caller_names() if self.reads else ()
        stages = enumerate(self.generates)
        return [run_generate(place, key, stage, number, names, progress) for number, stage in stages]

    def _proofs(self, passes: Passes, plan: Plan, run: Runner) -> dict[str, Any]:
        """How much of what was planted, or marked by hand, this build's detector catches."""
        from pipelines.canaries import count_canaries
        from pipelines.gold import recall_on_gold

        found = {}
        if count := self.expect.canaries:
            found["canaries"] = count_canaries(passes.done, count, plan, run)
        if self.expect.gold:
            found["gold"] = recall_on_gold(self.expect.gold, plan)
        return found

    def _finish(self, place: Workplace, corpus: Corpus, started: float, describe: Describe) -> dict[str, Any]:
        """Measure, validate, document and publish the gathered rows."""
        from expectations.distributions import distributions
        from expectations.gate import run_gate
        from expectations.metrics import measure
        from expectations.report import write_report

        staging = place.fresh_staging()
        metrics = measure(corpus.frames())
        document = describe(metrics)
        report = staging / "report"
        runs = (folder / "report" / "data-docs" for folder in (place.work, place.out))
        if earlier := next((docs for docs in runs if docs.is_dir()), None):
            shutil.copytree(earlier, report / "data-docs")
        bounds, docs, suites = thresholds_of(document["recipe"]), report / "data-docs", self.expect.suites()
        gate = run_gate(metrics, bounds, docs, document["name"], datetime.now(UTC), suites=suites)
        document |= {"gate": gate.to_dict(), "distributions": distributions(metrics)}
        if not gate.passed:
            write_report(report, timed(document, started, None))
            raise self._refuse(place, timed(document, started, None), gate)
        corpus.write(staging)
        write_documents(staging, document)
        document = {**timed(document, started, write_sums(staging)), "files": read_sums(staging)}
        if (place.out / MANIFEST).is_file():
            document["changes"] = changes_since(place.out, staging, document)
        document |= reviewed_sample(place.work, document["sums_sha256"])
        write_report(report, document, decisions=read_log(place.out))
        place.publish(document)
        place.forget_refusal()
        return document

    def _refuse(self, place: Workplace, document: dict[str, Any], gate: GateResult) -> GateError:
        """Leave the report in the work folder and nothing in OUT."""
        target = place.work / "report"
        shutil.rmtree(target, ignore_errors=True)
        (place.staging / "report").rename(target)
        write_atomic(place.work / MANIFEST, json.dumps(document, indent=2, ensure_ascii=False).encode())
        shutil.rmtree(place.staging)
        failed = "; ".join(f"{outcome.suite}: {outcome.description}" for outcome in gate.failures("critical"))
        stopped = document.get("synthetic", {}).get("stopped")
        ends = [reasons(document["accounting"]), f"dialogues: stopped, {stopped}" if stopped else ""]
        lost = "" if document["examples"]["total"] else f" What came in ended so: {'; '.join(filter(None, ends))}."
        stays = " The earlier build stays as it was." if place.out.exists() else ""
        return GateError(
            f"nothing was published, for this did not hold: {failed}{lost}{stays} See {target / 'index.html'}"
        )

    def _all(self, shape: type[Shape]) -> list[Shape]:
        return [stage for stage in self.stages if isinstance(stage, shape)]

    def _only(self, shape: type[Shape]) -> Shape:
        found = self._all(shape)
        if len(found) != 1:
            raise UsageError(f"a pipeline has exactly one `{shape.name}` stage; this one has {len(found)}")
        return found[0]
