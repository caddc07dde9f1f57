"""From dialogues to training rows: one row each, the whole conversation kept, its last answer the completion."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from corpora.records import Example, Message, Provenance, count_words
from synth.dialogues.generate import Dialogue
from synth.dialogues.settings import Settings

KIND = SOURCE = "synthetic"


def example_of(dialogue: Dialogue, settings: Settings, identity: Mapping[str, Any], config: str) -> Example:
    """A dialogue as an example under plain ids: (hash of the configuration, place)."""
    slot, turns = dialogue.slot, dialogue.turns
    name = f"{config}:{slot.index}"
    messages = tuple(Message(role, text) for role, text in turns)
    last = dialogue.sources[-1]
    generation = {
        **identity,
        "config": config,
        "instructor": slot.instructor,
        "topic": slot.topic,
        "persona": dict(slot.persona.traits),
        "seed": settings.seed,
        "replies": [[s.step, s.index, s.attempt, s.request_id] for s in dialogue.sources],
        "prompts": {s.step: settings.prompts[s.step].sha256 for s in dialogue.sources},
        "scores": dict(dialogue.scores),
    }
    kind = settings.instructors[slot.instructor]
    return Example(
        example_id=name,
        session_id=name,
        client_id=name,
        group_id=name,
        source=SOURCE,
        prompt=messages[:-1],
        completion=messages[-1:],
        response_words=count_words(messages[-1].content),
        context_turns=len(messages) - 1,
        kind=KIND,
        provenance=Provenance(
            source_hash=config,
            context_start=0,
            turn_start=len(messages) - 1,
            turn_end=len(messages),
            stages=(),
            prompt_hash=settings.prompts[last.step].sha256,
            model=str(identity["model"]),
            generation=json.dumps(generation, sort_keys=True),
        ),
        meta={
            "topic": slot.topic,
            "age_range": slot.persona.age,
            "approach": kind.approach,
            "modality": "chat",
            "language": "en",
        },
        flags=dialogue.flags,
    )
