"""From a session's lines to its labelled turns: lines joined, broken words mended, labels inside lines found."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from corpora.sources.cleaning import BARE_TIME, BRACKETED_TIME, clean, seconds
from corpora.sources.header import is_header_line
from corpora.sources.labels import Labels, decide, key_of, labels_inside, role_word
from corpora.sources.layout import Line, Part

_LEADING_STAMP = re.compile(rf"\s*+(?:{BRACKETED_TIME}|{BARE_TIME})")
_ONLY_STAMP = re.compile(rf"\s*+(?:{BRACKETED_TIME}|{BARE_TIME}|\d{{1,2}}:\d{{2}}:\d{{2}})\s*+\Z")
_RULE = re.compile(r"(?:[\s=\-–—*~#]{3,}|[\s_]{8,})\Z")  # four underscores on a line are a redaction
_NAME_ONLY = re.compile(r"\s*(?:(?:Dr|Mr|Mrs|Ms)\.? )?(?:[A-Z](?:[\w'’-]+(?!\.)|\.)?[ ,]*){1,3}\Z")
_SENTENCE_END = tuple(".?!…)]\"”'’-–—")
_BROKEN = re.compile(r"([^\W\d_][\w’'-]*)-\Z")
_BROKEN_WORD = re.compile(r"(?<![\w’'-])[\w’'-]++(?<=-)\n[\w’'-]*+")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_CUT_OFF = re.compile(r"[^\W\d_]- [^\W\d_]")
_COMPOUNDS = frozenset(
    [
        "self",
        "well",
        "half",
        "ex",
        "non",
        "all",
        "twenty",
        "thirty",
        "forty",
        "fifty",
        "sixty",
        "seventy",
        "eighty",
        "ninety",
    ]
)
_MAX_HEADER_LABELS = 2  # e.g. THERAPIST: and CLIENT: with their names


@dataclass(slots=True)
class Speech:
    """A turn as printed: its label and what it is counted by, its time stamp, its lines; `words` once cleaned."""

    label: str
    key: str
    stamp: str | None
    lines: list[str] = field(default_factory=list)
    words: str = ""

    @property
    def start_s(self) -> float | None:
        """Seconds from the recording's start, where a time stands at the label."""
        return seconds(self.stamp) if self.stamp else None


def read_part(part: Part, told: Collection[str] = (), *, keep_marks: bool = False) -> tuple[list[Speech], list[str]]:
    """The labelled turns of a part, cleaned, and the lines of its header.

    `told` are labels (case-folded) that the caller knows. In a part without BEGIN the header ends at the first label
    that opens speech.
    """
    first = 0 if part.begun else _header_end(part.body)
    body = part.body[first:]
    hits = [line.hit for line in body if line.hit]
    texts = [line.text for line in body if line.kind == "text"]
    labels = decide(hits, len(texts), told)
    if len(labels.accepted) <= 1:  # perhaps the line ends are lost, and the other labels stand inside the lines
        labels = decide([*hits, *(hit for text in texts for hit in labels_inside(text))], len(texts), told)
    ended = sum(text.rstrip().endswith(_SENTENCE_END) for text in texts)
    opening = next((i for i, line in enumerate(body) if line.hit and labels.opens(line.hit)), len(body))
    speeches = _split(_collect(body[opening:], labels), labels, unpunctuated=4 * ended < len(texts))
    for speech in speeches:
        text = speech.lines[0]
        if speech.stamp is None and (found := _LEADING_STAMP.match(text)):
            speech.stamp = found[0]
        speech.words = clean(text, keep_marks=keep_marks)
    return speeches, [line.text for line in (*part.header, *part.body[:first], *body[:opening])]


