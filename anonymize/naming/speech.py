"""What the words around a token say of it: cues of spoken English for a name (positive) and for the word (negative).

A `Spot` is a token with its neighbours; each cue is a small function of it that gives a weight, or None where it has
nothing to say. Weights are set against `evidence.THRESHOLD`: one strong cue decides, two fair ones do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from anonymize.naming.reading import NAME
from anonymize.words import context
from anonymize.words import vocabulary as voc
from anonymize.words.tokens import COMMA, HYPHEN, SPACE, START

if TYPE_CHECKING:
    from anonymize.naming.reading import Reading

CERTAIN, STRONG, GOOD, FAIR, SOME, SLIGHT, WEAK = 3.0, 2.0, 1.5, 1.25, 1.0, 0.75, 0.5
AGAINST, STRONGLY_AGAINST = -1.5, -2.0

_LONGEST_TRY = 3  # letters of a word that somebody stutters at
_QUESTION = 60  # characters of the turn before that may ask for a name
_CLIPPED = ("ll", "d", "ve", "re", "m")


@dataclass(slots=True)
class Spot:
    """Token `i` of a reading, what it is, and its neighbours within the phrase ("" where a pause stands between).

    `p`, `pp`, `ppp` are the words before, `n` the word after with its flags `nf`; `suffix` is the ending cut off the
    word before; `inside` a capital inside a sentence; `alone` says that the word, if it is one, needs no article.
    """

    reading: Reading
    i: int
    low: str
    flag: int
    wordy: bool
    inside: bool
    alone: bool
    ends: bool
    p: str
    pp: str
    ppp: str
    suffix: str
    n: str
    nf: int

    @property
    def given(self) -> bool:
        """Whether the token is on a list of given names."""
        return bool(self.flag & voc.GIVEN)

    @property
    def usual(self) -> bool:
        """Whether people are often called by the word."""
        return bool(self.flag & voc.USUAL)

    @property
    def bare(self) -> bool:
        """Whether nothing follows that the token could modify."""
        return self.ends or self.n in context.FUNCTION

    @property
    def proper(self) -> bool:
        """Whether the word, if it is one, is an adjective, which has no possessive and is no subject or object."""
        return self.low in context.ADJECTIVES and self.low not in context.NOMINAL and self.given

    @property
    def mass(self) -> bool:
        """Whether the word, if it is one, is a mass noun, a season or a month."""
        return self.low in context.MASS_NOUNS


def spot(reading: Reading, i: int) -> Spot:
    """The spot of token i."""
    low, before, count = reading.low, reading.before, reading.count
    k = first_try(reading, i)
    led = k > 0 and before[k] in (SPACE, HYPHEN)
    follows = i + 1 < count and before[i + 1] in (SPACE, HYPHEN)
    return Spot(
        reading,
        i,
        low[i],
        reading.flag[i],
        reading.wordy(i),
        reading.capital(i) and reading.inside(i),
        stands_alone(low[i]),
        reading.ends(i),
        low[k - 1] if led else "",
        low[k - 2] if led and k > 1 and before[k - 1] == SPACE else "",
        low[k - 3] if led and k > 2 and before[k - 1] == before[k - 2] == SPACE else "",  # noqa: PLR2004 - three back
        reading.suffix[k - 1] if led else "",
        low[i + 1] if follows else "",
        reading.flag[i + 1] if follows else 0,
    )


def first_try(reading: Reading, i: int) -> int:
    """Where a stuttered token begins: "ch ch chip"; the token itself where nobody stutters."""
    low, k = reading.low, i
    while k and reading.before[k] in (SPACE, HYPHEN) and len(low[k - 1]) <= _LONGEST_TRY:
        tried = low[k - 1]
        if tried == low[i] or not low[i].startswith(tried) or tried in context.FUNCTION or reading.status[k - 1]:
            break
        k -= 1
    return k


def stands_alone(word: str) -> bool:
    """Whether a word that is also a name stands without an article as a word, too."""
    return word in context.MASS_NOUNS or word in context.ADJECTIVES


def before(at: Spot) -> float:
    """The first cue from the words before that applies; 0.0 where none does."""
    if not at.p:
        return max(_vocative(at), _answer(at), _explained(at))
    cues = _BEFORE_ANY if at.inside or not (at.wordy or at.flag & voc.NAME_FIRST) else _BEFORE_WORD
    for cue in cues:
        if (weight := cue(at)) is not None:
            return weight
    return 0.0


def family(reading: Reading, i: int) -> bool:
    """Whether token i is the plural of a surname: "the cantus", though the dictionary has it as a word."""
    low = reading.low[i]
    if low[-1] != "s" or not i or reading.low[i - 1] != "the":
        return False
    stem = reading.vocab.flags.get(low[:-1], 0)
    return bool(stem & voc.SURNAME) and not stem & voc.AMBIGUOUS and (not stem & voc.WORD or bool(stem & voc.RARE))


def _family(at: Spot) -> float | None:
    return CERTAIN if at.flag & voc.RARE and family(at.reading, at.i) else None


def _titled(at: Spot) -> float | None:
    if at.p in context.TITLES and not at.suffix:
        return CERTAIN if at.p in context.SURNAME_TITLES or not at.wordy or at.inside else STRONG
    if at.p == "called" and at.flag & voc.KEEP:
        return None  # it's called Lexapro
    if at.p in context.NAMED or (at.p in ("is", "was") and at.pp == "name") or (at.p == "name" and at.suffix == "s"):
        return CERTAIN
    return None


def _beside_person(at: Spot) -> float | None:
    reading, i = at.reading, at.i
    if reading.flag[i - 1] & voc.KIN and not at.suffix:
        called = at.usual and at.low not in context.MODAL_NAMES and at.pp not in context.SUBJECTS
        return STRONG if at.bare or called or not at.wordy else SOME
    if reading.label[i - 1] == NAME and not at.suffix:
        return GOOD
    if at.p in ("and", "or") and at.pp and reading.label[i - 2] == NAME:
        return STRONG if at.flag & voc.NAME else SOME
    if at.p in context.CONTACT:
        return WEAK if at.inside else STRONG if at.bare else SLIGHT
    return None


def _in_company(at: Spot) -> float | None:
    """Lunch with mercy; mad at art; ran into destiny; it was pat."""
    if not at.given or not at.bare:
        return None
    shared = at.p == "with" and at.pp in context.TIES
    met = at.p == "into" and at.pp in ("ran", "run", "bumped", "running")
    if shared or met or (at.p == "at" and at.pp in context.TEMPERS):
        return STRONG if at.usual or not at.alone else SOME
    if at.p in ("is", "was") and at.usual and not at.alone and at.ends and at.pp not in context.DETERMINERS:
        return GOOD
    return None


def _led_by_preposition(at: Spot) -> float | None:
    return WEAK if at.p in context.PERSON_PREPOSITIONS or at.p in context.AFFECT else None


def _presented(at: Spot) -> float | None:
    if (at.p in context.HAILS or (at.p == "you" and at.pp == "thank")) and at.ends:
        return STRONG
    if at.p == "who" and at.suffix == "s" and at.ends and at.usual:
        return STRONG
    if at.p == "i" and at.proper and not at.ends:
        return None  # I'm rusty at it
    if at.p in ("this", "it", "that", "there", "i") and at.suffix in ("s", "m"):
        if at.p == "i" and at.mass and at.ends and at.given:
            return STRONG  # what one is takes an article or is an adjective
        return FAIR if at.bare and not at.alone else 0.0
    return None


def _spoken_to(at: Spot) -> float | None:
    """Talk to hope, say it to grant; him and brandy; call him tiny."""
    if at.p == "to" and at.bare and at.given:
        verb = at.ppp if at.pp in context.THINGS else at.pp
        if verb in context.SPEAKING_TO:
            return GOOD if at.alone else STRONG
    if at.p in ("and", "or") and at.pp in context.PARTNERS and at.given:
        return GOOD if not at.alone else SOME if at.usual and at.pp in ("me", "him", "her") else WEAK
    if (at.p in context.PARTNERS or at.p in context.REFLEXIVE) and at.pp in context.NAMING:
        return STRONG if at.flag & voc.NAME else 0.0
    if at.p == "by" and at.pp in ("go", "goes", "went", "going") and at.ppp in context.SUBJECTS | {"to"}:
        return STRONG if at.bare else 0.0
    return None


def _acted_on(at: Spot) -> float | None:
    """Teach summer to; sent bill the thing; does dee know."""
    if not at.n:
        return None
    verb_follows = base_form(at.reading, at.n)
    if at.p in context.CAUSING and (at.n == "to" or verb_follows):
        return SLIGHT if at.alone else GOOD
    if at.p in context.GIVING and (at.n in context.DETERMINERS or at.n in context.POSSESSIVES):
        return STRONG
    if at.p in context.TELLING and at.given and at.n in context.TOLD:
        return STRONG
    if at.p in context.QUESTION_VERBS and verb_follows:
        return WEAK if at.mass and not (at.usual and at.n in context.HUMAN_BASES) else STRONG
    return None


def _questioned(at: Spot) -> float | None:
    """What'd grace say? What's bill want?"""
    if at.suffix in ("d", "s", "ll") and at.p in context.QUESTION_WORDS and at.given and base_form(at.reading, at.n):
        return STRONG
    return None


def _named_nonetheless(at: Spot) -> float:
    """To rusty, not rusty's, this was reed: where a verb, an adjective or a noun without its article does not fit."""
    own = at.reading.suffix[at.i]
    if at.proper and own == "s" and (at.p in context.BE or at.p in context.MODALS):
        return FAIR
    if at.p == "to" and (at.proper or (at.bare and not (at.mass or base_form(at.reading, at.low)))):
        return FAIR if own else WEAK
    if at.p in ("is", "was") and at.pp in ("this", "it", "that") and at.bare and not at.alone:
        return FAIR
    return 0.0


