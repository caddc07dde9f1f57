"""Topics and symptoms: what the metadata says, else what a list of words finds in the client's own."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from corpora.errors import UsageError
from pipelines.stages.base import CorpusStage, stage
from pipelines.stages.shingles import plain

if TYPE_CHECKING:
    import polars as pl

LEXICON = Path(__file__).parent / "labels.toml"
WEIGHTS = {"strong": 3, "terms": 1}
FLAG = "labelled_by_keywords"


@stage
class Label(CorpusStage):
    """Fills in `topic` and `symptoms` where the metadata leaves them open, from the words that the client says.

    Every label of the `lexicon` has terms that count one and strong ones that count three; a label holds where they sum
    up to `least` or more, of topics the one with most alone. Such rows carry the flag `labelled_by_keywords`.
    Of CounselChat's 781 questions the lists name a topic for 607, for 65 % of these one that the asker gave too
    (docs/recipes.md says how that was measured).
    """

    name: ClassVar[str] = "label"
    version: ClassVar[str] = "1"

    what: tuple[Literal["topic", "symptom"], ...] = ("topic", "symptom")
    lexicon: Path = LEXICON
    least: Annotated[int, Field(ge=1)] = 2

    def check(self) -> None:
        """Read the lexicon."""
        read_lexicon(self.lexicon)

    def apply(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        """The frame with both columns filled in, and the flag where the words did it."""
        import polars as pl

        content = pl.element().struct.field("content")
        said = pl.col("prompt").list.eval(content.filter(pl.element().struct.field("role") == "user")).list.join(" ")
        scores = score(frame.select("example_id", said.alias("text")), self.lexicon)
        found = scores.filter(pl.col("score") >= self.least)
        best = pl.col("label").sort_by(["score", "label"], descending=[True, False]).first().alias("found_topic")
        topics = found.filter(pl.col("what") == "topic").group_by("example_id").agg(best)
        symptoms = (
            found.filter(pl.col("what") == "symptom")
            .group_by("example_id")
            .agg(pl.col("label").sort().alias("found_symptoms"))
        )
        new_topic = pl.col("topic").is_null() & pl.col("found_topic").is_not_null() & ("topic" in self.what)
        new_symptoms = pl.col("symptoms").is_null() & pl.col("found_symptoms").is_not_null() & ("symptom" in self.what)
        flagged = pl.concat_list("flags", pl.lit([FLAG]))
        return (
            frame.join(topics.lazy(), on="example_id", how="left")
            .join(symptoms.lazy(), on="example_id", how="left")
            .with_columns(
                pl.when(new_topic).then("found_topic").otherwise("topic").alias("topic"),
                pl.when(new_symptoms).then("found_symptoms").otherwise("symptoms").alias("symptoms"),
                pl.when(new_topic | new_symptoms).then(flagged).otherwise("flags").alias("flags"),
            )
            .select(*frame.collect_schema().names())
        )

    def findings(self, before: pl.LazyFrame, after: pl.LazyFrame) -> Mapping[str, Any]:
        """`labels`: of each column, how many rows the metadata filled, how many the words, how many nothing."""
        import polars as pl

        columns = ("topic", "symptoms")
        filled = [pl.col(name).is_not_null().sum() for name in columns]
        known, now = (frame.select(filled).collect().row(0) for frame in (before, after))
        total = after.select(pl.len()).collect().item()
        return {
            "labels": {
                name: {"from_metadata": had, "from_keywords": has - had, "none": total - has}
                for name, had, has in zip(columns, known, now, strict=True)
            }
        }


def score(texts: pl.LazyFrame, lexicon: Path = LEXICON) -> pl.DataFrame:
    """What each label's terms come to: `example_id`, `what` (topic or symptom), `label`, `score` (only above 0).

    Args:
        texts: `example_id` and `text`.
        lexicon: the lists; each term counts once a text.
    """
    import polars as pl

    terms = read_lexicon(lexicon)
    names = {"term": pl.String, "what": pl.String, "label": pl.String, "weight": pl.Int64}
    table = pl.LazyFrame(terms, schema=names, orient="row")
    spaced = pl.concat_str(pl.lit(" "), plain(pl.col("text")), pl.lit(" "))
    patterns = sorted({f" {term} " for term, *_ in terms})
    found = spaced.str.extract_many(patterns, overlapping=True).list.unique()
    return (
        texts.select("example_id", found.alias("term"))
        .explode("term")
        .drop_nulls()
        .with_columns(pl.col("term").str.strip_chars())
        .join(table, on="term")
        .group_by("example_id", "what", "label")
        .agg(pl.col("weight").sum().alias("score"))
        .collect(engine="streaming")
    )


@cache
def read_lexicon(path: Path) -> list[tuple[str, str, str, int]]:
    """The lists as (term in plain words, `topic` or `symptom`, label, weight).

    Raises:
        UsageError: the file is no TOML of `[topic.NAME]` and `[symptom.NAME]` tables with `terms` and `strong`.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        entries = [
            (" ".join(term.casefold().split()), what, label, WEIGHTS[strength])
            for what, labels in document.items()
            for label, lists in labels.items()
            for strength, terms in lists.items()
            for term in terms
        ]
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise UsageError(
            f"label: lexicon {path} is no TOML of [topic.NAME] and [symptom.NAME] tables with `terms` and `strong` "
            f"({type(error).__name__})"
        ) from None
    return entries
