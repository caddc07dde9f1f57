"""What is asked: the corpus' held-out rows with the therapist's answer, and questions that nobody was trained on."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpora.errors import UsageError
from corpora.shards import splits_in
from finetune.evaluate.degenerate import runs, words
from finetune.rows import Rows

OURS = Path(__file__).with_name("questions.toml")
HELD_OUT, QUESTIONS = "held-out", "questions"
LEAST_RUN, RUN = 5, 8
"""A question counts as seen in training if any run of `RUN` of its words stands there (of a shorter one, all of it,
if it has `LEAST_RUN` words)."""
_COLUMNS = ("example_id", "prompt", "completion", "group_id", "symptoms", "topic")


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to answer.

    `talk` are chat messages ending with the client's; `reference` is the therapist's answer where there is one;
    `group` is the client (or topic) whose items are drawn together; `part` is `held-out` or `questions`.
    """

    item_id: str
    part: str
    group: str
    talk: tuple[Mapping[str, str], ...]
    reference: str | None = None
    symptoms: tuple[str, ...] = ()
    topic: str | None = None

    @property
    def asked(self) -> str:
        """The whole talk as a judge reads it; a single question as it is."""
        turns = [message for message in self.talk if message["role"] != "system"]
        if len(turns) == 1:
            return turns[0]["content"]
        names = {"user": "Client", "assistant": "Therapist"}
        return "\n\n".join(f"{names[message['role']]}: {message['content']}" for message in turns)


@dataclass(frozen=True, slots=True)
class Condition:
    """A prompt condition: its name, the SHA-256 of its text (64 hex characters), and the text (empty: no prompt)."""

    name: str
    sha256: str
    text: str

    def applied(self, item: Item) -> list[dict[str, str]]:
        """The item's talk under this condition; without a prompt the row's own system message stays."""
        talk = [dict(message) for message in item.talk]
        if not self.text:
            return talk
        return [{"role": "system", "content": self.text}, *(m for m in talk if m["role"] != "system")]


CONDITIONS = ("none", "minimal", "empathetic", "counselor")
"""Berkeley's three conditions and MentalGPT's instruction, in words of ours; files in `prompts/`."""
_PROMPTS = Path(__file__).parent / "prompts"


def load_condition(name: str) -> Condition:
    """A packaged condition by name, or the user's own text file.

    Raises:
        UsageError: there is no such condition or file.
    """
    path = _PROMPTS / f"{name}.txt" if name in CONDITIONS else Path(name)
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise UsageError(
            f"--prompt {name}: neither one of {', '.join(CONDITIONS)} nor a text file that can be read"
        ) from None
    return Condition(name if name in CONDITIONS else path.stem, hashlib.sha256(text.encode()).hexdigest(), text)


def held_out(corpus: Path, limit: int | None = None) -> tuple[list[Item], str]:
    """The rows of `test`, else of `validation`, with the split's name.

    Args:
        corpus: a built corpus.
        limit: most rows; whole clients are taken, in the order of their ids' hashes, as long as they fit.

    Raises:
        UsageError: the corpus has neither split.
    """
    splits = splits_in(corpus)
    split = next((name for name in ("test", "validation") if name in splits), None)
    if split is None:
        raise UsageError(f"{corpus} holds nothing out (no test or validation split): give --questions alone, or split")
    items = [_row(row) for chunk in Rows(corpus, split, _COLUMNS).chunks() for row in chunk]
    return _limited([item for item in items if item.reference], limit), split


def _row(row: Mapping[str, Any]) -> Item:
    return Item(
        item_id=row["example_id"],
        part=HELD_OUT,
        group=row["group_id"],
        talk=tuple(row["prompt"]),
        reference=row["completion"][0]["content"].strip() if row["completion"] else None,
        symptoms=tuple(row["symptoms"] or ()),
        topic=row["topic"],
    )


def _limited(items: list[Item], limit: int | None) -> list[Item]:
    if limit is None or len(items) <= limit:
        return items
    by_group: dict[str, list[Item]] = {}
    for item in items:
        by_group.setdefault(item.group, []).append(item)
    order = sorted(by_group, key=lambda group: hashlib.sha256(group.encode()).digest())
    kept: set[str] = set()
    room = limit
    for group in order:
        if len(by_group[group]) <= room or not kept:
            kept.update(item.item_id for item in by_group[group][:room])
            room -= len(by_group[group])
    return [item for item in items if item.item_id in kept]


