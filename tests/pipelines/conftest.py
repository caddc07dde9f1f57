"""Examples by the handful, for stages that work on all of them."""

import polars as pl
import pytest

from corpora.records import Example, Message, Provenance
from pipelines.books import part_schema
from pipelines.stages import MARKS


@pytest.fixture(autouse=True)
def _rays_workers_get_their_share(monkeypatch):
    """On a cluster that a test starts: at Ray's own nice value of 15 they starve beside other tests."""
    monkeypatch.setenv("RAY_worker_niceness", "0")


@pytest.fixture(scope="session")
def frame_of():
    """Make a stage's frame of dicts: `prompt` (a text or several) and `answer`, and any field of an example."""

    def made(*rows):
        examples = []
        for number, given in enumerate(rows):
            row = {"id": f"{number:032x}", "source": "s", "kind": "transcript", "prompt": "", "answer": "", **given}
            said = [row["prompt"]] if isinstance(row["prompt"], str) else row["prompt"]
            roles = ["user" if at % 2 == (len(said) + 1) % 2 else "assistant" for at in range(len(said))]
            example = Example(
                example_id=row["id"],
                session_id=row.get("session", row["id"]),
                client_id=row.get("client", row["id"]),
                group_id=row.get("group", row.get("client", row["id"])),
                source=row["source"],
                prompt=tuple(Message(role, text) for role, text in zip(roles, said, strict=True)),
                completion=(Message("assistant", row["answer"]),),
                response_words=len(row["answer"].split()),
                context_turns=len(said),
                kind=row["kind"],
                provenance=Provenance("", 0, row.get("turn", 1), row.get("turn", 1) + 1, ()),
                meta=row.get("meta", {}),
            )
            examples.append(example.row() | dict.fromkeys(part_schema().names[-4:], 0))
        import pyarrow as pa

        table = pl.from_arrow(pa.Table.from_pylist(examples, schema=part_schema()))
        return table.lazy().with_columns(pl.lit(None, pl.String).alias(name) for name in MARKS)

    return made


@pytest.fixture(scope="session")
def fates():
    """What a stage did with each row: id -> why it left it out (None where it did not)."""

    def found(frame, column="dropped"):
        return dict(frame.sort("example_id").select("example_id", column).collect().rows())

    return found
