"""What a client's sessions know of names: the survey of one session, and the roster that all of a client's share."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from anonymize.surrogates.people import clusters
from anonymize.words import vocabulary as voc
from anonymize.words.tokens import fold
from corpora.records import fields_of

_SHORTEST_MISSPELT = 6  # letters; shorter names have too many neighbours
_SHORTEST_PLACE = 3  # letters; shorter tokens of places and organisations are not remembered by themselves
_JOINTS = frozenset(
    {"and", "da", "de", "del", "den", "der", "di", "do", "dos", "du", "el", "la", "las", "of", "van", "von"}
)

Kind = Literal["given", "surname", "either"]


@dataclass(frozen=True, slots=True)
class SurveyForm:
    """One form that a session names something by.

    `type` is NAME, LOCATION or ORG; a NAME's form is one token, the others' the whole phrase, in look-up form (lower
    case). `kind` and `gender` are what its places in the session say; `ambiguous` forms are words as well.
    """

    form: str
    type: str
    count: int
    kind: Kind = "either"
    gender: str = ""
    ambiguous: bool = False


@dataclass(frozen=True, slots=True)
class Survey:
    """The name forms that one session is sure of."""

    forms: tuple[SurveyForm, ...] = ()

    def to_json(self) -> str:
        """The survey as one line of JSON."""
        return json.dumps(self.forms, ensure_ascii=False, default=fields_of)

    @classmethod
    def from_json(cls, text: str) -> Survey:
        """The survey that `to_json` wrote."""
        return cls(tuple(SurveyForm(**form) for form in json.loads(text)))


@dataclass(frozen=True, slots=True)
class NameForm:
    """One token of a client's names.

    `cluster` is shared by all forms of one person's given name or one family's surname; `gender` is "f", "m" or "";
    `ambiguous` forms are ordinary words too, so that each place needs evidence.
    """

    cluster: str
    kind: Kind
    gender: str = ""
    ambiguous: bool = False


@dataclass(frozen=True, slots=True)
class Roster:
    """A client's names, token by token, and the places and organisations (whole phrases) of all sessions.

    `caller` are the tokens that the caller named: they are masked with a capital inside a sentence whatever they mean.
    """

    client_id: str
    names: dict[str, NameForm] = field(default_factory=dict)
    others: dict[str, str] = field(default_factory=dict)
    caller: tuple[str, ...] = ()

    def resolve(self, token: str) -> NameForm | None:
        """The form that a token as written stands for, or None.

        Case, diacritics, a possessive ending and a family's plural do not matter, nor does one wrong letter in a token
        of six or more that is no English word.
        """
        low = fold(token).removesuffix("'s").removesuffix("'")
        for form in (low, low.removesuffix("s"), low.removesuffix("es")):
            if found := self.names.get(form):
                return found
        return self._near(low)

    def _near(self, token: str) -> NameForm | None:
        if len(token) < _SHORTEST_MISSPELT or voc.vocabulary().flags.get(token, 0):
            return None
        close = [form for form in sorted(self.names) if within_one_edit(token, form)]
        return self.names[close[0]] if close else None

    def memory(self) -> dict[str, str]:
        """Look-up form of every token that is masked in all of the client's sessions -> its type."""
        known = dict.fromkeys(self.names, "NAME")
        flags = voc.vocabulary().flags
        for phrase, kind in self.others.items():
            for word in phrase.split():
                if len(word) > _SHORTEST_PLACE and not flags.get(word, 0) & (voc.WORD | voc.ORG_HEAD):
                    known.setdefault(word, kind)
        return known

    def phrases(self) -> dict[str, str]:
        """Places and organisations of several words -> their type."""
        return {phrase: kind for phrase, kind in self.others.items() if " " in phrase}

    def to_json(self) -> str:
        """The roster as JSON with sorted keys, the same for the same surveys in any order."""
        return json.dumps(fields_of(self), ensure_ascii=False, sort_keys=True, default=fields_of)

    @classmethod
    def from_json(cls, text: str) -> Roster:
        """The roster that `to_json` wrote."""
        data = json.loads(text)
        names = {token: NameForm(**form) for token, form in data["names"].items()}
        return cls(data["client_id"], names, data["others"], tuple(data["caller"]))

    def digest(self) -> str:
        """SHA-256 of the JSON, in hex: part of the key of the work that was done with this roster."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()


def names_survey(names: Iterable[str]) -> Survey:
    """Names that stand outside the turns (labels, metadata, the caller's list), word by word, as if surveyed.

    Titles and particles of longer names ("Dr. Maren de la Rosa") are left out: alone they name nobody.
    """
    flags = voc.vocabulary().flags
    words: set[str] = set()
    for name in names:
        parts = [word for word in voc.split_words(name) if len(word) > 1]
        words.update(
            word for word in parts if len(parts) == 1 or not (word in _JOINTS or flags.get(word, 0) & voc.TITLE)
        )
    plain = voc.WORD | voc.AMBIGUOUS | voc.KEEP | voc.CAPITAL
    return Survey(
        tuple(SurveyForm(word, "NAME", 1, ambiguous=bool(flags.get(word, 0) & plain)) for word in sorted(words))
    )


def build_roster(client_id: str, surveys: Iterable[Survey], known_names: Iterable[str] = ()) -> Roster:
    """Merge a client's surveys, in any order, with the caller's names; forms of one given name share a cluster."""
    names: dict[str, list[SurveyForm]] = {}
    others: dict[str, Counter[str]] = {}
    for survey in surveys:
        for form in survey.forms:
            if form.type == "NAME":
                names.setdefault(form.form, []).append(form)
            else:
                others.setdefault(form.form, Counter())[form.type] += form.count
    caller = names_survey(known_names).forms
    for form in caller:
        names.setdefault(form.form, []).append(form)
    forms = {token: _merge(token, found) for token, found in sorted(names.items())}
    shared = clusters(forms)
    forms = {token: replace(form, cluster=shared[token]) for token, form in forms.items()}
    kinds = {phrase: min(count, key=lambda kind: (-count[kind], kind)) for phrase, count in sorted(others.items())}
    return Roster(client_id, forms, kinds, tuple(form.form for form in caller))


def _merge(cluster: str, found: list[SurveyForm]) -> NameForm:
    kinds: Counter[str] = Counter()
    genders: Counter[str] = Counter()
    for form in found:
        kinds[form.kind] += form.count
        genders[form.gender] += form.count
    del kinds["either"], genders[""]
    kind: Kind = "either" if len(kinds) != 1 else "given" if "given" in kinds else "surname"
    gender = max(genders, key=lambda g: genders[g]) if len(set(genders.values())) == len(genders) > 0 else ""
    return NameForm(cluster, kind, gender, all(form.ambiguous for form in found) and bool(found))


def within_one_edit(a: str, b: str) -> bool:
    """Whether one letter inserted, deleted, replaced, or two neighbours swapped make `a` into `b`."""
    if abs(len(a) - len(b)) > 1:
        return False
    i = 0
    while i < min(len(a), len(b)) and a[i] == b[i]:
        i += 1
    if len(a) == len(b):
        return a[i + 1 :] == b[i + 1 :] or (a[i : i + 2] == b[i : i + 2][::-1] and a[i + 2 :] == b[i + 2 :])
    return a[i + 1 :] == b[i:] if len(a) > len(b) else a[i:] == b[i + 1 :]
