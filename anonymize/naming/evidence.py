"""How sure it is that a token names someone or something: lists, capitals, context and memory, added up.

The weights were set by hand from rules of thumb: a list or a capital decides alone; a word that is also a name needs
one strong cue or two fair ones; what speaks for the word outweighs one cue. Recall comes first.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from anonymize.naming import following, speech
from anonymize.naming.cues import employer_cue, org_cue, place_cue, strong_place_cue
from anonymize.naming.reading import LOCATION, NAME, ORG
from anonymize.naming.speech import AGAINST, GOOD, SOME, STRONG, WEAK, Spot
from anonymize.words import context
from anonymize.words import vocabulary as voc
from anonymize.words.tokens import HYPHEN, LOWER, NUMBER, TITLE, UPPER

if TYPE_CHECKING:
    from anonymize.naming.reading import Reading

THRESHOLD = 2.0
_LENIENT = 0.5  # the same for given names and places where capitals mean nothing: there is less to go by

_UNUSUAL = 1.5  # the same for words that people are seldom called by

_LISTED = 2.5  # on a list, and no ordinary word
_UNKNOWN = 1.0  # in no list at all
_CASELESS = 1.0  # more for an unknown word where capitals mean nothing
_INSIDE = 2.0  # a capital inside a sentence
_FIRST = 1.0  # a capital at a sentence's start, if the token is no ordinary word
_INDIFFERENT = -2.5  # a drug, a brand, a weekday ...
_REMEMBERED = 2.5
_STRICT = 1.0

_SEASONAL = context.MONTHS | context.WEEKDAYS | context.SEASONS
_ADDRESSING = frozenset({"told", "tell", "telling", "asked", "ask", "texted"})
_SPANISH = frozenset("se su sus el la los las que y un una por para con mi tu te le nos es".split())  # noqa: SIM905  reads better
"""Before a word without its capital, these make it one of theirs: se va la luz."""

_LISTS = voc.NAME | voc.PLACE
_ARTICLES = frozenset({"a", "an", "the", "that", "this", "some"})
_ONE = frozenset({"a", "an", "every", "each", "some", "any", "no", "another", "per", "one"})
_PRESENTING = frozenset({"there", "also", "is", "not", "got"})  # "is there a Duke?"
_OWNERS = context.DETERMINERS | context.POSSESSIVES | context.MODIFIERS
_WHEREABOUTS = frozenset({"at", "from", "to", "for", "in", "near", "of", "with", "by", "outside", "past", "behind"})
_COLOURS = frozenset(
    "red blue green white black silver gray grey gold tan brown beige maroon yellow orange old new used".split()  # noqa: SIM905  reads better
)
_AFTER_THINGS = (
    context.SUBJECTS | context.AUXILIARIES | context.BE | (context.PREPOSITIONS - {"from"}) | {"and", "or", "but", "so"}
)
_DEGREES = frozenset({"so", "too", "very", "really", "pretty", "super", "quite", "mighty", "awful", "real"})
_TIMES = frozenset(
    {"in", "at", "by", "until", "till", "since", "before", "during", "around", "this", "last", "next", "every"}
)
_SPREAD = frozenset(
    "open running parked stalled dealer dealership truck van sedan pickup plant engine bottle commercial".split()  # noqa: SIM905  reads better
)
"""What follows a thing that bears a name, and no family: the Ford parked."""

_YEAR = re.compile(r"(?:19|20)?\d\d")
_REACH = 3  # tokens on each side whose decisions count
_ACRONYM = 5  # letters of the longest acronym


def judge(reading: Reading, i: int) -> tuple[str, float, str]:
    """(type, score, rule) of token i in its place; weighed anew only where what is known has changed."""
    known, a, b = remembered(reading, i), max(0, i - _REACH), i + _REACH + 1
    around = "|".join(reading.label[a:b]), bytes(reading.status[a:b])
    low = reading.low[i]
    state = known, reading.sightings.get(low, 0), low in reading.beginnings, reading.careless, around
    if (judged := reading.judged.get(i)) and judged[0] == state:
        return judged[1]
    judgement = _judge(reading, i, known)
    reading.judged[i] = state, judgement
    return judgement


def _judge(reading: Reading, i: int, known: str) -> tuple[str, float, str]:
    at = speech.spot(reading, i)
    score = _prior(at)
    plain = reading.cased and not (reading.careless or reading.capital(i))  # a carol, where there is a Carol
    if plain and not at.wordy and at.flag & _LISTS and (known or not at.given):
        score = min(score, 0.0)
    rule = "memory" if known else "list" if score >= THRESHOLD else "capital" if at.inside else "context"
    if known:
        score += _memory(at) if at.wordy or (plain and at.given) else _REMEMBERED
    if plain and at.p in _SPANISH:
        score += AGAINST  # se va la luz
    score += _capital(at) + speech.before(at) + following.after(at)
    kind = known or _kind(at)
    thing = (not known and _made(at)) or ((not known or plain) and _thing(at, kind))
    if thing and (at.flag or not reading.strict):  # strict trusts no article
        return kind, AGAINST, rule
    if kind == LOCATION and at.wordy and not at.inside:
        score = _place_word(at, score)
    return kind, score, rule


def threshold(reading: Reading, i: int, kind: str) -> float:
    """The score that token i needs."""
    if reading.cased and reading.shape[i] == LOWER and reading.wordy(i) and not reading.sightings[reading.low[i]]:
        return THRESHOLD + SOME  # a name would have its capital
    if reading.cased or not (kind == LOCATION or reading.flag[i] & voc.GIVEN):
        return THRESHOLD
    if reading.flag[i] & voc.GIVEN and reading.wordy(i) and not reading.flag[i] & (voc.USUAL | voc.NAME_FIRST):
        return _UNUSUAL
    return _LENIENT + WEAK if speech.stands_alone(reading.low[i]) else _LENIENT


def remembered(reading: Reading, i: int) -> str:
    """The type that memory gives token i, its plural or familiar ending taken back; "" where it knows nothing."""
    low, f = reading.low[i], reading.flag[i]
    familiar = low[-1] == "s" or (low[-1] == "y" and (not f or f & voc.RARE))  # the Heaths; Heathy
    ending = 2 if low.endswith(("ses", "zes", "xes", "ches", "shes")) else 1  # the Medeiroses
    return reading.memory.get(low) or (reading.memory.get(low[:-ending], "") if familiar else "")


def _memory(at: Spot) -> float:
    """What a remembered name weighs where its form is an ordinary word as well."""
    reading, seen = at.reading, at.reading.sightings[at.low] > 0
    if reading.capital(at.i):
        return STRONG if seen else GOOD
    if at.p in _ONE and not at.suffix and not (at.ends and at.pp in _PRESENTING):
        return 0.0  # a mark, every hunter
    if _measured(at):
        return AGAINST
    if reading.cased and not reading.careless:
        return WEAK
    the_thing = at.p in context.DETERMINERS and not at.suffix and not reading.suffix[at.i]  # the penny, that brook
    if the_thing or (at.alone and not seen):
        return SOME
    return GOOD if at.alone and at.mass else STRONG


def _measured(at: Spot) -> bool:
    """Whether the words before make it a quality, a time or an amount: so sunny, in june, a bag of chips, two miles."""
    if (at.p == "of" and at.pp in context.AMOUNTS) or (at.p == "like" and at.pp in context.SENSES):
        return True
    if at.ends and at.p in _DEGREES and at.proper:
        return True
    if at.p in _TIMES and (at.low in context.SEASONS or at.low in context.HOURS or at.flag & voc.FAMOUS):
        return True
    plural = at.low[-1] == "s" and at.low in at.reading.memory  # two wills are two of a name
    return plural and at.i > 0 and (at.p in context.NUMBERS or at.reading.shape[at.i - 1] == NUMBER)


def _made(at: Spot) -> bool:
    """Whether a year, or an article and what follows, tells of a make: a 2014 Ford, the Ford parked outside."""
    if not at.flag & voc.THING or not at.reading.capital(at.i) or not at.p:
        return False
    return bool(_YEAR.fullmatch(at.p)) or (at.p in _ARTICLES and not at.ends and at.n in _SPREAD)


def _thing(at: Spot, kind: str) -> bool:  # noqa: PLR0911 - one return a case
    """Whether an article makes a thing of the token: a Stetson, the Lincoln; not the Finch lot, at the Castellan."""
    if at.reading.suffix[at.i] == "s" and at.ends and at.p in context.BUYING:
        return True
    if at.p in _COLOURS and (at.pp in _ARTICLES or at.pp in context.POSSESSIVES) and (at.wordy or at.flag & voc.THING):
        return at.reading.capital(at.i) and at.bare  # that blue Ranger
    if at.p not in _ARTICLES or at.suffix or at.reading.suffix[at.i] or at.flag & voc.ORG_HEAD:
        return False
    if at.inside and at.pp in ("was", "is") and at.p == "a" and at.reading.shape[at.i] == TITLE:
        return not (at.flag & voc.SURNAME or not at.flag)  # she was a Galaktionoff
    new = not at.flag and not at.reading.capital(at.i)
    if at.p in ("a", "an") and (new or at.flag & voc.KEEP):
        return True  # a kabocha squash, a Thai place
    one_more = at.pp in ("and", "or") and at.flag & voc.SURNAME and not at.wordy and at.reading.capital(at.i)
    if one_more or not (at.ends or at.n in _AFTER_THINGS) or (at.low[-1] == "s" and not at.flag & voc.THING):
        return False  # a Gold, and a Perlmutter; the Finch lot, the Dunleavys
    if at.reading.capital(at.i):
        if kind != NAME:
            return at.p != "the" and kind == LOCATION
        if at.p != "the" and at.flag & (voc.CHAIN | voc.KEEP):
            return True  # in a Costa
        return bool(at.flag & voc.THING) or at.pp not in _WHEREABOUTS
    return at.reading.cased or not at.flag


def _prior(at: Spot) -> float:  # noqa: C901, PLR0911 - one return a case
    """What the lists alone say."""
    f = at.flag
    if f & voc.KEEP and at.p in context.SURNAME_TITLES and not at.suffix:
        return 0.0  # mrs. batiste
    if _shop(at):
        return _INDIFFERENT - _INSIDE
    if f & voc.ORG and f & (voc.KEEP | voc.CHAIN) and not f & voc.NAME and employer_cue(at.reading, at.i, voc.CHAIN):
        return _LISTED
    if f & voc.STATE and (not at.given or place_cue(at.reading, at.i)):
        return _INDIFFERENT - _INSIDE
    if f & voc.KEEP and _town(at):
        return 0.0  # a Mercedes, and the clinic in Mercedes
    if f & voc.KEEP and not at.given and (f & voc.FAMOUS or not (f & voc.PLACE and place_cue(at.reading, at.i))):
        form = TITLE if at.reading.cased else LOWER
        short = at.reading.shape[at.i] == form and at.low in at.reading.beginnings and not at.wordy
        return 0.0 if short else _INDIFFERENT  # Yaz, a pill and a Yazhini
    score = 0.0
    if f & voc.ORG and (not f & (voc.NAME | voc.PLACE) or (f & voc.CHAIN and at.p == "the" and not at.given)):
        return _LISTED if employer_cue(at.reading, at.i, f) else -_INSIDE  # where one works, not where one shops
    if f & (voc.NAME | voc.PLACE) and not at.wordy:
        score = _LISTED
    elif f == 0:
        score = _unknown(at)
    elif f & voc.RARE:
        score = WEAK
    if (f & voc.KIN and not _in_name(at)) or (f & voc.TITLE and not f & voc.NAME):
        return score + _INDIFFERENT
    if f & (voc.FAMOUS | voc.STATE) and at.given and at.inside and not f & voc.NAME_FIRST:
        return 0.0 if _in_company(at) else -_INSIDE  # a month, a brand, a state always has its capital
    return score


def _in_company(at: Spot) -> bool:
    """Whether people talk to or go with what bears the name: agreed with April, told Virginia, me and Mercedes."""
    if at.low in context.MACHINES | context.OATHS:
        return False  # told Siri
    if at.p == "with":
        return at.low in context.MONTHS or bool(at.flag & voc.USUAL)
    return at.p in _ADDRESSING or (at.p == "and" and at.pp in ("me", "him", "her"))


def _town(at: Spot) -> bool:
    """Whether what is kept elsewhere is a town here: a make that is one, or where somebody lives (in Valentine)."""
    if at.p not in ("in", "to", "from") or not place_cue(at.reading, at.i):
        return False  # she lives on Saltines
    if not at.inside or at.reading.shape[at.i] != TITLE or at.flag & voc.STATE:
        return False
    if at.low in _SEASONAL or at.low.endswith(("ish", "ese", "ian", "ic")) or not (at.ends or at.n in context.FUNCTION):
        return False
    made = at.flag & voc.PLACE and at.flag & voc.THING
    away = at.p == "in" and at.pp in ("over", "out", "up", "down", "back")  # he's over in Valentine
    return bool(made) or away or strong_place_cue(at.reading, at.i)


def _shop(at: Spot) -> bool:
    """Whether it is a chain's name with the possessive that belongs to it, and no employer; or letters: the BART."""
    if at.flag & voc.GIVEN and at.p in ("the", "a", "an") and at.reading.shape[at.i] == UPPER:
        return True
    if not at.flag & voc.CHAIN or at.reading.suffix[at.i] != "s" or employer_cue(at.reading, at.i, voc.CHAIN):
        return False
    return not at.given or at.p in ("the", "a") or (at.p == "at" and at.pp in context.EATING) or _owns_nothing(at)


