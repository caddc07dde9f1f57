"""The nouns of the house: turns, sessions, examples, and what was dropped.

`Session` is what a source yields and every stage passes on; `Example` is one training row, whose Arrow schema is the
schema of the published shards. Arrow is imported only where a schema is asked for, so that these stay cheap to import.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pyarrow as pa

Role = Literal["therapist", "client", "other"]
Level = Literal["file", "session", "turn"]

SCHEMA_VERSION = "1"

MADE = ("paraphrase", "synthetic")
"""The kinds of examples that a language model wrote."""

META_KEYS = (
    "symptoms",
    "topic",
    "emotion",
    "age_range",
    "gender",
    "approach",
    "modality",
    "language",
    "session_no",
    "quality",
    "license",
    "consent",
)
"""The only keys `Session.meta` may hold; every one may be missing or None."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One speaker's uninterrupted speech, as spoken (consecutive turns of one side are not merged yet).

    `index` counts the session's turns from 0; `speaker` is the label as printed; `start_s` is seconds from the
    recording's start where the source gives a time; `quality` is what raters say of this turn.
    """

    index: int
    role: Role
    speaker: str
    text: str
    start_s: float | None = None
    quality: str | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a session came from: a source file and the half-open byte range in it."""

    path: str
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Session:
    """One therapy session, with its source, its client and its turns.

    `client_id` is None where the source does not say who the client is (the pipeline then takes the file itself and
    counts `client_unknown`). `meta` holds declared keys only (`META_KEYS`). `deidentified` is set by the anonymize room
    alone and cleared by the pipeline on everything a source yields. `kind` is that of the examples made of it
    (`transcript`, or `qa` for a question and its answer); `group_id` is the unit of splitting where that is not the
    client: of a question without a client, the question.
    """

    session_id: str
    source: str
    client_id: str | None
    turns: list[Turn]
    meta: Mapping[str, Any]
    origin: Origin
    deidentified: bool = False
    kind: str = "transcript"
    group_id: str | None = None

    def __post_init__(self) -> None:
        """Refuse undeclared metadata, which could carry identifiers past the policy.

        Raises:
            ValueError: `meta` holds a key outside `META_KEYS`.
        """
        if unknown := sorted(set(self.meta) - set(META_KEYS)):
            raise ValueError(f"undeclared meta keys {unknown}; declared are {list(META_KEYS)}")


@dataclass(frozen=True, slots=True)
class Drop:
    """Something left out, and why: a file, a session, or turns.

    `reason` is a short snake_case word that the accounting counts by; `detail` helps a person (line number, what to
    do) and never holds transcript text. `count` is the number of turns that go with it (0 for a file or a session
    whose turns were never read); `turns` is their half-open range in the session where a stage knows it. A quarantined
    record is set aside for repair; a dropped one was left out by rule.
    """

    reason: str
    level: Level = "turn"
    origin: Origin | None = None
    session_id: str | None = None
    count: int = 1
    detail: str = ""
    quarantined: bool = False
    turns: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One chat message: `role` is `system`, `user` or `assistant`."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """How a row came to be.

    `source_hash` is a keyed hash of the session's bytes; turns `turn_start` to `turn_end` (half-open) of the cleaned
    session are the target, those from `context_start` to `turn_start` its prompt; `stages` are `name/version`. What
    a model wrote has its prompt's hash, the model's name, and in `generation`, as JSON, all else it was made with.
    """

    source_hash: str
    context_start: int
    turn_start: int
    turn_end: int
    stages: tuple[str, ...]
    prompt_hash: str | None = None
    model: str | None = None
    generation: str | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """One training row; the columns are those of `example_schema`, which says what each means.

    `prompt` alternates `user`/`assistant` (after an optional `system`) and ends with `user`; `completion` is exactly
    one `assistant` message, the therapist's. All ids are pseudonymous.
    """

    example_id: str
    session_id: str
    client_id: str
    group_id: str
    source: str
    prompt: tuple[Message, ...]
    completion: tuple[Message, ...]
    response_words: int
    context_turns: int
    kind: str
    provenance: Provenance
    meta: Mapping[str, Any] = field(default_factory=dict)
    flags: tuple[str, ...] = ()

    def row(self) -> dict[str, Any]:
        """The example as one row of `example_schema`."""
        return {
            "example_id": self.example_id,
            "session_id": self.session_id,
            "client_id": self.client_id,
            "group_id": self.group_id,
            "source": self.source,
            "prompt": [{"role": m.role, "content": m.content} for m in self.prompt],
            "completion": [{"role": m.role, "content": m.content} for m in self.completion],
            "response_words": self.response_words,
            "context_turns": self.context_turns,
            "kind": self.kind,
            **{key: self.meta.get(key) for key in META_KEYS if key != "consent"},
            "flags": list(self.flags),
            "provenance": {
                "source_hash": self.provenance.source_hash,
                "context_start": self.provenance.context_start,
                "turn_start": self.provenance.turn_start,
                "turn_end": self.provenance.turn_end,
                "stages": list(self.provenance.stages),
                "prompt_hash": self.provenance.prompt_hash,
                "model": self.provenance.model,
                "generation": self.provenance.generation,
            },
        }


def example_schema() -> pa.Schema:
    """The Arrow schema of the shards; its version travels in the schema's metadata as `schema_version`."""
    import pyarrow as pa

    text, strings = pa.string(), pa.list_(pa.string())
    messages = pa.list_(pa.struct([("role", text), ("content", text)]))
    provenance = pa.struct(
        [
            ("source_hash", text),
            ("context_start", pa.int32()),
            ("turn_start", pa.int32()),
            ("turn_end", pa.int32()),
            ("stages", strings),
            ("prompt_hash", text),
            ("model", text),
            ("generation", text),
        ]
    )
    columns = [
        *((name, text) for name in ("example_id", "session_id", "client_id", "group_id", "source")),
        ("prompt", messages),
        ("completion", messages),
        ("response_words", pa.int32()),
        ("context_turns", pa.int32()),
        ("kind", text),
        ("symptoms", strings),
        *((name, text) for name in ("topic", "emotion", "age_range", "gender", "approach", "modality", "language")),
        ("session_no", pa.int32()),
        ("quality", text),
        ("license", text),
        ("flags", strings),
        ("provenance", provenance),
    ]
    return pa.schema(columns, metadata={"schema_version": SCHEMA_VERSION})


def fields_of(record: Any) -> dict[str, Any]:
    """The fields of a record with slots; those that are records stay so, where `asdict` would copy them all."""
    return {name: getattr(record, name) for name in record.__slots__}


def count_words(text: str) -> int:
    """Words as the design counts them: white-space separated."""
    return len(text.split())


def merged_sides(turns: Sequence[Turn]) -> Iterator[tuple[str, list[Turn]]]:
    """Group consecutive turns of one side: (`assistant` for the therapist, `user` for all others; its turns)."""
    run: list[Turn] = []
    for turn in turns:
        if run and (turn.role == "therapist") != (run[0].role == "therapist"):
            yield _side(run[0]), run
            run = []
        run.append(turn)
    if run:
        yield _side(run[0]), run


def _side(turn: Turn) -> str:
    return "assistant" if turn.role == "therapist" else "user"
