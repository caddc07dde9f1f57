"""Names: every candidate token is scored; letters, initials and neighbours are added to what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anonymize.naming import following, speech
from anonymize.naming.evidence import THRESHOLD, judge, remembered, threshold
from anonymize.naming.reading import KEPT, LOCATION, NAME, ORG, TAKEN
from anonymize.naming.speech import SOME, WEAK
from anonymize.words import context
from anonymize.words import vocabulary as voc
from anonymize.words.tokens import COMMA, HYPHEN, LOWER, NUMBER, SPACE, START, TITLE, UPPER

if TYPE_CHECKING:
    from anonymize.naming.reading import Reading

_PLAIN = voc.WORD | voc.KEEP | voc.CAPITAL | voc.KIN | voc.TITLE | voc.STATE | voc.ORG_HEAD
_LISTED = voc.NAME | voc.PLACE | voc.PLACE_WORD | voc.ORG
_ON_LISTS = _LISTED | voc.RARE
_BEFORE_NAMES = frozenset({"for", "since", "with", "from", "to", "about", "and", "tell", "told", "when", "before"})
_OFTEN_RAISED = context.CRIES | frozenset(
    {"i", "i'm", "i'll", "i've", "i'd", "god", "the", "it", "what", "and", "so", "but", "no", "yes", "yeah", "okay"}
    | {"mom", "dad", "mum", "mommy", "mummy", "daddy", "man", "woman"}
)
_MAY_BE_SURNAMES = context.FUNCTION - _OFTEN_RAISED
_SAYING = frozenset({"says", "said", "reads"})
_TAGS = frozenset({"tag", "nametag", "badge", "wristband", "bracelet", "jersey", "nameplate"})
_TAGGED = 6  # words from such a thing to what it says
_AFTER_NAMES = frozenset({"boy", "girl", "man", "house", "hall", "home", "family"})
_NO_BYNAME = voc.KEEP | voc.CAPITAL | voc.STATE | voc.NAME
_SPELLED = 3  # a spelled name's fewest letters


def mark_caller(reading: Reading) -> None:
    """Mark the caller's names where they stand with a capital, also those that are words or name no patient.

    At the start of a sentence, and in sessions or turns without meaning in their capitals, a word still needs evidence.
    """
    shapes = reading.tokens.shape
    for i in reading.where(reading.caller):
        capital = shapes[i] == TITLE or reading.shape[i] == UPPER
        if capital and (reading.inside(i) or not reading.wordy(i)):
            reading.mark(i, i + 1, NAME, "caller")


def mark_labelled(reading: Reading) -> None:
    """Mark what a tag is said to say: my name tag at work says vie."""
    for i in reading.where(_SAYING):
        k = i + 1
        if k >= reading.count or not reading.joined(k) or reading.low[k] in context.FUNCTION or reading.status[k]:
            continue
        bare = reading.ends(k) or reading.low[k + 1] in context.FUNCTION
        if bare and reading.shape[k] != NUMBER and _TAGS.intersection(reading.low[max(0, i - _TAGGED) : i]):
            reading.mark(k, k + 1, NAME, "label")


def mark_spelled(reading: Reading) -> None:
    """Mark names that are spelled out (M-A-R-I-S-O-L; m a r i s o l) and initials (J.T.)."""
    low, done = reading.low, 0
    for i in reading.letters:
        if i < done:
            continue
        j = i
        if low[i] in ("a", "i") and _sets_apart(reading, i + 1):
            continue  # a P.O. box
        while j + 1 < reading.count and len(low[j + 1]) == 1 and _next_letter(reading, j + 1):
            j += 1
        status = reading.status[i : j + 1]  # a kept pair inside ("U.S.") does not keep Y-U-S-U-F
        if j > i and low[i].isalpha() and TAKEN not in status and not (all(status) or (j == i + 1 and any(status))):
            if j - i + 1 < _SPELLED:
                _mark_pair(reading, i)
            else:
                _mark_letters(reading, i, j + 1)
        done = j + 1


def _next_letter(reading: Reading, i: int) -> bool:
    turn, start, end = reading.tokens.turn, reading.tokens.start, reading.tokens.end
    text = reading.turns[turn[i]]
    gap, before = text[end[i - 1] : start[i]], text[end[i - 2] : start[i - 1]] if i > 1 else ""
    if reading.low[i] in ("a", "i") and gap in (" ", ", ") and before in ("-", "."):
        return False  # T-V-E-I-T, I'm
    return reading.low[i].isalpha() and gap in ("-", ".", ". ", " ", ", ") and turn[i] == turn[i - 1]


def _sets_apart(reading: Reading, i: int) -> bool:
    """Whether a space, and no dot or hyphen, stands before letter i of letters with dots or hyphens."""
    if i + 1 >= reading.count or not len(reading.low[i]) == len(reading.low[i + 1]) == 1:
        return False
    gaps = [
        reading.turns[reading.tokens.turn[k]][reading.tokens.end[k - 1] : reading.tokens.start[k]] for k in (i, i + 1)
    ]
    return gaps[0] == " " and gaps[1] in (".", "-")


def _mark_pair(reading: Reading, i: int) -> None:
    """Two letters, each with its stop, are a person's initials unless they are a known abbreviation."""
    start, end, text = reading.tokens.start[i], reading.tokens.end[i + 1], reading.turns[reading.tokens.turn[i]]
    dotted = text[start + 1 : start + 2] == "." == text[end : end + 1] and end - start == len("A.B")
    if dotted and reading.low[i] + reading.low[i + 1] not in context.ABBREVIATIONS:
        reading.mark(i, i + 2, NAME, "initials")


