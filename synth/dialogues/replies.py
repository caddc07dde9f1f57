"""From a model's reply to dialogues: each item goes by the topic that it carries, wherever it stands in the reply."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from corpora.records import count_words
from synth.dialogues.settings import Slot
from synth.dialogues.turns import Turns
from synth.reading import objects_with

_ROLES = {
    **dict.fromkeys(("client", "patient", "user"), "user"),
    **dict.fromkeys(("counsellor", "counselor", "therapist", "assistant"), "assistant"),
}
_SENTENCE_END = re.compile(r"[.!?][\"')’”]?(?=\s|$)")


def items_in(text: str, slots: Sequence[Slot], *, messages: bool) -> dict[int, Turns | str]:
    """What a reply holds for each slot of its request.

    Args:
        text: the reply; anything may stand around the JSON, and its end may be cut off.
        slots: in the order of the request's lines.
        messages: whether items hold a message, not turns.

    Returns:
        Slot's index -> the dialogue, or why there is none: `malformed` (no item at all can be read), `missing`, or
        `wrong_topic` where an item names a topic that was not asked for.
    """
    key = "message" if messages else "turns"
    found: dict[int, Turns | str] = {}
    seen = strays = 0
    for item in objects_with(text, key):
        seen += 1
        if (slot := _slot_of(item, slots, found)) is None:
            strays += 1
        else:
            found[slot.index] = _dialogue(item[key])
    reason = "malformed" if not seen else "wrong_topic" if strays else "missing"
    return {slot.index: found.get(slot.index, reason) for slot in slots}


def _slot_of(item: Mapping[str, Any], slots: Sequence[Slot], taken: Mapping[int, Any]) -> Slot | None:
    """The slot of an item's number if the item names its topic, else the first free one with the topic."""
    topic = _plain(item.get("topic"))
    number = item.get("number")
    numbered = slots[number - 1] if isinstance(number, int) and 1 <= number <= len(slots) else None
    order = [numbered] if numbered else []
    for slot in (*order, *slots):
        if slot.index not in taken and _plain(slot.topic) == topic:
            return slot
    return None


def _plain(topic: Any) -> str:
    return " ".join(str(topic or "").casefold().replace("&", "and").split())


def _dialogue(value: Any) -> Turns | str:
    """A message or list of turns; one side's turns in a row are joined, a client's last turn without answer goes."""
    if isinstance(value, str):
        return (("user", _tidy(value)),)
    turns: list[tuple[str, str]] = []
    for turn in value if isinstance(value, list) else []:
        role = _ROLES.get(str(turn.get("speaker") or turn.get("role")).casefold()) if isinstance(turn, dict) else None
        text = turn.get("text") or turn.get("content") if role else None
        if role is None or not isinstance(text, str):
            break
        if turns and turns[-1][0] == role:
            turns[-1] = (role, f"{turns[-1][1]} {_tidy(text)}")
        elif _tidy(text):
            turns.append((role, _tidy(text)))
    while turns and turns[-1][0] == "user":
        turns.pop()
    return tuple(turns) or "malformed"


def _tidy(text: str) -> str:
    """The text with single spaces; empty lines between paragraphs stay."""
    paragraphs = (" ".join(part.split()) for part in re.split(r"\n\s*\n", text))
    return "\n\n".join(part for part in paragraphs if part)


def answer_in(text: str, finish: str, least_words: int) -> tuple[str, bool]:
    """A counsellor's answer as it was written, or cut back to its last whole sentence.

    Returns:
        The text, and whether it is whole: False where it was cut and what is left has too few words, so that it has to
        be continued.
    """
    said = _tidy(text)
    if finish != "length":
        return said, True
    ends = list(_SENTENCE_END.finditer(said))
    trimmed = said[: ends[-1].end()] if ends else ""
    return (trimmed, True) if trimmed and count_words(trimmed) >= least_words else (said, False)
