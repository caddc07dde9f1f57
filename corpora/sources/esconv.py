"""ESConv: emotional support conversations between crowd workers (Liu et al., ACL 2021).

Keys as published (ESConv.json; the hub's thu-coai/esconv): dialog with speaker (seeker and supporter, or usr and sys)
and content or text; emotion_type and problem_type. The free-text situation and the survey are not read.
"""

from __future__ import annotations

from dataclasses import dataclass

from corpora.sources.chat import Chat
from corpora.sources.rows import Columns
from corpora.sources.tables import TABLES


@dataclass(frozen=True)
class ESConv(Chat):
    """Support conversations of many turns (JSON); the supporter is the therapist's side."""

    name: str = "esconv"
    license: str = "CC BY-NC 4.0 (as its publisher says); academic research only"
    consent: str = "crowd workers who agreed to publication, as stated in the paper"
    topic: Columns = ("problem_type",)
    emotion: Columns = ("emotion_type",)
    messages: Columns = ("dialog", "text")
    suffixes: frozenset[str] = TABLES | {".txt"}