def _mark_letters(reading: Reading, a: int, b: int) -> None:
    word = "".join(reading.low[a:b])
    flag = reading.vocab.flags.get(word, 0)
    hyphens = all(reading.before[k] == HYPHEN for k in range(a + 1, b)) and not context.VOWELS.isdisjoint(word)
    stammer = len(set(word)) < _SPELLED - 1
    rare = flag in (0, voc.WORD | voc.RARE)  # Sargon is in dictionaries, too
    if not stammer and (flag & voc.NAME or (rare and (hyphens or (not flag and b - a > _SPELLED)))):
        reading.mark(a, b, NAME, "spelled")


def mark_scored(reading: Reading) -> None:
    """Score every candidate that is not decided yet, mark those that reach their threshold, and learn from the others.

    A word that is also a name and gathers fair evidence in several places, with little against it, is remembered.
    """
    evidence: dict[str, list[float]] = {}
    for i in _in_question(reading):
        if not candidate(reading, i):
            continue
        kind, score, rule = judge(reading, i)
        if _slipped(reading, i):
            reading.slips.add(i)
        if score >= threshold(reading, i, kind):
            reading.label[i], reading.rule[i] = kind, rule
        elif reading.wordy(i) and reading.flag[i] & (voc.GIVEN | voc.PLACE_WORD) and not reading.capital(i):
            evidence.setdefault(reading.low[i], []).append(score)
    for low, scores in evidence.items():
        if max(scores) >= SOME and sum(scores) >= max(THRESHOLD, WEAK * len(scores)):
            reading.memory.setdefault(low, NAME if reading.vocab.flags.get(low, 0) & voc.NAME else LOCATION)


def _in_question(reading: Reading) -> list[int]:
    """The tokens that may be candidates by what they are; only a title or memory brings in the others."""
    own = reading.flagged(lambda f: not f & voc.CAPITAL and (f & _ON_LISTS or not f & _PLAIN))
    capitals = [i for i in reading.raised if not reading.flag[i] & voc.CAPITAL or reading.flag[i] & voc.GIVEN]
    titled = [i + 1 for i in reading.where(context.SURNAME_TITLES) if i + 1 < reading.count]
    return sorted({*own, *capitals, *titled, *reading.letters, *reading.where(reading.memory.keys())})


