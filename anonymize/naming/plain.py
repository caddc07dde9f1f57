"""Names that only the word can be where they stand: april, may and june; raised on grace; through art; rose up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anonymize.naming.reading import FREE, KEPT
from anonymize.words import context
from anonymize.words import vocabulary as voc
from anonymize.words.lexicon import kin_by_language
from anonymize.words.tokens import COMMA, SPACE

if TYPE_CHECKING:
    from anonymize.naming.reading import Reading

_VIRTUES = frozenset({"faith", "hope", "joy", "grace", "mercy", "patience", "honor", "charity", "harmony", "destiny"})
_RAISED = frozenset({"on", "with"})
_ADVERBS = frozenset({"up", "from", "to", "early", "above", "again"})
_RISING = frozenset({"voice", "voices", "sun", "moon", "smoke", "steam", "dough", "bread", "fever", "panic", "anger"})
_SCRIPTURES = frozenset({"book", "gospel", "epistle"})
_WEATHERED = frozenset({"ride", "rode", "ridden", "riding"})
_WHEN = frozenset({"last", "next", "this", "early", "late", "mid", "since", "until", "till", "in", "during"})
_TO_SOMEBODY = frozenset({"at", "to", "from", "with", "of"})
_KIN = kin_by_language()
_ELDERS = frozenset({"grandmother", "grandma", "granny", "grandfather", "grandpa", "mother", "father", "uncle", "aunt"})
_HALVES = frozenset({"other", "better", "first", "second", "last", "my"})
_STAMMERED = 3  # letters
_SPOKEN = 2  # words of a language that tell that it is spoken
_DOING = frozenset({"through", "make", "making", "made", "do", "doing", "did", "of", "study", "studied", "studying"})


def keep_words(reading: Reading) -> None:
    """Keep those words out of every later question, whatever the session comes to know of a name like them."""
    for i in reading.at.get("and", ()):
        if _repeated(reading, i):
            reading.status[i - 1] = reading.status[i + 1] = KEPT
    for i in reading.where(context.MONTHS | _VIRTUES | context.SEASONS | {"rose", "art", "valentine"}):
        proper = reading.capital(i) and reading.inside(i) and reading.low[i] not in context.MONTHS | {"valentine"}
        if reading.status[i] == FREE and not proper and _is_word(reading, i):
            reading.status[i] = KEPT


def keep_known(reading: Reading) -> None:
    """Keep what the speaker says is known to all: Drake the rapper, the apostle Paul, Israel the country."""
    for i in () if reading.strict else reading.where(context.KNOWN_AS | context.KNOWN_KINDS):
        if not i or reading.low[i - 1] != "the" or reading.before[i] != SPACE or reading.suffix[i]:
            continue
        k, after = i - 2, i + 1
        kind = reading.low[i] in context.KNOWN_KINDS and reading.ends(i)
        if kind and i > 1 and reading.before[i - 1] in (SPACE, COMMA) and _may_be_known(reading, k):
            reading.status[k] = KEPT
        elif reading.low[i] in context.KNOWN_AS and after < reading.count and reading.before[after] == SPACE:
            while after < reading.count and _may_be_known(reading, after):
                reading.status[after] = KEPT
                after += 1
                if not (reading.cased and after < reading.count and reading.joined(after)):
                    break


def keep_told(reading: Reading) -> None:
    """Keep books of the Bible and storms: the book of Matthew; he rode out Audrey and Betsy."""
    low = reading.low
    for i in reading.where(_SCRIPTURES):
        if low[i + 1 : i + 2] == ["of"] and i + 2 < reading.count and reading.joined(i + 2):
            reading.status[i + 2] = reading.status[i + 2] or KEPT
    for i in (i for i in reading.at.get("out", ()) if i and low[i - 1] in _WEATHERED):
        for k in (i + 1, i + 3) if low[i + 2 : i + 3] == ["and"] else (i + 1,):
            if k < reading.count and reading.joined(k) and not reading.suffix[k] and _may_be_known(reading, k):
                reading.status[k] = KEPT


def keep_kin(reading: Reading) -> None:
    """Keep a grandmother's or an uncle's word that is a name elsewhere, where the family's language is spoken: lola."""
    for word, language in _KIN.items():
        places = reading.at.get(word, ())
        spoken = bool(places) and len(reading.at.keys() & language) >= _SPOKEN
        if spoken and not any(_introduced(reading, i) for i in places):
            for i in places:
                reading.status[i] = reading.status[i] or KEPT


def keep_spelling(reading: Reading) -> None:
    """Keep what only spells a word: S like Sam, M as in Mary."""
    for i in reading.letters:
        k = i + 2 + (reading.low[i + 1 : i + 3] == ["as", "in"])
        leads = reading.low[i + 1 : k] in (["as", "in"], ["like"], ["for"]) and reading.low[i] not in ("i", "a")
        near = leads and k < reading.count and all(gap in (SPACE, COMMA) for gap in reading.before[i + 1 : k + 1])
        if near and reading.low[k][0] == reading.low[i] and len(reading.at[reading.low[k]]) == 1:
            reading.status[k] = reading.status[k] or KEPT


