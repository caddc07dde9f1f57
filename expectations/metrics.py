"""The metrics table: what can be counted about each example, so that the checks need numbers, flags and ids only.

Everything is a Polars expression over the shards' columns; text is read here, counted, and left behind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from corpora.records import example_schema

if TYPE_CHECKING:
    import polars as pl

AUDIT_COLUMNS = ("roster_hits", "caller_hits", "structured_hits", "other_hits")
"""Residual identifiers of one example, counted by detectors that did not clean it: names on the client's roster, names
the caller gave, structured identifiers that pass their check digits or formats, and all other finds (int32 each)."""

ID_COLUMNS = ("example_id", "session_id", "client_id", "group_id")

_REQUIRED = (*ID_COLUMNS, "source", "kind", "split", "response_words", "context_turns", "provenance", *AUDIT_COLUMNS)
_WORD = r"[^\s\x1c-\x1f]+"  # the white space of Python's str.split, which \s alone is not
_ALTERNATING = "^(system,)?(assistant,)?(user,assistant,)*(user,)?$"


def measure(examples: pl.LazyFrame) -> pl.DataFrame:
    """Measure every example.

    Args:
        examples: One row an example: the columns of `corpora.records.example_schema`, `split` (string), and the
            `AUDIT_COLUMNS` (int32). A column that is missing or of another type is measured as null, and `schema_ok`
            is False on every row.

    Returns:
        One row an example, in the order given, without any text of a transcript: the ids, `source`, `kind`, `split`;
        `response_words`, `context_turns` as recorded; `counted_words` (of the completion), `prompt_words`,
        `prompt_messages`, `characters`, `characters_per_word`, `empty_texts` (messages without a visible character),
        `missing_values` (nulls in required columns of the declared type, the audit columns among them); the flags
        `schema_ok`, `role_order_ok`, `starts_with_user`, `ends_with_user`, `one_completion`, `words_match`; `n_flags`,
        `crisis`; the audit columns; and, over the whole table, `id_count` (rows sharing the id), `client_splits`,
        `group_splits`, `response_splits` (distinct splits in which the client, the group, the same response stand).
    """
    import polars as pl

    table, usable, schema_ok = _declared(examples)
    required = [name for name in _REQUIRED if name in usable]
    rows = table.with_columns(_counts()).select(
        *(pl.col(name) for name in (*ID_COLUMNS, "source", "kind", "split", "response_words", "context_turns")),
        pl.lit(schema_ok).alias("schema_ok"),
        pl.sum_horizontal(pl.lit(0, pl.Int32), *(pl.col(name).is_null() for name in required)).alias("missing_values"),
        *_structure(),
        *_lengths(),
        pl.col("flags").list.len().fill_null(0).cast(pl.Int32).alias("n_flags"),
        pl.col("flags").list.contains("crisis").fill_null(value=False).alias("crisis"),
        *(pl.col(name) for name in AUDIT_COLUMNS),
        _messages("completion", "content").list.join("\n").hash(seed=0).alias("response_hash"),
    )
    return _across_rows(rows.collect(engine="streaming"))


def by_split(metrics: pl.DataFrame) -> pl.DataFrame:
    """Fold the metrics table to one row a split.

    Returns:
        `split`, `examples`, `clients`, `groups`, `sessions`, `words` (prompt and response together), `other_hits`, and
        `other_hits_per_1000`: other residual finds per 1,000 words.
    """
    import polars as pl

    words = pl.col("counted_words").sum().cast(pl.Int64) + pl.col("prompt_words").sum()
    return (
        metrics.group_by("split")
        .agg(
            pl.len().cast(pl.Int64).alias("examples"),
            *(
                pl.col(f"{name}_id").n_unique().cast(pl.Int64).alias(f"{name}s")
                for name in ("client", "group", "session")
            ),
            words.alias("words"),
            pl.col("other_hits").sum().cast(pl.Int64),
        )
        .with_columns((1000 * pl.col("other_hits") / pl.col("words").clip(lower_bound=1)).alias("other_hits_per_1000"))
        .sort("split")
    )


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
    """What is counted once and used in several measures: roles, words and characters of each message."""
    import polars as pl

    content = pl.element().struct.field("content").fill_null("")
    return [
        _roles("prompt").alias("roles"),
        pl.col("prompt").list.eval(content.str.count_matches(_WORD)).alias("prompt_counts"),
        pl.col("completion").list.eval(content.str.count_matches(_WORD)).alias("completion_counts"),
        pl.sum_horizontal(pl.col(c).list.eval(content.str.len_chars()).list.sum() for c in ("prompt", "completion"))
        .cast(pl.Int32)
        .alias("characters"),
    ]


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


def _lengths() -> list[pl.Expr]:
    import polars as pl

    sides = ("prompt_counts", "completion_counts")
    prompt, counted = (pl.col(side).list.sum().fill_null(0).cast(pl.Int32) for side in sides)
    empty = (pl.col(side).list.count_matches(0).fill_null(0).cast(pl.Int32) for side in sides)
    return [
        counted.alias("counted_words"),
        (counted == pl.col("response_words")).fill_null(value=False).alias("words_match"),
        prompt.alias("prompt_words"),
        pl.col("characters"),
        (pl.col("characters") / (prompt + counted).clip(lower_bound=1)).alias("characters_per_word"),
        pl.sum_horizontal(empty).alias("empty_texts"),
    ]


def _across_rows(rows: pl.DataFrame) -> pl.DataFrame:
    """Add what no single row shows: duplicates, and what stands in more than one split."""
    import polars as pl

    def splits(key: str) -> pl.Expr:
        return pl.col("split").n_unique().over(key).cast(pl.Int32)

    return rows.with_columns(
        pl.len().over("example_id").cast(pl.Int32).alias("id_count"),
        splits("client_id").alias("client_splits"),
        splits("group_id").alias("group_splits"),
        splits("response_hash").alias("response_splits"),
    ).drop("response_hash")