def _used_as_word(at: Spot) -> float | None:
    """The hope, my chase, last summer; I will, very frank, to mark."""
    if at.p == "that" and at.given and at.n in context.HUMAN:
        return SOME
    if at.p in ("are", "were") and at.given and at.reading.flag[at.i - 2] & voc.KIN and at.ends:
        return STRONG  # my kids are ace, ...
    if at.p in context.DETERMINERS or at.p in context.POSSESSIVES or at.p in context.MODIFIERS:
        return -SOME if at.flag & voc.NAME_FIRST else AGAINST
    if at.given and (weight := _named_nonetheless(at)):
        return weight
    if at.p in context.SUBJECTS or at.p in context.MODALS or at.p in context.BE or at.suffix in _CLIPPED:
        return STRONGLY_AGAINST
    return None


def _bare_object(at: Spot) -> float | None:
    """With mark, for faith: an ordinary singular noun would need an article."""
    if at.p in context.PERSON_PREPOSITIONS and at.bare:
        if at.given and not at.alone:
            return STRONG
        return SLIGHT if at.ends else WEAK
    if at.proper and at.bare and at.p in context.PREPOSITIONS:
        return GOOD
    if at.proper and at.ends and at.p in context.AFFECT:
        return STRONG
    return WEAK if at.p in context.AFFECT and at.bare else None


