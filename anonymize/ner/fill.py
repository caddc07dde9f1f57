"""Training sentences for the recognizer: our carriers filled from our lists, and what is written out, by a seeded draw.

A carrier is a line of `carriers.toml`: `[a|b]` is a choice, `{slot}` a draw. Slots that stand for identifiers leave a
span; half of the sentences lose their capitals, and some of these their punctuation too, as transcripts do.
"""

# ruff: noqa: PLR2004  the numbers are shares, set by hand

from __future__ import annotations

import functools
import importlib.resources
import itertools
import random
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field

from anonymize.words import context
from anonymize.words import vocabulary as voc

LABELS = ("PERSON", "LOCATION", "ORG")
"""The recognizer's classes, under the names that spaCy's and Presidio's users know."""

_SECTIONS = {"name": 0.29, "place": 0.10, "org": 0.09, "word": 0.20, "talk": 0.22, "mixed": 0.10}
"""Shares of the carriers' sections, set by hand; "mixed" are words at random, which tell what is no name anywhere."""
_LABEL = {
    "g": "PERSON",
    "full": "PERSON",
    "sur": "PERSON",
    "title_sur": "PERSON",
    "pet": "PERSON",
    "given": "PERSON",
    "town": "LOCATION",
    "street": "LOCATION",
    "place": "LOCATION",
    "org": "ORG",
    "firm": "ORG",
}
_LOWER, _UPPER, _SLIPPED = 0.5, 0.03, 0.04  # shares of examples without, with only, with slipped capitals
_BARE = 0.4  # of the lower-cased, without punctuation
_NOISE = 0.12  # of the ordinary words, drawn anew from the dictionary
_LONGEST = 3  # carriers in an example
_WRITTEN = 0.5  # of the pieces, where there are utterances to draw from
_SWAPPED = 0.5  # of these, with other names
_KNOWN = 30_000  # of the dictionary, by frequency: words that a speaker may use
_CURLY = 0.2  # with typographic quotes
_NAMED = 0.3  # of the mixed, with a name that is no word
_FLAT = 20  # ranks of the most frequent words that are drawn about equally often
_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")
_WORD = re.compile(r"(?<![\w'{])[a-z]{4,}(?![\w'}])")
_OPENING = re.compile(r'(?<!\S)"')
_POINTS = str.maketrans("", "", '.,?!"\u201c\u201d')


@dataclass(slots=True)
class Example:
    """A text and its identifiers as (start, end, one of `LABELS`)."""

    text: str = ""
    spans: list[tuple[int, int, str]] = field(default_factory=list)

    def add(self, text: str, label: str = "") -> None:
        """Append text, as an identifier where a label is given."""
        if label:
            self.spans.append((len(self.text), len(self.text) + len(text), label))
        self.text += text


