"""Grammars for a model in this process: replies of just the form that is asked for, topics and lengths included."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from synth.dialogues.instructors.base import Bounds, Instructor

_CHARACTER = r"[!#-Z^-~\u00a1-\u024f\u2010-\u201b\u2026]"
"""No white space, quotation mark, bracket or backslash: what would end a JSON string, or look like a blank."""
_ITEMS, _MESSAGE, _TURNS, _END = '{"items": [', '"message": "', '"turns": ', '"}'
_LONGEST_WORD = 14
_TOKENS_A_WORD, _TOKENS_AN_ITEM = 3, 60


class _Unclosed:
    """A shape whose reply is cut where its room ends; what is whole of it is kept."""

    def closing_tokens(self) -> int:
        """None are set aside."""
        return 0

    def closing(self, text: str) -> str | None:  # noqa: ARG002 - the protocol's signature
        """None."""
        return None


@dataclass(frozen=True, slots=True)
class ItemsShape(_Unclosed):
    """The JSON of a request for dialogues: an item for each topic, in order."""

    topics: tuple[str, ...]
    turns: Bounds
    client_words: Bounds
    therapist_words: Bounds

    def grammar(self) -> str:
        """The GBNF text; its root is `root`."""
        items = [self._item(number, topic) for number, topic in enumerate(self.topics, start=1)]
        listed = ' ", " '.join(f"item{at}" for at in range(1, len(items) + 1))
        root = f'{_literal(_ITEMS)} {listed} "]}}"'
        rules = [f"item{at} ::= {item}" for at, item in enumerate(items, start=1)]
        if self.turns.high > 1:
            least, most = (max(0, turns // 2 - 1) for turns in (self.turns.low, self.turns.high))
            rules.append(f'turns ::= "[" round (", " round){{{least},{most}}} "]"')
            rules.append(f'round ::= {_turn("client")} ", " {_turn("counsellor")}')
            rules.append(f"counsellor ::= {_said(self.therapist_words)}")
        rules.append(f"client ::= {_said(self.client_words)}")
        return "\n".join([f"root ::= {root}", *rules, *_WORDS]) + "\n"

    def answer_tokens(self) -> int:
        """Room for one answer in tokens."""
        rounds = max(1, self.turns.high // 2)
        words = rounds * (self.client_words.high + self.therapist_words.high)
        return len(self.topics) * (words * _TOKENS_A_WORD + _TOKENS_AN_ITEM * (1 + rounds))

    def _item(self, number: int, topic: str) -> str:
        named = _literal(f'{{"number": {number}, "topic": {json.dumps(topic, ensure_ascii=False)}, ')
        if self.turns.high == 1:
            return f"{named} {_literal(_MESSAGE)} client {_literal(_END)}"
        return f'{named} {_literal(_TURNS)} turns "}}"'


@dataclass(frozen=True, slots=True)
class TextShape(_Unclosed):
    """Whole sentences of so many words."""

    words: Bounds

    def grammar(self) -> str:
        """The GBNF text; its root is `root`."""
        return "\n".join([f"root ::= {_said(self.words)}", *_WORDS]) + "\n"

    def answer_tokens(self) -> int:
        """Room for one answer in tokens."""
        return self.words.high * _TOKENS_A_WORD + _TOKENS_AN_ITEM


@dataclass(frozen=True, slots=True)
class ScoresShape(_Unclosed):
    """A judge's JSON: a whole number from 1 to 10 for each name."""

    names: tuple[str, ...]

    def grammar(self) -> str:
        """The GBNF text; its root is `root`."""
        scores = ' ", " '.join(f"{_literal(json.dumps(name) + ': ')} score" for name in self.names)
        return f'root ::= "{{" {scores} "}}"\nscore ::= [1-9] | "10"\n'

    def answer_tokens(self) -> int:
        """Room for one answer in tokens."""
        return _TOKENS_AN_ITEM + sum(len(name) + 8 for name in self.names)


@dataclass(frozen=True, slots=True)
class TopicsShape(_Unclosed):
    """The JSON of a request for so many topics: each a capital letter and one to five words."""

    count: int

    def grammar(self) -> str:
        """The GBNF text; its root is `root`."""
        more = f'(", " topic){{{self.count - 1},{self.count - 1}}}' if self.count > 1 else ""
        word = f"letter{{1,{_LONGEST_WORD}}}"
        return (
            f'root ::= "{{\\"topics\\": [" topic {more} "]}}"\n'
            f'topic ::= "\\"" [A-Z] {word} (" " {word}){{0,4}} "\\""\nletter ::= [a-zA-Z\'-]\n'
        )

    def answer_tokens(self) -> int:
        """Room for one answer in tokens."""
        return _TOKENS_AN_ITEM + self.count * 5 * _TOKENS_A_WORD * 2


def items_shape(instructor: Instructor, topics: Sequence[str]) -> ItemsShape:
    """The shape of one request of an instructor."""
    return ItemsShape(tuple(topics), instructor.turns, instructor.client_words, instructor.therapist_words)


def _said(words: Bounds) -> str:
    return f'word (" " word){{{max(0, words.low - 2)},{max(0, words.high - 2)}}} " " last'


def _turn(speaker: str) -> str:
    begun = _literal(f'{{"speaker": "{speaker}", "text": "')
    return f"{begun} {speaker} {_literal(_END)}"


def _literal(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


_WORDS = (
    f"word ::= character{{1,{_LONGEST_WORD}}}",
    f"last ::= character{{1,{_LONGEST_WORD - 1}}} [.!?]",
    f"character ::= {_CHARACTER}",
)
