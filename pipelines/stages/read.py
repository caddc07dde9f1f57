"""Where sessions come from: a source, its input, and who the clients are."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import corpora
from corpora.errors import UsageError
from corpora.sources import get_source
from corpora.sources.base import Source
from pipelines.stages.base import Stage, stage
from pipelines.tables import read_pairs

SAMPLE_SOURCE = "alexander-street"
SAMPLE = Path(corpora.__file__).parent / "sample" / "raw"


@stage
class Read(Stage):
    """Sessions of one source. Without `input`, the packaged sample is read.

    `clients` is a CSV with the columns `session_id` and `client_id` (a session's id is its file's path under the input
    without the suffix); it wins over what the source itself says.
    """

    name: ClassVar[str] = "read"
    version: ClassVar[str] = "1"
    outputs: ClassVar[frozenset[str]] = frozenset({"sessions"})

    source: str
    input: Path | None = None
    clients: Path | None = None

    @property
    def reader(self) -> Source:
        """The source, by its registered name."""
        return get_source(self.source)

    @property
    def root(self) -> Path:
        """The file or folder that is read.

        Raises:
            UsageError: there is no such source, no input was given and the source has no packaged sample, or the path
            is not there.
        """
        reader = self.reader
        if self.input is None:
            if reader.name != SAMPLE_SOURCE:
                raise UsageError(f"source {reader.name!r} has no packaged sample: say --input PATH")
            return SAMPLE
        if not self.input.exists():
            raise UsageError(f"--input {self.input}: there is no such file or folder")
        return self.input

    def check(self) -> None:
        """Look for the input and read the clients' table."""
        _ = self.root
        if self.clients:
            client_table(self.clients)

    def parameters(self) -> dict[str, Any]:
        """The fields but the input, whose bytes are in the work keys and whose path is nobody's business."""
        return {key: value for key, value in super().parameters().items() if key != "input"}


@cache
def client_table(path: Path) -> dict[str, str]:
    """The `--clients` file as session id -> client id.

    Raises:
        UsageError: the file is no CSV with the columns `session_id` and `client_id`, or gives a session two clients.
    """
    table: dict[str, str] = {}
    for line, session, client in read_pairs(path, "--clients", "session_id", "client_id"):
        if table.setdefault(session, client) != client:
            raise UsageError(
                f"--clients {path}, line {line}: session {session!r} has another client on an earlier line"
            )
    return table