class Filler:
    """Draws examples; the same seed and lists give the same ones."""

    def __init__(self, seed: int, written: Sequence[Example] = ()) -> None:
        """Draw from the carriers and, where given, about as often from `written` (`anonymize.ner.book`)."""
        path = importlib.resources.files("anonymize.ner") / "carriers.toml"
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        self.random = random.Random(seed)  # noqa: S311 - sentences, not secrets
        self.words = {name: text.split("|") for name, text in document["words"].items()}
        self.written = written
        self.carriers = {name: text.strip().splitlines() for name, text in document["carriers"].items()}
        ranks = range(len(lists()["common"]))
        self.often = list(itertools.accumulate(1 / (rank + _FLAT) for rank in ranks))

    def example(self) -> Example:
        """One example of one to three carriers or utterances, in one of the ways in which transcripts are written."""
        out = Example()
        draw, curly = self.random.random(), self.random.random() < _CURLY
        slipped = draw > 1 - _SLIPPED
        for _ in range(self.random.randint(1, _LONGEST)):
            out.add(" " if out.text else "")
            if self.written and self.random.random() < _WRITTEN:
                self._say(self.random.choice(self.written), out, slipped=slipped)
                continue
            section = self.random.choices(list(_SECTIONS), list(_SECTIONS.values()))[0]
            carrier = self._mixed() if section == "mixed" else self._pick(self.carriers[section])
            self._fill(carrier, out, slipped=slipped)
        if curly:
            out.text = _OPENING.sub("\u201c", out.text).replace('"', "\u201d").replace("'", "\u2019")
        if draw < _LOWER:
            return bare(out) if draw < _LOWER * _BARE else Example(out.text.lower(), out.spans)
        return Example(out.text.upper(), out.spans) if draw < _LOWER + _UPPER else out

    def _say(self, written: Example, out: Example, *, slipped: bool) -> None:
        """Append what is written out; in part of the draws with other names, lest those be learnt by heart."""
        swapped, previous = self.random.random() < _SWAPPED, 0
        for start, end, label in written.spans:
            out.add(written.text[previous:start])
            name = written.text[start:end]
            name = self._other(name, label) if swapped else name
            out.add(name.lower() if slipped else name, label)
            previous = end
        out.add(written.text[previous:])

    def _other(self, name: str, label: str) -> str:
        """A like name from the lists; one that is an ordinary word or on no list stays."""
        if label == "LOCATION":
            other = self._pick(lists()["town"]) if _solid(name) & voc.PLACE else name
        else:
            other = " ".join(self._like(word) if label == "PERSON" else word for word in name.split(" "))
        return other if name.islower() or other == name else _titled(other)

    def _like(self, word: str) -> str:
        flag = _solid(word)
        return self._pick(lists()["given" if flag & voc.GIVEN else "surname"]) if flag & voc.NAME else word

    def _fill(self, carrier: str, out: Example, *, slipped: bool) -> None:
        text = _CHOICE.sub(lambda m: self._pick(m[1].split("|")), carrier)
        while (words := _SLOT.sub(self._ordinary, text)) != text:
            text = _CHOICE.sub(lambda m: self._pick(m[1].split("|")), words)
        text = _WORD.sub(self._noise, text)
        first, previous = len(out.text), 0
        for slot in _SLOT.finditer(text):
            out.add(text[previous : slot.start()])
            previous = slot.end()
            drawn = self._draw(slot[1])
            if slot[1] == "title_sur":
                out.add(self._word("title") + " ")
            if slot[1] == "sur" and re.match(r"s\b", text[previous:]):
                drawn, previous = drawn + "s", previous + 1
            out.add(drawn.lower() if slipped else drawn, _LABEL.get(slot[1], ""))
        out.add(text[previous:])
        if not slipped:
            out.text = out.text[:first] + out.text[first : first + 1].upper() + out.text[first + 1 :]

    def _ordinary(self, slot: re.Match[str]) -> str:
        return self._pick(self.words[slot[1]]) if slot[1] in self.words else slot[0]

    def _noise(self, word: re.Match[str]) -> str:
        return self._common() if self.random.random() < _NOISE else word[0]

    def _common(self) -> str:
        return self.random.choices(lists()["common"], cum_weights=self.often)[0]

    def _mixed(self) -> str:
        words = [self._common() for _ in range(self.random.randint(2, 14))]
        if self.random.random() < _NAMED:
            words.insert(self.random.randint(0, len(words)), "{given}")
        for _ in range(self.random.randint(0, 2)):
            words[self.random.randrange(len(words))] += self._pick(",.?!")
        return " ".join(words) + self._pick(".?,-")

    def _pick(self, items: Sequence[str]) -> str:
        return self.random.choice(items)

    def _word(self, name: str) -> str:
        return self._pick(self.words[name])

    def _listed(self, *shares: tuple[str, float]) -> str:
        name = self.random.choices([name for name, _ in shares], [share for _, share in shares])[0]
        return self._pick(lists()[name])

    def _draw(self, slot: str) -> str:
        """What stands in a slot that is filled from the lists."""
        if slot in ("n", "v", "c", "redacted"):
            return self._pick(lists()[slot])
        if slot == "number":
            return "".join(self._digit(c) for c in self._word("digits"))
        if slot not in _LABEL:
            return _titled(self._pick(lists()[slot]))
        drawn = str(getattr(self, f"_{slot}")())
        return drawn if any(c.isupper() for c in drawn) else _titled(drawn)

    def _digit(self, mark: str) -> str:
        return {"9": self._pick("0123456789"), "A": self._pick("ABCDEFGHKLMNPRSTWXZ")}.get(mark, mark)

    def _g(self) -> str:
        return self._listed(("given", 0.5), ("all_given", 0.1), ("name_word", 0.25), ("word", 0.1), ("surname", 0.05))

    def _given(self) -> str:
        return self._pick(lists()["given"])

    def _sur(self) -> str:
        return self._listed(("surname", 0.85), ("surname_word", 0.15))

    _title_sur = _sur

    def _full(self) -> str:
        middle = f" {self._pick('ABCDEFGHJKLMNPRSTVW')}." if self.random.random() < 0.1 else ""
        return f"{_titled(self._g())}{middle} {_titled(self._sur())}"

    def _pet(self) -> str:
        return self._listed(("word", 0.5), ("name_word", 0.25), ("given", 0.25))

    def _town(self) -> str:
        if self.random.random() < 0.15:
            return self._place()
        return self._listed(("town", 0.5), ("place", 0.3), ("place_word", 0.2))

    def _street(self) -> str:
        number = f"{self.random.randint(1, 9999)} " if self.random.random() < 0.15 else ""
        name = _titled(self._listed(("surname", 0.3), ("word", 0.35), ("town", 0.2), ("given", 0.15)))
        kind = "" if self.random.random() < 0.15 else f" {self._pick(self.words['street_kind'])}"
        return f"{number}{name}{kind}"

    def _place(self) -> str:
        if self.random.random() < 0.2:
            return f"{self._pick(self.words['before_land'])} {_titled(self._listed(('word', 0.6), ('surname', 0.4)))}"
        return (
            f"{_titled(self._listed(('word', 0.5), ('surname', 0.3), ('town', 0.2)))} {self._pick(self.words['land'])}"
        )

    def _org(self) -> str:
        draw = self.random.random()
        if draw < 0.12:
            return self._word("saint")
        if draw < 0.2:
            return _titled(self._pick(lists()["org"]))
        lead = _titled(self._listed(("surname", 0.3), ("word", 0.3), ("town", 0.25), ("place_word", 0.15)))
        second = f" {self._pick(self.words['land'])}" if self.random.random() < 0.3 else ""
        lead = f"{self._pick(self.words['first'])} {lead}" if self.random.random() < 0.15 else lead
        return f"{lead}{second} {self._pick(self.words['head'])}"

    def _firm(self) -> str:
        draw = self.random.random()
        if draw < 0.35:
            adjective = _titled(self._word("adj")) if draw < 0.2 else self._word("first")
            return f"{adjective} {_titled(self._listed(('word', 0.8), ('common', 0.2)))}"
        if draw < 0.5:
            return f"{_titled(self._listed(('surname', 0.6), ('word', 0.4)))} {self._pick(self.words['land'])}"
        if draw < 0.65:
            return _titled(self._listed(("word", 0.5), ("surname", 0.5)))
        return self._org()


