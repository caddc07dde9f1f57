"""The metrics table: what can be counted about each example, so that the checks need numbers, flags and ids only.

Everything is a Polars expression over the shards' columns; text is read here, counted, and left behind.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, cast

from corpora.records import MADE, example_schema
from corpora.shards import SHARD_ROWS

if TYPE_CHECKING:
    from collections.abc import Iterable

    import polars as pl

AUDIT_COLUMNS = ("roster_hits", "caller_hits", "structured_hits", "other_hits")
"""Residual identifiers of one example, counted by detectors that did not clean it: names on the client's roster, names
the caller gave, structured identifiers that pass their check digits or formats, and all other finds (int32 each)."""

ID_COLUMNS = ("example_id", "session_id", "client_id", "group_id")

_REQUIRED = (*ID_COLUMNS, "source", "kind", "split", "response_words", "context_turns", "provenance", *AUDIT_COLUMNS)
_WORD = r"[^\s\x1c-\x1f]+"  # the white space of Python's str.split, which \s alone is not
_UNEVEN = r"[\t-\r\x1c-\x1f\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}]|  |^ | $|^$"
"""Text whose words are not simply one more than its blanks: other white space, two blanks together or at an end."""

TEXT_COLUMNS = ("topic", "opener")
"""Columns of the metrics table that are texts, or made of their words: counted by, never seen by the checks."""

FEW = 20
"""Fewer texts than this show no habit in how they begin."""

ROWS_AT_ONCE = 25_000
_ALTERNATING = "^(system,)?(assistant,)?(user,assistant,)*(user,)?$"


def measure(examples: pl.LazyFrame | Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Measure every example, some `ROWS_AT_ONCE` at a time, so that memory holds few texts at once.

    Args:
        examples: One row an example: the columns of `corpora.records.example_schema`, `split` (string), and the
            `AUDIT_COLUMNS` (int32); whole, or in frames of one schema. A column that is missing or of another type is
            measured as null, and `schema_ok` is False on every row.

    Returns:
        One row an example, in the order given, without any text of a transcript: the ids, `source`, `kind`, `split`,
        `topic`; `response_words`, `context_turns` as recorded; `counted_words` (of the completion), `prompt_words`,
        `turn_words` (of the prompt's last message), `prompt_messages`, `characters`, `characters_per_word`,
        `empty_texts` (messages without a visible character), `missing_values` (nulls in required columns of the
        declared type, the audit columns among them); the flags `schema_ok`, `role_order_ok`, `starts_with_user`,
        `ends_with_user`, `one_completion`, `words_match`; `n_flags`, `crisis`; the audit columns; and, over the whole
        table, `id_count` (rows sharing the id), `client_splits`, `group_splits`, `response_splits` (distinct splits in
        which the client, the group, the same response stand), `shard` (number of the shard among its split's, as
        shards are cut). Of what a model wrote (kinds `paraphrase` and `synthetic`; 0, True or null for all else):
        `made`, `maker_named` (the row says which model, and which prompt), `opener` (hash of the response's first three
        words), `made_count` (rows of models with the same response).
    """
    import polars as pl

    if isinstance(examples, pl.LazyFrame):
        schema = examples.collect_schema()
        examples = chain(examples.collect_batches(chunk_size=ROWS_AT_ONCE), [pl.DataFrame(schema=schema)])
    measured = [_of_rows(frame) for frame in examples]
    return _across_rows(pl.concat(measured) if measured else _of_rows(pl.DataFrame()))


def by_split(metrics: pl.DataFrame) -> pl.DataFrame:
    """Fold the metrics table to one row a split.

    Returns:
        `split`; and, as `whole` has them, `examples`, `clients`, `groups`, `sessions`, `words`, `other_hits` and
        `other_hits_per_1000`.
    """
    return metrics.group_by("split").agg(*_sums()).with_columns(_rate()).sort("split")


def by_shard(metrics: pl.DataFrame) -> pl.DataFrame:
    """Fold the metrics table to one row a shard.

    Returns:
        `shard_id` (`train 0`), `split`, `shard`; what `by_split` has; `mean_response_words`, and `length_ratio`: that
        by the mean of the whole table.
    """
    import polars as pl

    mean = pl.col("counted_words").mean()
    shards = metrics.group_by("split", "shard").agg(*_sums(), mean.alias("mean_response_words")).with_columns(_rate())
    overall = metrics.select(mean).item() or 1.0
    name = pl.concat_str("split", "shard", separator=" ").alias("shard_id")
    ratio = (pl.col("mean_response_words") / overall).alias("length_ratio")
    return shards.sort("split", "shard").select(name, *shards.columns, ratio)


