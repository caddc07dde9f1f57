"""Seeded, fictional counselling dialogue in AnnoMI's shape, every planted identifier marked; no real person's words.

The size and the spread follow AnnoMI-simple.csv (Wu et al., "Anno-MI", ICASSP 2022: 133 transcripts, 9,699 utterances,
about 153,000 words; half of the utterances have nine words or fewer, one in fifteen of the therapist's has fifty or
more, one transcript in six shows poor practice). Identifiers are denser than there, so that recall can be counted.
Numbers are taken from ranges kept for fiction where there are such: 555-01xx, 192.0.2.0/24 (RFC 5737), example.org.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from string import Formatter

from benchmarks import phrases

TRANSCRIPTS, UTTERANCES = 133, 9_700
COLUMNS = (
    "transcript_id",
    "mi_quality",
    "video_title",
    "video_url",
    "topic",
    "utterance_id",
    "interlocutor",
    "timestamp",
    "utterance_text",
)
BACKCHANNELS = 0.4
LONG_TURNS = 0.065
"""Shares of turns of a word or two, and of turns of fifty words or more."""
LONG_WORDS = (58, 100)
"""Words at which a long turn ends; the others stay under 47, so that no surrogate's length moves one over fifty."""


@dataclass(frozen=True, slots=True)
class Planted:
    """An identifier of an utterance: `text[start:end]` and its class (one of `anonymize.SPAN_TYPES`)."""

    start: int
    end: int
    type: str


@dataclass(frozen=True, slots=True)
class Utterance:
    """What `role` (therapist | client) says, and the identifiers in it."""

    role: str
    text: str
    planted: tuple[Planted, ...]


@dataclass(frozen=True, slots=True)
class Transcript:
    """One session between a therapist and a client of its own."""

    number: int
    quality: str
    topic: str
    utterances: list[Utterance]

    @property
    def turns(self) -> list[str]:
        """The utterances' texts."""
        return [utterance.text for utterance in self.utterances]


def transcripts(utterances: int = UTTERANCES, seed: int = 0) -> list[Transcript]:
    """Transcripts with `utterances` in all: 133 for AnnoMI's number of them, fewer in proportion."""
    random = Random(seed)  # noqa: S311 - made-up dialogue, no secret
    count = max(1, round(utterances * TRANSCRIPTS / UTTERANCES))
    weights = [random.lognormvariate(0, 0.85) for _ in range(count)]
    sizes = [max(8, int(weight * utterances / sum(weights))) for weight in weights]
    sizes[sizes.index(max(sizes))] += utterances - sum(sizes)
    return [_transcript(number, size, Random(f"{seed}/{number}")) for number, size in enumerate(sizes)]  # noqa: S311


def session_of(words: int, seed: int = 0) -> list[str]:
    """The turns of one session of at least `words` words, by at most one turn more."""
    speaker = _Speaker(Random(f"{seed}/{words}"))  # noqa: S311
    turns, total = list[str](), 0
    while total < words:
        turns.append(speaker.say(("therapist", "client")[len(turns) % 2]).text)
        total += len(turns[-1].split())
    return turns