def _solid(word: str) -> int:
    """What the lists know of a word that is no ordinary one; else 0."""
    flag = voc.vocabulary().flags.get(word.lower(), 0)
    return 0 if flag & (voc.AMBIGUOUS | voc.PLACE_WORD) else flag


def _titled(text: str) -> str:
    return " ".join(word[:1].upper() + word[1:] for word in text.split(" "))


def bare(example: Example) -> Example:
    """The example in lower case without punctuation, its spans moved along."""
    out, previous = Example(), 0
    for start, end, label in example.spans:
        out.add(example.text[previous:start].translate(_POINTS).lower())
        out.add(example.text[start:end].translate(_POINTS).lower(), label)
        previous = end
    out.add(example.text[previous:].translate(_POINTS).lower())
    return out


@functools.cache
def lists() -> dict[str, list[str]]:
    """What slots are filled with, in a fixed order: the project's lists, sorted into names, words and both."""
    vocab = voc.vocabulary()
    flags = {word: flag for word, flag in vocab.flags.items() if len(word) > 1 and word not in context.FUNCTION}

    def having(wanted: int, also: int = ~0, without: int = 0) -> list[str]:
        return [word for word, f in flags.items() if f & wanted and f & also and not f & without]

    def phrases(wanted: int) -> list[str]:
        return [phrase for phrase, f in vocab.phrases.items() if f & wanted]

    def first_column(name: str) -> list[str]:
        return [line.split("\t")[0] for line in voc.read_list(name)]

    unsure = voc.AMBIGUOUS | voc.NAME_FIRST | voc.GIVEN | voc.PLACE | voc.PLACE_WORD | voc.RARE
    ambiguous = voc.AMBIGUOUS | voc.NAME_FIRST
    words = having(voc.WORD, ambiguous, voc.CAPITAL | voc.KIN | voc.NAME_FIRST)
    return {
        "given": first_column("given.tsv"),
        "all_given": having(voc.GIVEN, without=voc.CAPITAL),
        "name_word": having(voc.GIVEN, ambiguous),
        "surname": first_column("surnames.tsv"),
        "surname_word": having(voc.SURNAME, ambiguous),
        "word": having(voc.WORD, ambiguous, voc.CAPITAL | voc.KIN),
        "n": [w for w in words if w + "s" in vocab.flags or (w[-1] == "y" and w[:-1] + "ies" in vocab.flags)],
        "v": [w for w in words if vocab.flags.keys() & {w + "ing", w[:-1] + "ing", w + w[-1] + "ing"}],
        "c": having(voc.WORD, without=unsure & ~voc.RARE | voc.KEEP)[:_KNOWN],
        "redacted": ["[name]", "[name]", "[place]", "____", "__", "[redacted]", "[client]", "(ph)", "[laughs]"],
        "common": [w for w, f in vocab.flags.items() if f & voc.WORD and not f & unsure],
        "town": having(voc.PLACE, without=voc.WORD | voc.NAME) + phrases(voc.PLACE),
        "place": [p.removeprefix("the ") for p in first_column("places_us.txt") + first_column("places_world.txt")],
        "place_word": first_column("place_words.txt"),
        "org": first_column("org_names.txt"),
        "state": having(voc.STATE) + phrases(voc.STATE),
        "drug": first_column("drugs.txt"),
        "brand": first_column("brands.txt"),
        "therapy": first_column("therapy_terms.txt"),
        "figure": first_column("public_figures.txt"),
        "demonym": first_column("demonyms.txt"),
        "holiday": first_column("calendar.txt"),
    }