def candidate(reading: Reading, i: int) -> bool:  # noqa: PLR0911 - one return a case
    """Whether token i may be a name at all; most tokens are ruled out here, cheaply."""
    f = reading.flag[i]
    low = reading.low[i]
    if reading.label[i] or reading.status[i] or reading.shape[i] == NUMBER or _leads_name(reading, i):
        return False
    if low in reading.memory and low not in context.CRIES:
        return True
    if low in context.OATHS and reading.before[i] in (START, COMMA) and reading.ends(i):
        return False
    if low in context.CRIES and not (reading.capital(i) and reading.inside(i)):
        return False
    if f & voc.CAPITAL or len(low) == 1:
        proper = f & voc.GIVEN and not f & (voc.KIN | voc.TITLE) and reading.capital(i) and reading.inside(i)
        return (len(low) == 1 and _lettered(reading, i)) or bool(proper)  # tell Bingo
    listed = f & _LISTED or (f & voc.RARE and speech.family(reading, i))
    if listed or reading.shape[i] != LOWER:
        return True
    if f & _PLAIN or (not f and reading.cased):
        return _after_title(reading, i) or bool((not f or f & voc.RARE) and remembered(reading, i))
    return True


def _leads_name(reading: Reading, i: int) -> bool:
    """Whether token i is a title before a name (Judge Ledford, Deaconess Bae), not a name itself."""
    if not reading.flag[i] & voc.TITLE or reading.low[i] not in context.STYLES or i + 1 >= reading.count:
        return False
    k = i + 1
    if reading.before[k] != SPACE or reading.suffix[i]:
        return False
    return reading.capital(k) if reading.cased else reading.solid(k)


def _after_title(reading: Reading, i: int) -> bool:
    letter = len(reading.low[i]) == 1 and reading.capital(i) and reading.ends(i)  # Mr. A
    if not i or reading.before[i] != SPACE or (reading.low[i] in context.FUNCTION and not letter):
        return False
    title = reading.low[i - 1]
    return title in context.SURNAME_TITLES or (not reading.flag[i] and title in context.TITLES)


def _lettered(reading: Reading, i: int) -> bool:
    """Whether a single letter stands for a surname: Mr. Z."""
    if not _after_title(reading, i) or reading.low[i - 1] not in context.SHORT_TITLES:
        return False
    return reading.capital(i) if reading.cased else reading.low[i] not in context.VOWELS


def _slipped(reading: Reading, i: int) -> bool:
    """Whether a cased session seems to write a name of its own, which is a word as well, without its capital."""
    if not reading.cased or reading.shape[i] != LOWER or not reading.wordy(i) or not reading.flag[i] & voc.GIVEN:
        return False
    if reading.low[i] not in reading.sightings:
        return False
    at = speech.spot(reading, i)
    return reading.sightings[at.low] > 0 and speech.before(at) + following.after(at) >= speech.FAIR


def mark_tries(reading: Reading) -> None:
    """Mark what somebody stuttered before a name got out: b b Brittany, Ch Ch Chip."""
    for i in list(reading.decided()):
        k = speech.first_try(reading, i) if reading.label[i] == NAME else i
        if k < i and not any(reading.label[k:i]):
            reading.mark(k, i, NAME, "stutter")


def mark_initials(reading: Reading) -> None:
    """Mark single letters that belong to a name: Reginald A., Anthony M. Lopes, N. Vukovich."""
    label, before = reading.label, reading.before
    for i in reading.letters:
        after = i > 0 and before[i] == SPACE and label[i - 1] == NAME and not reading.suffix[i - 1]
        leads = i + 1 < reading.count and before[i + 1] == SPACE and label[i + 1] == NAME
        word = reading.low[i]
        if not (after or leads) or not word.isalpha() or label[i] or reading.status[i] or reading.suffix[i]:
            continue
        text, end = reading.turns[reading.tokens.turn[i]], reading.tokens.end[i]
        dotted = text[end : end + 1] == "."
        plain = word == "i" or (word == "a" and not dotted)
        if (after and leads) or (not plain and (dotted or reading.capital(i))):
            reading.mark(i, i + 1, NAME, "initial")


