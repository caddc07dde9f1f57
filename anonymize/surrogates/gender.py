"""Which gender a name has, by the lists and by what a session says, so that its surrogate agrees with the pronouns."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import TYPE_CHECKING

from anonymize.surrogates.pools import genders, listed_gender, origin_of
from anonymize.words import vocabulary as voc
from anonymize.words.tokens import COMMA, SPACE

if TYPE_CHECKING:
    from anonymize.naming.reading import Reading
    from anonymize.roster import SurveyForm

_LISTED, _TOLD, _PRONOUNS, _ASIDE = 3, 4, 2, 1
"""Weights: a list of names gives way to "my brother Sam" and "Mr.", and outweighs the pronouns that follow."""

_WINDOW = 14  # tokens after a name in which a pronoun may speak of it
_MAJORITY = 3  # times as many pronouns of one gender as of the other
_LOCALES = 5  # times as many of Faker's locales
_SUBJECTS = {"he": "m", "himself": "m", "she": "f", "herself": "f"}
_OWNERS = {"his": "m", "her": "f"}
_ENDS_LIKE_SPANISH = ("spanish", "european", "slavic")
_FEMALE_ENDINGS = ("a", "ette", "elle", "lyn", "lynn", "ine")


def gender_of(token: str) -> str:
    """The gender that a given name in look-up form mostly has: "f", "m", or "" where it is open."""
    own = _own_gender(token)
    full = {_own_gender(name) for name in voc.vocabulary().nicknames.get(token, ())} - {""}
    if listed_gender(token) or not full:
        return own
    unknown = token not in voc.vocabulary().votes
    return full.pop() if len(full) == 1 and (unknown or own in full) else ""


def _own_gender(token: str) -> str:
    """The gender of a name by its own entries, whatever it may be short for."""
    if known := listed_gender(token):
        return known
    votes = voc.vocabulary().votes.get(token, (0, 0))
    return _majority(*votes, times=_LOCALES) if any(votes) else _by_ending(token)


def with_genders(reading: Reading) -> list[SurveyForm]:
    """The forms that a session is sure of, its names with the gender that the session shows."""
    shown = genders_in(reading)
    return [dataclasses.replace(f, gender=shown.get(f.form, f.gender)) for f in reading.survey().forms]


def genders_in(reading: Reading) -> dict[str, str]:
    """Each name form of a session -> its gender, by its lists and by titles, kinship words and pronouns beside it."""
    told: dict[str, Counter[str]] = {}
    pronouns: dict[str, Counter[str]] = {}
    for i, label in enumerate(reading.label):
        if label != "NAME" or len(reading.low[i]) == 1:
            continue
        told.setdefault(reading.low[i], Counter()).update(_told(reading, i))
        if said := _pronoun(reading, i):
            pronouns.setdefault(reading.low[i], Counter())[said] += 1
    return {form: _decided(form, votes, pronouns.get(form, Counter())) for form, votes in told.items()}


def _decided(form: str, told: Counter[str], pronouns: Counter[str]) -> str:
    score: Counter[str] = Counter(told)
    score[gender_of(form)] += _LISTED
    score[_majority(pronouns["f"], pronouns["m"])] += _PRONOUNS
    return "f" if score["f"] > score["m"] else "m" if score["m"] > score["f"] else ""


def _told(reading: Reading, i: int) -> dict[str, int]:
    """What stands beside token i: "my brother Sam", "Mrs. Vega", "Sam is my brother", "Sam, my brother"."""
    low, before, words = reading.low, reading.before, genders()
    if i and low[i - 1] in words and not reading.suffix[i - 1] and before[i] in (SPACE, COMMA):
        return {words[low[i - 1]]: _TOLD if before[i] == SPACE else _ASIDE}
    start = i - 1 if i and low[i - 1] in ("is", "was") else i  # "her name is Sam", "his name's Sam"
    if start > 1 and low[start - 1] == "name" and low[start - 2] in _OWNERS:
        return {_OWNERS[low[start - 2]]: _TOLD}
    after = low[i + 1 : i + 4]
    if len(after) < 3 or reading.suffix[i] not in ("", "s") or after[0] in words:  # noqa: PLR2004 - is my brother
        return {}
    kin = after[2] if after[0] in ("is", "was") else after[1] if before[i + 1] == COMMA and after[0] == "my" else ""
    return {words[kin]: _TOLD} if kin in words else {}


def _pronoun(reading: Reading, i: int) -> str:
    """The gender of the first "he" or "she" after token i, if no other person comes between."""
    last = min(reading.count, reading.tokens.first[reading.tokens.turn[i] + 1], i + _WINDOW)
    for k in range(i + 1, last):
        if said := _SUBJECTS.get(reading.low[k]):
            return said
        other = reading.label[k] == "NAME" and reading.label[k - 1] != "NAME"
        if other or reading.low[k] in genders():
            return ""
    return ""


def _majority(female: int, male: int, times: int = _MAJORITY) -> str:
    if female >= max(1, times * male):
        return "f"
    return "m" if male >= max(1, times * female) else ""


def _by_ending(token: str) -> str:
    """The gender that the ending of an unlisted name shows, where its language has such endings."""
    origin = origin_of(token)
    if origin in _ENDS_LIKE_SPANISH:
        return {"a": "f", "o": "m"}.get(token[-1:], "")
    return "f" if origin in ("", "english") and token.endswith(_FEMALE_ENDINGS) else ""
