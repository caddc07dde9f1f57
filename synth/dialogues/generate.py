"""The generator: asks for dialogues in rounds until every wanted one has passed, or tries or the budget are used up.

A round asks for all dialogues that are still missing, then for the answers to accepted messages, then for a judge's
scores. Nothing is decided before all replies of a step are there, and then in the order of the dialogues' places: so
what is kept depends on the ledger alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from corpora.records import Message
from synth.asking import Asker, Question, Reply
from synth.budget import Tokens, prompt_bound
from synth.dialogues.filters import Embed, Sieve, answer_fault, copies, form_fault
from synth.dialogues.instructors import Instructor
from synth.dialogues.replies import answer_in, items_in
from synth.dialogues.safety import findings, in_danger
from synth.dialogues.settings import SCALES, Settings, Slot
from synth.dialogues.shapes import ScoresShape, TextShape, items_shape
from synth.dialogues.turns import Turns, whole
from synth.draws import seed_of

RESPONSE = "response"
IDENTIFIER, COPIED = "residual_identifier", "copied_seed"
_TOKENS_A_WORD = 2  # room for an answer: English takes about 1.35 a word
_TOKENS_AN_ITEM = 120
_BYTES_A_WORD = 8
_ENOUGH_TRIED = 20
_CONTINUE = "Your answer broke off. Go on exactly where it stopped, without repeating anything, and end it."

Scan = Callable[[Sequence[str]], bool]
"""Whether texts hold an identifier that is certain (a number that passes its check digits, say)."""


@dataclass(frozen=True, slots=True)
class Source:
    """The reply that something came from: (step, index, attempt), the server's id of the request."""

    step: str
    index: int
    attempt: int
    request_id: str | None


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A dialogue that passed: its slot, turns, flags, the replies it came from, a judge's scores where one looked."""

    slot: Slot
    turns: Turns
    sources: tuple[Source, ...]
    flags: tuple[str, ...] = ()
    scores: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """All that passed, in the order of their places; what was asked for and why it failed, by (instructor, topic).

    `asked` counts dialogues that a reply was read for, `faults` (instructor, topic, reason); `findings` are all safety
    findings; `stopped` is None where every wanted dialogue is there, else `budget`, `attempts` or `nothing_passes`.
    """

    dialogues: list[Dialogue]
    asked: Counter[tuple[str, str]]
    faults: Counter[tuple[str, str, str]]
    findings: Counter[str]
    stopped: str | None


@dataclass(slots=True)
class _Draft:
    """A dialogue on its way; `partial` is an answer that its length cut off."""

    slot: Slot
    turns: Turns
    sources: tuple[Source, ...]
    flags: tuple[str, ...] = ()
    partial: str = ""