def mark_letter_names(reading: Reading) -> None:
    """A letter and a word with capitals and a hyphen are somebody's byname: T-Boy; not T-Rex."""
    for i in reading.letters if reading.cased else ():
        k = i + 1
        if k == reading.count or reading.before[k] != HYPHEN or not reading.capital(i) or reading.shape[k] != TITLE:
            continue
        if any(reading.status[i : k + 1]):
            continue
        if reading.low[i] + reading.low[k] in context.LETTERED:
            reading.status[i : k + 1] = bytes([KEPT, KEPT])
        elif not any(reading.label[i : k + 1]) and len(reading.low[k]) > 2:  # noqa: PLR2004 - B-J
            reading.mark(i, k + 1, NAME, "hyphen")


def extend_runs(reading: Reading) -> None:
    """A capital right after or right before a decided token belongs to it, as does a listed surname after a name."""
    for i in reading.decided():
        for edge in (i, i + 1):
            if 0 < edge < reading.count and bool(reading.label[edge]) != bool(reading.label[edge - 1]):
                _extend(reading, edge)


def _extend(reading: Reading, i: int) -> None:
    """Decide on whichever of tokens i - 1 and i is open while the other is decided."""
    label = reading.label
    if not reading.joined(i) or NUMBER in reading.shape[i - 1 : i + 1]:
        return
    if label[i - 1] == NAME and (words := _listed_surname(reading, i)):
        reading.mark(i, i + words, NAME, "run")
        return
    new, old = (i, i - 1) if label[i - 1] else (i - 1, i)
    if new < old and _attribute(reading, new, old):
        label[new], reading.rule[new] = ORG if label[old] == NAME else label[old], "run"
        return
    if new < old and _as_given(reading, new, old):
        label[new], reading.rule[new] = NAME, "run"
        return
    if new < old and _as_byname(reading, new, old):
        label[new], reading.rule[new] = NAME, "run"
        return
    surname = label[i - 1] == NAME and reading.inside(i) and _as_surname(reading, i)
    if not surname and (reading.barred(new) or reading.flag[new] & voc.KIN or reading.low[new] in context.TITLES):
        return
    if _belongs(reading, new, old):
        label[new], reading.rule[new] = label[old], "run"


def _as_given(reading: Reading, new: int, old: int) -> bool:
    """Whether a word that names nobody by itself is a given name, before a surname that is none: Ranginui Blackwood."""
    flag, surname = reading.flag[new], reading.flag[old] & voc.NAME == voc.SURNAME
    barred = voc.CAPITAL | voc.KIN | voc.TITLE | voc.CHAIN
    state = flag & voc.STATE and not reading.flag[old] & (voc.PLACE_WORD | voc.WORD)  # Arizona Upchurch
    known = (state or (flag & voc.KEEP and flag & voc.COMMON != voc.WORD)) and not flag & barred
    titles = reading.shape[new] == reading.shape[old] == TITLE and reading.label[old] == NAME
    return bool(known and surname and titles and not reading.status[new] and reading.low[new] not in context.WEEKDAYS)


def _as_byname(reading: Reading, new: int, old: int) -> bool:
    """Whether an adjective is what somebody is called, before a surname that is no given name: Happy Sandhu."""
    surname = reading.label[old] == NAME and reading.flag[old] & voc.NAME == voc.SURNAME
    titles = reading.shape[new] == reading.shape[old] == TITLE and not reading.status[new]
    return bool(surname and titles) and reading.low[new] in context.ADJECTIVES


def _as_surname(reading: Reading, i: int) -> bool:
    """Whether what names nobody by itself may be a surname: Gaoly Her; a brand or number after a given name."""
    title = reading.shape[i] == TITLE
    small = reading.low[i] in _MAY_BE_SURNAMES and not reading.status[i] and len(reading.low[i - 1]) > 1  # J.T. My boy
    if title and (small or reading.flag[i] & voc.SURNAME):
        return True
    if reading.status[i] or not reading.flag[i - 1] & voc.GIVEN:
        return False
    brand = reading.flag[i] & voc.KEEP and not reading.flag[i] & (voc.CAPITAL | voc.STATE)
    if reading.low[i] in context.WEEKDAYS | context.MONTHS:
        return False
    if not title:
        return bool(brand and not reading.cased and reading.flag[i] & voc.RARE and reading.ends(i))  # leroy batiste
    return bool(brand) or reading.low[i] in context.NUMBERS | _AFTER_NAMES


