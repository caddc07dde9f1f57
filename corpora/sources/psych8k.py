"""Psych8k: rewritten exchanges of 260 recorded counselling sessions (Liu et al., "ChatCounselor", 2023).

Columns as published (the hub's EmoCareAI/Psych8k, JSON): instruction (one constant sentence, not read), input, output.
"""

from __future__ import annotations

from dataclasses import dataclass

from corpora.sources.pairs import Pairs
from corpora.sources.rows import Columns


@dataclass(frozen=True)
class Psych8k(Pairs):
    """Client statements with a counsellor's answers (columns instruction, input, output)."""

    name: str = "psych8k"
    modality: str = "chat"
    license: str = "CC BY-NC-SA 4.0 (as its publisher says); access on request"
    consent: str = "sessions recorded with consent, rewritten by a language model, as stated by the publisher"
    question: Columns = ("input",)
    answer: Columns = ("output",)
    client: Columns = ()
