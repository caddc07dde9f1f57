"""Made-up names of people: dealt once for a whole roster, then written in every form that the session uses.

"Robert", "Bob's" and "bob" become one name, in the case and with the ending they had; a title, a particle and the
number of parts stay.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from anonymize.surrogates.draws import Draws, in_case
from anonymize.surrogates.gender import gender_of
from anonymize.surrogates.people import singulars
from anonymize.surrogates.pools import candidates, origin_of, words_of
from anonymize.words import vocabulary as voc
from anonymize.words.tokens import fold

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anonymize.roster import Roster

WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*|\d+")
"""A word as surrogates count them; a hyphen parts two."""

_ENDING = re.compile(r"['\u2019]s?$|(?<=s)['\u2019]$", re.IGNORECASE)
_SPELLED = re.compile(r"(?:[^\W\d_][-. ,]{1,2}){2,}[^\W\d_]\b\.?")
_INITIALS = "ABCDEFGHJKLMNPRSTW"


class NameMaker:
    """The made-up names of one client.

    Args:
        draws: the client's draws.
        roster: the client's names; none of them is ever drawn.
        places: the proper parts of the roster's places and firms -> their made-up names, so that "Tern" stays what
            "Tern Street" became.
    """

    def __init__(self, draws: Draws, roster: Roster, places: Mapping[str, str] | None = None) -> None:
        self._draws = draws
        self._roster = roster
        self._places = places or {}
        self._dealt = self._deal()
        ranked = sorted(self._dealt, key=lambda cluster: draws.rank("person", cluster))
        self._numbers = {cluster: number for number, cluster in enumerate(ranked, 1)}

    @property
    def dealt(self) -> dict[str, str]:
        """Cluster -> made-up name."""
        return dict(self._dealt)

    def name(self, surface: str) -> str:
        """What stands for a name of one or several words."""
        if _SPELLED.fullmatch(surface):
            return self._spell(surface)
        words = list(WORD.finditer(surface))
        start = self._first(words)
        out, last = surface[: words[start].start()] if words else surface, words[start].start() if words else 0
        at = start
        while at < len(words):
            count = self._hyphenated(surface, words, at)
            stop = at + count
            out += surface[last : words[at].start()]
            last = words[stop - 1].end()
            text = surface[words[at].start() : last]
            out += self._part(text, words, at, stop, surface) if count == 1 else self._token(text.replace("-", ""))
            at = stop
        return out + surface[last:]

    def placeholder(self, surface: str) -> str:
        """[NAME-1]: the number says whose."""
        for word in WORD.finditer(surface):
            if form := self._roster.resolve(_ENDING.sub("", word.group())):
                return f"[NAME-{self._numbers[form.cluster]}]"
        return "[NAME]"

    # Dealing

    def _deal(self) -> dict[str, str]:
        """Cluster -> made-up name for the whole roster, all different, none of them a name on it."""
        members: dict[str, list[str]] = {}
        for token, form in sorted(self._roster.names.items()):
            members.setdefault(form.cluster, []).append(token)
        taken = self._taken()
        dealt: dict[str, str] = {}
        for cluster, tokens in sorted(members.items()):
            place = next((self._places[token] for token in tokens if token in self._places), "")
            given = any(voc.vocabulary().flags.get(token, 0) & voc.GIVEN for token in tokens)
            dealt[cluster] = place if place and not given else self._pick(cluster, tokens, taken)
            taken.add(fold(dealt[cluster]))
        return dealt

    def _taken(self) -> set[str]:
        """What no surrogate may be: a name of the roster, or one that a nickname on it stands for."""
        names = set(self._roster.names)
        full = {name for token in names for name in voc.vocabulary().nicknames.get(token, ())}
        return names | full | {word for phrase in self._roster.others for word in phrase.split()}

    def _pick(self, cluster: str, tokens: list[str], taken: set[str], *, is_surname: bool | None = None) -> str:
        """The first name that is free, from a drawn place in the fitting pool on, then in the English one."""
        known = sorted((t for t in tokens if t in self._roster.names), key=lambda token: (-len(token), token))
        singular = [stem for token in tokens for stem in singulars(token)]
        origin = next((found for token in (*(known or tokens), *singular) if (found := origin_of(token))), "")
        if is_surname is None:
            is_surname = self._is_surname(known)
        for names in candidates(origin, self._gender(tokens), is_surname=is_surname):
            for name in self._draws.order(names, "NAME", cluster):
                if fold(name) not in taken:
                    return name
        raise ValueError(f"{len(taken)} names on one roster leave none to draw")

    def _gender(self, tokens: list[str]) -> str:
        forms = self._roster.names
        told = Counter(forms[token].gender for token in tokens if token in forms)
        told += Counter() if +told else Counter(map(gender_of, tokens))
        if told["f"] == told["m"]:
            told = Counter(map(gender_of, tokens))
        return "f" if told["f"] > told["m"] else "m" if told["m"] > told["f"] else ""

    def _is_surname(self, tokens: list[str]) -> bool:
        """Whether a cluster is a family's: where the lists know it as one thing only they decide, else its places."""
        flags = [voc.vocabulary().flags.get(token, 0) & voc.NAME for token in tokens]
        if any(flags) and all(flag in (0, voc.GIVEN) for flag in flags):
            return False
        kinds = Counter(self._roster.names[token].kind for token in tokens)
        if kinds["surname"] or kinds["given"]:
            return kinds["surname"] > kinds["given"]
        return any(flags) and all(flag in (0, voc.SURNAME) for flag in flags)

    # Writing

    def _first(self, words: list[re.Match[str]]) -> int:
        """How many words at the head are titles, which stay: "Pastor Guillory", "Big Reg"."""
        start = 0
        while start + 1 < len(words) and fold(words[start].group()) in words_of("people", "titles"):
            start += 1
        return start

    def _hyphenated(self, surface: str, words: list[re.Match[str]], at: int) -> int:
        """How many words from `at` on a hyphen makes into one name that is known without it ("Suh-nanda")."""
        stop = at + 1
        while stop < len(words) and surface[words[stop - 1].end() : words[stop].start()] == "-":
            stop += 1
        parts = [word.group().lower() for word in words[at:stop]]
        stutter = any(later.startswith(sooner) for sooner, later in pairwise(parts))
        return stop - at if len(parts) > 1 and not stutter and self._roster.resolve("".join(parts)) else 1

    def _part(self, text: str, words: list[re.Match[str]], at: int, stop: int, surface: str) -> str:
        """One word of a name in its place: kept, a stutter, or a name."""
        joined = at > 0 and surface[words[at - 1].end() : words[at].start()] == "-"
        following = words[stop].group() if stop < len(words) else ""
        apart = surface[words[at].end() : words[stop].start()] if following else ""
        if self._stays(text, at, following, surface, joined=joined):
            return text
        broken = apart.strip() in ("-", "\u2013", "\u2014", "...") and text != following
        if broken and following.lower().startswith(text.lower()):
            return _cut(self._token(following), text)
        last = at == len(words) - 1
        second = joined and last and at == 1  # "Ji-hoon": two parts of one given name
        return self._token(text, is_surname=last and len(words) - self._first(words) > 1 and not second)

    @staticmethod
    def _stays(text: str, at: int, following: str, whole: str, *, joined: bool) -> bool:
        """Whether a word is a particle inside a name ("de la Cruz") or an honorific after it ("Vi oi")."""
        low = fold(text)
        if following and low in words_of("people", "particles"):
            return at > 0 or low in words_of("people", "leading")
        honorific = at > 0 and not following and text.islower() and low in words_of("people", "honorifics")
        return honorific and (joined or not whole.islower())

    def _token(self, token: str, *, is_surname: bool = False) -> str:
        """The made-up name for one token, in its case, with its possessive or plural ending."""
        if len(token) == 1:
            return in_case(_INITIALS[self._draws.below(len(_INITIALS), "INITIAL", token.lower())], token)
        ending = found.group() if (found := _ENDING.search(token)) else ""
        stem = token.removesuffix(ending)
        low = fold(stem)
        form = self._roster.resolve(stem)
        family = self._family(low)
        if form is None:
            listed = voc.vocabulary().flags.get(family or low, 0) & voc.NAME
            is_surname = bool(family) or (is_surname and listed != voc.GIVEN)
            taken = self._taken() | set(map(fold, self._dealt.values()))
            name = self._pick(family or low, [family or low], taken, is_surname=is_surname)
        else:
            owner = self._roster.names.get(family, form)
            name = self._dealt[owner.cluster]
        return in_case(_plural(name) if family else name, stem) + ending

    def _family(self, low: str) -> str:
        """The surname that a plural is made of ("the Stavroses"); "" for a name that ends so itself ("james")."""
        names, flags = self._roster.names, voc.vocabulary().flags
        for stem in singulars(low):
            if stem in names and (low not in names or names[low].cluster == names[stem].cluster):
                return stem
        listed = flags.get(low, 0) & voc.NAME
        surnames = [stem for stem in singulars(low) if flags.get(stem, 0) & voc.SURNAME]
        return surnames[-1] if surnames and not listed and not flags.get(low, 0) & voc.WORD else ""

    def _spell(self, surface: str) -> str:
        """A spelled-out name ("M-A-R-I") as the letters of its surrogate."""
        letters = [c for c in surface if c.isalpha()]
        joint = re.search(r"[-. ,]+", surface)
        name = self._token("".join(letters))
        end = "." if surface.endswith(".") else ""
        return in_case((joint.group() if joint else "-").join(c for c in name if c.isalpha()), surface) + end


def _cut(name: str, stutter: str) -> str:
    """The beginning of a name that somebody stutters, never all of it."""
    return in_case(name[: min(len(stutter), max(1, len(name) - 2))], stutter)


def _plural(name: str) -> str:
    return name + ("es" if name.endswith(("s", "x", "z", "ch", "sh")) else "s")
