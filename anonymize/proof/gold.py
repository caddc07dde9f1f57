"""Gold transcripts: a hand-marked file becomes a raw transcript, its turns, and the identifiers in both.

One directive a line (UTF-8; empty lines are skipped):

    @file NAME.txt          the raw transcript's file name (default: this file's stem)
    @meta KEY: VALUE        a fact about the session
    @raw TEXT               a line that is not speech: header, page number, footer
    @blank                  an empty line
    @turn LABEL| TEXT       a turn and its first line; LABEL/ROLE| names the role where the label does not
    @cont TEXT              a further line of the same turn
    @inline LABEL| TEXT     a turn that starts in the middle of the line before

Marks inside TEXT: `[[TYPE|surface]]` is an identifier (TYPE from `SPAN_TYPES`), `{{surface}}` a look-alike that must
stay (`KEEP`), `<<surface>>` noise that is not speech (`NOISE`: in the raw transcript, not in the turn).

`python -m anonymize.proof.gold SRC [OUT]` renders `SRC/*.gold` into `OUT/raw/*.txt` and `OUT/gold/*.json`.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from anonymize.spans import SPAN_TYPES
from corpora.errors import CorporaError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

KEEP, NOISE = "KEEP", "NOISE"

_MARK = re.compile(r"\[\[(?P<type>[^|\]]*)\|(?P<identifier>[^\]]*)\]\]|\{\{(?P<keep>[^}]*)\}\}|<<(?P<noise>[^>]*)>>")
_STRAY = re.compile(r"\[\[|\]\]|\{\{|\}\}|<<|>>")
_THERAPISTS = ("th", "dr", "coun", "cous", "clin", "psych", "analyst", "prov", "doctor")
_CLIENTS = (
    "cl",
    "pt",
    "pat",
    "respond",
    "husband",
    "wife",
    "mother",
    "father",
    "female",
    "male",
    "partner",
    "son",
    "daughter",
)
_LETTERS = {"t": "therapist", "c": "client", "p": "client", "f": "client", "m": "client"}


@dataclass(frozen=True, slots=True)
class GoldSpan:
    """A marked range: `text` is what stands at the half-open character range; `type` is a span type, KEEP or NOISE."""

    type: str
    start: int
    end: int
    text: str


@dataclass(slots=True)
class GoldTurn:
    """A turn as a parser should read it: noise out, white space folded, offsets of `spans` counted in `text`."""

    label: str
    role: str
    text: str
    spans: list[GoldSpan]


@dataclass(slots=True)
class Gold:
    """One rendered file: its name, the raw transcript, and the truth about it (`spans` are counted in `raw`)."""

    name: str
    raw: str = ""
    meta: dict[str, str] = field(default_factory=dict)
    turns: list[GoldTurn] = field(default_factory=list)
    spans: list[GoldSpan] = field(default_factory=list)

    def to_json(self) -> str:
        """The truth as JSON: `meta`, `turns` (label, role, text, spans) and `spans`."""
        truth = {"meta": self.meta, "turns": [asdict(t) for t in self.turns], "spans": [asdict(s) for s in self.spans]}
        return json.dumps(truth, ensure_ascii=False, indent=1)


def read_gold(path: Path) -> Gold:
    """Render one authored file.

    Raises:
        UsageError: the file cannot be read or breaks the format; the message names the line.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: not readable as UTF-8 text ({type(error).__name__})") from None
    gold = Gold(name=path.stem + ".txt")
    marked: list[str] = []
    for number, line in enumerate(lines, 1):
        try:
            if line.strip():
                _follow(gold, marked, line)
        except ValueError as error:
            raise UsageError(f"{path}:{number}: {error}") from None
    for turn, text in zip(gold.turns, marked, strict=True):
        turn.text, turn.spans = as_spoken(text)
    return gold


