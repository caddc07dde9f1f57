"""A built corpus in the formats that other trainers load, every conversation kept whole.

`FORMATS` holds one entry a format: how a row is written and how it is read back. What was written is read back from
disk and must be the conversation that the shards hold; only then does the folder appear.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpora.errors import CorporaError, UsageError
from corpora.files import fsync_tree, replacing
from corpora.records import example_schema
from corpora.shards import BATCH_ROWS, read_split, splits_in

if TYPE_CHECKING:
    import pyarrow as pa

Messages = list[tuple[str, str]]
"""(role, content), roles being `system`, `user` and `assistant`."""
Names = Mapping[str, str]
"""What a format calls something -> what the file is to call it."""
_UNSAFE_IN_LINES = str.maketrans({"\u2028": "\\u2028", "\u2029": "\\u2029", "\x85": "\\u0085"})


@dataclass(frozen=True, slots=True)
class Format:
    """One consumer's form of a conversation.

    `write` makes a JSON document of the messages, `read` gives the messages back; both get the names in use. `names`
    are the keys and role tags that may be called otherwise (`ours` -> what the format calls it by itself).
    """

    consumer: str
    write: Callable[[Messages, Names], dict[str, Any]]
    read: Callable[[Mapping[str, Any], Names], Messages]
    names: Names = field(default_factory=dict)


def _write_sharegpt(messages: Messages, names: Names) -> dict[str, Any]:
    tags = {"system": names["system"], "user": names["human"], "assistant": names["gpt"]}
    turns = [{names["from"]: tags[role], names["value"]: content} for role, content in messages]
    return {names["conversations"]: turns}


def _read_sharegpt(document: Mapping[str, Any], names: Names) -> Messages:
    roles = {names["system"]: "system", names["human"]: "user", names["gpt"]: "assistant"}
    return [(roles[turn[names["from"]]], turn[names["value"]]) for turn in document[names["conversations"]]]


def _write_alpaca(messages: Messages, names: Names) -> dict[str, Any]:
    """The last exchange as instruction and output, earlier ones in `history`, as LLaMA-Factory reads it."""
    system, talk = _apart(messages)
    says = [content for _, content in talk]
    earlier = [list(pair) for pair in zip(says[:-2:2], says[1:-2:2], strict=True)]
    document = {"instruction": says[-2], "input": "", "output": says[-1], "history": earlier}
    return {names[key]: value for key, value in ({**document, "system": system or ""}).items()}


def _read_alpaca(document: Mapping[str, Any], names: Names) -> Messages:
    system = document[names["system"]]
    says = [text for pair in document[names["history"]] for text in pair]
    says += [document[names["instruction"]], document[names["output"]]]
    talk = [(("user", "assistant")[at % 2], text) for at, text in enumerate(says)]
    return [*([("system", system)] if system else []), *talk]


def _write_openai(messages: Messages, _: Names) -> dict[str, Any]:
    return {"messages": _as_chat(messages)}


def _read_openai(document: Mapping[str, Any], _: Names) -> Messages:
    return _from_chat(document["messages"])


def _write_gemini(messages: Messages, _: Names) -> dict[str, Any]:
    system, talk = _apart(messages)
    tags = {"user": "user", "assistant": "model"}
    contents = [{"role": tags[role], "parts": [{"text": content}]} for role, content in talk]
    instruction = {"systemInstruction": {"role": "system", "parts": [{"text": system}]}} if system else {}
    return {**instruction, "contents": contents}


def _read_gemini(document: Mapping[str, Any], _: Names) -> Messages:
    roles = {"user": "user", "model": "assistant"}
    system = [("system", part["text"]) for part in document.get("systemInstruction", {}).get("parts", [])]
    return system + [(roles[turn["role"]], turn["parts"][0]["text"]) for turn in document["contents"]]


def _write_trl(messages: Messages, _: Names) -> dict[str, Any]:
    return {"prompt": _as_chat(messages[:-1]), "completion": _as_chat(messages[-1:])}


def _read_trl(document: Mapping[str, Any], _: Names) -> Messages:
    return _from_chat([*document["prompt"], *document["completion"]])


def _same(*keys: str) -> dict[str, str]:
    return {key: key for key in keys}


FORMATS: dict[str, Format] = {
    "sharegpt": Format(
        "Axolotl, LLaMA-Factory, Unsloth",
        _write_sharegpt,
        _read_sharegpt,
        _same("conversations", "from", "value", "system", "human", "gpt"),
    ),
    "alpaca": Format(
        "LLaMA-Factory (with history)",
        _write_alpaca,
        _read_alpaca,
        _same("instruction", "input", "output", "history", "system"),
    ),
    "openai": Format("OpenAI fine-tuning, and whatever reads chat messages", _write_openai, _read_openai),
    "gemini": Format("Gemini supervised tuning", _write_gemini, _read_gemini),
    "trl": Format("TRL's conversational prompt-completion", _write_trl, _read_trl),
    "parquet": Format("all columns of the shards, as Parquet", _write_trl, _read_trl),
}


@dataclass(frozen=True, slots=True)
class Export:
    """What to write: a corpus in a format, under names of the user's own, with a system prompt or the rows' own."""

    corpus: Path
    format: str
    system: str | None = None
    names: Names = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Look at the options.

        Raises:
            UsageError: there is no such format, or it has no such name.
        """
        if self.format not in FORMATS:
            raise UsageError(f"there is no export format {self.format!r}; known are {', '.join(FORMATS)}")
        known = FORMATS[self.format].names
        if unknown := sorted(self.names.keys() - known.keys()):
            has = f"has {', '.join(known)}" if known else "fixes all its names"
            raise UsageError(f"--names {unknown[0]}: format {self.format} {has}")
        used = [self.names.get(name, name) for name in known]
        if len(set(used)) < len(used) or not all(used):
            raise UsageError("--names gives two things the same name, or one a blank one")
        if self.system is not None and not self.system.strip():
            raise UsageError("the system prompt is blank; leave --system out for none")

    @property
    def all_names(self) -> dict[str, str]:
        """Every name of the format, as the file has it."""
        return {**FORMATS[self.format].names, **self.names}

    def messages(self, row: Mapping[str, Any]) -> Messages:
        """One row's whole conversation; `system` takes the place of the row's own."""
        talk = [(message["role"], message["content"]) for message in (*row["prompt"], *row["completion"])]
        return talk if self.system is None else [("system", self.system), *_apart(talk)[1]]