def _header_end(body: list[Line]) -> int:
    """Where the header of a part without BEGIN ends: after its rules and the lines that state facts."""
    times = Counter(line.hit.key for line in body if line.hit)
    times.update(line.text for line in body if line.numbers_client)
    labelled, names, facts, end = 0, 0, 0, 0
    for position, line in enumerate(body):
        stated = is_header_line(line.text)
        if line.hit and role_word(line.hit.key) and labelled:
            stated = False
        named = line.hit and times[line.hit.key] == 1 and _NAME_ONLY.match(line.text[line.hit.end :])
        numbered = line.numbers_client and times[line.text] == 1
        if (stated and labelled <= 1) or (not labelled and (named or numbered)):
            facts, names, end = facts + 1, names + bool(named), position + 1
        elif facts and labelled <= _MAX_HEADER_LABELS and line.kind == "rule":
            facts, end = facts + 1, position + 1
        elif line.hit:
            labelled += 1
            if labelled > _MAX_HEADER_LABELS:
                break
    return 0 if facts == names == 1 else end  # one `THERAPIST: Hello` is no header


def _collect(body: list[Line], labels: Labels) -> list[Speech]:
    """The turns that labels at line starts open, with their lines."""
    speeches: list[Speech] = []
    stamp: str | None = None
    for line in body:
        text = line.text
        opened = labels.opens(line.hit) if line.hit else None
        if opened and line.hit and not (speeches and labels.goes_on(line.hit, speeches[-1].lines[-1])):
            label, end = opened
            speeches.append(Speech(label, line.hit.key, line.hit.stamp or stamp, [text[end:]]))
        elif line.kind == "blank" or (line.kind == "rule" and _RULE.match(text)):
            continue
        elif _ONLY_STAMP.match(text):
            stamp = text
            continue
        elif speeches:
            speeches[-1].lines.append(text)
        stamp = None
    return speeches


def _split(speeches: list[Speech], labels: Labels, *, unpunctuated: bool) -> list[Speech]:
    """Join each turn's lines into one, and cut it where a label stands in the middle."""
    joiner, turns = _Joiner(speeches), []
    for speech in speeches:
        text, start = joiner.join(speech.lines), 0
        turns.append(speech)
        for found in labels.in_middle(text, unpunctuated=unpunctuated):
            turns[-1].lines = [text[start : found.start()]]
            turns.append(Speech(found["label"], key_of(found["label"]), found["after"]))
            start = found.end()
        turns[-1].lines = [text[start:]]
    return turns


class _Joiner:
    """Joins a turn's printed lines, mending words that the line end broke."""

    def __init__(self, speeches: list[Speech]) -> None:
        self._speeches = speeches
        self._words: frozenset[str] | None = None
        self._cuts_off = False

    def join(self, lines: list[str]) -> str:
        """The lines as one, a blank between two unless a word goes on."""
        if len(lines) == 1:
            return lines[0]
        return "".join(self._pieces(lines))

    def _pieces(self, lines: list[str]) -> Iterator[str]:
        held = lines[0].rstrip()
        for line in lines[1:]:
            following = line.strip()
            right = _WORD.match(following) if held.endswith("-") and following[:1].islower() else None
            left = _BROKEN.search(held[-60:]) if right else None
            if left and right:
                yield held[:-1]
                yield self._between(left[1].casefold(), right[0].casefold())
            else:
                yield held
                yield " "
            held = following
        yield held

    def _between(self, left: str, right: str) -> str:
        """What stands between two halves: nothing (a broken word), a hyphen (a compound), or a cut-off and a blank."""
        if self._words is None:
            text = "\n".join(line.strip() for speech in self._speeches for line in speech.lines)
            self._words = frozenset(word.casefold() for word in _WORD.findall(_BROKEN_WORD.sub("", text)))
            self._cuts_off = _CUT_OFF.search(text) is not None
        if f"{left}{right}" in self._words:
            return ""
        if f"{left}-{right}" in self._words or "-" in left or left in _COMPOUNDS:
            return "-"
        if left in self._words and right in self._words:
            return "- " if self._cuts_off else "-"
        return ""
