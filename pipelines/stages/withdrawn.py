"""Sessions that were withdrawn from a build stay out of the next one, whatever its input holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pipelines.stages.base import CorpusStage, stage

if TYPE_CHECKING:
    import polars as pl


@stage
class Withdrawn(CorpusStage):
    """Leaves out the rows of clients and sessions by their keyed ids; the pipeline adds it itself, no recipe does."""

    name: ClassVar[str] = "withdrawn"
    version: ClassVar[str] = "1"

    ids: tuple[str, ...]

    def apply(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        """The frame with these rows marked `withdrawn`."""
        import polars as pl

        theirs = pl.col("client_id").is_in(self.ids) | pl.col("session_id").is_in(self.ids)
        return frame.with_columns(pl.when(theirs).then(pl.lit(self.name)).otherwise("dropped").alias("dropped"))
