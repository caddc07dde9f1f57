"""Near-duplicates: is a text closer to any that was kept than the least distance that was set?

Distance is 1 less the Jaccard overlap of three-word shingles, the measure of MinHash. MinHash with 40 bands of 3 rows
proposes candidates (a pair at overlap 0.4 is proposed with 93 %, at 0.5 with 99.6 %), and their overlap is counted
exactly. With vectors, the cosine distance to all that were kept has to be large enough as well.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from zlib import crc32

import numpy as np

from corpora.errors import UsageError

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_SHINGLE = 3
_BANDS, _ROWS = 40, 3
_SEED = 17
Vector = Sequence[float] | np.ndarray[Any, Any]


class Kept:
    """All texts that were kept, for asking whether a new one is too close to any of them."""

    def __init__(self, min_distance: float = 0.6, min_vector_distance: float = 0.0) -> None:
        """Start with nothing.

        Args:
            min_distance: least distance of shingles, 0 (only equal texts are refused) to 1.
            min_vector_distance: least cosine distance, where texts come with vectors of length 1.

        Raises:
            UsageError: rensa is not installed.
        """
        try:
            from rensa import RMinHashLSH
        except ImportError:
            raise UsageError("near-duplicates need rensa: pip install 'therapy-corpora[synth]'") from None
        self._overlap, self._vector_distance = 1 - min_distance, min_vector_distance
        self._index: Any = RMinHashLSH(self._overlap, _BANDS * _ROWS, _BANDS)
        self._shingles: list[np.ndarray[Any, Any]] = []
        self._exact: set[str] = set()
        self._vectors: np.ndarray[Any, Any] = np.empty((0, 0), np.float32)
        self._filled = 0

    def fault(self, text: str, vector: Vector | None = None) -> str | None:
        """`duplicate`, `near_duplicate`, or None; a text without a fault is kept from now on."""
        words = [match.group().casefold() for match in _WORD.finditer(text)]
        plain = " ".join(words)
        if plain in self._exact:
            return "duplicate"
        shingles = [" ".join(words[at : at + _SHINGLE]) for at in range(max(1, len(words) - _SHINGLE + 1))]
        table = np.unique(np.fromiter((crc32(shingle.encode()) for shingle in shingles), np.uint32, len(shingles)))
        digest = self._digest(shingles)
        if any(self._too_close(table, at) for at in self._index.query(digest)) or self._beside(vector):
            return "near_duplicate"
        self._index.insert(len(self._shingles), digest)
        if vector is not None:
            self._remember(np.asarray(vector, dtype=np.float32))
        self._shingles.append(table)
        self._exact.add(plain)
        return None

    def _digest(self, shingles: Sequence[str]) -> Any:
        from rensa import RMinHash

        digest: Any = RMinHash(_BANDS * _ROWS, _SEED)
        digest.update(shingles)
        return digest

    def _too_close(self, table: np.ndarray[Any, Any], at: int) -> bool:
        other = self._shingles[at]
        both = len(np.intersect1d(table, other, assume_unique=True))
        return both > self._overlap * (len(table) + len(other) - both)

    def _beside(self, vector: Vector | None) -> bool:
        if vector is None or not self._filled:
            return False
        alike = np.einsum("ij,j->i", self._vectors[: self._filled], np.asarray(vector, dtype=np.float32))  # one thread
        return bool(1 - alike.max() < self._vector_distance)

    def _remember(self, vector: np.ndarray[Any, Any]) -> None:
        """Put a vector into the table, which doubles when it is full."""
        if self._filled == len(self._vectors):
            larger = np.empty((max(1024, 2 * self._filled), len(vector)), np.float32)
            larger[: self._filled] = self._vectors[: self._filled].reshape(self._filled, len(vector))
            self._vectors = larger
        self._vectors[self._filled] = vector
        self._filled += 1
