"""Cleaning beyond what every reader does: the papers' steps, each counted, and the ways to thin spoken manner."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from corpora.records import Drop, Session, Turn
from pipelines.stages.base import MapStage, stage

WRITTEN = ("chat", "forum")
_URL = re.compile(r"(?:https?://|www\.)[^\s<>\"']+", re.IGNORECASE)
_FOOTER = re.compile(
    r"(?:\bsent from my \w+|\bget outlook for \w+|\bsent via \w+|\bconfidentiality notice\b"
    r"|\bthis e-?mail (?:and any attachments )?(?:is|are|may|contains)\b[^.]*\bconfidential).*\Z",
    re.IGNORECASE,
)
_EMOJI = re.compile(
    "[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\ufe0f\u200d\u20e3]+|(?<!\\w)[:;=8][-o]?[)(DPp/](?!\\w)"
)
_FILLER = re.compile(r"(?<![\w'-])(?:u+m+|u+h+|e+r+m*|h+m{2,})(?![\w'-])[,.]{0,3}", re.IGNORECASE)
_BACKCHANNEL = re.compile(
    r"(?:\W*(?:mm+(?:-?hm+)?|m+-?hm+|uh-?huh|yeah|yes|right|okay|ok|sure|i see|hm+|oh)\W*){1,2}", re.IGNORECASE
)
_SPELLING = {
    "dont": "don't", "cant": "can't", "wont": "won't", "didnt": "didn't", "doesnt": "doesn't", "isnt": "isn't",
    "wasnt": "wasn't", "couldnt": "couldn't", "shouldnt": "shouldn't", "wouldnt": "wouldn't", "havent": "haven't",
    "im": "I'm", "ive": "I've", "thats": "that's", "youre": "you're", "theyre": "they're", "alot": "a lot", "i": "I",
    "becuase": "because", "recieve": "receive", "definately": "definitely", "seperate": "separate", "teh": "the",
}  # fmt: skip
_WORD = re.compile(rf"(?<![\w'])(?:{'|'.join(_SPELLING)})(?![\w'])")


@stage
class Clean(MapStage):
    """Cleans the turns' texts; what it changed is counted by kind in the manifest.

    URLs, e-mail footers and emoji are taken out of written sessions (chat, forum); of spoken ones they are left to the
    detector. `special_characters`, `lower_case` and `spelling` are the Nile paper's ("A Fine-Tuned Large Language Model
    for Empathetic Mental Health Chatbot"), off by default: a model should learn how people write. `fillers = "thin"`
    takes `um` and `uh` out; `merge_backchannels` lets a therapist's "Mm-hm." between two turns of the client go, so
    that they become one. A turn is never cleaned to nothing. A session of fewer than `min_turns` turns is incomplete.
    """

    name: ClassVar[str] = "clean"
    version: ClassVar[str] = "1"
    inputs: ClassVar[frozenset[str]] = frozenset({"sessions"})

    urls: bool = True
    email_footers: bool = True
    emoji: bool = True
    special_characters: bool = False
    lower_case: bool = False
    spelling: bool = False
    fillers: Literal["keep", "thin"] = "keep"
    merge_backchannels: bool = False
    min_turns: Annotated[int, Field(ge=2)] = 2

    def map(self, session: Session) -> Session | Drop:
        """The session with its texts cleaned, or `Drop("incomplete_dialogue")`."""
        if len(session.turns) < self.min_turns:
            return Drop("incomplete_dialogue", "session", session.origin, session.session_id, count=len(session.turns))
        return self._cleaned(session)[0]

    def counted(self, session: Session) -> Mapping[str, int]:
        """How often each step changes something in the session."""
        return self._cleaned(session)[1]

    def _cleaned(self, session: Session) -> tuple[Session, Counter[str]]:
        counts: Counter[str] = Counter()
        steps = self._steps(written=session.meta.get("modality") in WRITTEN)
        turns = [_apply(turn, steps, counts) for turn in session.turns]
        if self.merge_backchannels:
            turns = [_merged(turns, at, counts) for at in range(len(turns))]
        return replace(session, turns=turns), counts

    def _steps(self, *, written: bool) -> dict[str, Callable[[str], tuple[str, int]]]:
        every: dict[str, tuple[bool, Callable[[str], tuple[str, int]]]] = {
            "urls": (self.urls and written, lambda text: _URL.subn("", text)),
            "email_footers": (self.email_footers and written, lambda text: _FOOTER.subn("", text)),
            "emoji": (self.emoji and written, lambda text: _EMOJI.subn("", text)),
            "fillers": (self.fillers == "thin", lambda text: _FILLER.subn("", text)),
            "special_characters": (self.special_characters, _plain),
            "spelling": (self.spelling, lambda text: _WORD.subn(lambda word: _SPELLING[word[0]], text)),
            "lower_case": (self.lower_case, lambda text: (text.lower(), int(text != text.lower()))),
        }
        return {name: step for name, (wanted, step) in every.items() if wanted}


def _apply(turn: Turn, steps: Mapping[str, Callable[[str], tuple[str, int]]], counts: Counter[str]) -> Turn:
    text = turn.text
    for name, step in steps.items():
        changed, times = step(text)
        folded = " ".join(changed.split())
        if times and any(map(str.isalnum, folded)):
            text = folded
            counts[name] += times
    return turn if text == turn.text else replace(turn, text=text)


def _merged(turns: list[Turn], at: int, counts: Counter[str]) -> Turn:
    """A therapist's backchannel between two turns of the client falls silent on the client's side; others stay."""
    turn = turns[at]
    inside = 0 < at < len(turns) - 1 and turns[at - 1].role == turns[at + 1].role == "client"
    if turn.role == "therapist" and inside and _BACKCHANNEL.fullmatch(turn.text):
        counts["backchannels"] += 1
        return replace(turn, role="other", text="")
    return turn


def _plain(text: str) -> tuple[str, int]:
    """Letters, digits, plain punctuation and spaces; typographic quotes and dashes become plain ones."""
    straight = text.translate(
        {0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"', 0x2013: "-", 0x2014: "-", 0x2026: "..."}
    )
    kept = "".join(c for c in straight if unicodedata.category(c)[0] in "LNPZM")
    return kept, int(kept != text)
