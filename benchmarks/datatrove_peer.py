"""The build's core as a datatrove pipeline: rows to sessions, identifiers out, long therapist turns with their context.

The frame is datatrove's (reader, steps, executor, writer). Inside the step that takes identifiers out stands our
detector, Presidio's, as people put the two together, or none. Imported only where datatrove is installed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Literal

from datatrove.data import Document
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.base import PipelineStep
from datatrove.pipeline.readers import CSVReader
from datatrove.pipeline.writers import ParquetWriter

from anonymize.keys import keyed
from corpora.records import Example, Origin, Session, Turn
from corpora.sources.cleaning import clean
from pipelines.stages.windows import Windows

Detector = Literal["ours", "presidio", "none"]


@cache
def replacer(detector: Detector, key: bytes) -> Callable[[Session], Session]:
    """What takes the identifiers out of a session; loaded once a process."""
    if detector == "ours":
        from anonymize import Deidentifier

        return Deidentifier(key=key, encoder="off").replace
    return _with_presidio() if detector == "presidio" else lambda session: session


def _with_presidio() -> Callable[[Session], Session]:
    """Stock Presidio over the session's turns as lines; what it finds becomes `<TYPE>`, as its anonymizer has it."""
    from benchmarks.deid import line_starts, presidio_engine

    engine = presidio_engine()

    def masked(session: Session) -> Session:
        texts = [turn.text for turn in session.turns]
        hits = list[tuple[int, int, str]]()
        for hit in sorted(engine.analyze("\n".join(texts), language="en"), key=lambda hit: (hit.start, -hit.end)):
            if not hits or hit.start >= hits[-1][1]:
                hits.append((hit.start, hit.end, hit.entity_type))
        turns = [
            replace(turn, text=_masked(turn.text, [(start - at, end - at, kind) for start, end, kind in hits]))
            for turn, at in zip(session.turns, line_starts(texts), strict=True)
        ]
        return replace(session, turns=turns)

    return masked


def _masked(text: str, hits: Iterable[tuple[int, int, str]]) -> str:
    """One turn without what of the hits lies in it."""
    for start, end, kind in reversed([hit for hit in hits if hit[0] < len(text) and hit[1] > 0]):
        text = f"{text[: max(start, 0)]}<{kind}>{text[end:]}"
    return text


class Deidentified(PipelineStep):  # type: ignore[misc]  # datatrove has no types
    """Rows of one transcript become one document, the session without identifiers; low quality is left out."""

    name = "Deidentified"
    type = "FORMAT"

    def __init__(self, key: bytes, detector: Detector) -> None:
        super().__init__()
        self.key, self.detector = key, detector

    def run(self, data: Iterable[Document], rank: int = 0, world_size: int = 1) -> Iterator[Document]:  # noqa: ARG002 - datatrove's signature
        """One document a session, its turns in `metadata`."""
        replaced = replacer(self.detector, self.key)
        for number, rows in groupby(data, key=lambda row: row.metadata["transcript_id"]):
            session = self._session(number, list(rows))
            if session.meta["quality"] != "low":
                yield Document(text="", id=number, metadata={"session": replaced(session)})

    def _session(self, number: str, rows: list[Document]) -> Session:
        self.stat_update("turns", value=len(rows))
        first = rows[0].metadata
        turns = [
            Turn(at, row.metadata["interlocutor"], row.metadata["interlocutor"], clean(row.text))
            for at, row in enumerate(rows)
        ]
        client = keyed(self.key, "client", "annomi", first["video_url"])
        return Session(f"annomi-{number}", "annomi", client, turns, {"quality": first["mi_quality"]}, Origin(""))


class Targets(PipelineStep):  # type: ignore[misc]  # datatrove has no types
    """A session becomes one document for every therapist turn of fifty words or more that has a context."""

    name = "Targets"
    type = "FILTER"

    def run(self, data: Iterable[Document], rank: int = 0, world_size: int = 1) -> Iterator[Document]:  # noqa: ARG002 - datatrove's signature
        """One document an example: the completion as its text, the prompt in its metadata."""
        windows = Windows()  # with the defaults, as in the build recipe
        for document in data:
            for example in windows.make(document.metadata["session"]):
                if isinstance(example, Example):
                    prompt = [{"role": message.role, "content": message.content} for message in example.prompt]
                    at = f"{document.id}/{example.provenance.turn_start}"
                    yield Document(text=example.completion[0].content, id=at, metadata={"prompt": prompt})


def build(folder: Path, out: Path, key: bytes, workers: int, detector: Detector) -> int:
    """Run it over the CSV files of `folder`, one task a file; returns how many turns were seen."""
    steps = [
        CSVReader(str(folder), text_key="utterance_text", id_key="utterance_id"),
        Deidentified(key, detector),
        Targets(),
        ParquetWriter(str(out / "rows"), expand_metadata=True),
    ]
    tasks = len(list(folder.glob("*.csv")))
    executor = LocalPipelineExecutor(
        steps, tasks=tasks, workers=workers, logging_dir=str(out / "logs"), start_method="spawn"
    )
    return int(executor.run().stats[1].stats["turns"].total)