def _owns_nothing(at: Spot) -> bool:
    """Whether all the session says of it is its possessive with nothing owned, as one speaks of shops: to Wendy's."""
    reading = at.reading
    return all(
        reading.suffix[k] == "s" and (reading.ends(k) or reading.low[k + 1] in context.FUNCTION)
        for k in reading.at[at.low]
    )


def _in_name(at: Spot) -> bool:
    """Whether a word for kin or a role is part of a name here: (Dairy) Maid, (with) Dean."""
    if at.inside and at.reading.joined(at.i) and at.reading.capital(at.i - 1) and at.reading.inside(at.i - 1):
        return not at.flag & voc.TITLE
    return bool(at.flag & voc.USUAL) and at.p not in _OWNERS


def _unknown(at: Spot) -> float:
    """A token in no list: likely a name, unless it is too short, no word at all, or broken off."""
    score = _UNKNOWN + (0.0 if at.reading.cased else _CASELESS)
    if len(at.low) == 2 or context.VOWELS.isdisjoint(at.low):  # noqa: PLR2004 - two letters are more often a stammer
        return score + AGAINST
    if _cut_off(at):
        return score + (STRONG if at.low in at.reading.beginnings else AGAINST)  # "Thib-, she's Thibodeau"
    return score


def _cut_off(at: Spot) -> bool:
    """Whether an unknown token is a broken-off word: "wha-what", "respon- "."""
    reading, i = at.reading, at.i
    text, end = reading.turns[reading.tokens.turn[i]], reading.tokens.end[i]
    if text[end : end + 1] not in ("-", "\u2013", "\u2014"):
        return False
    joined = i + 1 < reading.count and reading.before[i + 1] == HYPHEN
    return not joined or reading.low[i + 1].startswith(at.low[:2])