def whole(metrics: pl.DataFrame) -> pl.DataFrame:
    """Fold the metrics table to one row.

    Returns:
        `examples`, `clients`, `groups`, `sessions`; `words` (prompt and response together); `other_hits`, and
        `other_hits_per_1000`: other residual finds per 1,000 words; `largest_client_share`, `largest_source_share`,
        `largest_topic_share`: the part of the examples that the most frequent one has, 0 to 1; null without a known;
        `made_share`: the part that a model wrote, `largest_opener_share`: the part of these that begin with the same
        three words (null where they are fewer than `FEW`).
    """
    import polars as pl

    shares = {name: f"{name}_id" if name == "client" else name for name in ("client", "source", "topic")}
    largest = [_largest_share(column).alias(f"largest_{name}_share") for name, column in shares.items()]
    opener = pl.when(pl.col("made").sum() >= FEW).then(_largest_share("opener"))
    made = [pl.col("made").mean().alias("made_share"), opener.alias("largest_opener_share")]
    return metrics.select(*_sums(), *largest, *made).with_columns(_rate())


def _largest_share(column: str) -> pl.Expr:
    import polars as pl

    known = pl.col(column).drop_nulls()
    return known.unique_counts().max() / known.len()


def _sums() -> list[pl.Expr]:
    import polars as pl

    words = pl.col("counted_words").sum().cast(pl.Int64) + pl.col("prompt_words").sum()
    return [
        pl.len().cast(pl.Int64).alias("examples"),
        *(pl.col(f"{name}_id").n_unique().cast(pl.Int64).alias(f"{name}s") for name in ("client", "group", "session")),
        words.alias("words"),
        pl.col("other_hits").sum().cast(pl.Int64),
    ]


def _rate() -> pl.Expr:
    import polars as pl

    return (1000 * pl.col("other_hits") / pl.col("words").clip(lower_bound=1)).alias("other_hits_per_1000")


def _of_rows(examples: pl.DataFrame) -> pl.DataFrame:
    """What each row shows by itself, and a hash of its response."""
    import polars as pl

    table, usable, schema_ok = _declared(examples.lazy())
    required = [name for name in _REQUIRED if name in usable]
    kept = (*ID_COLUMNS, "source", "kind", "split", "topic", "response_words", "context_turns", *AUDIT_COLUMNS)
    rows = table.with_columns(_counts()).select(
        *kept,
        pl.lit(schema_ok).alias("schema_ok"),
        pl.sum_horizontal(pl.lit(0, pl.Int32), *(pl.col(name).is_null() for name in required)).alias("missing_values"),
        *_structure(),
        *_lengths(),
        pl.col("flags").list.len().fill_null(0).cast(pl.Int32).alias("n_flags"),
        pl.col("flags").list.contains("crisis").fill_null(value=False).alias("crisis"),
        _messages("completion", "content").list.join("\n").hash(seed=0).alias("response_hash"),
        *_made(),
    )
    # Strings are kept as views into the batch they came from, texts included; old-style Arrow copies the ids out of it.
    return cast("pl.DataFrame", pl.from_arrow(rows.collect().to_arrow(compat_level=pl.CompatLevel.oldest())))


def _declared(examples: pl.LazyFrame) -> tuple[pl.LazyFrame, list[str], bool]:
    """The declared columns alone; the names of those that had the declared type; and whether nothing was amiss.

    A column that is missing or of another type comes out as nulls, so that the other measures still stand.
    """
    import polars as pl

    declared = cast("pl.DataFrame", pl.from_arrow(example_schema().empty_table())).schema
    wanted = {**declared, "split": pl.String(), **dict.fromkeys(AUDIT_COLUMNS, pl.Int32())}
    given = dict(examples.collect_schema())
    usable = [name for name, dtype in wanted.items() if given.get(name) == dtype]
    nulls = (pl.lit(None, dtype).alias(name) for name, dtype in wanted.items() if name not in usable)
    return examples.with_columns(*nulls).select(*wanted), usable, given == wanted


def _messages(column: str, field: str) -> pl.Expr:
    import polars as pl

    return pl.col(column).list.eval(pl.element().struct.field(field).fill_null(""))


def _roles(column: str) -> pl.Expr:
    """The roles of a list of messages as text, each followed by a comma: `user,assistant,user,`."""
    import polars as pl

    joined = _messages(column, "role").list.join(",")
    return pl.when(pl.col(column).list.len() > 0).then(joined + ",").otherwise(pl.lit("")).fill_null("")


