"""The paraphrase pass: in one process, over the de-identified sessions that the second pass left behind.

What a model wrote is looked at again: the second detector's names go into the checks, and what the client's roster or a
validator still finds in an answer leaves it out.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anonymize.keys import keyed
from anonymize.proof.audit import audit_turns
from anonymize.spans import Span
from corpora.files import private_folder, replacing, write_atomic
from corpora.records import Drop, Example, count_words
from expectations.metrics import AUDIT_COLUMNS
from pipelines.accounting import Tally, note, tally_session
from pipelines.books import Pending, part_schema, pending_of
from pipelines.passes import BuildDone, Passes, Progress, file_tally
from pipelines.stages.paraphrase import Paraphrase
from pipelines.tasks import Plan
from pipelines.units import load_roster, pseudonymous, stage_labels
from pipelines.workplace import Workplace

if TYPE_CHECKING:
    from anonymize import Deidentifier
    from corpora.records import Session
    from synth.checks import Scan
    from synth.pages import Page
    from synth.paraphrase import Outcome, Paraphraser
    from synth.paraphrase import Progress as State

RESIDUAL = "residual_identifier"
_TOKENS_A_WORD = 1.35  # where a server does not show its tokenizer
_CERTAIN = ("roster_hits", "caller_hits", "structured_hits")
_EMBEDDED = 300
"""At most so many answers, and their pages, are compared by embeddings, which cost a pass of the model each."""


@dataclass(frozen=True, slots=True)
class Paraphrased:
    """The passes with every turn's final fate, the rows' part file, and what the manifest says."""

    passes: Passes
    part: Path
    summary: dict[str, Any]


def expected(stage: Paraphrase, pages: Sequence[int]) -> dict[str, Any]:
    """What rewriting pages of so many words each would take, if every first answer passed.

    Returns:
        `pages`, `prompt_tokens`, `answer_tokens` (an answer about as long as its page, within its bounds), and
        `seconds` from a short calibration of the model (None for a server).
    """
    from synth.llama import LlamaBackend

    instruction = stage.loaded_prompt().source
    answers = [min(max(size, 2 * stage.min_words), 2 * stage.max_words) for size in pages]
    with closing(stage.backend()) as backend:
        local = backend if isinstance(backend, LlamaBackend) else None
        each = len(local.tokens(instruction)) / count_words(instruction) if local else _TOKENS_A_WORD
        found: dict[str, Any] = {
            "pages": len(pages),
            "prompt_tokens": round(each * sum(pages)),
            "answer_tokens": round(each * sum(answers)),
            "seconds": None,
        }
        if local and pages:
            reads, writes = local.speed(round(each * (count_words(instruction) + stage.page_words)))
            found["seconds"] = round(found["prompt_tokens"] / reads + found["answer_tokens"] / writes, 1)
            found["tokens_per_second"] = {"read": round(reads), "written": round(writes)}
    return found


def second_scan(detector: Deidentifier) -> Scan:
    """The detector as the checks want it: texts -> for each, (class, text) of every identifier in it."""

    def scan(texts: Sequence[str]) -> list[list[tuple[str, str]]]:
        found = detector.find(list(texts))
        pairs = zip(texts, found, strict=True)
        return [[(span.type, text[span.start : span.end]) for span in spans] for text, spans in pairs]

    return scan


def told(progress: Progress) -> Callable[[State], None]:
    """A listener that hands the state on as one bar."""
    return lambda state: progress("paraphrase", state.done, state.pages, state.note)


def run_paraphrase(place: Workplace, plan: Plan, stage: Paraphrase, passes: Passes, progress: Progress) -> Paraphrased:
    """Rewrite every page of every kept session; answers that were made before are found, not made again."""
    from synth.answers import Answers
    from synth.paraphrase import Paraphraser, summary

    folder = place.folder("paraphrase")
    with closing(stage.backend()) as backend, Answers(folder / "answers.sqlite") as answers:
        scan = second_scan(plan.deidentify.deidentifier(plan.key))
        paraphraser = Paraphraser(backend, stage.loaded_prompt(), stage.settings(), answers, scan, told(progress))
        pending = [(done, entry) for done in passes.done for entry in pending_of(done.part)]
        wanted = [not stage.kinds or entry.session.kind in stage.kinds for _, entry in pending]
        sessions = (entry.session for _, entry in pending)
        pages = [paraphraser.pages(session) if yes else [] for session, yes in zip(sessions, wanted, strict=True)]
        result = paraphraser.rewrite([page for part in pages for page in part])
        document = summary(paraphraser, result)
        document["linkage"]["by_embedding"] = linkage_by_embedding(backend, result.outcomes)
        outcomes = _apart(result.outcomes, pages)
        books = {id(done): _Books(done) for done in passes.done}
        rows: list[dict[str, Any]] = []
        for (done, entry), found in zip(pending, outcomes, strict=True):
            rows += books[id(done)].add(paraphraser, plan, stage, entry, found)
    residual = sum(book.residual for book in books.values())
    part = _write(folder / "rows.arrow", rows)
    settled = [books[id(done)].settled() for done in passes.done]
    tally: Tally = sum((done.tally for done in settled), Counter())
    document["lost"] = document["lost"] | ({RESIDUAL: residual} if residual else {})
    document["examples"] = len(rows)
    return Paraphrased(replace(passes, done=settled, tally=tally + file_tally(settled)), part, document)


def rewrite_sessions(
    sessions: Sequence[Session], target: Path, stage: Paraphrase, key_file: Path | None, *, allow_raw: bool
) -> dict[str, Any]:
    """Paraphrase sessions into a new file of examples, as JSON lines under keyed ids; the answers stay in OUT.work.

    Returns:
        What `synth.paraphrase.summary` says, and `examples`.

    Raises:
        PrivacyError: a session is not de-identified, and raw ones are not allowed.
    """
    from anonymize import Deidentifier
    from anonymize.keys import load_key
    from pipelines.progress import unit_progress
    from synth.answers import Answers
    from synth.paraphrase import Paraphraser, summary

    key = load_key(key_file)
    folder = private_folder(target.with_name(f"{target.name}.work"))
    scan = second_scan(Deidentifier(key=key))
    lines: list[str] = []
    with (
        closing(stage.backend()) as backend,
        Answers(folder / "answers.sqlite") as answers,
        unit_progress() as progress,
    ):
        paraphraser = Paraphraser(backend, stage.loaded_prompt(), stage.settings(), answers, scan, told(progress))
        pages = [paraphraser.pages(session, allow_raw=allow_raw) for session in sessions]
        result = paraphraser.rewrite([page for part in pages for page in part])
        document = summary(paraphraser, result)
        document["linkage"]["by_embedding"] = linkage_by_embedding(backend, result.outcomes)
        for session, outcomes in zip(sessions, _apart(result.outcomes, pages), strict=True):
            lines += _published(paraphraser.examples(session, outcomes), session, stage, key)
    write_atomic(target, "".join(f"{line}\n" for line in lines).encode())
    return {**document, "examples": len(lines)}


def _published(made: Sequence[Example | Drop], session: Session, stage: Paraphrase, key: bytes) -> Iterator[str]:
    digest = hashlib.sha256(json.dumps(asdict(session), sort_keys=True).encode()).hexdigest()
    ordinals: Counter[tuple[int, int]] = Counter()
    for example in made:
        if isinstance(example, Example):
            turns = (example.provenance.turn_start, example.provenance.turn_end)
            labelled = replace(example, provenance=replace(example.provenance, stages=(stage.label,)))
            yield json.dumps(pseudonymous(labelled, key, digest, ordinals[turns]).row(), ensure_ascii=False)
            ordinals[turns] += 1


def linkage_by_embedding(backend: Any, outcomes: Sequence[Outcome]) -> dict[str, Any] | None:
    """How often a page is found again by the model's own embedding; None where a server writes the answers."""
    from synth.measure import found_again_by_vectors

    kept = [outcome for outcome in outcomes if outcome.reason is None][:_EMBEDDED]
    if not hasattr(backend, "embeddings") or not kept:
        return None
    pages = backend.embeddings([outcome.page.text for outcome in kept])
    texts = backend.embeddings([outcome.text for outcome in kept])
    return {
        "paraphrase": found_again_by_vectors(list(enumerate(texts)), pages),
        "original": found_again_by_vectors(list(enumerate(pages)), pages),
    }


