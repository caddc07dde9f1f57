"""Mental Health Chat: a copy of CounselChat's questions and answers with other column names.

Columns as published (the hub's mpingale/mental-health-chat-dataset): questionID, questionTitle, questionText, topic or
topics, answerText; therapistInfo, therapistURL and questionLink are not read.
"""

from __future__ import annotations

from dataclasses import dataclass

from corpora.sources.counsel_chat import CounselChat


@dataclass(frozen=True)
class MentalHealthChat(CounselChat):
    """Forum questions with therapists' answers, as mpingale/mental-health-chat-dataset publishes them."""

    name: str = "mental-health-chat"
    license: str = "none declared by its publisher; read it, do not redistribute"
