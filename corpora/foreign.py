"""Rows that others made, as examples: their columns mapped to ours, what they do not say filled in.

A row without an id is named by its number in its file, one without a client is a client of its own, and a response's
words are counted. Nothing else is changed, so that a fault of theirs is seen as one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, cast

from corpora.errors import UsageError
from corpora.records import example_schema

if TYPE_CHECKING:
    import polars as pl

OURS = frozenset({"example_id", "prompt", "completion", "provenance"})
"""Columns by which a corpus of our schema is known; it is then held to all of it."""

FORMS: Sequence[Mapping[str, str]] = (
    {"messages": "messages"},
    {"messages": "conversations"},
    {"prompt": "prompt", "completion": "completion"},
    {"prompt": "instruction", "completion": "output"},
    {"prompt": "question", "completion": "answer"},
)
"""Columns that common formats have their dialogue in; the first form whose columns are all there is taken."""

_CLIENT = ("user", "human", "client", "patient", "seeker", "usr")
_THERAPIST = ("assistant", "gpt", "bot", "model", "therapist", "counselor", "counsellor", "supporter")
ROLES = {**dict.fromkeys(_CLIENT, "user"), **dict.fromkeys(_THERAPIST, "assistant"), "system": "system"}
"""How others call the sides of a dialogue; any other name stays, and fails the check on roles."""

_ROLE_FIELDS, _TEXT_FIELDS = ("role", "from", "speaker", "author"), ("content", "value", "text", "utterance")
_DIALOGUE = ("messages", "prompt", "completion")


def read_mapping(pairs: Collection[str]) -> dict[str, str]:
    """A mapping from `ours=theirs` pairs.

    Raises:
        UsageError: a pair is none, or names a column that we do not have.
    """
    known = {*_DIALOGUE, *example_schema().names, "split"} - {"provenance"}
    mapping: dict[str, str] = {}
    for pair in pairs:
        ours, _, theirs = pair.partition("=")
        if not theirs or ours not in known:
            raise UsageError(f"--columns {pair!r}: give OURS=THEIRS, where OURS is one of {', '.join(sorted(known))}")
        mapping[ours] = theirs
    return mapping


def is_ours(columns: Collection[str]) -> bool:
    """Whether these are the columns of our schema, whole or spoilt."""
    return set(columns) >= OURS


def as_examples(frame: pl.DataFrame, mapping: Mapping[str, str], split: str, source: str, first: int) -> pl.DataFrame:
    """Rows of any table in our schema, and `split`.

    Args:
        frame: the rows.
        mapping: our columns by theirs, for those that go by another name; the dialogue's may be left to `FORMS`.
        split: the split of rows that do not say theirs.
        source: what the rows are called by, in their ids too.
        first: the number of the first row, counted over the whole corpus.

    Raises:
        UsageError: the dialogue's columns are not there, or are no text and no list of messages.
    """
    import polars as pl

    if missing := sorted(set(mapping.values()) - set(frame.columns)):
        raise UsageError(f"{source}: it has no column {missing[0]!r}; there are {', '.join(frame.columns)}")
    prompt, completion = _dialogue(frame, mapping, source)
    rows = frame.select(
        *(
            pl.col(mapping.get(name, name)).cast(dtype, strict=False).alias(name)
            for name, dtype in _schema().items()
            if name not in (*_DIALOGUE, "provenance") and mapping.get(name, name) in frame.columns
        ),
        prompt.alias("prompt"),
        completion.alias("completion"),
    )
    row = pl.concat_str(pl.lit(f"{source}#"), pl.int_range(first, first + pl.len()).cast(pl.String))
    for name, default in _defaults(row, split, source).items():
        if name not in rows.columns:
            rows = rows.with_columns(default.alias(name))
    return rows.select(pl.col(name).cast(dtype) for name, dtype in _schema().items())


def _schema() -> dict[str, pl.DataType]:
    import polars as pl

    declared = cast("pl.DataFrame", pl.from_arrow(example_schema().empty_table())).schema
    return {**declared, "split": pl.String()}


def _defaults(row: pl.Expr, split: str, source: str) -> dict[str, pl.Expr]:
    """What a row that does not say it is given, in this order; `row` names it."""
    import polars as pl

    words = pl.col("completion").list.eval(pl.element().struct.field("content").fill_null("")).list.join(" ")
    spoken = pl.col("prompt").list.eval(pl.element().struct.field("role") != "system").list.sum()
    schema = _schema()
    provenance = dict(cast("pl.Struct", schema["provenance"]))
    nothing = {name: pl.lit(None, dtype) for name, dtype in schema.items()}
    return nothing | {
        "example_id": row,
        "session_id": row,
        "client_id": row,
        "group_id": pl.col("client_id"),
        "source": pl.lit(source),
        "response_words": words.str.count_matches(r"[^\s\x1c-\x1f]+").fill_null(0),
        "context_turns": spoken.fill_null(0),
        "kind": pl.lit("transcript"),
        "provenance": pl.struct(
            pl.lit("" if name == "source_hash" else None, dtype).alias(name) for name, dtype in provenance.items()
        ),
        "split": pl.lit(split),
    }


def _dialogue(frame: pl.DataFrame, mapping: Mapping[str, str], source: str) -> tuple[pl.Expr, pl.Expr]:
    """The prompt and the completion as lists of messages."""
    form = {name: mapping[name] for name in _DIALOGUE if name in mapping}
    if not form:
        form = dict(next((form for form in FORMS if set(form.values()) <= set(frame.columns)), {}))
    if set(form) == {"messages"}:
        said = _messages(frame, form["messages"], "", source)
        return said.list.head(said.list.len() - 1), said.list.tail(1)
    if set(form) == {"prompt", "completion"}:
        sides = {"prompt": "user", "completion": "assistant"}
        prompt, completion = (_messages(frame, form[name], role, source) for name, role in sides.items())
        return prompt, completion
    raise UsageError(
        f"{source}: where is the dialogue? Name its columns with --columns messages=..., or prompt=... and "
        f"completion=...; there are {', '.join(frame.columns)}"
    )


def _messages(frame: pl.DataFrame, column: str, role: str, source: str) -> pl.Expr:
    """A column as a list of messages; a text is one message of `role`."""
    import polars as pl

    dtype, text = frame.schema[column], pl.col(column)
    if dtype == pl.String and role:
        return pl.concat_list(pl.struct(pl.lit(role).alias("role"), text.fill_null("").alias("content")))
    if isinstance(dtype, pl.List) and isinstance(dtype.inner, pl.Struct):
        fields = [field.name for field in dtype.inner.fields]
        who = next((name for name in _ROLE_FIELDS if name in fields), None)
        what = next((name for name in _TEXT_FIELDS if name in fields), None)
        if who and what:
            side, said = pl.element().struct.field(who), pl.element().struct.field(what)
            known = side.cast(pl.String).str.to_lowercase().replace(ROLES).fill_null("")
            return text.list.eval(pl.struct(known.alias("role"), said.cast(pl.String).alias("content")))
    raise UsageError(f"{source}: column {column!r} holds neither texts nor lists of messages with a role and a content")
