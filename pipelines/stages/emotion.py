"""Emotions of the client, by a classifier of your own that runs on this machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from corpora.errors import UsageError
from pipelines.stages.base import CorpusStage, stage

if TYPE_CHECKING:
    import polars as pl

FLAG = "emotion_by_classifier"
_FILES = ("config.json", "model.safetensors")


@stage
class Emotion(CorpusStage):
    """Fills in `emotion` where the metadata leaves it open, from the client's last message.

    `model` is the folder of a text classifier as `transformers` saves it (`config.json` with its labels,
    `model.safetensors`, the tokenizer); nothing is fetched, and no code of the folder is run. A label under
    `least_probability` is none. Rows so labelled carry the flag `emotion_by_classifier`.
    """

    name: ClassVar[str] = "emotion"
    version: ClassVar[str] = "1"

    model: Path
    least_probability: Annotated[float, Field(ge=0, le=1)] = 0.5
    batch: Annotated[int, Field(ge=1)] = 32

    def check(self) -> None:
        """Look for the model's files and for `transformers`.

        Raises:
            UsageError: one is missing.
        """
        from importlib.util import find_spec

        if missing := [name for name in _FILES if not (self.model / name).is_file()]:
            raise UsageError(f"emotion: {self.model} holds no {' and no '.join(missing)}; give a classifier's folder")
        if not (find_spec("transformers") and find_spec("torch")):
            raise UsageError("emotion needs transformers and torch: pip install 'therapy-corpora[finetune]'")

    def parameters(self) -> dict[str, Any]:
        """The fields; the model by the hash of its weights."""
        from corpora.files import sha256_file

        weights = self.model / _FILES[1]
        return {**super().parameters(), "model": sha256_file(weights) if weights.is_file() else None}

    def apply(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        """The frame with `emotion` filled in, and the flag where the classifier did it."""
        import polars as pl

        last = pl.col("prompt").list.last().struct.field("content").alias("text")
        # sorted, so that a text always stands in one batch with the same others
        rows = frame.filter(pl.col("emotion").is_null()).select("example_id", last).sort("example_id").collect()
        found = pl.LazyFrame(
            {"example_id": rows["example_id"], "found": list(self._labels(rows["text"].fill_null("").to_list()))},
            schema={"example_id": pl.String, "found": pl.String},
        )
        new = pl.col("emotion").is_null() & pl.col("found").is_not_null()
        flagged = pl.concat_list("flags", pl.lit([FLAG]))
        return (
            frame.join(found, on="example_id", how="left")
            .with_columns(
                pl.when(new).then("found").otherwise("emotion").alias("emotion"),
                pl.when(new).then(flagged).otherwise("flags").alias("flags"),
            )
            .select(*frame.collect_schema().names())
        )

    def findings(self, before: pl.LazyFrame, after: pl.LazyFrame) -> Mapping[str, Any]:
        """`labels`: how many emotions come from the metadata, how many from the classifier, how many are open."""
        import polars as pl

        filled = [pl.col("emotion").is_not_null().sum(), pl.len()]
        (had, total), (has, _) = (frame.select(filled[0], filled[1]).collect().row(0) for frame in (before, after))
        return {"labels": {"emotion": {"from_metadata": had, "from_classifier": has - had, "none": total - has}}}

    def _labels(self, texts: list[str]) -> Iterator[str | None]:
        import torch
        from transformers import AutoModelForSequenceClassification, AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(self.model, local_files_only=True)
        model = AutoModelForSequenceClassification.from_pretrained(self.model, local_files_only=True).eval()
        names = model.config.id2label
        for start in range(0, len(texts), self.batch):
            part = tokenizer(texts[start : start + self.batch], padding=True, truncation=True, return_tensors="pt")
            with torch.inference_mode():
                shares = model(**part).logits.softmax(dim=-1)
            best = shares.max(dim=-1)
            for share, index in zip(best.values.tolist(), best.indices.tolist(), strict=True):
                yield names[index] if share >= self.least_probability else None
