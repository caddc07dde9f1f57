"""What the ending of a token and the words after it say of it; weights as in `speech`."""

from __future__ import annotations

from anonymize.naming.reading import NAME
from anonymize.naming.speech import (
    AGAINST,
    CERTAIN,
    FAIR,
    GOOD,
    SLIGHT,
    SOME,
    STRONG,
    WEAK,
    Spot,
    base_form,
    stands_alone,
)
from anonymize.words import context
from anonymize.words import vocabulary as voc
from anonymize.words.tokens import COMMA, NUMBER, START

_PERSONAL = frozenset(
    {*("needs", "wants", "says", "said", "thinks", "knows", "told", "texted", "asked", "loves", "hates", "thought")}
)
_OFFICES = (["financial", "aid"], ["human", "resources"])


def after(at: Spot) -> float:  # noqa: PLR0911 - one return a case
    """What the token's own ending and the words after it say, summed."""
    ending = at.reading.suffix[at.i]
    if _as_people_do(at):
        return STRONG
    if not at.n:
        return (FAIR if at.proper else WEAK) if ending == "s" else _explains(at)
    if at.wordy and at.reading.shape[at.i + 1] == NUMBER:
        return -CERTAIN  # page 114, Chapter 13
    if ending == "s" and (at.given or not at.wordy):
        copula = at.usual and (at.n in context.DETERMINERS or at.n in context.POSSESSIVES or at.n in context.STATES)
        return FAIR if at.mass and not copula else STRONG
    if ending:
        return WEAK if ending == "s" else FAIR if ending in ("ll", "d") else 0.0
    if at.low in context.MODAL_NAMES and at.wordy and not at.inside and base_form(at.reading, at.n):
        return -CERTAIN
    if at.n == "something" and at.given and at.reading.before[at.i] == START and at.reading.ends(at.i + 1):
        return STRONG  # Art something
    verb = next((weight for cue in (_clause, _subject, _not_alone) if (weight := cue(at)) is not None), 0.0)
    return verb + _surname(at) + _identity(at)


def _as_people_do(at: Spot) -> bool:
    """Whether a name owns kin, wants or works somewhere: mercedes' godfather, April needs it, penny in accounting."""
    if not at.given:
        return False
    if at.nf & voc.KIN and _owns_bare(at):
        return True
    opens = at.reading.before[at.i] == START
    if at.low in context.MONTHS and opens:
        return at.n in _PERSONAL or bool(at.reading.suffix[at.i] == "s" and at.nf & voc.KIN)
    return at.p not in context.DETERMINERS and _posted(at)


def _owns_bare(at: Spot) -> bool:
    """Whether only an apostrophe makes a possessive of the token, which ends in s."""
    text, end = at.reading.turns[at.reading.tokens.turn[at.i]], at.reading.tokens.end[at.i]
    return at.low[-1] == "s" and text[end : end + 1] in ("'", "\u2019")


def _explains(at: Spot) -> float:
    """Justice, my daughter, is fourteen: kin named right after says who it is."""
    reading, k = at.reading, at.i + 1
    if not at.given or at.low in context.ENDEARMENTS or k + 1 >= reading.count or reading.before[k] != COMMA:
        return 0.0
    if reading.low[k] not in context.POSSESSIVES:
        return 0.0
    return STRONG if any(reading.flag[j] & voc.KIN for j in range(k + 1, min(k + 3, reading.count))) else 0.0


def _posted(at: Spot) -> bool:
    """Whether it is said where in the house somebody works: penny in the office, grant over in financial aid."""
    following = at.reading.low[at.i + 1 : at.i + 5]
    if following[:1] in (["over"], ["up"], ["down"]):
        following = following[1:]
    if following[:1] not in (["in"], ["at"], ["from"]) or len(following) == 1:
        return False
    if following[1:3] == ["the", "office"]:
        return at.reading.before[at.i] == START or at.p in context.CLAUSE_OPENERS  # not: I found hope in the office
    return following[1] in context.DESKS or following[1:3] in _OFFICES


def _clause(at: Spot) -> float | None:  # noqa: PLR0911 - one return a case
    """Olive is teething; rob lent me; how rose gets; star was: a word that opens a clause as a noun could not."""
    reading, i = at.reading, at.i
    opens = reading.before[i] == START or at.p in context.CLAUSE_OPENERS or (at.p == "" and reading.capital(i))
    bare = at.given and not at.alone and reading.before[i] == START and at.low not in context.ELLIPTIC
    if not (at.usual or bare) or not opens or at.low in context.MODAL_NAMES:
        return None
    nn = reading.low[i + 2] if i + 2 < reading.count and not reading.ends(i + 1) else ""
    if at.alone and not at.proper and (at.n in context.BE or at.n in context.AUXILIARIES or at.n in context.MODALS):
        place = reading.low[i + 3] if nn == "in" and i + 3 < reading.count else ""
        return STRONG if _human(at.n, nn) or place in context.CUSTODY else None
    if at.n in ("came", "comes") and at.alone:
        return STRONG if nn in ("home", "over", "by", "crying", "downstairs", "upstairs", "inside") else None
    if at.n in context.FINITE:
        return STRONG if not at.alone or at.proper else SOME
    if at.n == "from" and nn not in context.DETERMINERS and nn not in context.POSSESSIVES:
        return STRONG
    if at.alone and not at.proper:
        return None
    third = at.n.endswith("s") and not at.n.endswith("ss") and base_form(reading, at.n[:-1])
    past = at.n.endswith("ed") and bool(at.nf & voc.WORD)
    return STRONG if third or past else None


