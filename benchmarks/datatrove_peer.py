"""The build's core as a datatrove pipeline: rows to sessions, identifiers out, long therapist turns with their context.

The frame is datatrove's (reader, steps, executor, writer); what is done inside a step is ours, so that both runs do the
same to the text. Imported only where datatrove is installed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from datatrove.data import Document
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.base import PipelineStep
from datatrove.pipeline.readers import CSVReader
from datatrove.pipeline.writers import ParquetWriter

from anonymize import Deidentifier
from anonymize.keys import keyed
from corpora.records import Example, Origin, Session, Turn
from corpora.sources.cleaning import clean
from pipelines.stages.windows import Windows


class Deidentified(PipelineStep):  # type: ignore[misc]  # datatrove has no types
    """Rows of one transcript become one document, the session with surrogates; those of low quality are left out."""

    name = "Deidentified"
    type = "FORMAT"

    def __init__(self, key: bytes) -> None:
        super().__init__()
        self.key = key

    def run(self, data: Iterable[Document], rank: int = 0, world_size: int = 1) -> Iterator[Document]:  # noqa: ARG002 - datatrove's signature
        """One document a session, its turns in `metadata`."""
        detector = Deidentifier(key=self.key)
        for number, rows in groupby(data, key=lambda row: row.metadata["transcript_id"]):
            session = self._session(number, list(rows))
            if session.meta["quality"] != "low":
                yield Document(text="", id=number, metadata={"session": detector.replace(session)})

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


def build(folder: Path, out: Path, key: bytes, workers: int) -> int:
    """Run it over the CSV files of `folder`, one task a file; returns how many turns were seen."""
    steps = [
        CSVReader(str(folder), text_key="utterance_text", id_key="utterance_id"),
        Deidentified(key),
        Targets(),
        ParquetWriter(str(out / "rows"), expand_metadata=True),
    ]
    tasks = len(list(folder.glob("*.csv")))
    executor = LocalPipelineExecutor(
        steps, tasks=tasks, workers=workers, logging_dir=str(out / "logs"), start_method="spawn"
    )
    return int(executor.run().stats[1].stats["turns"].total)
