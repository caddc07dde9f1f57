"""The page around the speech: rules, page numbers, print stamps, running titles, and where sessions begin and end."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from typing import NamedTuple

from corpora.sources.header import is_header_line
from corpora.sources.labels import Hit, label_at_start, number_of

_SPEECH = r"(?:TRANSCRIPT(?:ION)?|SESSION|RECORDING|AUDIO|TAPE|INTERVIEW|DOCUMENT)"
_THIS = r"(?:OF\s)?(?:THE\s)?(?:AUDIO\s|SESSION\s)?"
_FRAME = r"[\s.:;\-–—\])*=_>\#]"
_KINDS = re.compile(
    rf"""\s*+(?:
      (?P<blank>\Z)
    | (?P<rule>[_=\-–—*~.\#•·+\s]{{3,}}+\Z)
    | (?P<begin>\W{{0,6}}(?=(?-i:[BS])|begin\s(?:of\s)?transcript)(?:BEGIN|START|BEGINNING)\s{_THIS}{_SPEECH}
        (?:\s(?:FILE|HERE))?(?:\s*+[:.;\-–—\])*=_>\#]{_FRAME}*+(?P<rest>.*)|\s*+\Z))
    | (?P<end>(?:(?:\W{{0,5}}[\[(*]|\W{{0,6}}(?=(?-i:[EC])|end\s(?:of\s)?(?:transcript|recording|tape|file|audio)))
        (?:END|ENDING|CONCLUSION)\s?{_THIS}(?:{_SPEECH}|FILE|CALL)(?:\s(?:FILE|HERE|\#?\d+))?|\W{{2,6}}ends?)
        (?:\s(?:at\s)?\d{{1,2}}(?::\d{{2}}){{1,2}})?{_FRAME}*+\Z)
    | (?P<start>\W{{0,4}}(?-i:T)RANSCRIPT(?:ION)?\s(?:OF|FROM|FOR)\s(?:THE\s)?(?:VIDEO|{_SPEECH})\b.{{0,80}}\Z)
    | (?P<page>(?:
        about:(?:srcdoc|blank)(?:\s+\d+\s?/\s?\d+)?
      | (?:https?://|www\.)\S+(?:\s+\d+\s?/\s?\d+)?
      | \W{{0,3}}page\s?:?\s?\d+(?:\s?(?:of|/)\s?\d+)?\W{{0,3}}
      | \W{{0,3}}\d+\s?(?:of|/)\s?\d+\W{{0,3}}
      | \d{{1,2}}[/.]\d{{1,2}}[/.]\d{{2,4}},?\s+(?:at\s)?\d{{1,2}}:\d{{2}}(?::\d{{2}})?(?:\s?[AP]\.?M\.?)?
        (?:\s+(?![a-z]).{{0,100}}(?<![.?!,]))?
      | (?:©|\(c\)\s|copyright\b\W{{0,3}}(?:\(c\)|©|\d)).{{0,200}}
      | (?:.{{0,60}}\.\s)?(?-i:A)ll\srights\sreserved\W{{0,3}}
      | (?-i:(?=[A-Z]))(?:(?:strictly|private\sand)\s)?confidential\b[\w\s–—-]{{0,60}}
      | (?:clients?|patients?|therapist|counselor)\b[^:]{{0,20}}:.{{1,40}}
        \b(?:session|page|date)\s*(?:no\.?|\#|:)\s*\d+[\d/\s]{{0,20}}
      | running\shead:.{{1,80}}
      | (?-i:T)(?:ranscribed|ranscription|ranscript\s(?:provided|prepared|produced))\sby\b.{{0,80}}
      | (?:clients?|patients?|session)\s(?:no\.?\s|\#)?\d+\s*[-–—,|:]\s*
        (?:clients?|patients?|session)\s(?:no\.?\s|\#)?\d+(?:\W.{{0,40}})?
      )\s*\Z)
    | (?P<number>[-–—\[(]?\s?(?:\d{{1,4}}|[ivxl]{{2,7}}|[IVXL]{{2,7}}|p\.?\s?\d{{1,4}})\s?[-–—\])]?\s*\Z)
    | (?P<heading>(?:(?:couples?|family|group|individual|therapy|intake|counsell?ing|marital)\s+)?session\s*
        (?:no\.?|number|\#|num\.?)?\s*:?\s*(?P<ordinal>\d{{1,4}})\b
        (?:\s*[-–—:(|/]\s*(?-i:(?![a-z])).{{0,80}}(?<![.?!,]))?\s*\Z)
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_NAVIGATION = frozenset(
    """cite|email|embed|print page|print|share|save|download|permalink|help|home|browse|search|about|sign in|sign out
    |log in|log out|add to playlist|add to list|create playlist|make clip|view transcript|hide transcript
    |show transcript|back to results|back to top|contact us|privacy policy|terms of use|terms and conditions
    |full text|details|previous page|next page|copy link|cite this|skip to main content|menu|export citation|my account
    |accessibility""".replace("\n    ", "").split("|")
)
"""Words of a publisher's page around a transcript, as they come along when it is copied or printed."""
_LONGEST_NAVIGATION = 32
_INLINE_END = re.compile(r"(?<=\S)\s+\W{0,3}(END\s(?:OF\s)?(?:TRANSCRIPT|SESSION|RECORDING|AUDIO|TAPE))\W{0,5}\Z")
_ROMAN = re.compile(r"x{0,3}(?:ix|iv|v?i{0,3})\Z", re.IGNORECASE)
_MARKUP = re.compile(r"<(/?)(?:p|br|div|span|b|i|em|strong|u)\b[^<>]{0,300}>", re.IGNORECASE)
_BREAKING = re.compile(r"</?(?:p|br|div)\b[^<>]{0,300}>", re.IGNORECASE)
_TITLE_TIMES = 3  # what comes three times on its own is meant
_TITLE_WORDS = 12
_TITLE_CHARS = (6, 100)
_LETTERS = re.compile(r"[^\W\d_]{3}")
_DIGITS = re.compile(r"\d+")


class Line(NamedTuple):
    """A line: its number in the file (from 0), text, kind (a group of `_KINDS`, or `text`), and would-be label."""

    number: int
    text: str
    kind: str = "text"
    hit: Hit | None = None

    @property
    def speaks(self) -> bool:
        """Whether the line seems to open a turn."""
        return self.hit is not None and not self.numbers_client and not is_header_line(self.text)

    @property
    def bare_label(self) -> bool:
        """Whether the line is a label whose speech is on the next."""
        return self.hit is not None and not self.text[self.hit.end :].strip()

    @property
    def numbers_client(self) -> bool:
        """Whether the line is just `Client 205`."""
        return self.hit is not None and self.hit.style == "alone" and number_of(self.hit.label) is not None


@dataclass(slots=True)
class Part:
    """One session's lines: what stands before the speech, and the speech; `start` is its first line's number.

    `begun` and `ended` say that a marker opened and closed the speech, `spoken` that some line opens a turn.
    """

    start: int
    header: list[Line] = field(default_factory=list)
    body: list[Line] = field(default_factory=list)
    begun: bool = False
    spoken: bool = False
    ended: bool = False


def parts(texts: list[str]) -> list[Part]:
    """Cut a file's lines into sessions, page furniture left out."""
    found = [Part(0)]
    last_ordinal: str | None = None
    lines = list(_without_titles(list(_lines(texts))))
    for position, line in enumerate(lines):
        part = found[-1]
        if (
            line.kind in ("number", "page")
            and part.body
            and _answers(part.body[-1], lines[position + 1 : position + 4])
        ):
            line = line._replace(kind="text")  # noqa: PLW2901 - in its place it is speech
        if line.kind == "text" and not part.ended:
            part.body.append(line)
            part.spoken = part.spoken or line.speaks
            continue
        ordinal = _ordinal(line) or last_ordinal
        if (line.kind == "start" and _heads(lines, position)) or (ordinal != last_ordinal and last_ordinal is not None):
            if part.spoken:
                found.append(Part(line.number))
        elif line.kind == "begin" and part.spoken and (part.begun or _talks(part)):
            found.append(_with_header_of(part, line.number))
        elif part.ended and (line.kind in ("text", "begin") or _names_client(line)):
            found.append(Part(line.number))
        _take(found[-1], line)
        last_ordinal = ordinal
    return found


def _talks(part: Part) -> bool:
    """Whether a part without BEGIN is speech already, so that a BEGIN opens the next: some label came three times."""
    labels = Counter(line.hit.key for line in part.body if line.hit)
    return max(labels.values(), default=0) >= _TITLE_TIMES


def _heads(lines: list[Line], position: int) -> bool:
    """Whether a header follows a line such as TRANSCRIPT OF AUDIO FILE, and not speech as under a running title."""
    following = (line for line in lines[position + 1 : position + 10] if line.kind != "blank")
    return any(line.kind in ("rule", "begin", "heading") for line in takewhile(lambda line: not line.speaks, following))


def _take(part: Part, line: Line) -> None:
    if line.kind == "begin":
        if not part.begun:
            part.header, part.body, part.begun = part.header + part.body, [], True
    elif line.kind == "end":
        part.ended = part.ended or part.spoken
    elif line.kind in ("start", "heading"):
        if not part.spoken:
            part.header += [*part.body, line]
            part.body = []
    elif line.kind == "page" and not part.spoken:
        part.header.append(line)
    elif line.kind not in ("page", "number"):
        part.body.append(line)
        part.spoken = part.spoken or line.speaks


def _answers(before: Line, after: list[Line]) -> bool:
    """Whether a number is an answer and not a page's: it stands between a bare label and another label."""
    return before.bare_label and next((line.speaks for line in after if line.kind != "blank"), True)


def _names_client(line: Line) -> bool:
    """Whether a title says whose session follows; other page furniture after END belongs to the session before."""
    return line.kind == "page" and line.text.lstrip()[:6].casefold() in ("client", "patien")


def _ordinal(line: Line) -> str | None:
    found = _KINDS.match(line.text) if line.kind == "heading" else None
    return found["ordinal"] if found else None


def _with_header_of(before: Part, start: int) -> Part:
    """A second BEGIN without an END: the unlabelled lines after the last rule or blank line are the next header."""
    cut = len(before.body)
    for position in range(len(before.body) - 1, max(-1, len(before.body) - 15), -1):
        if before.body[position].kind == "blank":
            cut = position
        elif before.body[position].speaks:
            break
    header = before.body[cut:]
    del before.body[cut:]
    return Part(header[0].number if header else start, header)


def _lines(texts: list[str]) -> Iterator[Line]:
    short = {text.strip().casefold() for text in texts if 0 < len(text) < _LONGEST_NAVIGATION}
    navigates = len(short & _NAVIGATION) > 1
    for number, text in _unmarked(texts):
        if not text or text.isspace():
            yield Line(number, "", "blank")
            continue
        if navigates and text[:1].isupper() and text.strip().casefold() in _NAVIGATION:
            yield Line(number, text, "page")
            continue
        hit = label_at_start(text)
        found = None if hit and hit.firm and "ession" not in text and "ESSION" not in text else _KINDS.match(text)
        kind = next(name for name, value in found.groupdict().items() if value is not None) if found else "text"
        if kind == "begin" and found:
            yield Line(number, "", kind)
            if found["rest"]:
                yield Line(number, found["rest"], "text", label_at_start(found["rest"]))
        elif kind == "text" and "END" in text and (end := _INLINE_END.search(text)):
            yield Line(number, text[: end.start()], kind, hit)
            yield Line(number, "", "end")
        elif kind == "text" or (kind == "number" and not _is_page_number(text)):
            yield Line(number, text, "text", hit)
        else:
            yield Line(number, text, kind)


def _is_page_number(text: str) -> bool:
    word = text.strip(" \t-–—[]().")
    return any(map(str.isdigit, word)) or _ROMAN.match(word) is not None


def _unmarked(texts: list[str]) -> Iterator[tuple[int, str]]:
    """The lines with their numbers, and paragraph markup turned into line ends where a file carries some."""
    if not any("<" in text and _BREAKING.search(text) for text in texts):
        yield from enumerate(texts)
        return
    for number, text in enumerate(texts):
        for piece in _BREAKING.split(text):
            yield number, html.unescape(_MARKUP.sub("", piece)).replace("\0", "")


def _without_titles(lines: list[Line]) -> Iterator[Line]:
    """Running titles out: lines that come back, next to page furniture, from the header, or at least three times."""
    keys = [
        _title_key(line.text) if line.kind == "text" and not line.hit and _like_title(line.text) else ""
        for line in lines
    ]
    counts = Counter(filter(None, keys))
    if max(counts.values(), default=0) <= 1:  # nothing comes back
        yield from lines
        return
    first = next((position for position, line in enumerate(lines) if line.speaks), len(lines))
    titles = {key for key in keys[:first] if counts[key] > 1}
    titles |= {key for key, n in counts.items() if n >= _TITLE_TIMES and " " in key}
    beside, before = False, None
    for position, (line, key) in enumerate(zip(lines, keys, strict=True)):
        titled = key in titles or (counts[key] > 1 and (beside or _page_follows(lines, position)))
        if titled and not (before and _answers(before, lines[position + 1 : position + 4])):
            yield line._replace(kind="page")
            continue
        if line.kind != "blank":
            beside = line.kind in ("page", "number")
            before = line
        yield line


def _page_follows(lines: list[Line], position: int) -> bool:
    following = (line.kind for line in lines[position + 1 : position + 4] if line.kind != "blank")
    return next(following, "text") in ("page", "number")


def _title_key(text: str) -> str:
    return _DIGITS.sub("0", text.strip().casefold())


def _like_title(text: str) -> bool:
    text = text.strip()
    if text[0].islower() or not _TITLE_CHARS[0] <= len(text) <= _TITLE_CHARS[1] or text[-1] in ".?!,;:…\"”'’-–—":
        return False
    words = text.split()
    capitals = sum(word[0].isupper() or not word[0].isalpha() for word in words)
    return len(words) <= _TITLE_WORDS and 2 * capitals >= len(words) and _LETTERS.search(text) is not None
