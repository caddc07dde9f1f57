"""Examples to measure: a small clean corpus that a test may spoil, and a manifest that fits it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from corpora.records import Example, Message, Provenance, example_schema
from expectations.distributions import distributions
from expectations.metrics import AUDIT_COLUMNS, measure
from expectations.report import write_report
from expectations.thresholds import Thresholds

Rows = list[dict[str, Any]]
RUN_TIME = datetime(2025, 6, 1, 12, 0, tzinfo=UTC)


def _row(number: int) -> dict[str, Any]:
    """Example `number`: 50 or more response words, 1 to 7 turns of context; ten examples a client."""
    client, turns = number // 10, 1 + 2 * (number % 4)
    prompt = [Message("assistant" if turn % 2 else "user", f"turn {turn} of context {number}") for turn in range(turns)]
    response = " ".join(f"word{number}" for _ in range(50 + number))
    starts = dict.fromkeys((name for name in Provenance.__dataclass_fields__ if name.endswith(("start", "end"))), 0)
    example = Example(
        example_id=f"e{number:04}",
        session_id=f"s{client}",
        client_id=f"c{client}",
        group_id=f"c{client}",
        source="sample",
        prompt=tuple(prompt),
        completion=(Message("assistant", response),),
        response_words=50 + number,
        context_turns=turns,
        kind="transcript",
        provenance=Provenance(source_hash="ab", stages=("clean 1",), **starts),
        flags=("crisis",) if number == 7 else (),
    )
    split = ("train", "train", "validation", "test")[client % 4]
    return {**example.row(), "split": split, **dict.fromkeys(AUDIT_COLUMNS, 0)}


def frame(spoil: Callable[[Rows], object] = lambda _: None, count: int = 40) -> pl.LazyFrame:
    """`count` clean examples as the pipeline hands them over, after `spoil` had its way with the rows."""
    rows = [_row(number) for number in range(count)]
    spoil(rows)
    declared = pl.DataFrame(example_schema().empty_table()).schema
    return pl.LazyFrame(rows, {**declared, "split": pl.String(), **dict.fromkeys(AUDIT_COLUMNS, pl.Int32())})


@pytest.fixture
def examples() -> Callable[..., pl.LazyFrame]:
    return frame


@pytest.fixture
def metrics() -> pl.DataFrame:
    return measure(frame())


@pytest.fixture
def report_page(manifest, metrics):
    """Write a report page of a manifest, a table and a verdict into a folder."""

    def write(folder, gate, document=manifest, table=metrics):
        return write_report(folder, {**document, "gate": gate.to_dict(), "distributions": distributions(table)})

    return write


@pytest.fixture
def thresholds() -> Thresholds:
    return Thresholds(min_words={"transcript": 50})


@pytest.fixture
def run_time() -> datetime:
    return RUN_TIME


@pytest.fixture
def manifest() -> dict[str, Any]:
    return {
        "schema_version": "1",
        "version": "9.8.7",
        "built_at": "2025-06-01T12:00:00Z",
        "duration_s": 12.34,
        "sample": True,
        "recipe": [
            {"use": "read", "source": "sample", "input": "/home/someone/clients"},
            {"use": "deidentify", "version": "1", "style": "surrogate", "dates": "surrogate", "names": "names.txt"},
            {"use": "windows", "min_words": 50, "strict": True},
            {"use": "split", "ratios": [0.8, 0.1, 0.1]},
        ],
        "recipe_hash": "f00d" * 16,
        "key_id": "a1b2c3d4",
        "packages": {"polars": "2.1.0"},
        "sources": {"sample": {"modality": "spoken", "license": "CC0-1.0", "consent": None}},
        "accounting": {
            "files": {"seen": 6, "kept": {"kept": 4}, "dropped": {}, "quarantined": {"no_speaker_label": 2}},
            "turns": {
                "seen": 123,
                "kept": {"target": 40, "context": 70},
                "dropped": {"no_context": 4, "outside_window": 8},
                "quarantined": {"wrong_encoding": 1},
            },
        },
        "clients": {"seen": 4, "unknown": 3},
        "identifiers": {"by_class": {"NAME": 1234, "AGE90": 2}, "by_rule": {"roster": 1236}},
        "examples": {"total": 40, "by_source": {"sample": 40}, "by_kind": {"transcript": 40}},
        "splits": {"ratios": [0.8, 0.1, 0.1], "moved": 1},
        "privacy": {"roster_hits": 0, "caller_hits": 0, "structured_hits": 0, "other_hits": 5, "words": 4321},
    }
