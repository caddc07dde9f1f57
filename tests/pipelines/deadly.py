"""Work that kills whoever does it; in a module of its own, so that workers can import it."""

import os
import signal
import time
from pathlib import Path
from typing import ClassVar

from pipelines.stages.base import MapStage, stage


def double_after_deaths(task):
    """Twice the number, once `deaths` workers have died over it; each leaves a mark in `folder`."""
    number, deaths, folder = task
    marks = len(list(Path(folder).glob(f"{number}-*")))
    if marks < deaths:
        Path(folder, f"{number}-{marks}").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return 2 * number


def sleep_and_tell(task):
    """Leave a mark, sleep, and tell the process."""
    folder, seconds = task
    Path(folder, f"started-{os.getpid()}").touch()
    time.sleep(seconds)
    return os.getpid()


@stage
class Deadly(MapStage):
    """Kills its process over one session, until `marks` holds so many marks."""

    name: ClassVar[str] = "deadly"
    version: ClassVar[str] = "1"
    inputs: ClassVar[frozenset[str]] = frozenset({"sessions"})

    session: str
    marks: str
    deaths: int

    def map(self, session):
        marks = Path(self.marks)
        if session.session_id == self.session and len(list(marks.iterdir())) < self.deaths:
            (marks / str(len(list(marks.iterdir())))).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return session

    def parameters(self):
        return {}  # the same work, whoever dies over it
