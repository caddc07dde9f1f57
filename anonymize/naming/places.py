"""Places and organisations by their form: head words, titles, streets, and what links their parts."""

from __future__ import annotations

from itertools import pairwise

from anonymize.naming.cues import org_cue, place_cue
from anonymize.naming.reading import FREE, KEPT, LOCATION, NAME, ORG, TAKEN, Reading
from anonymize.words import context
from anonymize.words import vocabulary as voc
from anonymize.words.tokens import COMMA, NUMBER, SPACE, START, TITLE

_LINKS = frozenset({"of", "the", "and", "for", "de", "la", "del", "le", "al", "san", "saint", "st", "our", "lady"})
_OPENERS = context.DIRECTIONS | {"st", "saint", "our"}
_LEADS = frozenset({"to", "called", "from", "at", "for", "with"})
"""Before an organisation's name that is made of plain words and has lost its capitals."""

_LOTS = frozenset(
    {"point", "plain", "hollow", "landing", "crossing", "ridge", "hill", "heights", "pond", "grove", "court"}
)
"""Pieces of land too small to be a whole country's: India Point, Jamaica Plain."""

_DAYS = context.WEEKDAYS | context.MONTHS
_INDIFFERENT = voc.KEEP | voc.CAPITAL | voc.STATE
_HOUSE_LEADS = frozenset({"at", "is", "was", "to", "from", "by", "still", "number", "address", "and"})

_DESCRIBING = frozenset({"of", "a", "the", "this", "that", "some", "another"})
_LONGEST_HOUSE = 6  # digits of a house number, and one
_LONGEST_NAME = 3  # plain words before a head word where capitals are lost
_LONGEST_STREET = 2  # rare words before a street's type
_LONGEST_RUN = 6  # capitals before or after one
_LONGEST_TITLE = 8  # tokens


def keep_titles(reading: Reading) -> None:
    """Keep what stands in quotation marks as a title does: "Healing Through Art", "Mom Plan"."""
    if not reading.cased:
        return
    for text, (a, b) in zip(reading.turns, pairwise(reading.tokens.first), strict=True):
        for i in range(a, b) if '"' in text or "\u201c" in text else ():
            if reading.before[i] == START and reading.capital(i) and _quoted(reading, i):
                _keep_title(reading, i)


def _keep_title(reading: Reading, i: int) -> None:
    stop = i + 1
    while stop < reading.count and stop - i < _LONGEST_TITLE and reading.joined(stop):
        stop += 1
    if stop - i > 1 and _quote_ends(reading, stop - 1) and _is_title(reading, i, stop):
        reading.status[i:stop] = bytes([KEPT]) * (stop - i)


def _quoted(reading: Reading, i: int) -> bool:
    text, start = reading.turns[reading.tokens.turn[i]], reading.tokens.start[i]
    return text[start - 1 : start] in ('"', "\u201c")


def _quote_ends(reading: Reading, i: int) -> bool:
    text, end = reading.turns[reading.tokens.turn[i]], reading.tokens.end[i]
    return bool(reading.low[i]) and any(mark in text[end : end + 2] for mark in ('"', "\u201d"))


def _is_title(reading: Reading, a: int, b: int) -> bool:
    """Whether tokens a to b are ordinary words, all with capitals but the small ones, and no nickname."""
    if any(reading.status[a:b]) or not all(reading.flag[k] & voc.WORD or reading.barred(k) for k in range(a, b)):
        return False
    if any(reading.solid(k) for k in range(a, b)) or not reading.capital(b - 1):
        return False
    small = all(reading.capital(k) or reading.low[k] in _LINKS | context.PREPOSITIONS for k in range(a, b))
    if reading.flag[a] & voc.GIVEN:
        return False
    return small and (b - a > 2 or not any(reading.flag[k] & voc.GIVEN for k in range(a, b)))  # noqa: PLR2004 - Big Ray


def mark_organisations(reading: Reading) -> None:
    """Mark names that end in a head word (Matteson Nursery) or open as names do (St., Our Lady of, South Alabama)."""
    for i in sorted({*reading.flagged(voc.ORG_HEAD.__and__), *reading.where(_OPENERS)}):
        if reading.label[i] or reading.status[i]:
            continue
        if reading.flag[i] & voc.ORG_HEAD:
            first = _head_start(reading, i)
            while reading.joined(first) and reading.label[first - 1] in (LOCATION, ORG):
                first -= 1  # Willow Creek Behavioral Health
            if first < i:
                stop = _head_end(reading, i + 1)
                reading.mark(first, stop, ORG, "head")
        elif i + 1 < reading.count and reading.joined(i + 1):
            _mark_opened(reading, i)


