"""Draws that depend on a seed and a place alone, so that they are the same in every run and in any order."""

from __future__ import annotations

import hashlib
import random


def seed_of(*parts: object) -> int:
    """A seed of 31 bits for a place, such as (the run's seed, step, index, attempt)."""
    digest = hashlib.sha256(":".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:4]) & 0x7FFFFFFF


def draw_of(*parts: object) -> random.Random:
    """A generator of its own for a place."""
    return random.Random(hashlib.sha256(":".join(map(str, parts)).encode()).hexdigest())  # noqa: S311 - no secret