class _Books:
    """Keeps one unit's accounts: a turn is settled only when both the windows and the pages have had it."""

    def __init__(self, done: BuildDone) -> None:
        self.done = done
        self.tally: Tally = Counter(done.tally)
        self.drops: list[Drop] = list(done.drops)
        self.where = {place: list(names) for place, names in done.where.items()}
        self.kept = self.residual = 0

    def add(
        self, paraphraser: Paraphraser, plan: Plan, stage: Paraphrase, entry: Pending, outcomes: Sequence[Outcome]
    ) -> Iterator[dict[str, Any]]:
        """Count one session, and yield the rows of its paraphrases."""
        rows: list[dict[str, Any]] = []
        made: list[Example | Drop] = []
        ordinals: Counter[tuple[int, int]] = Counter()
        labels = stage_labels(self.done.task, stage)
        for item in paraphraser.examples(entry.session, outcomes):
            audit = {} if isinstance(item, Drop) else self._audit(plan, entry, item)
            if isinstance(item, Example) and any(audit[name] for name in _CERTAIN):
                self.residual += 1
                item = _dropped(entry, item)  # noqa: PLW2901 - from here on it is a drop
            made.append(item)
            if isinstance(item, Example):
                turns = (item.provenance.turn_start, item.provenance.turn_end)
                labelled = replace(item, provenance=replace(item.provenance, stages=labels))
                rows.append(pseudonymous(labelled, plan.key, entry.digest, ordinals[turns]).row() | audit)
                ordinals[turns] += 1
        self.drops += [item for item in made if isinstance(item, Drop)]
        tally: Tally = Counter()
        self.kept += tally_session(tally, len(entry.session.turns), [*entry.made, *made])
        self.tally.update(tally)
        note(self.where, tally, keyed(plan.key, "session", entry.session.source, entry.session.session_id))
        return iter(rows)

    def settled(self) -> BuildDone:
        """The unit with these accounts."""
        return replace(self.done, tally=self.tally, drops=self.drops, kept_sessions=self.kept, where=self.where)

    def _audit(self, plan: Plan, entry: Pending, example: Example) -> dict[str, int]:
        client = entry.session.client_id or ""
        texts = [message.content for message in (*example.prompt, *example.completion)]
        spans = [_surrogates_in(text, entry.surrogates) for text in texts]
        roster = load_roster(self.done.task.roster_path(client))
        residues = audit_turns(texts, spans, roster, plan.deidentify.caller_names())
        return {name: sum(int(getattr(residue, name)) for residue in residues) for name in AUDIT_COLUMNS}


