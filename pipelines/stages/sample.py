"""Samples: as many examples as wanted, in the corpus' proportions or evenly, and mixtures of kinds or sources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator

from pipelines.stages.base import MARKS, CorpusStage, stage
from pipelines.stages.strata import By, audit, draws, grouped, shared_out

if TYPE_CHECKING:
    import polars as pl

Positive = Annotated[int, Field(ge=1)]
OVER_CAP, NOT_SAMPLED, NOT_IN_MIX = "over_client_cap", "not_sampled", "not_in_mix"


@stage
class Sample(CorpusStage):
    """Draws `size` examples, stratified by every combination of the values in `by`.

    `proportional` keeps each stratum's share, as the Nile paper took 20,000 of 800,000 rows by emotion, demographic
    group and dialogue length; `equal` takes as many of each stratum as can be, which balances. Without `size`, `equal`
    takes as many of each as the smallest has. `per_client` is the most that one client gives. An example is drawn by a
    hash of its id and `seed`, so a larger sample holds the smaller one.
    """

    name: ClassVar[str] = "sample"
    version: ClassVar[str] = "1"

    size: Positive | None = None
    by: tuple[By, ...] = ()
    allocation: Literal["proportional", "equal"] = "proportional"
    per_client: Positive | None = None
    seed: int = 0

    def apply(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        """The frame with `not_sampled` or `over_client_cap` in `dropped`."""
        import polars as pl

        rows = _capped(_drawn(grouped(frame, self.by), self.seed), self.per_client).with_columns(
            (pl.concat_str(self.by, separator="\x1f") if self.by else pl.lit("")).alias("stratum")
        )
        supply = dict(rows.filter("within").group_by("stratum").agg(pl.len()).rows())
        size = sum(supply.values()) if self.size is None else self.size
        if self.size is None and self.allocation == "equal" and supply:
            size = min(supply.values()) * len(supply)
        return _marked(frame, rows, shared_out(size, supply, self.allocation), NOT_SAMPLED)

    def findings(self, before: pl.LazyFrame, after: pl.LazyFrame) -> Mapping[str, Any]:
        """`sampling`: what the draw was, and each value's share before and after."""
        shown = {"stage": self.name, "size": self.size, "by": list(self.by), "allocation": self.allocation}
        return _finding(shown, before, after, self.by)


@stage
class Mix(CorpusStage):
    """Mixes kinds or sources in the shares that `weights` gives; what it does not name is left out.

    As many examples are taken as the shares allow (at most `size`): the scarcest part decides. `per_client` is the most
    that one client gives, so that no single voice makes up the corpus.
    """

    name: ClassVar[str] = "mix"
    version: ClassVar[str] = "1"

    weights: dict[str, Annotated[float, Field(gt=0)]]
    by: Literal["kind", "source"] = "kind"
    size: Positive | None = None
    per_client: Positive | None = None
    seed: int = 0

    @field_validator("weights")
    @classmethod
    def _some(cls, weights: dict[str, float]) -> dict[str, float]:
        if not weights:
            raise ValueError("name at least one part with its weight, such as { transcript = 1, synthetic = 2 }")
        return weights

    def apply(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        """The frame with `not_in_mix` or `over_client_cap` in `dropped`."""
        import polars as pl

        rows = _capped(_drawn(grouped(frame, (self.by,)), self.seed), self.per_client)
        rows = rows.rename({self.by: "stratum"})
        supply = dict(rows.filter("within").group_by("stratum").agg(pl.len()).rows())
        shares = {name: weight / sum(self.weights.values()) for name, weight in self.weights.items()}
        size = min(supply.get(name, 0) / share for name, share in shares.items())
        size = size if self.size is None else min(size, self.size)
        return _marked(frame, rows, {name: round(size * share) for name, share in shares.items()}, NOT_IN_MIX)

    def findings(self, before: pl.LazyFrame, after: pl.LazyFrame) -> Mapping[str, Any]:
        """`sampling`: what was mixed, and each part's share before and after."""
        shown = {"stage": self.name, "size": self.size, "by": [self.by], "weights": self.weights}
        return _finding(shown, before, after, (self.by,))


def _drawn(rows: pl.LazyFrame, seed: int) -> pl.DataFrame:
    import polars as pl

    table = rows.collect(engine="streaming")
    return table.with_columns(pl.Series("draw", draws(table["example_id"], seed), dtype=pl.UInt64))


def _capped(rows: pl.DataFrame, per_client: int | None) -> pl.DataFrame:
    """The rows with `within`: whether each is among the first of its client."""
    import polars as pl

    place = pl.struct("draw", "example_id").rank("ordinal").over("client_id")
    return rows.with_columns((place <= per_client if per_client else pl.lit(value=True)).alias("within"))


def _marked(frame: pl.LazyFrame, rows: pl.DataFrame, wanted: Mapping[str, int], reason: str) -> pl.LazyFrame:
    """The frame with a reason for every row that is not among the first `wanted` of its stratum."""
    import polars as pl

    place = pl.struct("draw", "example_id").rank("ordinal").over("stratum")
    sizes = pl.DataFrame(list(wanted.items()), schema={"stratum": pl.String, "wanted": pl.Int64}, orient="row")
    beyond = (
        rows.filter("within")
        .with_columns(place.alias("place"))
        .join(sizes, on="stratum", how="left")
        .filter(pl.col("place") > pl.col("wanted").fill_null(0))
        .select("example_id", pl.lit(reason).alias("dropped"))
    )
    capped = rows.filter(~pl.col("within")).select("example_id", pl.lit(OVER_CAP).alias("dropped"))
    marks = pl.concat([beyond, capped]).lazy()
    return frame.drop(MARKS[0]).join(marks, on="example_id", how="left").select(*frame.collect_schema().names())


def _finding(shown: dict[str, Any], before: pl.LazyFrame, after: pl.LazyFrame, by: tuple[By, ...]) -> dict[str, Any]:
    import polars as pl

    kept = after.filter(pl.col("dropped").is_null())
    counts = [frame.select(pl.len()).collect().item() for frame in (before, kept)]
    return {"sampling": [{**shown, "before": counts[0], "after": counts[1], "audit": audit(before, kept, by)}]}