def _defined(at: Spot) -> bool:
    """Whether it is said what the word is: hope is a good thing."""
    reading, k = at.reading, at.i + 2
    return at.n in ("is", "was") and k < reading.count and reading.low[k] in ("a", "an", "all", "what", "something")


def _human(verb: str, following: str) -> bool:
    """Whether what follows an auxiliary is said of people rather than of things: is reading, had him, would cry."""
    if verb in ("is", "was", "isn't", "wasn't"):
        active = following.endswith("ing") and following not in context.PASSING
        return active or following in context.STATES
    if verb in ("had", "has"):
        return following in ("him", "her", "me", "us", "them")
    return following in context.HUMAN_BASES and verb not in ("and", "just", "also")


def _subject(at: Spot) -> float | None:  # noqa: PLR0911 - one return a case
    """Grace said; chase calls her; will is; mark he."""
    if at.p in context.SUBJECTS:
        return None
    if (at.n in context.SAYS or at.nf & voc.SPEECH) and (at.flag & (voc.NAME | voc.RARE) or not at.flag):
        if at.given and (not at.mass or at.n in context.HUMAN):
            return STRONG
        return FAIR if at.flag & voc.NAME else SOME
    if at.n in context.AUXILIARIES:
        if at.mass:
            return WEAK if at.reading.capital(at.i) else -SOME if _defined(at) else 0.0
        if at.proper and at.p not in context.BE:
            return FAIR
        return 0.25 if at.p else SLIGHT
    if at.n.endswith("s") and at.given and base_form(at.reading, at.n[:-1]):
        objects = not at.reading.ends(at.i + 1) and at.reading.low[at.i + 2] in context.FUNCTION
        return FAIR if objects and not at.mass else WEAK
    if at.n in context.PERSON_PRONOUNS and at.given and not (at.inside or at.mass or at.low in context.MODAL_NAMES):
        return SOME
    return None


def _not_alone(at: Spot) -> float | None:
    """Hope you, mark my words; art form, grace period."""
    if at.n in ("from", "at", "with") and at.given and at.reading.before[at.i] == START:
        return WEAK
    if at.inside or not at.wordy:
        return None
    if at.n in context.INVERSION and base_form(at.reading, at.low):
        return 0.0 if at.p in context.GIVING or at.p == "to" else AGAINST
    noun = at.nf & voc.WORD and not at.nf & (voc.NAME | voc.CAPITAL) and not at.n.endswith(("ed", "ing", "ly"))
    return -SLIGHT if noun else None


def _surname(at: Spot) -> float:
    """A surname, or what may be one, stands right after."""
    reading, i = at.reading, at.i
    if not at.flag & voc.NAME or reading.status[i + 1] or not reading.joined(i + 1):
        return 0.0
    if reading.capital(i):
        proper = reading.capital(i + 1) and not at.nf & (voc.CAPITAL | voc.KEEP | voc.STATE)
        return STRONG + WEAK if proper else 0.0
    if reading.solid(i + 1) or (not at.nf and not reading.cased):
        verb = at.mass and not at.nf & voc.SURNAME and base_form(reading, at.low)
        return SOME if verb else STRONG
    return 0.0


def _identity(at: Spot) -> float:
    """Art is my brother; will and sunanda."""
    reading, i = at.reading, at.i
    if i + 2 >= reading.count:
        return 0.0
    if at.n == "and" and reading.low[i + 2] in ("me", "i", "him", "her") and at.given and at.p not in context.BE:
        return SOME if at.mass and not (at.usual and reading.low[i + 2] == "i") else STRONG
    if at.n in ("is", "was") and reading.low[i + 2] in context.POSSESSIVES:
        kin = i + 3 < reading.count and (reading.flag[i + 3] & voc.KIN or reading.low[i + 3] in context.RANKS)
        return STRONG if kin else 0.0
    if at.n not in ("and", "or") or not at.flag & voc.NAME:
        return 0.0
    partner = reading.label[i + 2] == NAME or reading.solid(i + 2)
    other = reading.low[i + 2]
    pair = at.usual and not at.alone and bool(reading.flag[i + 2] & voc.USUAL) and not stands_alone(other)
    if pair and at.p not in context.DETERMINERS and at.p not in context.POSSESSIVES:
        return STRONG
    return (GOOD if at.usual and not at.alone else SOME) if partner else 0.0