def close_gaps(reading: Reading) -> None:
    """A capital between two parts of a name is one, too: Delmar Two Elk, Leroy Pretty Weasel."""
    for i in reading.decided() if reading.cased else ():
        k, last = i + 1, i + 2
        if reading.label[i] != NAME or last >= reading.count or reading.label[k] or reading.status[k] == TAKEN:
            continue
        joined = reading.joined(k) and reading.joined(last) and reading.label[last] == NAME
        if joined and reading.shape[k] == reading.shape[last] == TITLE and reading.low[k] not in context.SUBJECTS:
            reading.mark(k, last, NAME, "run")


def mark_bynames(reading: Reading) -> None:
    """A byname with its article and a capital belongs to the name: Dai the Milk, Packie the Post."""
    for i in reading.at.get("the", ()) if reading.cased else ():
        k = i + 1
        if not (i and k < reading.count and reading.label[i - 1] == NAME and reading.joined(i) and reading.joined(k)):
            continue
        plain = reading.flag[k] & voc.WORD and not reading.flag[k] & _NO_BYNAME and not reading.low[k].endswith("s")
        if reading.shape[k] == TITLE and (reading.label[k] == NAME or (plain and not reading.label[k])):
            reading.mark(i, k + 1, NAME, "byname")


def mark_small_words(reading: Reading) -> None:
    """A function word or role that keeps a capital inside sentences is somebody's name: for Can; so Guy, my manager."""
    if not reading.cased:
        return
    found: dict[str, list[int]] = {}
    for i in reading.raised:
        small = reading.low[i] in context.FUNCTION or reading.low[i] in context.ROLES
        if small and reading.shape[i] == TITLE and _stands_out(reading, i):
            found.setdefault(reading.low[i], []).append(i)
    for low, at in found.items():
        kin = low in context.ROLES or any(reading.flag[i - 1] & voc.KIN and not reading.suffix[i - 1] for i in at)
        if kin or (len(at) > 1 and any(reading.low[i - 1] in _BEFORE_NAMES for i in at)):
            for i in (*at, *(k for k in reading.at[low] if _by_itself(reading, k))):
                reading.mark(i, i + 1, NAME, "capital")


def _by_itself(reading: Reading, i: int) -> bool:
    """Whether token i is a whole sentence with a capital: "Guy. He eats spicy?"."""
    ends = i + 1 >= reading.count or reading.before[i + 1] == START
    return ends and reading.before[i] == START and reading.shape[i] == TITLE and not reading.status[i]


def _stands_out(reading: Reading, i: int) -> bool:
    """Whether token i alone has a capital there."""
    if not i or reading.before[i] != SPACE or reading.status[i] or reading.label[i]:
        return False
    low, role = reading.low[i - 1], reading.low[i] in context.ROLES
    opens = role and reading.before[i - 1] == START and low in context.FUNCTION
    alone = i + 1 >= reading.count or reading.before[i + 1] == START or not reading.capital(i + 1)
    if not alone or (reading.capital(i - 1) and not opens):
        return False
    if role:
        return low not in context.DETERMINERS and low not in context.POSSESSIVES
    return not reading.flag[i] & voc.KIN and reading.low[i] not in _OFTEN_RAISED


def _listed_surname(reading: Reading, i: int) -> int:
    """How many tokens from i on are a listed surname of several words (standing bear, de la cruz); 0 for none."""
    for stop, flag in reading.vocab.phrases_at(reading.low, i):
        if flag & voc.SURNAME and not any(reading.label[i:stop]) and not any(reading.status[i:stop]):
            return stop - i
    return 0