class Generator:
    """Writes the dialogues of one settings by one asker."""

    def __init__(
        self,
        asker: Asker,
        settings: Settings,
        *,
        scan: Scan | None = None,
        embed: Embed | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        """Keep what is used.

        Args:
            asker: has the questions answered.
            settings: what is asked for and taken.
            scan: looks for identifiers in what was written; without it nobody does.
            embed: vectors of texts, for distances beside the shingles'.
            progress: told (dialogues done, wanted) after every step.
        """
        self.asker, self.settings = asker, settings
        self._scan, self._embed, self._progress = scan, embed, progress or (lambda _done, _all: None)
        self._rules = settings.rules()
        self.slots = settings.slots()
        self._drafts: dict[int, _Draft] = {}
        self._done: dict[int, Dialogue] = {}
        self._asked: Counter[tuple[str, str]] = Counter()
        self._faults: Counter[tuple[str, str, str]] = Counter()
        self._findings: Counter[str] = Counter()
        two_step = sum(
            settings.counts.get(name, 0) for name, one in settings.instructors.items() if one.turns.high == 1
        )
        self._begun, self._answers = self._sieve(settings.total), self._sieve(two_step)

    def run(self) -> Result:
        """Write them.

        Raises:
            CorporaError: the model or its server cannot be used; run it again to go on.
        """
        stopped = self._rounds()
        dialogues = [self._done[at] for at in sorted(self._done)]
        return Result(dialogues, self._asked, self._faults, self._findings, stopped)

    def _rounds(self) -> str | None:
        tried = 0
        for attempt in range(self.settings.attempts):
            missing = [slot for slot in self.slots if slot.index not in self._done]
            if not missing:
                return None
            before = len(self._done) + len(self._drafts)
            ready = self._write([slot for slot in missing if slot.index not in self._drafts], attempt)
            ready += self._answer([draft for _, draft in sorted(self._drafts.items())], attempt)
            self._accept(self._judged(ready, attempt))
            tried += len(missing)
            if len(self._done) == len(self.slots):
                return None
            if self.asker.books.exhausted:
                return "budget"
            if len(self._done) + len(self._drafts) == before == 0 and tried >= _ENOUGH_TRIED:
                return "nothing_passes"
        return "attempts"

    def _sieve(self, expected: int) -> Sieve:
        settings = self.settings
        return Sieve(expected, settings.opener_share, settings.min_distance, settings.min_vector_distance)

    def _write(self, slots: Sequence[Slot], attempt: int) -> list[_Draft]:
        """Ask for dialogues; messages that pass become drafts, whole dialogues that pass are returned."""
        requests = {(group[0].instructor, group[0].index, attempt): group for group in batches(self.settings, slots)}
        worn = self._begun.worn()
        replies = self._ask([self._request(group, attempt, worn) for group in requests.values()])
        found: dict[int, tuple[Turns | str, Source]] = {}
        for place, reply in replies.items():
            group, source = requests[place], Source(*place, reply.request_id)
            messages = self.settings.instructors[place[0]].turns.high == 1
            read = items_in(reply.text, group, messages=messages) if not reply.fault else {}
            for slot in group:
                found[slot.index] = (read.get(slot.index, reply.fault or "missing"), source)
        tried = [(slot, *found[slot.index]) for slot in slots if slot.index in found]
        drafts = [draft for slot, turns, source in tried if (draft := self._form(slot, turns, source))]
        ready = [draft for draft in self._sieved(drafts, self._begun) if self._safe(draft)]
        for draft in ready:
            if len(draft.turns) == 1:
                self._drafts[draft.slot.index] = draft
        self._tell()
        return [draft for draft in ready if len(draft.turns) > 1]

    def _answer(self, drafts: Sequence[_Draft], attempt: int) -> list[_Draft]:
        """Ask for the answers to messages; dialogues that pass are returned, the others' messages wait."""
        worn = self._answers.worn()
        replies = self._ask([self._answer_request(draft, attempt, worn) for draft in drafts])
        answered = []
        for draft in drafts:
            reply = replies.get((RESPONSE, draft.slot.index, attempt))
            if reply and (made := self._read_answer(draft, reply, attempt)):
                answered.append(made)
        ready = []
        for made in self._sieved(answered, self._answers, only_last=True):
            if self._safe(made):
                ready.append(made)
                del self._drafts[made.slot.index]
        self._tell()
        return ready

    def _judged(self, ready: Sequence[_Draft], attempt: int) -> list[tuple[_Draft, Mapping[str, float]]]:
        if not self.settings.cull or not ready:
            return [(draft, {}) for draft in ready]
        judge = self.settings.judge(attempt, ScoresShape(SCALES))
        verdicts = judge.verdicts(self.asker, {draft.slot.index: _case(draft) for draft in ready})
        passed = []
        for draft in ready:
            verdict = verdicts.get(draft.slot.index)
            if verdict is None:
                self._fail(draft.slot, "not_judged")
            elif min(verdict.scores.values()) < self.settings.cull:
                self._fail(draft.slot, "judged_poor")
            else:
                passed.append((draft, verdict.scores))
        return passed

    def _accept(self, judged: Sequence[tuple[_Draft, Mapping[str, float]]]) -> None:
        for draft, scores in judged:
            crisis = ("crisis",) if in_danger(draft.turns) else ()
            flags = tuple(sorted({*draft.flags, *crisis}))
            self._done[draft.slot.index] = Dialogue(draft.slot, draft.turns, draft.sources, flags, scores)
        self._tell()

    def _ask(self, questions: Sequence[Question]) -> dict[tuple[str, int, int], Reply]:
        held = Tokens()
        for draft in self._drafts.values():
            held += self._ahead(self.settings.instructors[draft.slot.instructor])
        if questions and questions[0].step == RESPONSE:
            held = Tokens()
        return self.asker.ask(questions, held)

    def _request(self, slots: Sequence[Slot], attempt: int, worn: Sequence[str]) -> Question:
        kind = self.settings.instructors[slots[0].instructor]
        items = [
            {"number": at, "topic": slot.topic, "turns": slot.turns, "who": slot.persona.text(), "seed": slot.seed}
            for at, slot in enumerate(slots, start=1)
        ]
        prompt = self.settings.prompts[kind.name].render(
            items=items,
            turns=kind.turns,
            client_words=kind.client_words,
            therapist_words=kind.therapist_words,
            avoid=list(worn),
            rules=self._rules,
        )
        words = max(1, kind.turns.high // 2) * (kind.client_words.high + kind.therapist_words.high)
        shape = items_shape(kind, [slot.topic for slot in slots])
        room = len(slots) * (_TOKENS_A_WORD * words + _TOKENS_AN_ITEM)
        return self._question(
            kind.name, slots[0].index, attempt, (Message("user", prompt),), room, shape, self._ahead(kind) * len(slots)
        )

    def _answer_request(self, draft: _Draft, attempt: int, worn: Sequence[str]) -> Question:
        kind = self.settings.instructors[RESPONSE]
        prompt = self._answer_prompt(kind, draft.turns[0][1], draft.slot.topic, worn)
        messages = [Message("user", prompt)]
        if draft.partial:
            messages += [Message("assistant", draft.partial), Message("user", _CONTINUE)]
        room = _TOKENS_A_WORD * kind.therapist_words.high + _TOKENS_AN_ITEM
        shape = TextShape(kind.therapist_words)
        asked = self.settings.instructors[draft.slot.instructor]
        ahead = self._judging(asked.client_words.high + kind.therapist_words.high)
        return self._question(RESPONSE, draft.slot.index, attempt, tuple(messages), room, shape, ahead)

    def _answer_prompt(self, kind: Instructor, message: str, topic: str, worn: Sequence[str]) -> str:
        return self.settings.prompts[RESPONSE].render(
            message=message, topic=topic, therapist_words=kind.therapist_words, avoid=list(worn), rules=self._rules
        )

    def _question(
        self, step: str, index: int, attempt: int, messages: tuple[Message, ...], room: int, shape: Any, ahead: Tokens
    ) -> Question:
        settings = self.settings
        seed = seed_of(settings.seed, step, index, attempt)
        return Question(step, index, attempt, messages, room, settings.temperature, settings.top_p, seed, ahead, shape)

    def _ahead(self, kind: Instructor) -> Tokens:
        """The worst case of what follows a reply: answering a message of the longest kind, and judging a dialogue."""
        if kind.turns.high > 1:
            return self._judging(max(1, kind.turns.high // 2) * (kind.client_words.high + kind.therapist_words.high))
        answer = self.settings.instructors[RESPONSE]
        longest = "x" * (kind.client_words.high * _BYTES_A_WORD)
        read = prompt_bound([self._answer_prompt(answer, longest, "x" * _TOKENS_AN_ITEM, ())])
        answering = Tokens(read, _TOKENS_A_WORD * answer.therapist_words.high + _TOKENS_AN_ITEM)
        return answering + self._judging(kind.client_words.high + answer.therapist_words.high)

    def _judging(self, words: int) -> Tokens:
        """The worst case of judging a dialogue of so many words once; nothing where no judge looks."""
        if not self.settings.cull:
            return Tokens()
        judge = self.settings.judge(0, ScoresShape(SCALES))
        return Tokens(prompt_bound([judge.prompt.source, "x" * (words * _BYTES_A_WORD)]), judge.max_tokens)

    def _form(self, slot: Slot, turns: Turns | str, source: Source) -> _Draft | None:
        """What was written for a slot, if it is a dialogue of its kind."""
        kind = self.settings.instructors[slot.instructor]
        self._asked[slot.instructor, slot.topic] += 1
        fault = turns if isinstance(turns, str) else form_fault(turns, kind) or self._private(slot, turns)
        if fault or isinstance(turns, str):
            self._fail(slot, fault or "missing")
            return None
        return _Draft(slot, turns, (source,))

    def _read_answer(self, draft: _Draft, reply: Reply, attempt: int) -> _Draft | None:
        kind, slot = self.settings.instructors[RESPONSE], draft.slot
        self._asked[RESPONSE, slot.topic] += 1
        joined = f"{draft.partial} {reply.text}" if draft.partial else reply.text
        text, complete = answer_in(joined, reply.finish, kind.therapist_words.low)
        draft.partial = "" if complete or reply.fault or draft.partial else text
        fault = reply.fault or (None if complete else "cut") or answer_fault(text, kind.therapist_words)
        fault = fault or self._private(slot, (("assistant", text),))
        if fault:
            self._fail(slot, fault, RESPONSE)
            return None
        source = Source(RESPONSE, slot.index, attempt, reply.request_id)
        return _Draft(slot, (*draft.turns, ("assistant", text)), (*draft.sources, source), draft.flags)

    def _private(self, slot: Slot, turns: Turns) -> str | None:
        """What must not be in a dialogue: an identifier, or the words that it was to start from."""
        if self._scan and self._scan([text for _, text in turns]):
            return IDENTIFIER
        return COPIED if slot.seed and copies(whole(turns), slot.seed) else None

    def _sieved(self, drafts: Sequence[_Draft], sieve: Sieve, *, only_last: bool = False) -> list[_Draft]:
        """Those that are unlike all that was kept, and each other."""
        texts = [draft.turns[-1:] if only_last else draft.turns for draft in drafts]
        vectors = self._embed([whole(turns) for turns in texts]) if self._embed and texts else [None] * len(texts)
        passed = []
        for draft, turns, vector in zip(drafts, texts, vectors, strict=True):
            if fault := sieve.fault(turns, vector):
                self._fail(draft.slot, fault, RESPONSE if only_last else None)
            else:
                passed.append(draft)
        return passed

    def _safe(self, draft: _Draft) -> bool:
        """Count the safety findings; whether they let the dialogue pass."""
        found = findings(draft.turns, referral=self.settings.referral)
        self._findings.update(found)
        if found and self.settings.safety == "drop":
            self._fail(draft.slot, found[0], RESPONSE if len(draft.sources) > 1 else None)
            return False
        draft.flags = tuple(sorted({*draft.flags, *found}))
        return True

    def _fail(self, slot: Slot, reason: str, instructor: str | None = None) -> None:
        self._faults[instructor or slot.instructor, slot.topic, reason] += 1

    def _tell(self) -> None:
        self._progress(len(self._done), len(self.slots))


def batches(settings: Settings, slots: Sequence[Slot]) -> list[list[Slot]]:
    """Slots in the groups that one request asks for: of one instructor each, in the order of their places."""
    made: list[list[Slot]] = []
    for name, kind in settings.instructors.items():
        own = [slot for slot in slots if slot.instructor == name]
        size = min(kind.batch, settings.batch or kind.batch)
        made += [own[at : at + size] for at in range(0, len(own), size)]
    return made


def _case(draft: _Draft) -> dict[str, str]:
    names = {"user": "Client", "assistant": "Counsellor"}
    spoken = "\n".join(f"{names[role]}: {text}" for role, text in draft.turns)
    return {"topic": draft.slot.topic, "conversation": spoken}