def keep_begun(reading: Reading) -> None:
    """Keep words that were begun and broken off, and 'em, from models too: elev- eleven; he's g- he's got it."""
    for k in (*reading.hyphens, *reading.dashes):
        if not reading.status[k - 1] and _is_begun(reading, k - 1):
            reading.status[k - 1] = KEPT
            reading.begun.add(k - 1)
    for i in reading.at.get("em", ()):
        start, text = reading.tokens.start[i], reading.turns[reading.tokens.turn[i]]
        if text[max(0, start - 1) : start] in ("'", "\u2019"):  # one of 'em
            reading.status[i] = reading.status[i] or KEPT
            reading.begun.add(i)


def keep_kinds(reading: Reading) -> None:
    """Keep what somebody is half, what several are, and a post-office box: half shepherd; we're Christian; P.O. Box."""
    for i in reading.at.get("half", ()):
        k = i + 1
        own = i > 0 and reading.low[i - 1] in _HALVES  # my better half Marisol
        if k < reading.count and reading.joined(k) and reading.ends(k) and not (own or reading.suffix[k]):
            reading.status[k] = reading.status[k] or KEPT
    for i in (i for word in ("we", "they") for i in reading.at.get(word, ()) if reading.suffix[i] == "re"):
        k = i + 1
        if k < reading.count and reading.before[k] == SPACE and reading.ends(k) and not reading.suffix[k]:
            reading.status[k] = reading.status[k] or KEPT
    for i in reading.at.get("box", ()):
        if reading.low[max(0, i - 2) : i] == ["p", "o"] and not any(reading.status[i - 2 : i + 1]):
            reading.status[i - 2 : i + 1] = bytes([KEPT] * 3)


def _is_begun(reading: Reading, i: int) -> bool:
    """Whether token i is cut off: no word, or one that the next token, or that after a new start, says whole."""
    text, end, begun = reading.turns[reading.tokens.turn[i]], reading.tokens.end[i], reading.low[i]
    if text[end : end + 1] != "-" or reading.suffix[i]:
        return False
    again = i > 0 and reading.low[i - 1] == reading.low[i + 1] and i + 2 < reading.count  # he's g- he's got
    whole = reading.low[i + 2] if again else reading.low[i + 1]
    flag = reading.flags[whole]
    if flag & (voc.NAME | voc.PLACE) or not flag & voc.WORD:
        return False
    stammer = len(begun) <= _STAMMERED and context.VOWELS.isdisjoint(begun) and text[end + 1 : end + 2] == " "
    return stammer or (len(whole) > len(begun) and whole.startswith(begun))


def _introduced(reading: Reading, i: int) -> bool:
    """Whether the word before says that token i is a name: my sister Lola."""
    if not i or reading.before[i] not in (SPACE, COMMA):
        return False
    before = reading.low[i - 1]
    return before in context.NAMED or (bool(reading.flag[i - 1] & voc.KIN) and before not in _ELDERS)


def _may_be_known(reading: Reading, k: int) -> bool:
    named = reading.capital(k) if reading.cased else bool(reading.flag[k] & voc.NAME)
    return named and reading.status[k] == FREE and not reading.label[k] and reading.low[k] not in context.FUNCTION


def _repeated(reading: Reading, i: int) -> bool:
    """Whether the same word stands on both sides of an "and": miles and miles."""
    a, b = i - 1, i + 1
    if not i or b >= reading.count or reading.low[a] != reading.low[b] or reading.status[a] or reading.status[b]:
        return False
    together = reading.before[i] == reading.before[b] == SPACE and not (reading.suffix[a] or reading.suffix[b])
    return together and not (reading.capital(a) or reading.capital(b)) and reading.wordy(a)


def _is_word(reading: Reading, i: int) -> bool:
    low, word = reading.low, reading.low[i]
    before = low[i - 1] if i and reading.before[i] == SPACE else ""
    after = low[i + 1] if i + 1 < reading.count and reading.before[i + 1] == SPACE else ""
    if word in context.MONTHS:
        timed = (before in _WHEN and not reading.suffix[i]) or (before == "of" and low[max(0, i - 2)] == "month")
        return timed or any(low[k] in context.MONTHS for k in _listed(reading, i))
    if word in context.SEASONS:
        return not reading.cased and before == "it" and reading.suffix[i - 1] == "s" and reading.ends(i)
    if word == "rose":
        return (after in _ADVERBS and bool(before)) or before in _RISING
    if word == "art":
        return before in _DOING and not reading.suffix[i]
    if before == "there" and reading.suffix[i - 1] == "s" and after == "in":
        return reading.low[i + 2 : i + 3] in (["that"], ["this"], ["it"])  # there's grace in that
    if word == "valentine":
        fits = reading.suffix[i] == "s" and before not in _TO_SOMEBODY  # it's Valentine's
    else:
        fits = before in _RAISED and low[max(0, i - 2)] == "raised" and not reading.suffix[i]
    return fits and (reading.ends(i) or after in context.FUNCTION)


def _listed(reading: Reading, i: int) -> list[int]:
    """The neighbours of token i in a list: april, may and june."""
    pauses = (SPACE, COMMA)
    found = [i - 1] if i and reading.before[i] in pauses else []
    if i + 1 < reading.count and reading.before[i + 1] in pauses:
        found.append(i + 2 if reading.low[i + 1] in ("and", "or", "through", "to") and i + 2 < reading.count else i + 1)
    return found