def _counts() -> list[pl.Expr]:
    """What is counted once and used in several measures: roles, words, characters and empty messages of each side."""
    import polars as pl

    content = pl.element().struct.field("content").fill_null("")
    both = ("prompt", "completion")
    last = pl.col("prompt").list.last().struct.field("content").fill_null("")
    said = {f"{name}_words": _messages(name, "content").list.join(" ").fill_null("") for name in both}
    return [
        _roles("prompt").alias("roles"),
        *(text.map_batches(_words, pl.UInt32).cast(pl.Int32).alias(name) for name, text in said.items()),
        last.map_batches(_words, pl.UInt32).cast(pl.Int32).alias("turn_words"),
        pl.sum_horizontal(pl.col(c).list.eval(content.str.len_chars()).list.sum() for c in both)
        .cast(pl.Int32)
        .alias("characters"),
        pl.sum_horizontal(pl.col(c).list.eval(~content.str.contains(_WORD)).list.sum().fill_null(0) for c in both)
        .cast(pl.Int32)
        .alias("empty_texts"),
    ]


def _words(texts: pl.Series) -> pl.Series:
    """Words as `corpora.records.count_words` has them; counting blanks is several times faster than matching words."""
    counts = texts.str.count_matches(" ", literal=True) + 1
    uneven = texts.str.contains(_UNEVEN).arg_true()
    return counts.scatter(uneven, texts.gather(uneven).str.count_matches(_WORD)) if len(uneven) else counts


def _structure() -> list[pl.Expr]:
    import polars as pl

    roles = pl.col("roles")
    return [
        pl.col("prompt").list.len().fill_null(0).cast(pl.Int32).alias("prompt_messages"),
        roles.str.contains(_ALTERNATING).alias("role_order_ok"),
        roles.str.contains("^(system,)?user,").alias("starts_with_user"),
        roles.str.ends_with("user,").alias("ends_with_user"),
        (_roles("completion") == "assistant,").alias("one_completion"),
    ]


def _made() -> list[pl.Expr]:
    """What is asked of rows that a model wrote."""
    import polars as pl

    made = pl.col("kind").is_in(MADE).fill_null(value=False)
    origin = pl.col("provenance").struct
    named = origin.field("model").is_not_null() & origin.field("prompt_hash").is_not_null()
    said = _messages("completion", "content").list.join(" ")
    return [
        made.alias("made"),
        (~made | named.fill_null(value=False)).alias("maker_named"),
        pl.when(made).then(said).map_batches(_openers, pl.UInt64).alias("opener"),
    ]


def _openers(texts: pl.Series) -> pl.Series:
    """A hash of each text's first three words, whatever their case; null where there is no text."""
    return texts.str.to_lowercase().str.extract(r"^\s*(\S+(?:\s+\S+){0,2})").hash(seed=0).set(texts.is_null(), None)


def _lengths() -> list[pl.Expr]:
    import polars as pl

    counted, prompt = pl.col("completion_words"), pl.col("prompt_words")
    return [
        counted.alias("counted_words"),
        (counted == pl.col("response_words")).fill_null(value=False).alias("words_match"),
        prompt,
        pl.col("turn_words"),
        pl.col("characters"),
        (pl.col("characters") / (prompt + counted).clip(lower_bound=1)).alias("characters_per_word"),
        pl.col("empty_texts"),
    ]


def _across_rows(rows: pl.DataFrame) -> pl.DataFrame:
    """Add what no single row shows: duplicates, and what stands in more than one split.

    Few ids come twice and few clients stand in two splits, so only those are joined to the rows; all others are 1.
    """
    import polars as pl

    splits = {"client_id": "client_splits", "group_id": "group_splits", "response_hash": "response_splits"}
    found = rows.lazy()
    for key, name in {"example_id": "id_count", **splits}.items():
        each = rows.lazy().select(key, *(["split"] if name in splits.values() else []))
        several = (each.unique() if name in splits.values() else each).group_by(key).len(name).filter(pl.col(name) > 1)
        found = found.join(several, on=key, how="left", nulls_equal=True, maintain_order="left")
        found = found.with_columns(pl.col(name).fill_null(1).cast(pl.Int32))
    again = rows.lazy().filter("made").group_by("response_hash").len("made_count")
    found = found.join(again, on="response_hash", how="left", maintain_order="left").with_columns(
        pl.when("made").then("made_count").otherwise(0).fill_null(0).cast(pl.Int32).alias("made_count"),
        (pl.int_range(pl.len()).over("split") // SHARD_ROWS).cast(pl.Int32).alias("shard"),
    )
    return found.drop("response_hash").collect(engine="streaming")