def mark_campuses(reading: Reading) -> None:
    """A state with another capital after it is a school or firm where one is at it: she's at Ohio Dominican."""
    for i in reading.flagged(voc.STATE.__and__) if reading.cased else ():
        k = i + 1
        if k < reading.count and org_cue(reading, i) and reading.joined(k) and not any(reading.status[i : k + 1]):
            titles = reading.shape[i] == reading.shape[k] == TITLE and reading.low[k] not in _DAYS | context.FUNCTION
            if titles and not reading.label[k] and not reading.flag[k] & voc.STATE:
                reading.mark(i, k + 1, ORG, "campus")


def _mark_opened(reading: Reading, i: int) -> None:
    """St. Casimir; Our Lady of the Lake; at South Alabama, which is no region after "at"."""
    low, k = reading.low, i + 1
    if low[i] in ("st", "saint"):
        parish = reading.suffix[k] == "s" and reading.flag[k] & voc.GIVEN  # at st. mark's
        if reading.capital(k) if reading.cased else _rare(reading, k) or parish:
            stop = _head_end(reading, k + 1) if low[k + 1 : k + 2] == ["of"] else k + 1  # Saint Mary of Nazareth
            if low[k + 1 : k + 2] and low[k + 1] in context.DEVOTIONS and not reading.suffix[k]:
                reading.status[i:stop] = bytes([KEPT] * (stop - i))
                return
            reading.mark(i, stop, LOCATION if place_cue(reading, i) else ORG, "saint")
    elif low[i] == "our":
        stop = k + 2
        while low[k : k + 2] == ["lady", "of"] and stop < reading.count and low[stop] in ("the", "mount", "mt", "good"):
            stop += 1
        if stop > k + 1 and low[k : k + 2] == ["lady", "of"] and stop < reading.count and reading.joined(stop):
            reading.mark(i, _head_end(reading, stop + 1), ORG, "saint")
    elif low[i] in context.DIRECTIONS and reading.flag[k] & voc.STATE and org_cue(reading, i):
        reading.status[k] = FREE
        reading.mark(i, k + 1, ORG, "campus")
    elif low[i] in context.DIRECTIONS and reading.flag[k] & voc.STATE and reading.capital(k):
        reading.status[i] = KEPT  # South Texas


def _head_start(reading: Reading, i: int) -> int:
    """The first token of the organisation whose head word is token i; i where it has no name before it."""
    first = i
    if reading.capital(i):
        after_whom = reading.low[i] in context.NAMED_AFTER
        while i - first < _LONGEST_RUN and _adjoins(reading, first) and reading.capital(first - 1):
            status = reading.status[first - 1]
            kept = status and not (after_whom and status == KEPT)
            inner = first > 1 and reading.capital(first - 2) and reading.joined(first - 1)  # Jump Around Rentals
            if kept or (closed(reading, first - 1) and not (reading.suffix[first - 1] or inner)):
                break
            first -= 1
        return first if first < i else _owner(reading, i)
    if (first := _owner(reading, i)) < i:
        return first
    first = _rare_start(reading, i)
    if reading.cased:
        return first
    bare = _bare_start(reading, i)
    lead = reading.low[bare - 1] if bare else ""
    cued = lead in _LEADS or org_cue(reading, bare) or place_cue(reading, bare)
    if bare < first and cued and (reading.ends(i) or closed(reading, i + 1)):
        return bare
    if first < i or reading.low[i] not in context.FIRM_HEADS:
        return first
    return bare


def _adjoins(reading: Reading, k: int) -> bool:
    """Whether token k goes on with the name before it, a possessive of its own included: Women's Health."""
    return reading.joined(k) or (
        k > 0 and reading.before[k] == SPACE and reading.suffix[k - 1] == "s" and reading.low[k - 1] in context.SERVED
    )


def _rare_start(reading: Reading, i: int) -> int:
    first = i
    while reading.joined(first) and i - first < _LONGEST_NAME and _rare(reading, first - 1):
        first -= 1
    return first


