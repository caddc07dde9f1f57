"""The generate pass: in the driver, what stages write of their own becomes one more part of examples.

Nobody's session stands behind these rows, so they have no turns to account for; each counts as an example.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from anonymize.keys import keyed
from anonymize.proof.audit import audit_turns
from anonymize.roster import Roster, build_roster
from corpora.errors import UsageError
from corpora.files import private_folder, replacing
from corpora.records import Example
from expectations.metrics import AUDIT_COLUMNS
from pipelines.accounting import Tally
from pipelines.books import part_schema
from pipelines.passes import Progress
from pipelines.stages import GenerateStage
from pipelines.units import group_key
from pipelines.workplace import Workplace

RESIDUAL = "residual_identifier"
_BATCH = 1_000
_CERTAIN = ("caller_hits", "structured_hits")


@dataclass(frozen=True, slots=True)
class Generated:
    """The part with one stage's rows, what became of its examples, and what the manifest says of it."""

    part: Path
    tally: Tally
    facts: dict[str, Any]


def run_generate(
    place: Workplace, key: bytes, stage: GenerateStage, number: int, names: Sequence[str], progress: Progress
) -> Generated:
    """Write one stage's examples; it finds in its own folder what it wrote before.

    Args:
        place: where the build works.
        key: the build's.
        stage: the stage.
        number: which of the recipe's generate stages it is, from 0.
        names: what the caller never wants to see in the output.
        progress: told how far it is.

    Raises:
        UsageError: the stage gave two examples one id.
    """
    work = private_folder(place.folder("generate") / f"{stage.name}-{number}")
    roster = build_roster("", [], names)
    part = work / "rows.arrow"
    tally: Tally = Counter()
    _write(part, _rows(stage, key, stage.generate(work, progress), roster, names, tally))
    return Generated(part, tally, dict(stage.facts(work)))


def _rows(
    stage: GenerateStage, key: bytes, examples: Iterable[Example], roster: Roster, names: Sequence[str], tally: Tally
) -> Iterator[dict[str, Any]]:
    seen: set[str] = set()
    for example in examples:
        if example.example_id in seen:
            raise UsageError(f"stage {stage.name} gave two examples the id {example.example_id!r}")
        seen.add(example.example_id)
        texts = [message.content for message in (*example.prompt, *example.completion)]
        residues = audit_turns(texts, [[] for _ in texts], roster, names)
        audit = {name: sum(int(getattr(residue, name)) for residue in residues) for name in AUDIT_COLUMNS}
        if any(audit[name] for name in _CERTAIN):
            tally["example", "dropped", RESIDUAL] += 1
        else:
            yield _pseudonymous(example, stage, key).row() | audit


def _pseudonymous(example: Example, stage: GenerateStage, key: bytes) -> Example:
    source, origin = stage.name, example.provenance
    return replace(
        example,
        source=source,
        example_id=keyed(key, "example", source, example.example_id),
        session_id=keyed(key, "session", source, example.session_id),
        client_id=keyed(key, "client", source, example.client_id),
        group_id=group_key(key, source, example.group_id),
        provenance=replace(origin, source_hash=keyed(key, "source", origin.source_hash), stages=(stage.label,)),
    )


def _write(path: Path, rows: Iterator[dict[str, Any]]) -> None:
    import pyarrow as pa

    schema = part_schema()
    with replacing(path) as temporary, pa.ipc.new_file(temporary, schema) as writer:
        while batch := list(islice(rows, _BATCH)):
            writer.write_table(pa.Table.from_pylist(batch, schema=schema))
