"""Paraphrase: pages of de-identified sessions, rewritten by a model until an answer passes, as training examples."""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from corpora.errors import PrivacyError, UsageError
from corpora.records import Drop, Example, Message, Provenance, Session, count_words
from synth.answers import Answers, answer_key
from synth.backend import Answer, Backend, Job, Sampling
from synth.checks import Limits, Scan, Verdict, judge
from synth.grammar import Shape
from synth.measure import faithfulness, found_again, risks
from synth.pages import Page, pages_of
from synth.prompts import Prompt

KIND = "paraphrase"
ONE_SIDED = "one_sided_page"
_CONTEXT_TURNS = 8


@dataclass(frozen=True, slots=True)
class Settings:
    """What is asked for and what is taken: paging, shape, sampling, tries a page, and the checks' bounds."""

    shape: Shape = field(default_factory=Shape)
    page_words: int = 300
    page_overlap: int = 0
    attempts: int = 3
    sampling: Sampling = field(default_factory=Sampling)
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is: pages settled and in all, answers and how many passed, tokens written, seconds of writing."""

    done: int
    pages: int
    answers: int
    accepted: int
    tokens: int
    seconds: float

    @property
    def note(self) -> str:
        """Speed and share of answers that passed, for a person."""
        rate = self.tokens / self.seconds if self.seconds > 0 else 0.0
        share = f", {self.accepted / self.answers:.0%} accepted" if self.answers else ""
        return f"{rate:.0f} tokens/s{share}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a page: the lines of the answer that passed, or the last fault; and which attempt it was."""

    page: Page
    attempt: int
    lines: tuple[tuple[str, str], ...] = ()
    reason: str | None = None
    flags: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Both sides' words."""
        return "\n".join(said for _, said in self.lines)


@dataclass(frozen=True, slots=True)
class Result:
    """All outcomes in the pages' order; faults as reason -> answers that had them; calls made and answers found."""

    outcomes: list[Outcome]
    faults: Counter[str]
    answers: int
    accepted: int
    called: int
    digest: str