def export(job: Export, target: Path, about: str) -> dict[str, int]:
    """Write the corpus into a new folder, one file a split, and read it back.

    Args:
        job: what to write.
        target: the folder; it appears when all is written and read back.
        about: what stands in the folder's README.md under the header that makes `load_dataset` find the splits.

    Returns:
        Split -> rows.

    Raises:
        UsageError: `target` is there already, or the corpus cannot be read.
        CorporaError: what was read back is not what the shards hold.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UsageError(f"{target} exists and stays untouched; name a new folder")
    splits = splits_in(job.corpus)
    staging = target.with_name(f".{target.name}.part")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    suffix = "parquet" if job.format == "parquet" else "jsonl"
    counts = {}
    for split in splits:
        table = read_split(job.corpus, split)
        file = staging / f"{split}.{suffix}"
        (_write_parquet if suffix == "parquet" else _write_lines)(job, table, file)
        counts[split] = _check(job, table, file)
    files = "".join(f"  - split: {split}\n    path: {split}.{suffix}\n" for split in splits)
    header = f"---\nconfigs:\n- config_name: default\n  data_files:\n{files}---\n\n"
    (staging / "README.md").write_text(header + about, encoding="utf-8")
    fsync_tree(staging)
    if target.is_dir():
        target.rmdir()
    staging.rename(target)
    return counts


def rows_of(table: pa.Table, columns: Sequence[str] = ("example_id", "prompt", "completion")) -> Iterator[Any]:
    """A table's rows as Python values, some thousand of them in memory at a time."""
    for batch in table.select(list(columns)).to_batches(max_chunksize=BATCH_ROWS):
        yield from batch.to_pylist()


def _write_lines(job: Export, table: pa.Table, path: Path) -> None:
    write, names = FORMATS[job.format].write, job.all_names
    with replacing(path) as part, part.open("w", encoding="utf-8") as file:
        for row in rows_of(table):
            file.write(json.dumps(write(job.messages(row), names), ensure_ascii=False).translate(_UNSAFE_IN_LINES))
            file.write("\n")


def _write_parquet(job: Export, table: pa.Table, path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = example_schema()
    with replacing(path) as part, pq.ParquetWriter(part, schema) as writer:
        for batch in table.to_batches(max_chunksize=BATCH_ROWS):
            rows = batch.to_pylist()
            if job.system is not None:
                rows = [{**row, **_write_trl(job.messages(row), {})} for row in rows]
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))


def _check(job: Export, table: pa.Table, path: Path) -> int:
    """Read a written file; its conversations must be those of the shards, each whole and in order."""
    read, names = FORMATS[job.format].read, job.all_names
    count = 0
    for row, document in zip(rows_of(table), _documents(path), strict=True):
        messages = read(document, names)
        if messages != job.messages(row):
            raise CorporaError(f"{path.name}, row {count + 1}: what was written is not what the shards hold")
        if fault := conversation_fault(messages):
            raise CorporaError(f"{path.name}, row {count + 1} ({row['example_id']}): {fault}")
        count += 1
    return count


def conversation_fault(messages: Messages) -> str | None:
    """Why trainers would refuse or misread a conversation; None where they would not."""
    _, talk = _apart(messages)
    roles = [role for role, _ in talk]
    if roles != ["user", "assistant"] * (len(roles) // 2) or not roles:
        return f"its roles do not alternate from user to assistant ({', '.join(roles)})"
    if any(not content.strip() for _, content in messages):
        return "a message is blank"
    return None


def _documents(path: Path) -> Iterator[Mapping[str, Any]]:
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        for batch in pq.ParquetFile(path).iter_batches(BATCH_ROWS, columns=["prompt", "completion"]):
            yield from batch.to_pylist()
        return
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def _apart(messages: Messages) -> tuple[str | None, Messages]:
    """The system prompt, where there is one, and the talk."""
    return (messages[0][1], messages[1:]) if messages and messages[0][0] == "system" else (None, messages)


def _as_chat(messages: Messages) -> list[dict[str, str]]:
    return [{"role": role, "content": content} for role, content in messages]


def _from_chat(messages: Sequence[Mapping[str, str]]) -> Messages:
    return [(message["role"], message["content"]) for message in messages]