def write_csv(made: Sequence[Transcript], folder: Path, files: int = 1) -> None:
    """Write the transcripts in AnnoMI's columns, dealt to so many files (some peers split work by file only)."""
    for at in range(files):
        with (folder / f"annomi-{at:02}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            for transcript in made[at::files]:
                writer.writerows(_rows(transcript))


def _rows(transcript: Transcript) -> Iterator[tuple[object, ...]]:
    seconds = 0
    number = transcript.number
    title, url = f"Practice session {number}", f"https://video.example.org/watch/{number:04}"
    for at, said in enumerate(transcript.utterances):
        stamp = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        yield number, transcript.quality, title, url, transcript.topic, at, said.role, stamp, said.text
        seconds += 1 + len(said.text.split()) // 2


def _transcript(number: int, size: int, random: Random) -> Transcript:
    speaker = _Speaker(random)
    quality = "low" if random.random() < 1 / 6 else "high"
    topic = random.choice(phrases.TOPICS)
    return Transcript(number, quality, topic, [speaker.say(("therapist", "client")[at % 2]) for at in range(size)])


class _Speaker:
    """Both voices of one session: the people, places and numbers in it stay the same from turn to turn."""

    def __init__(self, random: Random) -> None:
        self.random = random
        choice = random.choice
        people = random.sample(phrases.GIVEN, 6)
        surname = choice(phrases.SURNAMES)
        self.identifiers = dict(
            zip(("client", "partner", "friend", "child", "sister", "boss"), people, strict=True)
        ) | {
            "full": f"{people[0]} {surname}",
            "doctor": choice(phrases.SURNAMES),
            "city": choice(phrases.CITIES),
            "town": choice(phrases.CITIES),
            "street": f"{random.randint(11, 989)} {choice(phrases.STREETS)}",
            "employer": choice(phrases.EMPLOYERS),
            "school": choice(phrases.SCHOOLS),
            "email": f"{people[0]}.{surname}@example.{choice(('org', 'com', 'net'))}".lower().replace(" ", ""),
            "url": f"https://www.example.org/{choice(phrases.PAGES)}",
            "handle": f"@{people[0].lower()}_{random.randint(10, 99)}",
            "ip": f"192.0.2.{random.randint(1, 254)}",
            "ssn": f"{random.randint(900, 999)}-{random.randint(10, 99)}-{random.randint(1000, 9999)}",
            "mrn": f"{random.randint(1_000_000, 9_999_999)}",
            "account": f"{random.randint(10_000_000, 99_999_999)}",
            "age90": str(random.randint(90, 99)),
        }

    def say(self, role: str) -> Utterance:
        """One utterance, its length as the role's lengths are spread."""
        draw = self.random.random()
        if draw < BACKCHANNELS:
            return self._utterance(role, [self.random.choice(phrases.BACKCHANNELS[role])])
        if draw < 1 - LONG_TURNS:
            return self._utterance(role, self._upto(role, self.random.choice((8, 12, 16, 22, 30, 40))))
        return self._utterance(role, self._long(role))

    def _upto(self, role: str, words: int) -> list[str]:
        """One sentence, and more while they stay within `words`."""
        sentences = [self._sentence(role)]
        while _words([*sentences, more := self._sentence(role)]) <= words and more not in sentences:
            sentences.append(more)
        return sentences

    def _long(self, role: str) -> list[str]:
        aim, sentences = self.random.randint(*LONG_WORDS), list[str]()
        while _words(sentences) < aim:
            if (sentence := self._sentence(role)) not in sentences:
                sentences.append(sentence)
        return sentences

    def _sentence(self, role: str) -> str:
        telling = self.random.random() < phrases.SHARE_TELLING[role]
        return self.random.choice((phrases.TELLING if telling else phrases.PLAIN)[role])

    def _utterance(self, role: str, sentences: list[str]) -> Utterance:
        text, planted = "", list[Planted]()
        for literal, field, _, _ in Formatter().parse(" ".join(sentences)):
            text += literal
            if field:
                value, kind = self._fill(field)
                if kind:
                    planted.append(Planted(len(text), len(text) + len(value), kind))
                text += value
        return Utterance(role, text, tuple(planted))

    def _fill(self, field: str) -> tuple[str, str | None]:
        """The text of a slot, and its class if it is an identifier."""
        random = self.random
        if field in phrases.WORDS:
            return random.choice(phrases.WORDS[field]), None
        if field == "date":
            return f"{random.choice(phrases.MONTHS)} {random.randint(1, 28)}", "DATE"
        if field == "phone":
            return f"({random.choice(phrases.AREA_CODES)}) 555-01{random.randint(0, 99):02}", "PHONE"
        return self.identifiers[field], phrases.TYPES[field]


def _words(sentences: Sequence[str]) -> int:
    return sum(len(sentence.split()) for sentence in sentences)
