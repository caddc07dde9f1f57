"""Dialogues that a row holds as a list of messages, in the shapes that chat data sets have."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from corpora.records import Role, Turn
from corpora.sources.rows import Columns, Rows, Unusable, as_json, written

_THERAPIST = "assistant gpt bot chatgpt model ai therapist counselor counsellor supporter sys helper listener doctor"
_CLIENT = "user human client patient seeker usr prompter help-seeker speaker customer"
ROLES: dict[str, Role] = {
    **dict.fromkeys(_THERAPIST.split(), "therapist"),
    **dict.fromkeys(_CLIENT.split(), "client"),
}
"""Who a message's role is; `sys` and `usr` are ESConv's, `from: human|gpt` ShareGPT's."""

_NOT_SPOKEN = frozenset({"system", "tool", "function", "developer", "observation"})
_WHO, _WHAT = ("role", "from", "speaker"), ("content", "value", "text", "utterance")
_MARKER = re.compile(
    r"(?:<|\[?#+ ?)\s*(human|assistant|user|client|therapist|bot)\s*(?:>|\]|(?=:))\s*:?", re.IGNORECASE
)
MAX_MESSAGES = 100_000


@dataclass(frozen=True)
class Chat(Rows):
    """Lists of messages: OpenAI `messages`, ShareGPT `conversations`, or a text with `<HUMAN>:`, `<ASSISTANT>:`."""

    name: str = "chat"
    messages: Columns = ("messages", "conversations", "conversation", "dialog", "dialogue", "turns", "chat", "text")

    def needed(self) -> Sequence[str]:
        """The messages."""
        return ("messages",)

    def turns(self, cells: Mapping[str, Any]) -> tuple[list[Turn], str | None]:
        """The messages as turns; system prompts are no speech."""
        value = as_json(self.cell(cells, "messages"))
        if isinstance(value, dict):  # a row that is a conversation as a string holds it: ESConv on a hub
            value = next((value[name] for name in self.messages if name in value), value)
        if isinstance(value, dict) and all(
            isinstance(part, list) for part in value.values()
        ):  # Parquet's other way round: lists by key
            value = [dict(zip(value, row, strict=False)) for row in zip(*value.values(), strict=False)]
        spoken = list(_marked(value) if isinstance(value, str) else _messages(value))
        turns = [Turn(n, role, who, text) for n, (role, who, text) in enumerate(s for s in spoken if s[2])]
        if not turns:
            raise Unusable("empty_cell", "no message holds any text; take the row out")
        return turns, None


def _messages(value: Any) -> Iterator[tuple[Role, str, str]]:
    if not isinstance(value, list) or len(value) > MAX_MESSAGES:
        raise Unusable("malformed_row", f"no list of at most {MAX_MESSAGES} messages; mend the row")
    for message in value:
        if not isinstance(message, dict):
            raise Unusable("malformed_row", "a message is no object with a role and a text; mend the row")
        who = next((str(message[key]) for key in _WHO if message.get(key) is not None), "")
        what = next((message[key] for key in _WHAT if message.get(key) is not None), "")
        folded = who.strip().casefold()
        if folded in _NOT_SPOKEN:
            continue
        if folded not in ROLES:
            raise Unusable("unknown_role", "a message's role is neither the client's nor the therapist's; correct it")
        yield ROLES[folded], who, written(what)


def _marked(text: str) -> Iterator[tuple[Role, str, str]]:
    """One text with a mark before each message."""
    found = list(_MARKER.finditer(text))
    if not found:
        raise Unusable("malformed_row", "no list of messages, nor a text with marks such as <HUMAN>:; mend the row")
    ends = [*(mark.start() for mark in found[1:]), len(text)]
    for mark, end in zip(found, ends, strict=True):
        yield ROLES[mark[1].casefold()], mark[1], written(text[mark.end() : end])
