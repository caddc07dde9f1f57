"""The whole build: ours beside datatrove doing its core, on generated dialogue of five times AnnoMI's size.

    python -m benchmarks.build [--quick]

All read the same CSV files, take identifiers out, keep therapist turns of fifty words or more with their context, and
write. Beside us stand datatrove with our detector (the rows must be equal, word for word), datatrove with Presidio, as
people put the two together (as many rows of as many turns), data-juicer with our detector where it is installed, and
ours and datatrove without the step that takes identifiers out, beside the time that it takes to read and write the
bytes alone. Ours does more than its peers, which is printed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks.generate import UTTERANCES, transcripts, write_csv
from benchmarks.harness import PAIRS, Run, Side, alternate, middle, ratio, result_line, same_work, table
from corpora.records import Origin, Session, Turn
from pipelines.engines import WARM
from pipelines.stages.deidentify import Deidentify, Replaced

if TYPE_CHECKING:
    from anonymize.roster import Roster
    from anonymize.spans import Span
    from benchmarks.datatrove_peer import Detector

ALL_UTTERANCES = 5 * UTTERANCES
"""Some 800,000 words in 665 sessions: a small clinic's."""

QUICK_UTTERANCES = 800
FILES = 8
WORKERS = 2
KEY = bytes(range(32))
BESIDES = (
    "a client's names joined over all sessions before any is written (datatrove's run knows one session at a time)",
    "a language check of every session",
    "a second detector, other than the first, over everything that was written",
    "the fate of every file, session and turn; resumable part files, synced to disk",
    "ids under a key, a split by client, sorted shards with checksums",
    "validation by Great Expectations, and a gate before anything is published",
    "dataset card, Croissant metadata, manifest, the steward's report with plots, Data Docs",
)


@dataclass(frozen=True, slots=True)
class Task:
    """The CSV files in `folder`, to be built below `scratch` with so many workers."""

    folder: Path
    scratch: Path
    workers: int

    def fresh(self) -> Path:
        """A new, empty folder for one run."""
        return Path(tempfile.mkdtemp(dir=self.scratch))


@dataclass(frozen=True, slots=True)
class Built:
    """Where a run left its rows, how many turns it saw, and (of ours) the seconds of its passes over sessions."""

    out: Path
    turns: int
    passes_s: float = 0.0


class Untouched(Deidentify):
    """The stage that takes identifiers out, doing nothing: what is left is everything else that a build does."""

    name, version = Deidentify.name, Deidentify.version

    def survey(self, session: Session, key: bytes) -> tuple[str, list[list[Span]]]:  # noqa: ARG002 - the stage's
        """No name at all."""
        return "[]", [[] for _ in session.turns]

    def replace(
        self,
        session: Session,
        structured: list[list[Span]],  # noqa: ARG002 - the stage's signature
        roster: Roster,  # noqa: ARG002
        key: bytes,  # noqa: ARG002
    ) -> Replaced:
        """The session as it is."""
        from anonymize.proof.audit import Residue

        none: list[list[Any]] = [[] for _ in session.turns]
        residues = [Residue() for _ in session.turns]
        return Replaced(replace(session, deidentified=True), none, none, residues, Counter())


def load_all() -> None:
    """Import and load everything that a build needs (a pool's workers load for themselves)."""
    for package in ("datasets", "great_expectations", "matplotlib.figure", "polars", WARM[False]):
        import_module(package)  # imported later by a build; here, so that the clock does not see it

    from pipelines.egress import close_egress

    close_egress()


def start_ours(*, plain: bool = False) -> Callable[[Task], Built]:
    """Our pipeline, with everything loaded; `plain` without the step that takes identifiers out."""
    load_all()

    from pipelines.engines import Engine
    from pipelines.pipeline import Pipeline
    from pipelines.recipe import RECIPES, load_recipe

    def build(task: Task) -> Built:
        place = task.fresh()
        key = place / "key"
        key.touch(mode=0o600)
        key.write_bytes(KEY)
        flags: dict[str, dict[str, Any]] = {
            "read": {"source": "annomi", "input": task.folder},
            "deidentify": {"encoder": "off"},
        }
        stages = load_recipe(RECIPES / "build.toml", flags).stages
        if plain:
            stages = [Untouched() if isinstance(stage, Deidentify) else stage for stage in stages]
        engine: Engine = "serial" if task.workers == 1 else "local"
        latest: dict[str, float] = {}

        def note(name: str, _done: int, _total: int) -> None:
            latest[name] = time.perf_counter()

        began = time.perf_counter()
        published = Pipeline(stages).run(place / "out", engine, task.workers, key, note)
        turns = published.manifest["accounting"]["turns"]["seen"]
        return Built(published.out, turns, latest["de-identify"] - began)

    return build


