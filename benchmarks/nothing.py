"""Tasks that do nothing; in a module of their own, so that Ray's workers can import it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Nothing:
    """A task without work; where files travel, one is its own."""

    number: int
    file: Path

    def files(self) -> tuple[list[Path], list[Path]]:
        """Its own alone."""
        return [], [self.file]

    def finished(self) -> None:
        """Never: it is to be handed over."""


def number_of(task: Nothing) -> int:
    """All that is done with it."""
    return task.number
