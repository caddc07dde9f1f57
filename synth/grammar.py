"""GBNF grammars that make every answer well-formed: the lines, their labels, and the least and most words of each.

A word is up to thirty visible characters, so that no answer runs on for ever; a line ends with a full stop, question
mark or exclamation mark. The class of characters leaves out everything that white space splitting would split at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from synth.pages import SPEAKERS

Mode = Literal["round", "turns"]
MODES: tuple[Mode, ...] = ("round", "turns")
CLIENT, THERAPIST = (f"{speaker}: " for speaker in SPEAKERS.values())

_CHARACTER = r"[!-~\u00a1-\u024f\u0370-\u167f\u2010-\u2027\u2030-\u205e]"
_ASCII = "[!-~]"
_LONGEST_WORD = 30
_CLOSING_WORD = 4
_SHORT_LINE = 2
_TOKENS_A_WORD = 3


class Grammatical(Protocol):
    """The form of an answer, as llama.cpp is held to it."""

    def grammar(self) -> str:
        """The GBNF text; its root is `root`."""

    def answer_tokens(self) -> int:
        """Room for one answer in tokens."""

    def closing_tokens(self) -> int:
        """The most tokens that any answer's shortest ending takes."""

    def closing(self, text: str) -> str | None:
        """A grammar for the end of an unfinished answer; None where it cannot be ended here."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What an answer looks like.

    `round`: one line each of `min_words` to `max_words`. `turns`: up to `max_rounds` rounds of two lines, of which only
    the therapist's last must reach `min_words`.
    """

    mode: Mode = "round"
    min_words: int = 40
    max_words: int = 200
    max_rounds: int = 6

    def grammar(self) -> str:
        """The GBNF text; its root is `root`."""
        long = _said(self.min_words, self.max_words)
        if self.mode == "round":
            root = f'"{CLIENT}" long "\\n{THERAPIST}" long'
        else:
            rounds = f'("{CLIENT}" any "\\n{THERAPIST}" any "\\n"){{0,{self.max_rounds - 1}}}'
            root = f'{rounds} "{CLIENT}" any "\\n{THERAPIST}" long'
        rules = [f"root ::= {root}", f"long ::= {long}", *_words(_LONGEST_WORD)]
        if self.mode == "turns":
            rules.insert(2, f"any ::= {_said(_SHORT_LINE, self.max_words)}")
        return "\n".join(rules) + "\n"

    def answer_tokens(self) -> int:
        """Room for one answer in tokens: three a word, and never less than it takes to end any answer well-formed."""
        words = 2 * self.max_words if self.mode == "round" else 4 * self.max_words
        return max(words * _TOKENS_A_WORD, 2 * self.closing_tokens())

    def closing_tokens(self) -> int:
        """The most tokens that any answer's shortest ending takes, at one token a character."""
        return (self.min_words * 2 + 4) * (_CLOSING_WORD + 1) + 2 * len(THERAPIST)

    def closing(self, text: str) -> str | None:
        """A grammar for what must still follow `text`, an unfinished answer, so that it ends soon and well-formed.

        The word that is being written may end at once; words that are missing have four ASCII characters at most, so
        that even a vocabulary of single bytes ends in time. None while a label is being written.
        """
        line = text.rsplit("\n", maxsplit=1)[-1]
        client = line.startswith(CLIENT)
        if not client and not line.startswith(THERAPIST):
            return None
        said = line.removeprefix(CLIENT if client else THERAPIST)
        in_word = bool(said) and not said.endswith(" ")
        complete = len(said.split()) - in_word
        least = self.min_words if self.mode == "round" or not client else _SHORT_LINE
        missing = max(0, least - complete - 1)
        begun = ("" if in_word else "character ") + f"character{{0,{_CLOSING_WORD - 2}}}"
        rest = f'{begun} {_repeated(missing - 1)} " " last' if missing else f"{begun} [.!?]"
        if client:
            rest += f' "\\n{THERAPIST}" {_said(self.min_words, self.min_words)}'
        return "\n".join([f"root ::= {rest}", *_words(_CLOSING_WORD, _ASCII)]) + "\n"


def _said(least: int, most: int) -> str:
    return f'word (" " word){{{max(0, least - 2)},{max(0, most - 2)}}} " " last'


def _repeated(times: int) -> str:
    return f'(" " word){{{times},{times}}}' if times else ""


def _words(longest: int, character: str = _CHARACTER) -> list[str]:
    return [
        f"word ::= character{{1,{longest}}}",
        f"last ::= character{{1,{longest - 1}}} [.!?] [\"')\u2019\u201d]?",
        f"character ::= {character}",
    ]
