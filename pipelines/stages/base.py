"""The shapes a stage can have. A stage is a small frozen dataclass: its fields are its parameters.

`inputs` and `outputs` name facts about the data ("sessions", "deidentified", "examples", "split"), so that a recipe
whose stages do not fit is refused before anything runs. A stage's `version` goes up whenever its output changes: it is
part of every work key and of each row's provenance.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast, dataclass_transform

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as pydantic_dataclass

from corpora.files import sha256_file
from corpora.records import Drop, Example, Session

if TYPE_CHECKING:
    import polars as pl

Class = TypeVar("Class", bound=type)
MARKS = ("dropped", "dropped_for", "bound_to")
"""String columns that corpus stages fill in: why a row is left out, the example that stays instead (or is like one that
stays too), and a name that groups share which must stand in one split."""


@dataclass_transform(frozen_default=True, kw_only_default=True)
def stage(cls: Class) -> Class:
    """Make a stage of a class: a frozen dataclass whose parameters are checked when it is made."""
    return cast("Class", pydantic_dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))(cls))


class Stage(ABC):
    """What all stages have: a name for recipes, a version, and the facts they need and make."""

    name: ClassVar[str]
    version: ClassVar[str]
    inputs: ClassVar[frozenset[str]] = frozenset()
    outputs: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls) -> None:
        if ABC not in cls.__bases__ and not (getattr(cls, "name", "") and getattr(cls, "version", "")):
            raise TypeError(f"stage {cls.__name__} needs a `name` for recipes and a `version` for work keys")

    @property
    def label(self) -> str:
        """`name/version`, as provenance records it."""
        return f"{self.name}/{self.version}"

    def check(self) -> None:
        """Look at the files that parameters name, before anything runs.

        Raises:
            UsageError: one is not there or not what it should be.
        """

    def files(self) -> list[Path]:
        """The files and folders that parameters name, which whoever runs the stage must have."""
        values = (getattr(self, field.name) for field in fields(self))  # type: ignore[arg-type]
        return [value for value in values if isinstance(value, Path) and value.exists()]

    def parameters(self) -> dict[str, Any]:
        """The fields as JSON values, a file by the hash of its content: what a work key is made of."""
        return {field.name: _json_value(getattr(self, field.name)) for field in fields(self)}  # type: ignore[arg-type]


class MapStage(Stage, ABC):
    """Changes, passes or leaves out one session."""

    @abstractmethod
    def map(self, session: Session) -> Session | Drop:
        """The session as it goes on, or why it does not."""

    def counted(self, session: Session) -> Mapping[str, int]:  # noqa: ARG002 - a hook
        """How often `map` changes something in the session, by kind, for the manifest; nothing by default."""
        return {}


class MakeStage(Stage, ABC):
    """Makes examples of one de-identified session; several may stand side by side."""

    @abstractmethod
    def make(self, session: Session) -> list[Example | Drop]:
        """Examples under plain ids (the pipeline makes them pseudonymous), and a `Drop` for each target left out."""


class GenerateStage(Stage, ABC):
    """Writes examples of its own, from no session; they join the others before the corpus stages."""

    outputs: ClassVar[frozenset[str]] = frozenset({"examples"})
    terms: ClassVar[Mapping[str, str]] = {
        "modality": "chat",
        "license": "as the language model's terms allow",
        "consent": "written by a language model; nobody's own words",
    }
    """The terms its rows come under, as a source states them; the rows' `source` is the stage's name."""

    @abstractmethod
    def generate(self, work: Path, progress: Callable[..., None]) -> Iterator[Example]:
        """Examples under plain ids, in a fixed order; the pipeline makes them pseudonymous and looks for identifiers.

        Args:
            work: a private folder of this stage's own, which outlives a killed run (for a ledger of answers).
            progress: called as (what is done, how far, of how much), and sometimes with a note.

        Yields:
            Examples whose `example_id` is the same in every run and no other's (such as the hash of the configuration
            and a number), whose `session_id`, `client_id` and `group_id` stand for the units they name, and whose
            `provenance.source_hash` is the configuration's.
        """

    def facts(self, work: Path) -> Mapping[str, Any]:  # noqa: ARG002 - a hook
        """What the manifest says of a finished `generate`, by top-level key; nothing by default."""
        return {}


class CorpusStage(Stage, ABC):
    """Works on all examples at once, as a lazy frame of `example_schema` columns, the audit's, and `MARKS`.

    A stage leaves a row out by a reason in its `dropped` (null in all rows that a stage gets), and may say in
    `dropped_for` which example stays instead. Rows that it simply takes out are counted under the stage's name.
    """

    inputs: ClassVar[frozenset[str]] = frozenset({"examples"})

    @abstractmethod
    def apply(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        """The frame with rows marked or columns filled in; the order of rows means nothing."""

    def findings(self, before: pl.LazyFrame, after: pl.LazyFrame) -> Mapping[str, Any]:  # noqa: ARG002 - a hook
        """What the manifest says of this stage, by top-level key; nothing by default.

        Args:
            before: what the stage got.
            after: what it made of it, the rows it left out among it.

        Returns:
            Lists, which are joined with those of other stages under the same key, or dicts, which are merged.
        """
        return {}


def _json_value(value: Any) -> Any:
    if isinstance(value, Path):
        return sha256_file(value) if value.is_file() else None
    if isinstance(value, Mapping):
        return {str(key): _json_value(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_json_value(item) for item in value]
    return value