def finish_ours(built: Built) -> dict[str, Any]:
    """Read our shards again."""
    import pyarrow as pa

    rows: list[dict[str, Any]] = []
    shards = list(built.out.glob("*/data-*.arrow"))
    for path in shards:
        with pa.OSFile(str(path)) as file:
            rows += pa.ipc.open_stream(file).read_all().select(["prompt", "completion"]).to_pylist()
    facts = _facts(built, ([*row["prompt"], *row["completion"]] for row in rows))
    return {**facts, "bytes": sum(path.stat().st_size for path in shards)}


def start_datatrove(detector: Detector) -> Callable[[Task], Built]:
    """The same for datatrove, with a detector loaded."""
    from benchmarks import datatrove_peer
    from pipelines.engines.warm import SAID

    turns = [Turn(at, "client", "client", text) for at, text in enumerate(SAID)]
    datatrove_peer.replacer(detector, KEY)(Session("warm", "warm", "warm", turns, {}, Origin("")))

    def build(task: Task) -> Built:
        out = task.fresh()
        with _stderr_to(out / "stderr"):  # its workers log every step there
            return Built(out, datatrove_peer.build(task.folder, out, KEY, task.workers, detector))

    return build


def start_data_juicer() -> Callable[[Task], Built]:
    """The same for data-juicer, with our detector."""
    from benchmarks import data_juicer_peer

    start_datatrove("ours")

    def build(task: Task) -> Built:
        out = task.fresh()
        with _stderr_to(out / "stderr"):
            return Built(out, data_juicer_peer.build(task.folder, out, KEY, task.workers))

    return build


def finish_data_juicer(built: Built) -> dict[str, Any]:
    """Read data-juicer's rows again."""
    rows = [json.loads(line) for line in (built.out / "rows.jsonl").read_text(encoding="utf-8").splitlines()]
    return _facts(built, ([*row["prompt"], {"role": "assistant", "content": row["text"]}] for row in rows))


@contextmanager
def _stderr_to(path: Path) -> Iterator[None]:
    """Send what this process and those it starts write on stderr to a file."""
    kept = os.dup(2)
    try:
        with path.open("wb") as file:
            os.dup2(file.fileno(), 2)
            yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def finish_datatrove(built: Built) -> dict[str, Any]:
    """Read datatrove's rows again."""
    import pyarrow.parquet as pq

    rows = [row for path in (built.out / "rows").glob("*.parquet") for row in pq.read_table(path).to_pylist()]
    return _facts(built, ([*row["prompt"], {"role": "assistant", "content": row["text"]}] for row in rows))


def _facts(built: Built, rows: Iterable[Sequence[Mapping[str, str]]]) -> dict[str, Any]:
    texts = sorted(json.dumps([[message["role"], message["content"]] for message in row]) for row in rows)
    digest = hashlib.sha256("\n".join(texts).encode()).hexdigest()
    work = {"turns seen": built.turns, "rows": len(texts), EXACT: digest}
    return {"work": work, "passes_s": built.passes_s}


OURS = Side("therapy-corpora", start_ours, finish_ours)
SAME = Side("datatrove", partial(start_datatrove, "ours"), finish_datatrove)
PRESIDIO = Side("datatrove, Presidio", partial(start_datatrove, "presidio"), finish_datatrove)
JUICER = Side("data-juicer", start_data_juicer, finish_data_juicer)
OURS_PLAIN = Side("therapy-corpora, plain", partial(start_ours, plain=True), finish_ours)
SAME_PLAIN = Side("datatrove, plain", partial(start_datatrove, "none"), finish_datatrove)
EXACT = "SHA-256 of the rows"


def compare(task: Task, sides: Sequence[Side], *, warm_up: bool = True) -> dict[str, list[Run]]:
    """Alternating runs, which must have done equal work: with the same detector, to the letter."""
    runs = alternate(sides, task, PAIRS, warm_up=warm_up)
    work = {
        f"{name}, run {at}": dict(run.result["work"]) for name, side in runs.items() for at, run in enumerate(side, 1)
    }
    same_work({run: did for run, did in work.items() if not run.startswith(PRESIDIO.name)})
    same_work({run: {fact: value for fact, value in did.items() if fact != EXACT} for run, did in work.items()})
    return runs


