"""The build's core as a data-juicer recipe: rows to sessions, identifiers out, long therapist turns with their context.

The frame is data-juicer's (dataset, grouper, mapper, exporter), with our detector inside the mapper. Imported only
where it is installed (`pip install py-data-juicer aiohttp`), which none of our extras does.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from data_juicer.core.data import NestedDataset
from data_juicer.core.exporter import Exporter
from data_juicer.ops.base_op import Mapper
from data_juicer.ops.grouper.key_value_grouper import KeyValueGrouper
from datasets import load_dataset

from anonymize.keys import keyed
from benchmarks.datatrove_peer import replacer
from corpora.records import Example, Origin, Session, Turn
from corpora.sources.cleaning import clean
from pipelines.stages.windows import Windows


class Targets(Mapper):  # type: ignore[misc]  # data-juicer has no types
    """Grouped rows, a transcript each, become a row for every long therapist turn that has a context."""

    _name = "therapist_targets"
    _batched_op = True

    def __init__(self, key: bytes) -> None:
        super().__init__(skip_op_error=False)
        self.key = key

    def process_batched(self, samples: dict[str, list[Any]]) -> dict[str, list[Any]]:
        """A batch of transcripts to a batch of examples, which may be fewer or more."""
        made: dict[str, list[Any]] = {"text": [], "prompt": []}
        for at, quality in enumerate(samples["mi_quality"]):
            if quality[0] == "low":
                continue
            rows = {name: column[at] for name, column in samples.items()}
            for example in Windows().make(replacer("ours", self.key)(_session(rows, self.key))):
                if isinstance(example, Example):
                    made["text"].append(example.completion[0].content)
                    made["prompt"].append([{"role": one.role, "content": one.content} for one in example.prompt])
        rest = {name: [None] * len(made["text"]) for name in samples}  # the mapper must give back every column
        return rest | made


def _session(rows: dict[str, list[Any]], key: bytes) -> Session:
    said = zip(rows["interlocutor"], rows["utterance_text"], strict=True)
    turns = [Turn(at, role, role, clean(text)) for at, (role, text) in enumerate(said)]
    client = keyed(key, "client", "annomi", rows["video_url"][0])
    meta = {"quality": rows["mi_quality"][0]}
    return Session(f"annomi-{rows['transcript_id'][0]}", "annomi", client, turns, meta, Origin(""))


def build(folder: Path, out: Path, key: bytes, workers: int) -> int:
    """Run it over the CSV files of `folder`; returns how many turns were seen."""
    files = [str(path) for path in sorted(folder.glob("*.csv"))]
    rows = NestedDataset(load_dataset("csv", data_files=files, split="train", cache_dir=str(out / "cache")))
    targets = Targets(key)
    targets.num_proc = workers
    grouper = KeyValueGrouper(["transcript_id"])
    examples = rows.process([grouper, targets], work_dir=str(out), open_monitor=False)
    Exporter(str(out / "rows.jsonl"), "jsonl", export_in_parallel=False).export(examples)
    return len(rows)