def _bare_start(reading: Reading, i: int) -> int:
    """Where a name of plain words begins that stands before token i without an article: "called copper basin ..."."""
    first = i
    while reading.joined(first) and i - first < _LONGEST_NAME and not closed(reading, first - 1):
        borne = reading.flag[first - 1] & voc.NAME or reading.low[first - 1] in context.LANDSCAPE  # Roosevelt High
        borne = borne and not reading.status[first - 1]
        if (reading.barred(first - 1) and not borne) or reading.shape[first - 1] == NUMBER:
            break
        first -= 1
    named = any(reading.low[k] not in context.GENERIC and not reading.flag[k] & voc.ORG_HEAD for k in range(first, i))
    lead = reading.low[first - 1] if reading.joined(first) else ""
    if not named or lead in context.DETERMINERS or lead in context.POSSESSIVES or lead in context.BE:
        return i
    return first if lead in context.FUNCTION else i


def _head_end(reading: Reading, b: int) -> int:
    """Take in what follows a head word by "of" (Church of the Redeemer), where capitals show it."""
    stop, last = b, b + _LONGEST_RUN
    while stop < min(reading.count, last) and reading.joined(stop) and not reading.status[stop]:
        if reading.capital(stop) and not closed(reading, stop):
            stop += 1
            b = stop
        elif reading.low[stop] in _LINKS and stop - b < 2:  # noqa: PLR2004 - "of the"
            stop += 1
        else:
            break
    return b


def closed(reading: Reading, i: int) -> bool:
    """Whether token i is a small word or a title, which ends a name."""
    low = reading.low[i]
    return low in context.FUNCTION or (low in context.TITLES and low not in _LINKS)


def _rare(reading: Reading, i: int) -> bool:
    """Whether a token without a capital is likely part of a proper name: listed, or in no list at all."""
    if reading.barred(i) or reading.shape[i] == NUMBER or reading.flag[i] & (voc.KIN | voc.TITLE) or closed(reading, i):
        return False
    return reading.flag[i] == 0 or reading.solid(i)


def mark_streets(reading: Reading) -> None:
    """Mark streets and places named after the land: Dunmore Road, Maple Hollow."""
    for i in reading.where(context.STREETS | context.LANDSCAPE):
        if reading.label[i] or reading.status[i]:
            continue
        street = reading.low[i] in context.STREETS
        first = _capitals_start(reading, i) if reading.capital(i) else _street_start(reading, i, street=street)
        if first < i:
            kind = LOCATION if street or not org_cue(reading, first) else ORG
            reading.mark(first, i + 1, kind, "street" if street else "landscape")


def _capitals_start(reading: Reading, i: int) -> int:
    first = i
    while i - first < _LONGEST_RUN and reading.joined(first) and reading.capital(first - 1):
        known = reading.status[first - 1] == KEPT and reading.low[i] in context.STREETS and reading.inside(first - 1)
        lot = reading.low[i] in _LOTS and reading.flag[first - 1] & voc.STATE and reading.status[first - 1] != TAKEN
        kept = reading.status[first - 1] or reading.flag[first - 1] & (voc.CAPITAL | voc.STATE | voc.FAMOUS)
        if (kept and not (known or lot)) or closed(reading, first - 1):
            break
        first -= 1
    return first if first < i else _owner(reading, i)


def mark_in_states(reading: Reading) -> None:
    """A word before a state, to which a preposition leads elsewhere, is a town: "Hell, Michigan!"; in Between."""
    for low in {reading.low[i] for i in reading.raised if _before_state(reading, i)} if reading.cased else ():
        at = [i for i in reading.at[low] if reading.capital(i) and not reading.label[i] and reading.status[i] != TAKEN]
        led = [i for i in at if place_cue(reading, i) and reading.inside(i)]
        for i in (*led, *(i for i in at if _before_state(reading, i))) if led else ():
            reading.mark(i, i + 1, LOCATION, "state")
            if _before_state(reading, i) and reading.status[i + 1] == FREE:
                reading.status[i + 1] = KEPT  # Georgia is no woman there


def _before_state(reading: Reading, i: int) -> bool:
    n = i + 1
    state = n < reading.count and reading.before[n] == COMMA and reading.flag[n] & voc.STATE and reading.capital(n)
    return bool(state) and reading.capital(i) and reading.ends(n)


def _owner(reading: Reading, i: int) -> int:
    """The owner's token before the head token i (Hogg's Hollow, Tootie's Market); i itself where there is none."""
    k = i - 1
    if k < 0 or reading.before[i] != SPACE or reading.suffix[k] != "s" or reading.barred(k) or closed(reading, k):
        return i
    if reading.flag[k] & voc.KIN or not (reading.capital(i) and reading.capital(k)):
        shop = reading.low[i] in context.SHOPS and _rare(reading, k)
        return k if shop and k and reading.low[k - 1] in context.PREPOSITIONS else i
    return k


