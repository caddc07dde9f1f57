"""Speaker labels: which words at the start of a line, or in its middle, say who speaks.

A session is read twice: `label_at_start` finds everything that looks like a label, and `decide` says with all of it in
view which of them are labels, since `Anna:` twenty times is a speaker and `Note:` once is speech.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import NamedTuple

from corpora.records import Role
from corpora.sources.cleaning import BARE_TIME, BRACKETED_TIME, TIME

_THERAPIST = """therapist psychotherapist cotherapist counselor counsellor couselor clinician analyst psychologist
    psychiatrist psychoanalyst doctor provider interviewer practitioner facilitator coach"""
_CLIENT = "client patient respondent interviewee participant analysand counselee"
_KIN = """husband wife mother father mom mum dad son daughter brother sister partner boyfriend girlfriend spouse fiance
    fiancee child parent stepmother stepfather grandmother grandfather grandma grandpa male female man woman boy girl"""
_OTHER = """receptionist secretary interpreter translator observer unknown unidentified unid narrator announcer
    operator staff nurse all both group everyone supervisor assistant intern moderator host voice
    voiceover crowd others caller"""
_SHORT: dict[str, Role] = {
    **dict.fromkeys(["t", "th", "ther", "dr", "couns", "psy", "q", "int", "i", "question"], "therapist"),
    **dict.fromkeys(["c", "cl", "p", "pt", "pat", "a", "m", "f", "h", "w", "r", "answer"], "client"),
}
_PARTNERS = {"q": "a", "a": "q", "question": "answer", "answer": "question", "i": "rpc", "r": "i"}
"""Labels that count only beside one of their partners: `A:` alone may be a list."""

ANONYMOUS = frozenset({"speaker", "spk", "s", "voice", "person", "unknown speaker", "unidentified speaker"})
"""Words that label a speaker without saying which side; a number after them tells one from another."""

_QUALIFYING = "male female young older old first second third co group the unidentified unknown s speaker"
_QUALIFIERS = frozenset(_QUALIFYING.split())
_CORE: dict[str, Role] = {
    **dict.fromkeys(_THERAPIST.split(), "therapist"),
    **dict.fromkeys(_CLIENT.split(), "client"),
}
_LESSER: dict[str, Role] = {**dict.fromkeys(_KIN.split(), "client"), **dict.fromkeys(_OTHER.split(), "other")}
_TITLES = frozenset({"dr", "doctor", "mr", "mrs", "ms", "miss", "prof", "professor"})
_NO_LABELS = """note notes homework question questions answer answers example examples step steps goal goals plan plans
    option options number rule rules week day month year monday tuesday wednesday thursday friday saturday
    sunday ps re subject topic date time warning point points session file site page chapter title summary
    synopsis introduction abstract keywords diagnosis reminder today tomorrow yesterday first second third
    one two three four five pros cons so and but okay ok yes no yeah well like he she i me him her they them
    you we us it said says saying because thing things problem problems fact truth result here there this
    that these those what why how when who where which then now also plus next last finally lastly agenda
    task tasks list copyright source url http https www gender sex age race ethnicity symptoms symptom
    approach orientation therapy treatment school presenting problem location language duration recorded
    transcribed transcriber transcript ptsd ocd adhd cbt dbt aa na"""
_NEVER = frozenset(_NO_LABELS.split())

_WORD = r"[^\W\d_](?:[\w'’#&/-]|\.(?=[\w\s:]))*+"
_LEAD = r"\s*+(?:[*_>•·]{1,3}\s*+)?(?P<number>\(?\d{1,4}[.)]?\s++(?=[^\W\d_]))?"
_STAMP = rf"(?:{BRACKETED_TIME}|{BARE_TIME})"
_LABEL = rf"{_WORD}(?:[ \t]{{1,3}}(?:{_WORD}|\#?\d{{1,4}}(?!\w|:\d))){{0,3}}"
_WITH_COLON = re.compile(
    rf"{_LEAD}(?P<before>(?:{_STAMP}|{TIME}(?=\s))\s*+[-–—]?\s*+)?[\[<]?"
    rf"(?P<label>{_LABEL})(?P<aside>\s?\([^()\n:]{{1,30}}\))?[\]>]?"
    rf"(?:[*_\s]{{0,4}}(?P<after>{_STAMP})?[*_\s]{{0,4}}[:：][*_]{{0,3}}(?!//)|\t|\s{{1,4}}(?P<alone>{_STAMP}|{TIME})\s*+\Z)"
)
_INSIDE = re.compile(rf"(?<=[.?!…)\]\"”’])\s{{0,3}}(?P<label>{_LABEL})\s?(?:{_STAMP})?\s?[:：](?=\s|[A-Z])")
_CORE_WORDS = "|".join(sorted(_CORE, key=len, reverse=True))
_NO_COLON = re.compile(
    rf"{_LEAD}(?P<before>{_STAMP}\s*+[-–—]?\s*+)?[\[<]?"
    rf"(?P<label>(?:(?:male|female|co)[ -])?(?:{_CORE_WORDS})(?:[ ]?\#?\d{{1,4}}(?!\w)|(?-i:[ ][A-H](?!\w)))?|"
    rf"(?-i:[TCPQA]|TH|CL|PT|Th|Cl|Pt)(?=\t|\s?[-–—;>]\s|\.\s))[\]>]?"
    rf"(?P<after>\s?{_STAMP})?(?P<sep>\t\s*+|\s?[-–—;>.]\s++|\s*+\Z|\s{{2,}}+|\s)",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"[ ]?#?(\d{1,4})\Z|[ ][A-H]\Z")
_UPPER_HEADING = re.compile(r"[A-Z][A-Z /&-]{3,40}\Z")
_SENTENCES = re.compile(r"\b(?!(?:dr|mrs?|ms|prof|st|jr|sr)\b)\w{2,}\.\s", re.IGNORECASE)
_ENDED = re.compile(r"(?:\d:\d\d(?:\.\d{1,2})?|[.?!…)\]–—-]|[.?!…,–—-][\"”'’]{1,2})\s*\Z")
_LONGEST_TITLE = 16
_NAME_WORDS, _NAME_CHARS = 3, 40
_SHOUTED_CHARS = 3  # T and CL are too short to tell
_COMMON = 3
"""An unknown label beside known ones must come this often: twice may be chance."""


class Hit(NamedTuple):
    """Something like a label: its text as printed, where the speech after it starts, and its time stamp if any.

    `style` is what follows the label: a `colon`, a `dash`, a `mark` (tab, time), a `blank`, or nothing (`alone` on its
    line); `label_end` is where the label itself ends.
    """

    label: str
    key: str
    end: int
    stamp: str | None
    colon: bool
    style: str
    label_end: int = 0
    line_number: bool = False

    @property
    def firm(self) -> bool:
        """Whether this is a word for a role before a colon: as sure as a single line can be."""
        return self.colon and (role_word(self.key) or ("", ""))[1] == "core"


def label_at_start(line: str) -> Hit | None:
    """The would-be label that opens a line."""
    if (":" in line or "\t" in line or "：" in line) and (found := _WITH_COLON.match(line)):
        label = found["label"]
        key = key_of(label)
        digit = line[found.end() : found.end() + 1].isdigit()
        timed = digit and (label[-1].isdigit() or role_word(key) is None)
        cut = found["alone"] and role_word(key) is None and label.split()[0].casefold() in _CORE  # CLIENT Yes. [0:10]
        if not (timed or cut) and (" " not in key or is_name(key) or role_word(key) or is_anonymous(key)):
            stamp = found["after"] or found["before"] or found["alone"]
            numbered = found["number"] is not None
            return Hit(
                label + (found["aside"] or ""), key, found.end(), stamp, colon=True, style="colon", line_number=numbered
            )
    if found := _NO_COLON.match(line):
        rest = line[found.end() :]
        if _UPPER_HEADING.match(rest) and not rest.isspace():
            return None
        separator, stamp = found["sep"], found["after"] or found["before"]
        if not rest.strip() and not separator.strip():
            style = "alone"
        elif separator.strip():
            style = "dash"
        else:
            style = "blank" if separator == " " and not found["after"] else "mark"
        label = found["label"]
        return Hit(
            label,
            key_of(label),
            found.end(),
            stamp,
            colon=False,
            style=style,
            label_end=found.end("label"),
            line_number=found["number"] is not None,
        )
    return None


@lru_cache(maxsize=4096)
def key_of(label: str) -> str:
    """What labels are counted by: without number, and without case where it is a word for a role."""
    name = " ".join(label.split())
    if name.split()[0].rstrip(".").casefold() not in _TITLES:  # the C in `Dr. C` is a name
        name = _NUMBER.sub("", name) or name
    folded = name.casefold().rstrip(".")
    if folded in ANONYMOUS:
        return " ".join(label.casefold().split())  # here the number is the name
    return folded if role_word(folded) else name


def number_of(label: str) -> str | None:
    """The number in a label (`Client 205` -> `205`)."""
    found = _NUMBER.search(label)
    return found[1] if found else None


@lru_cache(maxsize=4096)
def role_word(key: str) -> tuple[Role, str] | None:
    """The role a label's words say, and how firmly: `core`, `lesser` (kin, staff) or `short`; None for a name."""
    if _SENTENCES.search(key):
        return None
    words = re.findall(r"[^\W\d_]+", key.casefold().replace("co-", "co ").replace("social worker", "practitioner"))
    if not words:
        return None
    if len(words) == 1 and words[0] in _SHORT:
        return _SHORT[words[0]], "short"
    known = [word for word in words if word in _CORE or word in _LESSER]
    if not known or any(word not in _QUALIFIERS and word not in known for word in words):
        return _misspelt(words)
    for vocabulary, firmness in ((_CORE, "core"), (_LESSER, "lesser")):
        roles = [vocabulary[word] for word in known if word in vocabulary]
        if roles:
            return ("therapist" if "therapist" in roles and "client" not in roles else roles[0]), firmness
    return None


