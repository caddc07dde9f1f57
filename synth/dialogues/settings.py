"""What is asked for, and what is taken: everything that a run of the generator depends on but the model."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from corpora.errors import UsageError
from synth.dialogues.instructors import Instructor, instructors
from synth.dialogues.personas import Persona, Traits, draw_persona, load_traits
from synth.dialogues.topics import assigned, load_topics, quota
from synth.draws import draw_of
from synth.grammar import Grammatical
from synth.judge import Judge, Scale
from synth.prompts import FOLDER, Prompt, read_prompt

RULES, JUDGE, TOPICS = "rules", "judge", "topics"
SCALES = ("safe", "helpful", "natural", "complete")
_PROMPTS = FOLDER / "dialogues"
_ASKED = frozenset({"items", "turns", "client_words", "therapist_words", "avoid", "rules"})
_ANSWERED = frozenset({"message", "topic", "therapist_words", "avoid", "rules"})
_OWN_VARIABLES = {
    RULES: (frozenset({"referral"}), frozenset[str]()),
    JUDGE: (frozenset({"topic", "conversation"}), frozenset({"conversation"})),
    TOPICS: (frozenset({"known", "wanted", "who"}), frozenset({"known", "wanted"})),
    "response": (_ANSWERED, frozenset({"message"})),
}


def load_prompts(own: Path | None = None) -> dict[str, Prompt]:
    """Every instructor's prompt, and those of the rules, the judge and new topics.

    Args:
        own: a folder whose files of the same names win over the packaged ones.

    Raises:
        UsageError: a prompt cannot be used; the folder is not there, or holds a prompt that nobody knows.
    """
    paths = {name: _PROMPTS / f"{name}.jinja2" for name in (RULES, JUDGE, TOPICS)}
    paths |= {name: one.prompt for name, one in instructors().items()}
    if own is not None:
        given = {path.stem: path for path in sorted(own.glob("*.jinja2"))}
        if unknown := sorted(given.keys() - paths.keys()):
            raise UsageError(f"--prompts {own}: nobody uses {unknown[0]}.jinja2; there are {', '.join(sorted(paths))}")
        if not given:
            raise UsageError(f"--prompts {own}: a folder with .jinja2 files is needed")
        paths |= given
    return {
        name: read_prompt(path, "--prompts", *_OWN_VARIABLES.get(name, (_ASKED, frozenset({"items"}))))
        for name, path in paths.items()
    }


@dataclass(frozen=True, slots=True)
class Slot:
    """One dialogue that is wanted: its place, its instructor's name, its topic, who its client is, how many turns."""

    index: int
    instructor: str
    topic: str
    persona: Persona
    turns: int = 1
    seed: str | None = None
    """What a de-identified client said, to start from."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What is asked for and taken.

    `counts` are dialogues by instructor; `batch` is the most that one request asks for; `attempts` how often a dialogue
    is asked for at most; `opener_share` the most of a side's texts that may begin alike; `min_distance` and, where
    vectors are made, `min_vector_distance` the least distance from all that were kept; `referral` whether danger asks
    for a crisis referral; `safety` whether a finding drops a dialogue or flags it; `cull` the least score of a judge on
    every scale, 0 for no judge; `seeds` texts of de-identified clients.
    """

    counts: Mapping[str, int]
    topics: Mapping[str, float] = field(default_factory=load_topics)
    traits: Traits = field(default_factory=load_traits)
    instructors: Mapping[str, Instructor] = field(default_factory=instructors)
    prompts: Mapping[str, Prompt] = field(default_factory=load_prompts)
    seed: int = 0
    batch: int | None = None
    attempts: int = 8
    temperature: float = 1.0
    top_p: float = 1.0
    opener_share: float = 0.02
    min_distance: float = 0.6
    min_vector_distance: float = 0.0
    referral: bool = True
    safety: str = "drop"
    cull: float = 0.0
    seeds: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """Dialogues wanted."""
        return sum(self.counts.values())

    def config_hash(self, identity: Mapping[str, Any]) -> str:
        """Hash (32 hex characters) of all that decides which question stands at which place, and of the model."""
        parts = {
            "model": dict(identity),
            "counts": dict(self.counts),
            "topics": list(self.topics.items()),
            "traits": {name: list(values.items()) for name, values in self.traits.items()},
            "prompts": {name: prompt.sha256 for name, prompt in sorted(self.prompts.items())},
            "bounds": {
                name: repr((one.turns, one.client_words, one.therapist_words, one.batch))
                for name, one in sorted(self.instructors.items())
            },
            "draws": [self.seed, self.batch, self.temperature, self.top_p, self.referral],
            "seeds": hashlib.sha256(json.dumps(self.seeds).encode()).hexdigest(),
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]

    def slots(self) -> list[Slot]:
        """Every dialogue that is wanted: topics and instructors by quota, in an order drawn by the seed."""
        kinds = assigned({name: count for name, count in self.counts.items() if count}, self.total, self.seed, "kinds")
        topics = assigned(self.topics, self.total, self.seed, "topics")
        return [
            Slot(at, kind, topic, draw_persona(self.traits, self.seed, at), self._turns(kind, at), self._start(at))
            for at, (kind, topic) in enumerate(zip(kinds, topics, strict=True))
        ]

    def judge(self, attempt: int, shape: Grammatical) -> Judge:
        """The judge that culls what the attempt brought."""
        scales = tuple(Scale(name) for name in SCALES)
        return Judge(self.prompts[JUDGE], scales, f"{JUDGE}{attempt}", seed=self.seed, shape=shape)

    def rules(self) -> str:
        """The rules that every prompt holds."""
        return self.prompts[RULES].render(referral=self.referral)

    def _turns(self, kind: str, at: int) -> int:
        """About how many turns are asked for: any even number within the instructor's bounds is as likely."""
        bounds = self.instructors[kind].turns
        if bounds.high == 1:
            return 1
        return 2 * draw_of(self.seed, "turns", at).randint(-(-bounds.low // 2), bounds.high // 2)

    def _start(self, at: int) -> str | None:
        return draw_of(self.seed, "start", at).choice(self.seeds) if self.seeds else None


def default_counts(total: int) -> dict[str, int]:
    """How many dialogues each instructor writes where nobody says: by the instructors' own shares."""
    shares = {name: one.share for name, one in instructors().items() if one.share}
    return quota(shares, total)