def extend_hyphens(reading: Reading) -> None:
    """A word with hyphens is a name as a whole: Ha-neul, Noor-ol-Hoda, Jun-Jun, N-Nelda; not Harvard-educated."""
    done = 0
    for i in reading.hyphens:
        if i < done:
            continue
        a, b = i - 1, i + 1
        while b < reading.count and reading.before[b] == HYPHEN:
            b += 1
        if not any(reading.status[a:b]) and NUMBER not in reading.shape[a:b]:
            _join_hyphens(reading, a, b)
        done = b


def _join_hyphens(reading: Reading, a: int, b: int) -> None:
    label = reading.label
    kind = next((kind for kind in label[a:b] if kind), "")
    if not kind:
        whole = reading.cased and reading.capital(a) and len(reading.low[a]) > 1
        twice = b - a == 2 and reading.low[a] == reading.low[a + 1] and reading.shape[a] == reading.shape[a + 1]  # noqa: PLR2004
        twice = twice and reading.low[a] not in context.FUNCTION | context.CRIES
        if whole and (twice or any(_foreign(reading, k) for k in range(a + 1, b))):
            reading.mark(a, b, NAME, "hyphen")
        return
    titled = a > 0 and label[a] == NAME and reading.low[a - 1] in context.SHORT_TITLES
    if titled and not any(label[a + 1 : b]):  # Mr. Back-uh
        reading.mark(a, b, NAME, "hyphen")
        return
    for k in (*range(a + 1, b), *range(b - 2, a - 1, -1)):
        beside = (k > a and label[k - 1]) or (k + 1 < b and label[k + 1])
        if beside and not label[k] and _hyphen_part(reading, k, a, b):
            label[k], reading.rule[k] = kind, "hyphen"


def _foreign(reading: Reading, k: int) -> bool:
    """Whether token k is a small-lettered second half of a name: on a list of names and no English word."""
    return reading.shape[k] == LOWER and bool(reading.flag[k] & voc.NAME) and not reading.flag[k] & voc.WORD


def _hyphen_part(reading: Reading, k: int, a: int, b: int) -> bool:
    low, f = reading.low[k], reading.flag[k]
    if len(low) == 1 and k + 1 < b:
        return reading.low[k + 1].startswith(low) or low in context.NAME_PARTICLES
    if k > a and low in context.NAME_PARTICLES:
        return True
    if k == a and len(low) < _SPELLED and low not in context.PREFIXES:
        return not reading.flag[k + 1] & voc.WORD  # do-yun
    return reading.capital(k) or not f or bool(f & voc.NAME and not f & voc.WORD)


def _belongs(reading: Reading, new: int, old: int) -> bool:
    name = reading.label[old] == NAME
    if reading.shape[new] == TITLE and reading.capital(old):
        nickname = new < old and name and reading.low[new] in context.NICKNAME_PREFIXES
        return nickname or reading.inside(new) or bool(reading.flag[new] & voc.NAME) or not reading.flag[new]
    if new < old:
        return name and not reading.cased and reading.low[new] in ("big", "lil")
    asked = old > 0 and reading.joined(old) and reading.low[old - 1] in context.QUESTION_VERBS
    return name and not (asked and reading.wordy(new)) and _surname_after(reading, new)


def _attribute(reading: Reading, new: int, old: int) -> bool:
    """Whether token `new` opens a proper name of a place or firm: First Delta, Western Carolina."""
    if reading.status[new] or not reading.capital(new) or not reading.capital(old):
        return False
    direction = reading.low[new] in context.DIRECTIONS
    return direction or (reading.inside(new) and reading.low[new] in context.ATTRIBUTES)


def _surname_after(reading: Reading, i: int) -> bool:
    """Whether token i, without a capital of its own, continues the name before it."""
    f = reading.flag[i]
    if not reading.wordy(i):
        return bool(f & voc.NAME) or (not f and not reading.cased)
    closes = reading.ends(i) or bool(reading.suffix[i])
    low = reading.low[i]
    verb = low.endswith(("ed", "ing")) or (low[-1] == "s" and voc.WORD & reading.vocab.flags.get(low[:-1], 0))
    rare = f & voc.RARE and not verb  # penelope phoned, halina snores
    return bool(f & voc.NAME or rare) and closes and low not in context.MODAL_NAMES
