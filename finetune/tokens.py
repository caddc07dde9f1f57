"""A split's rows as tokens on disk, made once and mapped into memory: training reads slices, never text."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from corpora.errors import CorporaError
from corpora.files import replacing, write_atomic
from finetune.labels import IGNORED, Encoded, Encoder
from finetune.rows import Rows

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class Tokens:
    """Rows as labelled tokens.

    Row `i` is `ids[ends[i-1]:ends[i]]` (int32, on disk), of which the tokens from `starts[i]` on are trained on;
    `left_out` counts unusable rows by reason, and rows whose prompt was cut as `prompt_cut`.
    """

    ids: np.ndarray[Any, np.dtype[np.int32]]
    ends: np.ndarray[Any, np.dtype[np.int64]]
    starts: np.ndarray[Any, np.dtype[np.int64]]
    example_ids: list[str]
    left_out: dict[str, int]

    @property
    def lengths(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Tokens of each row."""
        return np.diff(self.ends, prepend=0)

    def row(self, at: int) -> tuple[np.ndarray[Any, np.dtype[np.int32]], int]:
        """One row's ids, and where its labels start."""
        end = int(self.ends[at])
        return self.ids[end - self.lengths_at(at) : end], int(self.starts[at])

    def lengths_at(self, at: int) -> int:
        """Tokens of one row."""
        return int(self.ends[at]) - (int(self.ends[at - 1]) if at else 0)

    def labelled_at(self, at: int) -> int:
        """Trained-on tokens of one row."""
        return self.lengths_at(at) - int(self.starts[at])

    def named(self, rows: Sequence[int]) -> str:
        """The ids of some rows, for a person."""
        return ", ".join(self.example_ids[at] for at in rows)


def collate(tokens: Tokens, rows: Sequence[int], device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids and labels of some rows, (rows, longest), padded at the right; what the padding is does not matter.

    Raises:
        CorporaError: no token of the batch has a label, so that it would train nothing.
    """
    import torch

    width = max(tokens.lengths_at(at) for at in rows)
    ids = np.zeros((len(rows), width), dtype=np.int64)
    labels = np.full((len(rows), width), IGNORED, dtype=np.int64)
    for place_, at in enumerate(rows):
        row, start = tokens.row(at)
        ids[place_, : len(row)] = row
        labels[place_, start : len(row)] = row[start:]
    if (labels[:, 1:] == IGNORED).all():
        raise CorporaError(f"a batch without a single label: rows {tokens.named(rows)}")
    pair = torch.from_numpy(ids), torch.from_numpy(labels)
    if device.type == "cuda":
        return tuple(part.pin_memory().to(device, non_blocking=True) for part in pair)  # type: ignore[return-value]
    return pair


def tokenized(rows: Rows, encoder: Encoder, folder: Path, name: str) -> Tokens:
    """The rows' tokens, from `folder` where the same rows were encoded the same way before, else made there.

    Raises:
        CorporaError: no row can be trained on; the sentence says why.
    """
    key = _key(rows, encoder)
    data, index = folder / f"{name}.ids", folder / f"{name}.json"
    if not (index.is_file() and json.loads(index.read_text(encoding="utf-8"))["key"] == key):
        _encode(rows, encoder, data, index, key)
    document = json.loads(index.read_text(encoding="utf-8"))
    if not document["example_ids"]:
        reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(document["left_out"].items())) or "no rows"
        raise CorporaError(f"the {name} split has no row to train on ({reasons})")
    return Tokens(
        np.memmap(data, dtype=np.int32, mode="r"),
        np.cumsum(document["lengths"], dtype=np.int64),
        np.asarray(document["starts"], dtype=np.int64),
        document["example_ids"],
        document["left_out"],
    )


def _encode(rows: Rows, encoder: Encoder, data: Path, index: Path, key: str) -> None:
    lengths: list[int] = []
    starts: list[int] = []
    example_ids: list[str] = []
    left_out: dict[str, int] = {}
    with replacing(data) as part, part.open("wb") as file:
        for chunk in rows.chunks():
            for result in encoder.encode(chunk):
                if isinstance(result, Encoded):
                    np.asarray(result.ids, dtype=np.int32).tofile(file)
                    lengths.append(len(result.ids))
                    starts.append(result.start)
                    example_ids.append(result.example_id)
                reason = ("prompt_cut" if result.cut else "") if isinstance(result, Encoded) else result.reason
                if reason:
                    left_out[reason] = left_out.get(reason, 0) + 1
    document = {"key": key, "lengths": lengths, "starts": starts, "example_ids": example_ids, "left_out": left_out}
    write_atomic(index, json.dumps(document).encode())


def _key(rows: Rows, encoder: Encoder) -> str:
    tokenizer = encoder.tokenizer
    backend = getattr(tokenizer, "backend_tokenizer", None)
    parts = [
        rows.digest(),
        backend.to_str() if backend else json.dumps(tokenizer.get_vocab(), sort_keys=True),
        tokenizer.chat_template,
        encoder.source_max,
        encoder.target_max,
        Path(__file__).with_name("labels.py").read_text(encoding="utf-8"),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