def _capital(at: Spot) -> float:
    reading, i = at.reading, at.i
    if not at.inside:
        if not reading.capital(i):
            return 0.0
        return _FIRST if not at.wordy else WEAK if at.flag & voc.RARE else 0.0
    if reading.shape[i] == UPPER and at.flag & voc.WORD and not at.flag & (voc.NAME | voc.PLACE):
        return -WEAK  # a word that is stressed
    if reading.shape[i] == UPPER and len(at.low) <= _ACRONYM and (at.wordy or not at.flag & voc.NAME):
        if org_cue(reading, i):
            return SOME if at.p == "for" or at.flag else _INSIDE + WEAK  # for PTSD, at LSG
        return -WEAK
    return _INSIDE + (_STRICT if reading.strict else 0.0)


def _kind(at: Spot) -> str:
    reading, i, f = at.reading, at.i, at.flag
    place = place_cue(reading, i)
    if f & (voc.PLACE | voc.PLACE_WORD) and (not f & voc.NAME or place):
        return LOCATION
    if f & voc.NAME or not (at.inside or f & voc.ORG):
        return NAME
    if f & voc.ORG:
        return ORG
    if place:
        return LOCATION
    second = f & voc.WORD and reading.joined(i) and reading.capital(i - 1) and not reading.flag[i - 1] & voc.NAME
    return ORG if org_cue(reading, i) or (second and at.p not in context.FUNCTION) else NAME


def _place_word(at: Spot, score: float) -> float:
    """The score of a place that is an ordinary word, without a capital that tells: only words that lead to it do."""
    reading, i = at.reading, at.i
    if strong_place_cue(reading, i):
        return score + STRONG if not at.mass else 0.0
    if at.mass or at.low.endswith("ing"):
        return 0.0
    return score + (SOME if place_cue(reading, i) and at.bare else -SOME)
