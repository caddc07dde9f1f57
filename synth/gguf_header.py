"""The header of a GGUF file: what the model is, and whether the file is whole, before anything is loaded."""

from __future__ import annotations

import math
import struct
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

from corpora.errors import UsageError
from corpora.files import sha256_file

_SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_STRING, _ARRAY = 8, 9
_LONGEST = 1 << 27
_MOST = 1 << 24
_VERSIONS = (2, 3)
_FILE_TYPES = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S", 12: "Q3_K_M",
    13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K", 25: "IQ4_NL", 30: "IQ4_XS",
    32: "BF16",
}  # fmt: skip
"""`general.file_type` by the names of the GGUF specification."""
_TENSOR_TYPES = {
    0: ("F32", 1, 4), 1: ("F16", 1, 2), 2: ("Q4_0", 32, 18), 3: ("Q4_1", 32, 20), 6: ("Q5_0", 32, 22),
    7: ("Q5_1", 32, 24), 8: ("Q8_0", 32, 34), 10: ("Q2_K", 256, 84), 11: ("Q3_K", 256, 110), 12: ("Q4_K", 256, 144),
    13: ("Q5_K", 256, 176), 14: ("Q6_K", 256, 210), 20: ("IQ4_NL", 32, 18), 23: ("IQ4_XS", 256, 136),
    30: ("BF16", 1, 2),
}  # fmt: skip
"""Tensor types: name, weights a block, bytes a block (GGML's block layouts)."""


@dataclass(frozen=True)
class Header:
    """A model file's metadata and quantisation; `path` is on this machine and never published."""

    path: Path
    metadata: Mapping[str, Any]
    quantisation: str

    @property
    def name(self) -> str:
        """The model's own name, else the file's."""
        return str(self.metadata.get("general.name") or self.path.stem)

    @property
    def chat_template(self) -> str | None:
        """The Jinja template that the file brings, if any."""
        return self.metadata.get("tokenizer.chat_template")

    @property
    def context(self) -> int:
        """Tokens that the model was trained to see at once."""
        return int(self._of("context_length", 2048))

    @property
    def heads(self) -> int:
        """Attention heads of a layer, of the widest where they differ."""
        heads = self._of("attention.head_count", 1)
        return int(max(heads) if isinstance(heads, list) else heads)

    def kv_bytes(self, bytes_per_value: float) -> int:
        """Bytes of key-value memory that one token takes, over all layers."""
        kv_heads = self._of("attention.head_count_kv", self.heads)
        width = self._of("embedding_length", 0) / self.heads
        sizes = self._of("attention.key_length", width) + self._of("attention.value_length", width)
        layers = int(self._of("block_count", 1))
        values = float((sum(kv_heads) if isinstance(kv_heads, list) else kv_heads * layers) * sizes)
        return round(values * bytes_per_value)

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of the whole file (64 hex characters)."""
        return sha256_file(self.path)

    def _of(self, key: str, otherwise: Any) -> Any:
        return self.metadata.get(f"{self.metadata.get('general.architecture', '')}.{key}", otherwise)


def read_header(path: Path) -> Header:
    """Read a GGUF file's header and look whether all its tensors are there.

    Raises:
        UsageError: the file cannot be read, is no GGUF, is damaged, or ends before its last tensor.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            if file.read(4) != b"GGUF":
                raise UsageError(f"{path}: not a GGUF file; convert the model, or give a file that ends in .gguf")
            return _read(path, file, size)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except (struct.error, UnicodeDecodeError, KeyError, ValueError, OverflowError, MemoryError):
        raise UsageError(f"{path}: this GGUF file is cut short or damaged; fetch it again") from None


def _read(path: Path, file: BinaryIO, size: int) -> Header:
    version, tensors, values = struct.unpack("<IQQ", file.read(20))
    if version not in _VERSIONS:
        raise UsageError(f"{path}: GGUF version {version} is not known; there are {_VERSIONS[0]} and {_VERSIONS[1]}")
    if max(tensors, values) > _MOST:
        raise ValueError
    metadata = {_string(file): _value(file, _number(file, "<I")) for _ in range(values)}
    weights: Counter[str] = Counter()
    end = 0
    for _ in range(tensors):
        _string(file)
        shape = [_number(file, "<Q") for _ in range(_number(file, "<I"))]
        kind, offset = _number(file, "<I"), _number(file, "<Q")
        name, block, width = _TENSOR_TYPES.get(kind, (f"type {kind}", 256, 0))
        weights[name] += math.prod(shape)
        end = max(end, offset + math.prod(shape) // block * width)
    alignment = int(metadata.get("general.alignment", 32))
    start = -(-file.tell() // alignment) * alignment
    if start + end > size:
        raise UsageError(f"{path}: this GGUF file is cut short: {size:,} of {start + end:,} bytes; fetch it again")
    by_tensors = weights.most_common(1)[0][0] if weights else "none"
    return Header(path, metadata, _FILE_TYPES.get(metadata.get("general.file_type", -1), by_tensors))


def _value(file: BinaryIO, kind: int) -> Any:
    if kind == _STRING:
        return _string(file)
    if kind == _ARRAY:
        inner, count = _number(file, "<I"), _number(file, "<Q")
        if count > _MOST:
            raise ValueError
        return [_value(file, inner) for _ in range(count)]
    return _number(file, _SCALARS[kind])


def _number(file: BinaryIO, code: str) -> Any:
    return struct.unpack(code, file.read(struct.calcsize(code)))[0]


def _string(file: BinaryIO) -> str:
    length = _number(file, "<Q")
    if length > _LONGEST:
        raise ValueError
    data = file.read(length)
    if len(data) < length:
        raise ValueError
    return data.decode("utf-8", "replace")