def seconds_of_bytes(task: Task, written: int) -> float:
    """How long it takes to read the files, and to write so many bytes and see them on the disk."""
    began = time.perf_counter()
    for path in sorted(task.folder.iterdir()):
        path.read_bytes()
    with (task.fresh() / "bytes").open("wb") as file:
        file.write(bytes(written))
        file.flush()
        os.fsync(file.fileno())
    return time.perf_counter() - began


def _figures(runs: Sequence[Run], words: int, sessions: int) -> dict[str, Any]:
    seconds = median(run.seconds for run in runs)
    figures = {
        "words_per_s": round(words / seconds),
        "sessions_per_s": round(sessions / seconds, 1),
        "seconds": round(seconds, 2),
        "startup_s": middle(runs, lambda run: run.startup_s),
        "peak_memory_mb": round(median(run.memory_mb for run in runs)),
    }
    if passes := median(run.result["passes_s"] for run in runs):
        figures["passes_s"] = round(passes, 2)
    return figures


def main() -> None:
    """Run the comparison and print it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.build", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--quick", action="store_true", help="a sixtieth of the dialogue, one worker each, one peer; within a minute"
    )
    quick = parser.parse_args().quick
    made = transcripts(QUICK_UTTERANCES if quick else ALL_UTTERANCES)
    words = sum(len(turn.split()) for transcript in made for turn in transcript.turns)
    ratios: dict[str, float] = {}
    figures: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as folder:
        source, scratch = Path(folder, "csv"), Path(folder, "scratch")
        source.mkdir()
        scratch.mkdir()
        write_csv(made, source, FILES)
        for suffix, workers in {"": 1}.items() if quick else {"": WORKERS, "_serial": 1}.items():
            task = Task(source, scratch, workers)
            if quick:
                runs = compare(task, (OURS, SAME), warm_up=False)
            else:
                juicer = (JUICER,) if find_spec("data_juicer") else ()
                runs = compare(task, (OURS, SAME, PRESIDIO, *juicer)) | compare(task, (OURS_PLAIN, SAME_PLAIN))
            ratios |= {f"{name}{suffix}": value for name, value in _ratios(task, runs).items()}
            for name, side in runs.items():
                figures.setdefault(name, {})[f"workers_{workers}"] = _figures(side, words, len(made))
    rows = runs[OURS.name][0].result["work"]["rows"]
    print(f"{len(made)} sessions, {words:,} words in; {rows} rows out, the same of all; {PAIRS} counted rounds\n")
    _show(figures)
    peer = f"datatrove {version('datatrove')}"
    mine = {name: figures.pop(name) for name in (OURS.name, OURS_PLAIN.name) if name in figures}
    print(result_line("build", peer, PAIRS, ratios, mine, figures))


def _ratios(task: Task, runs: Mapping[str, list[Run]]) -> dict[str, float]:
    mine = runs[OURS.name]
    found = {
        "build_vs_datatrove": ratio(mine, runs[SAME.name]),
        "memory_vs_datatrove": ratio(mine, runs[SAME.name], lambda run: run.memory_mb),
    }
    for key, peer in (("build_vs_data_juicer", JUICER), ("build_vs_datatrove_presidio", PRESIDIO)):
        if peer.name in runs:
            found[key] = ratio(mine, runs[peer.name])
    if OURS_PLAIN.name not in runs:
        return found
    plain = runs[OURS_PLAIN.name]
    least = min(seconds_of_bytes(task, plain[0].result["bytes"]) for _ in range(PAIRS))
    return found | {
        "plain_vs_datatrove_plain": ratio(plain, runs[SAME_PLAIN.name]),
        "plain_vs_bytes": round(least / median(run.seconds for run in plain), 4),
        "plain_passes_vs_bytes": round(least / median(run.result["passes_s"] for run in plain), 4),
    }


def _show(figures: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> None:
    header = ("", "words/s", "sessions/s", "seconds", "of it passes", "start-up s", "peak MB")
    rows = [
        (
            f"{name}, {workers.replace('_', ' ')}",
            f"{entry['words_per_s']:,}",
            entry["sessions_per_s"],
            entry["seconds"],
            entry.get("passes_s", ""),
            entry["startup_s"],
            entry["peak_memory_mb"],
        )
        for name, sides in figures.items()
        for workers, entry in sides.items()
    ]
    print(table(header, rows))
    print("\nWith the same detector, surrogates and windows inside. Our run does besides, inside the same clock:")
    print("".join(f"- {line}\n" for line in BESIDES))


if __name__ == "__main__":
    main()