def _misspelt(words: list[str]) -> tuple[Role, str] | None:
    """COUSELOR, THERPIST, CLEINT: one word, nearly a word for a role."""
    if len(words) == 1 and len(words[0]) > len("cl") + 2 and words[0] not in _NEVER:
        near = get_close_matches(words[0], ["therapist", "client", "counselor", "patient", "clinician"], 1, 0.83)
        if near and abs(len(near[0]) - len(words[0])) <= 1 and words[0] != "clients":
            return _CORE[near[0]], "lesser"
    return None


def is_anonymous(key: str) -> bool:
    """Whether a label says that somebody speaks but not who (`Speaker 2`)."""
    return key in ANONYMOUS or key.rpartition(" ")[0] in ANONYMOUS


@lru_cache(maxsize=4096)
def is_name(key: str) -> bool:
    """Whether a label has the shape of a name: one to three capitalised words, none of them a common word."""
    words = key.split()
    if not words or len(words) > _NAME_WORDS or len(key) > _NAME_CHARS:
        return False
    folded = [word.casefold().strip(".'’") for word in words]
    if _SENTENCES.search(key):
        return False
    return all(word[0].isupper() or word.isdigit() for word in words) and not any(word in _NEVER for word in folded)


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels of one session, decided."""

    accepted: frozenset[str]
    styles: frozenset[str]
    numbered: frozenset[str]
    line_numbers: bool
    middle: re.Pattern[str] | None

    def opens(self, hit: Hit) -> tuple[str, int] | None:
        """The label as printed and where the speech after it starts, if a would-be label at a line's start is one."""
        if hit.key not in self.accepted or (hit.line_number and not self.line_numbers):
            return None
        if hit.colon:
            return hit.label, hit.end
        if not (hit.style == "mark" or hit.label.isupper() or hit.style in self.styles):
            return None
        if hit.style == "dash" and "dash" not in self.styles:
            return hit.label, hit.label_end  # the dash is the speech's
        if hit.style == "blank" and hit.key not in self.numbered and (number := _NUMBER.search(hit.label)):
            return hit.label[: number.start()], hit.label_end - len(number[0])
        return hit.label, hit.end

    def goes_on(self, hit: Hit, before: str) -> bool:
        """Whether a label is the rest of one that the line end broke (`... Dr.` / `Carlson: ...`)."""
        word = before[-2 * _LONGEST_TITLE :].rstrip().rpartition(" ")[2]
        if word.casefold() in ("male", "female"):
            return word.isupper() == hit.label.isupper()
        return 0 < len(word) < _LONGEST_TITLE and key_of(f"{word} {hit.label}") in self.accepted - {hit.key}

    def in_middle(self, text: str, *, unpunctuated: bool) -> Iterator[re.Match[str]]:
        """The labels in the middle of speech: in capitals, or after a sentence's end where the session marks those."""
        if self.middle is None or (":" not in text and "：" not in text):
            return
        for found in self.middle.finditer(text):
            label, before = found["label"], text[max(0, found.start() - 8) : found.start()]
            shouted = label.isupper() and len(label) >= _SHOUTED_CHARS
            ended = _ENDED.search(before) is not None
            if (shouted or ended or unpunctuated) if before[-1:].isspace() else (shouted and ended):
                yield found