_BEFORE_ANY = (_titled, _beside_person, _in_company, _led_by_preposition)
_BEFORE_WORD = (
    _titled,
    _family,
    _beside_person,
    _in_company,
    _presented,
    _spoken_to,
    _acted_on,
    _questioned,
    _used_as_word,
    _bare_object,
)


def _explained(at: Spot) -> float:
    """My daughter, justice, is fourteen: set off after the kin that it names."""
    reading, i = at.reading, at.i
    kin = i > 1 and reading.before[i] == COMMA and reading.flag[i - 1] & voc.KIN and at.ends
    if not kin or not at.given or at.low in context.ENDEARMENTS:
        return 0.0
    owned = reading.low[i - 2] in context.POSSESSIVES or (i > 2 and reading.low[i - 3] in context.POSSESSIVES)  # noqa: PLR2004 - my oldest daughter
    return STRONG if owned else 0.0


def _answer(at: Spot) -> float:
    """Whether the token opens the answer to "What's her name?"."""
    turn = at.reading.tokens.turn[at.i]
    if not turn or at.i - at.reading.tokens.first[turn] > 1 or not at.flag & (voc.NAME | voc.RARE):
        return 0.0
    question = at.reading.turns[turn - 1][-_QUESTION:].rstrip().lower()
    return GOOD if question.endswith("?") and context.QUESTION_OF_NAME.intersection(question[:-1].split()) else 0.0


def _vocative(at: Spot) -> float:  # noqa: PLR0911 - one return a case
    """Someone spoken to: after a greeting's pause, or set off at a sentence's edge."""
    reading, i = at.reading, at.i
    if not at.ends or not at.flag & voc.NAME or at.low in context.ENDEARMENTS:
        return 0.0
    if at.low in context.WEEKDAYS:
        return 0.0
    gap, last = reading.before[i], i + 1 >= reading.count
    if gap == COMMA and i and reading.low[i - 1] in context.GREETINGS:
        return STRONG
    if not at.given and at.flag & (voc.WORD | voc.AMBIGUOUS):
        return WEAK if reading.capital(i) else 0.0
    if at.alone:
        if last or reading.low[i + 1] not in context.ADDRESS:
            return SOME if gap == COMMA else WEAK
        return STRONG if reading.capital(i) else GOOD
    if gap == COMMA:
        return GOOD
    pause = reading.before[i + 1] if not last else START
    if gap == START and pause in (COMMA, START):
        sure = reading.capital(i) or (pause == COMMA and not last)
        return SOME if pause == START and not at.usual and at.wordy else STRONG if sure else GOOD
    return WEAK


def base_form(reading: Reading, word: str) -> bool:
    """Whether a word may follow "will": a verb's base form, an adverb, a pronoun in a question."""
    if word in context.AFTER_WILL or word.endswith("ly"):
        return True
    flags = reading.vocab.flags
    if word in context.SAYS or word.endswith(("ed", "ing")) or not flags.get(word, 0) & voc.WORD:
        return False
    return word + "ing" in flags or word[:-1] + "ing" in flags or word + word[-1] + "ing" in flags
