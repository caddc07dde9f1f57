"""Mental Health Counseling Conversations: questions and answers of two counselling platforms.

Columns as published (the hub's Amod/mental_health_counseling_conversations): Context, Response.
"""

from __future__ import annotations

from dataclasses import dataclass

from corpora.sources.pairs import Pairs
from corpora.sources.rows import Columns


@dataclass(frozen=True)
class MentalHealthCounseling(Pairs):
    """Counselling questions with professionals' answers (columns Context, Response)."""

    name: str = "mental-health-counseling"
    license: str = "OpenRAIL-D (as its publisher says)"
    consent: str = "posted on public counselling platforms; askers are anonymous"
    question: Columns = ("Context",)
    answer: Columns = ("Response",)
    client: Columns = ()
