"""Mental Health Chatbot Dataset: short questions and answers from health information pages.

Column as published (the hub's heliosbrahma/mental_health_chatbot_dataset): text, with `<HUMAN>:` and `<ASSISTANT>:`.
"""

from __future__ import annotations

from dataclasses import dataclass

from corpora.sources.chat import Chat
from corpora.sources.rows import Columns


@dataclass(frozen=True)
class MentalHealthChatbot(Chat):
    """Questions with answers in one column, marked `<HUMAN>:` and `<ASSISTANT>:`."""

    name: str = "mental-health-chatbot"
    license: str = "MIT (as its publisher says)"
    consent: str = "public health information, no person's words"
    messages: Columns = ("text",)
    topic: Columns = ()
    emotion: Columns = ()
