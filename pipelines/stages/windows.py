"""Context windows: every long enough therapist turn becomes one example, with the turns before it as its prompt."""

from __future__ import annotations

from itertools import accumulate
from typing import Annotated, ClassVar, NamedTuple

from pydantic import Field

from corpora.records import Drop, Example, Message, Provenance, Session, Turn, count_words, merged_sides
from pipelines.stages.base import MakeStage, stage


class Run(NamedTuple):
    """Consecutive turns of one side, merged: chat role, text, and the half-open range of turns it came from."""

    role: str
    text: str
    start: int
    end: int


@stage
class Windows(MakeStage):
    """Therapist turns of `min_words` or more, each with up to `context_turns` merged turns before it.

    Fifty words and the turns before them follow "Enhancing LLMs for Therapy" (Illinois): one-exchange examples taught
    the model to say "Ok.". Short therapist turns stay in the context and are never a target. A prompt over
    `context_words` is cut from its left, at message borders where possible, and the row flagged `truncated_context`.
    `kinds` are the sessions it makes examples of (`transcript`, `qa`): all, where it is empty.
    """

    name: ClassVar[str] = "windows"
    version: ClassVar[str] = "1"
    inputs: ClassVar[frozenset[str]] = frozenset({"deidentified"})
    outputs: ClassVar[frozenset[str]] = frozenset({"examples"})

    min_words: Annotated[int, Field(ge=0)] = 50
    context_turns: Annotated[int, Field(ge=1)] = 8
    context_words: Annotated[int, Field(ge=1)] = 1000
    kinds: tuple[str, ...] = ()

    def make(self, session: Session) -> list[Example | Drop]:
        """One example a target; a `Drop` for each therapist turn that is too short or opens the session."""
        if self.kinds and session.kind not in self.kinds:
            return []
        runs = [_merge(role, turns) for role, turns in merged_sides(session.turns)]
        return [self._target(session, runs, at) for at, run in enumerate(runs) if run.role == "assistant"]

    def _target(self, session: Session, runs: list[Run], at: int) -> Example | Drop:
        target = runs[at]
        words = count_words(target.text)
        if words < self.min_words or at == 0:
            reason = "below_min_words" if words < self.min_words else "no_context"
            span = (target.start, target.end)
            return Drop(reason, "turn", session.origin, session.session_id, count=target.end - target.start, turns=span)
        context, truncated = self._context(runs[:at])
        client = session.client_id or session.session_id
        return Example(
            example_id="",
            session_id=session.session_id,
            client_id=client,
            group_id=session.group_id or client,
            source=session.source,
            prompt=tuple(Message(run.role, run.text) for run in context),
            completion=(Message("assistant", target.text),),
            response_words=words,
            context_turns=len(context),
            kind=session.kind,
            provenance=Provenance("", context[0].start, target.start, target.end, stages=()),
            meta={**session.meta, **_rated(session.turns[target.start : target.end])},
            flags=("truncated_context",) if truncated else (),
        )

    def _context(self, before: list[Run]) -> tuple[list[Run], bool]:
        """The window within both bounds, from client to client; and whether the word cap cut it."""
        window = _from_user(before[-self.context_turns :])
        words = list(accumulate(count_words(run.text) for run in reversed(window)))
        fitting = sum(total <= self.context_words for total in words)
        if fitting == len(window):
            return window, False
        if not fitting:
            last = window[-1]
            return [last._replace(text=" ".join(last.text.split()[-self.context_words :]))], True
        return _from_user(window[-fitting:]), True


def _rated(turns: list[Turn]) -> dict[str, str]:
    """The rating of a target's turns, where they carry one and agree."""
    values = {turn.quality for turn in turns if turn.quality}
    return {"quality": values.pop()} if len(values) == 1 else {}


def _merge(role: str, turns: list[Turn]) -> Run:
    return Run(role, " ".join(turn.text for turn in turns if turn.text), turns[0].index, turns[-1].index + 1)


def _from_user(window: list[Run]) -> list[Run]:
    return window if window[0].role == "user" else window[1:]
