"""What every engine does with one task, and what it may say where that fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from corpora.errors import CorporaError
from pipelines.guard import error_place

DEATHS = 3
"""So many workers may die over one task before it is taken for the cause."""
LOST = f"its worker process died {DEATHS} times (killed, or out of memory); fewer --workers need less memory"


class Runner(Protocol):
    """Runs a module-level function over tasks, on whatever engine; the results come in any order."""

    def __call__(
        self, work: Callable[[Any], Any], tasks: Sequence[Any], lost: Callable[[Any], Any] | None = None, /
    ) -> Iterator[Any]:
        """Yield the results as they come.

        Args:
            work: a module-level function of one task.
            tasks: its arguments.
            lost: makes, in the driver, the result of a task that killed its workers; without it the run ends there.

        Raises:
            CorporaError: the work failed (the message never quotes what it said), or workers die whatever they do.
        """
        ...


def attempt(work: Callable[[Any], Any], task: Any) -> tuple[bool, Any]:
    """True and the result, or False and an error whose message may be shown."""
    try:
        return True, work(task)
    except CorporaError as error:
        return False, error
    except Exception as error:  # noqa: BLE001 - its message may quote the text
        return False, CorporaError(f"internal error: {error_place(error)}; please report this line")


def result_of(attempted: tuple[bool, Any]) -> Any:
    """The result.

    Raises:
        CorporaError: the work failed.
    """
    done, result = attempted
    if not done:
        raise result
    return result


def given_up(task: Any, lost: Callable[[Any], Any] | None) -> Any:
    """The result of a task whose workers all died.

    Raises:
        CorporaError: nobody can make one.
    """
    if lost is None:
        raise CorporaError(f"a task cannot be done: {LOST}")
    return lost(task)