def render_folder(source: Path, out: Path) -> list[Gold]:
    """Render every `source/*.gold` into `out/raw` and `out/gold`, sorted by file name.

    Raises:
        UsageError: there is none, one breaks the format, or two would write the same file.
    """
    paths = sorted(source.glob("*.gold"))
    if not paths:
        raise UsageError(f"{source}: no *.gold files here")
    golds = [read_gold(path) for path in paths]
    for name, times in Counter(PurePath(gold.name).stem for gold in golds).items():
        if times > 1:
            raise UsageError(f"{source}: {times} files say '@file {name}.txt'; give each its own name")
    for folder in ("raw", "gold"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    for gold in golds:
        (out / "raw" / gold.name).write_text(gold.raw, encoding="utf-8")
        (out / "gold" / gold.name).with_suffix(".json").write_text(gold.to_json(), encoding="utf-8")
    return golds


def as_spoken(marked: str) -> tuple[str, list[GoldSpan]]:
    """A marked line as it was said, and what is marked in it; offsets count in the text that is returned.

    Noise is left out, white space folded, no blank kept between removed noise and punctuation.

    Raises:
        ValueError: a mark is not closed, holds nothing or is of no known type.
    """
    text, spans, after_noise = "", [], False
    for kind, piece in _pieces(marked):
        if kind == NOISE:
            text, after_noise = (text.rstrip() + " ").lstrip(), True
            continue
        words = re.sub(r"\s+", " ", piece)
        if after_noise and words.lstrip()[:1] in tuple(".,;:?!"):
            text, words = text.rstrip(), words.lstrip()
        if not text or text.endswith(" "):
            words = words.removeprefix(" ")
        after_noise = after_noise and not words.strip()
        if kind:
            spans.append(GoldSpan(kind, len(text), len(text) + len(words), words))
        text += words
    return text.rstrip(), spans


def _follow(gold: Gold, marked: list[str], line: str) -> None:
    """Carry out one directive: write to `gold`, and to `marked` the marked text of each turn."""
    directive, _, rest = line.partition(" ")
    match directive:
        case "@file":
            gold.name = rest.strip()
            if PurePath(gold.name).name != gold.name or not gold.name.endswith(".txt"):
                raise ValueError("@file needs a plain name that ends in .txt")
        case "@meta":
            key, colon, value = rest.partition(":")
            if not colon:
                raise ValueError("@meta needs KEY: VALUE")
            gold.meta[key.strip()] = value.strip()
        case "@raw" | "@blank":
            _write(gold, rest)
        case "@cont":
            if not gold.turns:
                raise ValueError("@cont before any @turn")
            _write(gold, rest)
            marked[-1] += " " + rest
        case "@turn" | "@inline":
            if directive == "@inline":
                gold.raw = gold.raw.removesuffix("\n") + " "
            marked.append(_start_turn(gold, rest))
        case _:
            raise ValueError("a line must start with @file, @meta, @raw, @blank, @turn, @cont or @inline")


def _start_turn(gold: Gold, rest: str) -> str:
    """Open the turn `LABEL[/ROLE]| TEXT` and return its marked text."""
    label, bar, text = rest.partition("|")
    if not bar:
        raise ValueError("no | after the label")
    label, _, role = (part.strip() for part in label.partition("/"))
    _write(gold, f"{label} {text.strip()}")
    gold.turns.append(GoldTurn(label, role or _role_of(label), "", []))
    return text.strip()


def _write(gold: Gold, marked: str) -> None:
    """Append one line of marked text to the raw transcript."""
    for kind, piece in _pieces(marked):
        if kind:
            gold.spans.append(GoldSpan(kind, len(gold.raw), len(gold.raw) + len(piece), piece))
        gold.raw += piece
    gold.raw += "\n"


def _pieces(marked: str) -> Iterator[tuple[str, str]]:
    """Cut marked text into (span type, KEEP, NOISE or "" for plain text; surface)."""
    last = 0
    for mark in _MARK.finditer(marked):
        yield "", _plain(marked[last : mark.start()])
        last = mark.end()
        if mark["noise"] is not None:
            yield NOISE, mark["noise"]
            continue
        kind, surface = (KEEP, mark["keep"]) if mark["type"] is None else (mark["type"], mark["identifier"])
        if kind not in (*SPAN_TYPES, KEEP):
            raise ValueError(f"unknown type in a mark; known are {', '.join(SPAN_TYPES)}")
        if not surface or surface != surface.strip():
            raise ValueError("a mark holds nothing, or blanks at its edge")
        yield kind, surface
    yield "", _plain(marked[last:])


def _plain(text: str) -> str:
    if _STRAY.search(text):
        raise ValueError("a mark is not closed on its line, or holds the closing sign of a mark")
    return text


def _role_of(label: str) -> str:
    word = label.lower().rstrip(":. ")
    if letter_role := _LETTERS.get(word.split(" ")[0]):
        return letter_role
    if word.startswith(_THERAPISTS):
        return "therapist"
    return "client" if word.startswith(_CLIENTS) else "other"


def main(arguments: list[str]) -> int:
    """Render `SRC [OUT]` and print what was rendered; the exit code (0, or 2 for a bad call or file)."""
    if len(arguments) not in (1, 2):
        sys.stderr.write("usage: python -m anonymize.proof.gold SRC_DIR [OUT_DIR]\n")
        return UsageError.exit_code
    try:
        golds = render_folder(Path(arguments[0]), Path(arguments[-1]))
    except CorporaError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    counts = Counter(span.type for gold in golds for span in gold.spans)
    words = sum(len(turn.text.split()) for gold in golds for turn in gold.turns)
    listed = ", ".join(f"{kind} {counts[kind]}" for kind in sorted(counts))
    sys.stdout.write(f"{len(golds)} files, {sum(len(g.turns) for g in golds)} turns, {words} words; {listed}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