def decide(hits: list[Hit], lines: int, told: Collection[str] = ()) -> Labels:
    """Decide which of a session's would-be labels are labels.

    Args:
        hits: everything in the session that looks like a label.
        lines: how many of its lines are not blank.
        told: labels (case-folded) that the caller knows to be some.
    """
    with_colon = Counter(hit.key for hit in hits if hit.colon)
    upper = Counter(hit.key for hit in hits if hit.label.isupper())
    every = Counter(hit.key for hit in hits)
    roles = {key: word for key in every if (word := role_word(key))}
    styles = _styles(hits, lines)
    accepted = {key for key, (_, firmness) in roles.items() if firmness == "core"}
    accepted |= {key for key, (_, firmness) in roles.items() if firmness == "lesser" and (upper[key] or every[key] > 1)}
    sides = {roles[key][0] for key in accepted}
    both = {"therapist", "client"} <= sides
    initials = {key[0] for key in accepted}
    for key, (_, firmness) in roles.items():
        if firmness != "short":
            continue
        partners = _PARTNERS.get(key)
        if partners:
            paired = every[key] > 1 and any(every[partner] for partner in (partners, *partners))
            if not both and (paired or every[key] > _COMMON):
                accepted.add(key)
        elif every[key] > 1 and (not both or key[0] in initials):
            accepted.add(key)
    anonymous = {key for key in with_colon if is_anonymous(key)}
    if len(anonymous) > 1 or any(with_colon[key] > 1 for key in anonymous):
        accepted |= anonymous
    sides = {roles[key][0] for key in accepted if key in roles}
    enough = _COMMON if {"therapist", "client"} <= sides else 2
    accepted |= {key for key, n in with_colon.items() if key not in roles and n >= enough and is_name(key)}
    accepted |= {key for key in with_colon if key.casefold() in told}
    if not accepted:
        accepted = _lower_case_names(with_colon, lines)
    line_numbers = 2 * sum(hit.line_number for hit in hits) > len(hits)  # else the number ends the sentence before
    return Labels(frozenset(accepted), styles, _numbered(hits), line_numbers, _middle(frozenset(accepted)))


