"""Train, validation and test, by whole groups: no client stands in two of them."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field, field_validator

from corpora.errors import UsageError
from corpora.shards import SPLITS
from pipelines.stages.base import CorpusStage, stage
from pipelines.tables import read_pairs

if TYPE_CHECKING:
    import polars as pl

Ratio = Annotated[float, Field(ge=0, le=1)]
ENOUGH_GROUPS = 3


@stage
class Split(CorpusStage):
    """Places every group by a hash of its keyed id, so that places stay when data are added.

    With three groups or more no wanted split stays empty: the nearest hashes move over, and `places` (the groups that
    an earlier build moved, from its manifest) keep what they had, so that no test client ever becomes a training
    client. With fewer groups, or a ratio of 0, an empty split is left out. `folds` is the user's own CSV with the
    columns `client_id` and `split`, and decides alone.
    """

    name: ClassVar[str] = "split"
    version: ClassVar[str] = "1"
    outputs: ClassVar[frozenset[str]] = frozenset({"split"})

    ratios: tuple[Ratio, Ratio, Ratio] = (0.8, 0.1, 0.1)
    seed: int = 0
    folds: Path | None = None

    @field_validator("ratios")
    @classmethod
    def _sum_to_one(cls, ratios: tuple[float, float, float]) -> tuple[float, float, float]:
        if not math.isclose(sum(ratios), 1, abs_tol=1e-6):
            raise ValueError("the three shares (train, validation, test) must sum to 1")
        return ratios

    def check(self) -> None:
        """Read the user's own folds."""
        if self.folds:
            read_folds(self.folds)

    def apply(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        """The frame with a `split` column, as a first build would place the groups."""
        groups, bound = groups_of(frame)
        return place(frame, self.assign(groups, bound=bound)[0])

    def assign(
        self, groups: list[str], places: Mapping[str, str] | None = None, bound: Mapping[str, str] | None = None
    ) -> tuple[dict[str, str], dict[str, str]]:
        """Each group's split, and those among them that stand elsewhere than their hash alone would put them.

        Args:
            groups: keyed group ids.
            places: groups that an earlier build moved, with their split.
            bound: a name for each group that must stand where others of the same name do: where that one of them
                stands which is furthest from training, for a test client must never become a training client.
        """
        hashes = {group: self._hash(group) for group in sorted(groups)}
        natural = {group: self._natural(value) for group, value in hashes.items()}
        kept = {group: split for group, split in (places or {}).items() if group in natural}
        placed = natural | kept
        leaders: dict[str, str] = {}
        for group in sorted(placed, key=lambda group: (-SPLITS.index(placed[group]), group)):
            leaders.setdefault((bound or {}).get(group, group), group)
        led = {group: leaders[(bound or {}).get(group, group)] for group in placed}
        leading = {group: placed[group] for group in sorted(leaders.values())}
        if len(leading) >= ENOUGH_GROUPS:
            self._fill_empty(leading, hashes, frozenset(kept))
        placed = {group: leading[leader] for group, leader in led.items()}
        return placed, {group: split for group, split in placed.items() if split != natural[group] or group in kept}

    def _hash(self, group: str) -> float:
        digest = hashlib.sha256(f"split:{self.seed}:{group}".encode()).digest()
        return int.from_bytes(digest[:8]) / 2**64

    def _natural(self, value: float) -> str:
        train, validation, _ = self.ratios
        wanted = [split for split, ratio in zip(SPLITS, self.ratios, strict=True) if ratio]
        if value < train:
            return SPLITS[0]
        return SPLITS[1] if value < train + validation else wanted[-1]

    def _fill_empty(self, placed: dict[str, str], hashes: Mapping[str, float], fixed: frozenset[str]) -> None:
        start = 0.0
        for split, ratio in zip(SPLITS, self.ratios, strict=True):
            low, start = start, start + ratio
            if not ratio or split in placed.values():
                continue
            sizes = {name: list(placed.values()).count(name) for name in SPLITS}
            movable = [group for group, at in placed.items() if sizes[at] > 1 and group not in fixed]
            nearest = min(movable, key=lambda group: (_distance(hashes[group], low, low + ratio), group), default=None)
            if nearest:
                placed[nearest] = split


def groups_of(frame: pl.LazyFrame) -> tuple[list[str], dict[str, str]]:
    """All groups, and the name that some of them share (`bound_to`, where the frame has it)."""
    import polars as pl

    shared = "bound_to" if "bound_to" in frame.collect_schema() else pl.lit(None, pl.String).alias("bound_to")
    rows = frame.select("group_id", shared).unique().collect(engine="streaming").rows()
    return [group for group, _ in rows], {group: name for group, name in rows if name}


def place(frame: pl.LazyFrame, placed: Mapping[str, str]) -> pl.LazyFrame:
    """The frame with each row's `split`, looked up by its `group_id`."""
    import polars as pl

    table = pl.LazyFrame(
        {"group_id": list(placed), "split": list(placed.values())}, schema={"group_id": pl.String, "split": pl.String}
    )
    return frame.join(table, on="group_id", how="left", maintain_order="left")


def read_folds(path: Path) -> dict[str, str]:
    """The `--folds` file as client id -> split.

    Raises:
        UsageError: the file is no CSV with the columns `client_id` and `split`, or names a split that is none.
    """
    folds = {}
    for line, client, split in read_pairs(path, "--folds", "client_id", "split"):
        if split not in SPLITS:
            raise UsageError(f"--folds {path}, line {line}: the split must be one of {', '.join(SPLITS)}")
        folds[client] = split
    return folds


def _distance(value: float, low: float, high: float) -> float:
    return max(low - value, value - high, 0.0)