def load_questions(path: Path = OURS) -> list[Item]:
    """Questions from TOML (a table `topics` of lists), JSON lines (`question`; `id`, `topic`, `answer`) or plain lines.

    Raises:
        UsageError: the file cannot be read, holds no question, or holds an id twice; the place is named.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        entries = list(_entries(path, text))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--questions {path}: cannot be read as UTF-8 text ({type(error).__name__})") from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"--questions {path}: not TOML ({error})") from None
    if not entries:
        raise UsageError(f"--questions {path}: it holds no question")
    if twice := sorted({item.item_id for item in entries if [e.item_id for e in entries].count(item.item_id) > 1}):
        raise UsageError(f"--questions {path}: the id {twice[0]!r} stands there twice")
    return entries


def _entries(path: Path, text: str) -> Iterator[Item]:
    if path.suffix == ".toml":
        for topic, questions in tomllib.loads(text).get("topics", {}).items():
            slug = "-".join(words(topic)).replace("'", "")
            for number, question in enumerate(questions, start=1):
                yield _question(f"{slug}-{number:02d}", question, topic, None)
        return
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        if path.suffix != ".jsonl":
            yield _question(f"line-{number}", line, None, None)
            continue
        try:
            fields = json.loads(line)
            question, topic, answer = str(fields["question"]), fields.get("topic"), fields.get("answer")
        except (ValueError, KeyError, TypeError, AttributeError):
            raise UsageError(f"--questions {path}, line {number}: not a JSON object with `question`") from None
        yield _question(str(fields.get("id") or f"line-{number}"), question, topic, answer)


def _question(item_id: str, question: str, topic: Any, answer: Any) -> Item:
    talk = ({"role": "user", "content": question.strip()},)
    group = str(topic) if topic else item_id
    return Item(item_id, QUESTIONS, group, talk, str(answer).strip() if answer else None, (), group if topic else None)


def decontaminated(items: Sequence[Item], training: Iterable[str]) -> tuple[list[Item], list[str]]:
    """Leave out what the training data hold.

    Args:
        items: questions.
        training: all texts of the training rows, prompts and completions.

    Returns:
        What is left, and the ids of what was left out.
    """
    wanted: dict[tuple[str, ...], set[str]] = {}
    for item in items:
        tokens = words(item.talk[-1]["content"])
        if len(tokens) >= LEAST_RUN:
            for run in runs(tokens, min(RUN, len(tokens))):
                wanted.setdefault(run, set()).add(item.item_id)
    sizes = sorted({len(run) for run in wanted})
    seen: set[str] = set()
    for text in training:
        tokens = words(text)
        for size in sizes:
            for run in runs(tokens, size):
                if run in wanted:
                    seen.update(wanted[run])
    return [item for item in items if item.item_id not in seen], sorted(seen)


def training_texts(corpus: Path) -> Iterator[str]:
    """Every message of the training split."""
    for chunk in Rows(corpus, "train").chunks():
        for row in chunk:
            yield from (message["content"] for message in (*row["prompt"], *row["completion"]))


def another_therapist(items: Sequence[Item]) -> list[str | None]:
    """For each item what another therapist answered to the very same talk, where the data hold that; else None."""
    by_talk: dict[str, list[int]] = {}
    for at, item in enumerate(items):
        by_talk.setdefault(json.dumps([dict(m) for m in item.talk], sort_keys=True), []).append(at)
    found: list[str | None] = [None] * len(items)
    for places in by_talk.values():
        for rank, at in enumerate(places):
            others = (items[place].reference for place in (*places[rank + 1 :], *places[:rank]))
            found[at] = next((other for other in others if other and other != items[at].reference), None)
    return found


def therapist_elsewhere(items: Sequence[Item]) -> list[str | None]:
    """For each item what a therapist said to another client: the level that chance and manner of speaking reach."""
    found: list[str | None] = []
    for at, item in enumerate(items):
        around = (items[(at + step) % len(items)] for step in range(len(items) // 2, len(items) // 2 + len(items)))
        found.append(next((other.reference for other in around if other.group != item.group), None))
    return found