def _dropped(entry: Pending, example: Example) -> Drop:
    start, end = example.provenance.turn_start, example.provenance.turn_end
    session = entry.session
    return Drop(RESIDUAL, "turn", session.origin, session.session_id, end - start, turns=(start, end))


def _surrogates_in(text: str, surrogates: Sequence[str]) -> list[Span]:
    """Where our own surrogates, whole or a word of them, stand in what the model wrote."""
    import re

    forms = sorted({*surrogates, *(word for name in surrogates for word in name.split())}, key=len, reverse=True)
    if not forms:
        return []
    pattern = re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, forms)) + r")(?!\w)", re.IGNORECASE)
    return [Span(*match.span(), "NAME", "surrogate") for match in pattern.finditer(text)]


def _apart(outcomes: Sequence[Outcome], pages: Sequence[Sequence[Page]]) -> Iterator[Sequence[Outcome]]:
    """The outcomes session by session."""
    start = 0
    for part in pages:
        yield outcomes[start : start + len(part)]
        start += len(part)


def _write(path: Path, rows: list[dict[str, Any]]) -> Path:
    import pyarrow as pa

    with replacing(path) as temporary, pa.ipc.new_file(temporary, part_schema()) as writer:
        writer.write_table(pa.Table.from_pylist(rows, schema=part_schema()))
    return path