def _street_start(reading: Reading, i: int, *, street: bool) -> int:
    """Where a street's name begins that has no capitals: rare words, else plain ones without an article."""
    first = i
    verb = i > 1 and reading.low[i - 1] in context.MODALS and reading.low[i - 2] in context.SUBJECTS  # she will drive
    if verb or (not street and reading.cased):
        return i
    while reading.joined(first) and i - first < _LONGEST_STREET and _rare(reading, first - 1):
        first -= 1
    if first == i and not reading.cased:
        first = _bare_start(reading, i) if reading.low[i] in context.FIRM_STREETS else i
        first = i - 1 if first == i and _bare_pair(reading, i) else first
    described = first == i - 1 and street and reading.low[first] in context.ADJECTIVES and reading.joined(first)
    return i if described and reading.low[first - 1] in _DESCRIBING else first


def _bare_pair(reading: Reading, i: int) -> bool:
    """Whether "at maple hollow" stands without an article, where case is lost."""
    if not reading.joined(i) or not reading.joined(i - 1) or closed(reading, i - 1) or reading.barred(i - 1):
        return False
    return place_cue(reading, i - 1) or org_cue(reading, i - 1)


def mark_linked(reading: Reading) -> None:
    """Close gaps in capitalised names of places and organisations: Star of the Sea, Miners Federal, Quittacas Golf."""
    for i in reading.decided():
        if not (i and reading.capital(i)):
            continue
        kind = reading.label[i]
        first = _linked_start(reading, i)
        if kind == NAME:
            _mark_owned(reading, i)
            if first < i - 1 and reading.wordy(i) and reading.label[first] != NAME:  # Kettle Falls Chrome and Trim
                reading.mark(first, i + 1, reading.label[first], "linked")
            continue
        if first < i:
            reading.mark(first, i, kind, "linked")
        n = i + 1
        follows = n < reading.count and reading.before[n] == SPACE and reading.capital(n) and not reading.label[n]
        if follows and reading.barred(n) and (not closed(reading, n) or _proper(reading, n)):
            reading.mark(n, n + 1, kind, "linked")


def _mark_owned(reading: Reading, i: int) -> None:
    """Mark a firm named for its owner, a plain word with a capital after it: Babcia's Table."""
    n = i + 1
    if reading.suffix[i] != "s" or n >= reading.count or reading.before[n] != SPACE:
        return
    if reading.label[n] not in ("", NAME) or reading.rule[n] not in ("", "capital"):
        return
    plain = reading.flag[n] & voc.WORD and not reading.flag[n] & (_INDIFFERENT | voc.KIN | voc.TITLE | voc.FAMOUS)
    if plain and reading.shape[n] == TITLE and reading.inside(n):
        reading.mark(i, n + 1, ORG, "owner")


def _proper(reading: Reading, n: int) -> bool:
    """Whether a small word has a capital that only a name gives it: Harbor House, Niagara Felt."""
    return reading.shape[n] == TITLE and reading.inside(n) and reading.low[n] not in context.SUBJECTS | _LINKS


def mark_house_numbers(reading: Reading) -> None:
    """The number before a street that is decided belongs to it: at 4418 north magnolia."""
    for i in reading.numbers:
        low, n = reading.low[i], i + 1
        if not i or n >= reading.count or reading.label[n] != LOCATION or reading.before[n] != SPACE:
            continue
        year = len(low) == 4 and low[:2] in ("19", "20")  # noqa: PLR2004 - digits of a year
        led = reading.low[i - 1] in _HOUSE_LEADS or reading.suffix[i - 1] == "s"
        if low.isdigit() and 1 < len(low) < _LONGEST_HOUSE and led and not year and reading.status[i] == FREE:
            reading.mark(i, n, LOCATION, "house")


def _linked_start(reading: Reading, i: int) -> int:
    """The token to which linking words (of the), or none, lead back from token i; i itself where nothing is linked."""
    label, k = reading.label, i
    while k > 0 and i - k < _LONGEST_NAME and reading.before[k] == SPACE and reading.low[k - 1] in _LINKS:
        k -= 1
    if not k or reading.before[k] != SPACE or not reading.capital(k - 1) or reading.status[k - 1]:
        return i
    if label[k - 1]:
        return k - 1 if label[k - 1] != NAME or reading.wordy(k - 1) else i
    opens = k == i and not closed(reading, k - 1) and (reading.inside(k - 1) or not reading.barred(k - 1))
    return k - 1 if opens else i
