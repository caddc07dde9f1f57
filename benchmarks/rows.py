"""Any number of finished examples, made fast: turns of the generated dialogue, drawn by chance, written as shards."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.generate import transcripts
from corpora.records import example_schema
from corpora.shards import SPLITS, write_dataset_dict, write_split

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

POOL_UTTERANCES = 20_000
EXAMPLES_A_SESSION, SESSIONS_A_CLIENT = 10, 3
SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}
LONG = 50
"""Least words of a response, as in `corpora build`."""
CONTEXT = 7
"""Most turns of context: every odd number up to it is as likely."""
_BLOCK = 50_000


def write_corpus(folder: Path, count: int, seed: int = 0) -> None:
    """Write `count` examples of `example_schema` as a build writes them: every row sound, every response its own.

    Args:
        folder: the new corpus' folder.
        count: how many examples; 30 a client, clients split eight to one to one.
        seed: of the draws.
    """
    import numpy as np
    import pyarrow as pa

    draw = np.random.default_rng(seed)
    turns = _pool(seed)
    clients = -(-count // (EXAMPLES_A_SESSION * SESSIONS_A_CLIENT))
    bounds = (np.cumsum([0, *(SHARES[split] for split in SPLITS)]) * clients).round().astype(int)
    bounds = np.minimum(bounds * EXAMPLES_A_SESSION * SESSIONS_A_CLIENT, count)
    for split, start, end in zip(SPLITS, bounds[:-1], bounds[1:], strict=True):
        blocks = [_block(turns, draw, at, min(at + _BLOCK, end)) for at in range(start, end, _BLOCK)]
        write_split(folder, split, pa.concat_tables(blocks))
    write_dataset_dict(folder, SPLITS)


def _pool(seed: int) -> dict[str, Sequence[str]]:
    """Turns without identifiers, by who says them: `user`, `assistant`, and `long` ones of the therapist."""
    utterances = [u for made in transcripts(POOL_UTTERANCES, seed) for u in made.utterances if not u.planted]
    therapist = [u.text for u in utterances if u.role == "therapist"]
    return {
        "user": [u.text for u in utterances if u.role == "client"],
        "assistant": therapist,
        "long": [text for text in therapist if len(text.split()) >= LONG],
    }


def _block(turns: dict[str, Sequence[str]], draw: np.random.Generator, start: int, end: int) -> pa.Table:
    import numpy as np
    import pyarrow as pa

    count = end - start
    numbers = np.arange(start, end)
    sessions = numbers // EXAMPLES_A_SESSION
    clients = sessions // SESSIONS_A_CLIENT
    lengths = 1 + 2 * draw.integers(0, (CONTEXT + 1) // 2, count)
    chosen = draw.integers(0, len(turns["long"]), count)
    words = np.array([len(text.split()) for text in turns["long"]], dtype=np.int32)[chosen] + 1
    responses = pa.array(turns["long"]).take(pa.array(chosen))
    texts = [f"{text} {number}" for text, number in zip(responses.to_pylist(), numbers, strict=True)]
    numbered = {"example_id": numbers, "session_id": sessions, "client_id": clients, "group_id": clients}
    ids = {name: pa.array([f"{name[0]}{at:015x}" for at in of]) for name, of in numbered.items()}
    columns: dict[str, Any] = {
        **ids,
        "source": pa.repeat("made", count),
        "prompt": _messages(turns, draw, lengths),
        "completion": _listed(np.arange(count + 1), pa.repeat("assistant", count), pa.array(texts)),
        "response_words": pa.array(words),
        "context_turns": pa.array(lengths.astype(np.int32)),
        "kind": pa.repeat("transcript", count),
        "language": pa.repeat("en", count),
        "flags": pa.array([[]] * count, pa.list_(pa.string())),
        "provenance": _provenance(count, numbers),
    }
    schema = example_schema()
    return pa.table({f.name: columns[f.name] if f.name in columns else pa.nulls(count, f.type) for f in schema}, schema)


def _messages(turns: dict[str, Sequence[str]], draw: np.random.Generator, lengths: np.ndarray) -> pa.Array:
    """Prompts of so many messages each, from client to client."""
    import numpy as np
    import pyarrow as pa

    offsets = np.concatenate([[0], np.cumsum(lengths)])
    places = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths)
    theirs = places % 2 == 1
    pool = pa.array([*turns["user"], *turns["assistant"]])
    clients = len(turns["user"])
    chosen = np.where(theirs, draw.integers(clients, len(pool), len(places)), draw.integers(0, clients, len(places)))
    return _listed(
        offsets, pa.array(["user", "assistant"]).take(pa.array(theirs.astype(int))), pool.take(pa.array(chosen))
    )


def _listed(offsets: np.ndarray, roles: pa.Array, texts: pa.Array) -> pa.Array:
    import pyarrow as pa

    messages = pa.StructArray.from_arrays([roles, texts], ["role", "content"])
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), messages)


def _provenance(count: int, numbers: np.ndarray) -> pa.Array:
    import pyarrow as pa

    schema = example_schema().field("provenance").type
    zero = pa.repeat(pa.scalar(0, pa.int32()), count)
    known = {
        "source_hash": pa.array([f"{number:032x}" for number in numbers]),
        "context_start": zero,
        "turn_start": zero,
        "turn_end": zero,
        "stages": pa.array([["clean/1"]] * count),
    }
    fields = [known[field.name] if field.name in known else pa.nulls(count, field.type) for field in schema]
    return pa.StructArray.from_arrays(fields, fields=list(schema))
