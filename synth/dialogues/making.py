"""More topics than a list holds: the model names others, and what repeats a known one is passed over.

The list's proportions were counted somewhere; nobody counted the new ones, so that each gets the list's median weight.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

from corpora.records import Message
from synth.asking import Asker, Question, Reply
from synth.dialogues.personas import draw_persona
from synth.dialogues.settings import TOPICS, Settings
from synth.dialogues.shapes import TopicsShape
from synth.dialogues.topics import LONGEST
from synth.draws import seed_of
from synth.reading import objects_with

A_REQUEST = 20
"""Topics that one request asks for at most."""
_TOKENS_A_TOPIC, _TOKENS = 24, 60
_MOST_WORDS = 8
_HEADING = re.compile(r"[^\W\d_][\w &'’,/()-]*")
_WORD = re.compile(r"\w+")
_STEM, _SHORT = 5, 4


@dataclass(frozen=True, slots=True)
class Made:
    """All topics with their weights, those that the model added, and why others were not taken."""

    topics: Mapping[str, float]
    added: tuple[str, ...]
    refused: Counter[str]


def make_topics(asker: Asker, settings: Settings, wanted: int) -> Made:
    """The settings' topics and up to `wanted` more.

    Args:
        asker: has the questions answered.
        settings: whose topics are extended, by whose prompt, for the clients whom its distributions describe.
        wanted: new topics; fewer come where the tries or the budget end.

    Raises:
        CorporaError: the model or its server cannot be used.
    """
    added: list[str] = []
    refused: Counter[str] = Counter()
    known = {_meaning(topic) for topic in settings.topics}
    for attempt in range(settings.attempts):
        missing = wanted - len(added)
        if missing <= 0:
            break
        questions = [_question(settings, added, missing, index, attempt) for index in range(-(-missing // A_REQUEST))]
        replies = asker.ask(questions)
        for question in questions:
            for topic in _named(replies[question.place]) if question.place in replies else ():
                fault = _fault(topic, known)
                if fault:
                    refused[fault] += 1
                elif len(added) < wanted:
                    added.append(topic)
                    known.add(_meaning(topic))
        if asker.books.exhausted:
            break
    weight = median(settings.topics.values())
    return Made({**settings.topics, **dict.fromkeys(added, weight)}, tuple(added), refused)


def _question(settings: Settings, added: list[str], missing: int, index: int, attempt: int) -> Question:
    count = min(A_REQUEST, missing - index * A_REQUEST)
    who = draw_persona(settings.traits, settings.seed, TOPICS, index, attempt).text()
    prompt = settings.prompts[TOPICS].render(known=[*settings.topics, *added], wanted=count, who=who)
    return Question(
        TOPICS,
        index,
        attempt,
        (Message("user", prompt),),
        count * _TOKENS_A_TOPIC + _TOKENS,
        settings.temperature,
        settings.top_p,
        seed_of(settings.seed, TOPICS, index, attempt),
        shape=TopicsShape(count),
    )


def _named(reply: Reply) -> list[str]:
    """The topics of a reply, those before the cut where it was cut."""
    found = next(iter(objects_with(reply.text, "topics")), {}).get("topics")
    return [" ".join(topic.split()) for topic in found if isinstance(topic, str)] if isinstance(found, list) else []


def _fault(topic: str, known: set[frozenset[str]]) -> str | None:
    if not _HEADING.fullmatch(topic) or len(topic) > LONGEST or len(topic.split()) > _MOST_WORDS:
        return "no_topic"
    return "known" if _meaning(topic) in known else None


def _meaning(topic: str) -> frozenset[str]:
    """What a topic is told apart by: its longer words' beginnings, in any order; all its words where none is long."""
    words = [word.casefold() for word in _WORD.findall(topic)]
    return frozenset([word[:_STEM] for word in words if len(word) >= _SHORT] or words)
