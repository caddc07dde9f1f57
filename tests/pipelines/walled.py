"""On import: a process other than the one that built the wall may open nothing in its folders; in a module of its own,
so that nodes import it with the first task they get.

`CORPORA_TEST_WALL` holds the builder's process id and the folders. What goes round Python's own `open` is not seen.
"""

import os
import sys
from pathlib import Path
from typing import ClassVar

from pipelines.stages.base import MapStage, stage

WALL = os.environ.get("CORPORA_TEST_WALL", "")


@stage
class Walled(MapStage):
    """Passes every session; its class brings this module to the node, and it says that the wall stands."""

    name: ClassVar[str] = "walled"
    version: ClassVar[str] = "1"
    inputs: ClassVar[frozenset[str]] = frozenset({"sessions"})

    marks: str = ""

    def map(self, session):
        if self.marks and standing:
            Path(self.marks, str(os.getpid())).touch()
        return session

    def parameters(self):
        return {}


def _refuse(event, arguments):
    if event in {"open", "os.listdir", "os.scandir", "os.mkdir", "os.rename", "os.remove"}:
        path = arguments[0]
        if isinstance(path, (str, os.PathLike)) and str(Path(path).absolute()).startswith(folders):
            raise PermissionError(f"{event}: behind the wall")


builder, *named = WALL.split(os.pathsep)
folders = tuple(folder + os.sep for folder in named)
standing = bool(folders) and builder != str(os.getpid())
if standing:
    sys.addaudithook(_refuse)