class Paraphraser:
    """Rewrites pages by one backend and prompt, through a cache of answers."""

    def __init__(
        self,
        backend: Backend,
        prompt: Prompt,
        settings: Settings,
        answers: Answers,
        scan: Scan | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> None:
        """Keep what is used.

        Args:
            backend: writes the answers.
            prompt: what it is told.
            settings: what is asked for and taken.
            answers: the open cache.
            scan: the second detector; without it names are not looked at again.
            progress: told after every answer.
        """
        self.backend, self.prompt, self.settings, self.answers = backend, prompt, settings, answers
        self.scan, self.progress = scan, progress or (lambda _state: None)
        self._base = {
            "model": dict(backend.identity),
            "prompt": prompt.sha256,
            "shape": asdict(settings.shape),
            "sampling": asdict(settings.sampling),
            "parallel": backend.parallel,
        }

    def pages(self, session: Session, *, allow_raw: bool = False) -> list[Page]:
        """The session's pages; one that is longer than the model's context is split until its parts fit.

        Raises:
            PrivacyError: the session is not de-identified, and raw text is not allowed.
            UsageError: not even one word of it fits beside the prompt and an answer.
        """
        if not session.deidentified and not allow_raw:
            raise PrivacyError("a session that is not de-identified is not paraphrased; --allow-raw lifts this")
        pages = pages_of(session, self.settings.page_words, self.settings.page_overlap)
        return [part for page in pages for part in self._fitting(page)]

    def rewrite(self, pages: Sequence[Page]) -> Result:
        """Rewrite pages; answers that are in the cache are judged again and cost no call.

        Raises:
            CorporaError: the backend failed or an answer could not be kept; run it again to go on.
        """
        return _Run(self, pages).result()

    def render(self, page: Page) -> str:
        """The whole prompt for a page."""
        shape = self.settings.shape
        return self.prompt.render(
            page=page.text, min_words=shape.min_words, max_words=shape.max_words, max_rounds=shape.max_rounds
        )

    def key(self, prompt: str) -> str:
        """The cache's key of a page's rendered prompt."""
        return answer_key(**self._base, page=hashlib.sha256(prompt.encode()).hexdigest())

    def generation(self, outcome: Outcome) -> str:
        """A row's provenance beyond its turns, as JSON: model, prompt, sampling, page, attempt."""
        return json.dumps(
            {
                **self.backend.identity,
                "mode": self.settings.shape.mode,
                "prompt": self.prompt.name,
                "sampling": asdict(self.settings.sampling),
                "parallel": self.backend.parallel,
                "page": outcome.page.number,
                "attempt": outcome.attempt,
            },
            sort_keys=True,
        )

    def examples(self, session: Session, outcomes: Iterable[Outcome]) -> list[Example | Drop]:
        """One example a round, or one a long enough therapist's line; a `Drop` with the fault for each lost page."""
        made: list[Example | Drop] = []
        for outcome in outcomes:
            page = outcome.page
            if outcome.reason:
                place = (page.start, page.end)
                made.append(
                    Drop(outcome.reason, "turn", session.origin, session.session_id, page.end - page.start, turns=place)
                )
            else:
                made += self._examples(session, outcome)
        return made

    def _examples(self, session: Session, outcome: Outcome) -> list[Example]:
        client = session.client_id or session.session_id
        page, shape, lines = outcome.page, self.settings.shape, outcome.lines
        identity = self.backend.identity
        flags = (*outcome.flags, *(("crisis",) if risks(page.text) & {"suicide", "self_harm"} else ()))
        origin = Provenance(
            source_hash="",
            context_start=page.start,
            turn_start=page.start,
            turn_end=page.end,
            stages=(),
            prompt_hash=self.prompt.sha256,
            model=identity["model"],
            generation=self.generation(outcome),
        )
        targets = (
            at for at, (role, said) in enumerate(lines) if role == "assistant" and count_words(said) >= shape.min_words
        )
        return [
            Example(
                example_id="",
                session_id=session.session_id,
                client_id=client,
                group_id=client,
                source=session.source,
                prompt=tuple(Message(role, said) for role, said in _context(lines, at)),
                completion=(Message("assistant", lines[at][1]),),
                response_words=count_words(lines[at][1]),
                context_turns=len(_context(lines, at)),
                kind=KIND,
                provenance=origin,
                meta=session.meta,
                flags=flags,
            )
            for at in targets
        ]

    def _fitting(self, page: Page) -> list[Page]:
        if self.backend.fits(self.render(page), self.settings.shape):
            return [page]
        halves = page.halves()
        if not halves:
            raise UsageError(
                "the model's context does not hold the prompt, a page and the longest answer together: choose fewer "
                "--max-answer-words, a shorter --prompt, or a model that sees more"
            )
        return [part for half in halves for part in self._fitting(half)]


class _Run:
    """One pass over pages: what is known from the cache, what is still to be asked, and the count of it all."""

    def __init__(self, paraphraser: Paraphraser, pages: Sequence[Page]) -> None:
        self.of = paraphraser
        self.pages = pages
        self.prompts = [paraphraser.render(page) for page in pages]
        self.keys = [paraphraser.key(prompt) for prompt in self.prompts]
        self.outcomes: dict[int, Outcome] = {}
        self.faults: Counter[str] = Counter()
        self.seen = self.called = self.tokens = 0
        self.jobs: deque[Job] = deque()

    def result(self) -> Result:
        """Settle every page."""
        for at, page in enumerate(self.pages):
            if page.two_sided:
                self._from_cache(at)
            else:
                self.outcomes[at] = Outcome(page, 0, reason=ONE_SIDED)
        self.jobs = deque(sorted(self.jobs, key=lambda job: (-len(job.prompt), job.page)))
        began = time.monotonic()
        self._tell(began)
        for answer in self.of.backend.answers(self.jobs, self.of.settings.shape):
            self.of.answers.put(self.keys[answer.job.page], answer)
            self.called += 1
            self.tokens += answer.tokens
            self._judge(answer)
            self._tell(began)
        accepted = sum(outcome.reason is None for outcome in self.outcomes.values())
        outcomes = [self.outcomes[at] for at in range(len(self.pages))]
        return Result(outcomes, self.faults, self.seen, accepted, self.called, self.of.answers.digest())

    def _from_cache(self, at: int) -> None:
        for attempt in range(self.of.settings.attempts):
            found = self.of.answers.get(self.keys[at], attempt)
            if found is None:
                self.jobs.append(self._job(at, attempt))
                return
            if self._settled(at, attempt, found["text"], found["finish"]):
                return

    def _judge(self, answer: Answer) -> None:
        job = answer.job
        if not self._settled(job.page, job.attempt, answer.text, answer.finish):
            self.jobs.append(self._job(job.page, job.attempt + 1))

    def _settled(self, at: int, attempt: int, text: str, finish: str) -> bool:
        """Count one answer; whether its page needs no other."""
        settings, page = self.of.settings, self.pages[at]
        verdict: Verdict = judge(text, finish, page, settings.shape, settings.limits, self.of.scan)
        self.seen += 1
        if verdict.reason:
            self.faults[verdict.reason] += 1
        if verdict.reason and attempt + 1 < settings.attempts:
            return False
        lines = () if verdict.reason else verdict.lines
        self.outcomes[at] = Outcome(page, attempt, lines, verdict.reason, verdict.flags)
        return True

    def _job(self, at: int, attempt: int) -> Job:
        draw = f"{self.of.settings.sampling.seed}:{self.keys[at]}:{attempt}"
        seed = int.from_bytes(hashlib.sha256(draw.encode()).digest()[:4]) & 0x7FFFFFFF
        return Job(self.prompts[at], seed, at, attempt)

    def _tell(self, began: float) -> None:
        accepted = sum(outcome.reason is None for outcome in self.outcomes.values())
        seconds = time.monotonic() - began
        self.of.progress(Progress(len(self.outcomes), len(self.pages), self.seen, accepted, self.tokens, seconds))


def summary(paraphraser: Paraphraser, result: Result) -> dict[str, Any]:
    """What the manifest says of it: counts, faults, the cache's hash, linkage by words, faithfulness; no text."""
    kept = [(at, outcome) for at, outcome in enumerate(result.outcomes) if outcome.reason is None]
    pages = [_spoken(outcome.page) for outcome in result.outcomes]
    identity: Mapping[str, Any] = paraphraser.backend.identity
    return {
        **identity,
        "prompt": paraphraser.prompt.name,
        "prompt_hash": paraphraser.prompt.sha256,
        "mode": paraphraser.settings.shape.mode,
        "pages": len(result.outcomes),
        "rewritten": len(kept),
        "answers": result.answers,
        "acceptance": round(len(kept) / result.answers, 4) if result.answers else None,
        "faults": dict(sorted(result.faults.items())),
        "lost": dict(sorted(Counter(o.reason for o in result.outcomes if o.reason).items())),
        "flagged": sum(bool(outcome.flags) for _, outcome in kept),
        "answers_sha256": result.digest,
        "linkage": {
            "by_words": {
                "paraphrase": found_again([(at, outcome.text) for at, outcome in kept], pages),
                "original": found_again([(at, pages[at]) for at, _ in kept], pages),
            }
        },
        "faithfulness": faithfulness([(pages[at], outcome.text) for at, outcome in kept]),
    }


def _spoken(page: Page) -> str:
    return "\n".join(line.text for line in page.lines)


def _context(lines: Sequence[tuple[str, str]], at: int) -> Sequence[tuple[str, str]]:
    """The lines before a target, from a client's to a client's, eight at most."""
    before = lines[max(0, at - _CONTEXT_TURNS) : at]
    return before if before[0][0] == "user" else before[1:]