def _styles(hits: list[Hit], lines: int) -> frozenset[str]:
    """How this session prints labels without a colon, where it does so as a habit."""
    bare = [hit for hit in hits if not hit.colon]
    styles = Counter(hit.style for hit in bare)
    habits = {
        style
        for style in ("alone", "dash")
        if styles[style] > 1 and (style == "alone" or 2 * styles[style] > len(bare))
    }
    shouted = sum(hit.label.isupper() for hit in bare)  # capitals need no habit, and would let `client said` pass
    if (
        5 * len(bare) > 2 * lines and 2 * shouted < len(bare) and not any(hit.colon for hit in hits)
    ):  # two fifths of all lines, and no colon at all
        habits.add("blank")
    return frozenset(habits)


def _numbered(hits: list[Hit]) -> frozenset[str]:
    """The labels without a colon that mostly carry a number: there it is the label's, elsewhere the speech's."""
    bare = Counter(hit.key for hit in hits if hit.style == "blank")
    with_number = Counter(hit.key for hit in hits if hit.style == "blank" and _NUMBER.search(hit.label))
    return frozenset(key for key, n in with_number.items() if 2 * n > bare[key])


def _lower_case_names(with_colon: Counter[str], lines: int) -> set[str]:
    """`angel: yeah`: in a session without any other label, lower-case single words that open most lines."""
    names = {key for key, n in with_colon.items() if n >= _COMMON and " " not in key and key.casefold() not in _NEVER}
    return names if 2 * sum(with_colon[key] for key in names) > lines else set()


@lru_cache(maxsize=256)
def _middle(accepted: frozenset[str]) -> re.Pattern[str] | None:
    """Finds the accepted labels, and the words for roles, in the middle of a line."""
    if not accepted:
        return None
    keys = sorted(accepted, key=lambda key: (-len(key), key))
    names = [re.escape(key) for key in keys if role_word(key) is None and not is_anonymous(key)]
    words = [re.escape(key) for key in keys if role_word(key)] + [rf"(?:(?:fe)?male[ ])?(?:{_CORE_WORDS})"]
    either = "|".join([f"(?i:{'|'.join(words)}|{'|'.join(sorted(ANONYMOUS))})\\.?", *names])
    return re.compile(
        rf"(?<=[\s.?!…)\]\"”’])(?P<label>(?:{either})(?:[ ]?\#?\d{{1,4}}|[ ][A-H])?)"
        rf"(?:\s?\([^()\n:]{{1,30}}\))?\s?(?P<after>{_STAMP})?\s?[:：](?=\s|\Z|[A-Z(\[\"“])"
    )


def labels_inside(line: str) -> Iterator[Hit]:
    """Would-be labels in the middle of a line, for files that hold a whole session on one."""
    for found in _INSIDE.finditer(line):
        yield Hit(found["label"], key_of(found["label"]), found.end(), None, colon=True, style="colon")
