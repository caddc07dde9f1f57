"""CounselChat: questions of a public forum with the answers of licensed therapists.

Columns as published (1,482 answers to 781 questions): questionID, questionTitle, questionText, topics, answerText;
those that name the therapist (therapistName, therapistUrl) and the questionUrl are not read. Answers carry markup,
which is taken out; a question without a text is its title.
"""

from __future__ import annotations

from dataclasses import dataclass

from corpora.sources.pairs import Pairs
from corpora.sources.rows import Columns


@dataclass(frozen=True)
class CounselChat(Pairs):
    """Forum questions with therapists' answers (CSV); the split keeps a question's answers together."""

    name: str = "counsel-chat"
    license: str = "MIT (the data's repository)"
    consent: str = "posted on a public forum; askers are anonymous"
    question: Columns = ("questionText", "questionTitle")
    title: Columns = ("questionTitle",)
    answer: Columns = ("answerText",)
    question_id: Columns = ("questionID",)
    client: Columns = ()
