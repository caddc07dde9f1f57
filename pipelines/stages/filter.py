"""Which examples are worth learning from, by their length, rating and wording."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from pipelines.stages.base import CorpusStage, stage

if TYPE_CHECKING:
    import polars as pl

Count = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
_WORD = r"\S+"


@stage
class Filter(CorpusStage):
    """Leaves out examples beyond a bound, each under the first reason that holds; a bound that is not set holds none.

    Words are white-space separated. `least_variety` is the share of distinct words in the answer (a loop of a language
    model has little), `least_letters` the share of letters among its characters without spaces, `ratings` the values
    of `quality` to keep (an unrated example stays). `kinds` says which kinds of examples are held to them: all, where
    it is empty.
    """

    name: ClassVar[str] = "filter"
    version: ClassVar[str] = "1"

    kinds: tuple[str, ...] = ()
    min_words: Count | None = None
    max_words: Count | None = None
    min_prompt_words: Count | None = None
    max_prompt_words: Count | None = None
    min_context_turns: Count | None = None
    max_context_turns: Count | None = None
    ratings: tuple[str, ...] = ()
    least_variety: Share | None = None
    least_letters: Share | None = None

    def apply(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        """The frame with a reason in `dropped` for each row that a bound excludes."""
        import polars as pl

        held = pl.col("kind").is_in(self.kinds) if self.kinds else pl.lit(value=True)
        reasons = [
            pl.when(held & broken).then(pl.lit(reason))
            for reason, broken in self._faults().items()
            if broken is not None
        ]
        return frame.with_columns(pl.coalesce(*reasons, "dropped").alias("dropped")) if reasons else frame

    def _faults(self) -> dict[str, pl.Expr | None]:
        import polars as pl

        content = pl.element().struct.field("content")
        answer = pl.col("completion").list.eval(content).list.join(" ")
        words, turns = pl.col("response_words"), pl.col("context_turns")
        prompt = pl.col("prompt").list.eval(content.str.count_matches(_WORD)).list.sum()
        plain = answer.str.to_lowercase().str.extract_all(r"\p{L}+")
        variety = plain.list.n_unique() / plain.list.len()
        letters = answer.str.count_matches(r"\p{L}") / answer.str.count_matches(r"\S")
        rated = pl.col("quality").is_in(self.ratings) | pl.col("quality").is_null()
        return {
            "below_min_words": None if self.min_words is None else words < self.min_words,
            "above_max_words": None if self.max_words is None else words > self.max_words,
            "prompt_below_min_words": None if self.min_prompt_words is None else prompt < self.min_prompt_words,
            "prompt_above_max_words": None if self.max_prompt_words is None else prompt > self.max_prompt_words,
            "below_min_turns": None if self.min_context_turns is None else turns < self.min_context_turns,
            "above_max_turns": None if self.max_context_turns is None else turns > self.max_context_turns,
            "rated_otherwise": ~rated if self.ratings else None,
            "repeats_itself": None if self.least_variety is None else variety < self.least_variety,
            "no_prose": None if self.least_letters is None else letters < self.least_letters,
        }
