"""Session transcripts in the manner of Alexander Street's counseling collections, one or more a file.

Plain text (with paragraph markup or not), saved web pages, PDF prints, Word and rich text documents.

Lines go through five steps: page furniture out and sessions apart (`layout`), labels found (`labels`), turns collected
here, words cleaned (`cleaning`), roles given (`roles`); `header` reads what stands before the speech.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from corpora.documents import READERS, UNREADABLE
from corpora.inputs import bare, stem
from corpora.records import Drop, Origin, Role, Session, Turn
from corpora.sources.base import Unit, file_drop, file_unit, list_files
from corpora.sources.header import named_roles, read_header
from corpora.sources.labels import number_of, role_word
from corpora.sources.layout import parts
from corpora.sources.roles import MIN_CONFIDENCE, assign_roles
from corpora.sources.turns import Speech, read_part
from corpora.text import DOCUMENT, Text, TextError, read_text

_TEXT = frozenset({".txt", ".text"})
_MIN_ID_DIGITS = 2  # `Client 1` and `Client 2` count a couple's members; `Client 41` numbers a client


@dataclass(frozen=True, slots=True)
class AlexanderStreet:
    """Transcripts as published or printed (.txt, .pdf, .docx, .rtf, .html): labelled turns under a header.

    `speakers` says who is who where the labels do not: label (case-folded), or `SESSION_ID/label`, to role.
    `keep_marks` keeps `(laughter)` and the like in the speech.
    """

    name: str = "alexander-street"
    modality: str = "spoken"
    license: str = "the publisher's licence to your institution; no redistribution"
    consent: str = "recorded and published with the participants' consent, as stated by the publisher"
    speakers: Mapping[str, Role] = field(default_factory=dict)
    keep_marks: bool = False

    def files(self, root: Path) -> list[Path]:
        """The transcripts below `root`; documents of other formats are listed too, so that `read` can say so."""
        wanted = "a folder of transcripts (.txt, .pdf, .docx, .rtf, .html)"
        return list_files(root, _TEXT | READERS.keys() | UNREADABLE, wanted)

    def units(self, path: Path, name: str) -> list[Unit]:
        """One unit a file: a transcript is some 60 kB."""
        return [file_unit(path, name)]

    def read(self, unit: Unit) -> Iterator[Session | Drop]:
        """The sessions of one file."""
        path = Path(unit.path)
        origin = Origin(unit.path, unit.start, unit.end)
        if (suffix := bare(path.name).suffix.lower()) in UNREADABLE:
            detail = f"{suffix} files are not read; save the transcript as plain text (.txt, UTF-8), .docx or .pdf"
            yield Drop("unsupported_format", "file", origin, count=0, detail=detail, quarantined=True)
            return
        try:
            text = read_text(path)
        except TextError as error:
            yield file_drop(error, origin)
            return
        yield from self._sessions(text, unit, origin)

    def _sessions(self, text: Text, unit: Unit, origin: Origin) -> Iterator[Session | Drop]:
        spoken = self._spoken(text, stem(unit.name))
        if not spoken:
            detail = "no line opens with a speaker's label such as THERAPIST: or C:; label the turns and build again"
            yield Drop("no_speaker_labels", "file", origin, count=0, detail=detail, quarantined=True)
            return
        whole = len(spoken) == 1 or text.encoding == DOCUMENT
        line_starts = [] if whole else text.line_starts()
        bounds = [0, *(line_starts[start] for _, start, _, _ in spoken[1:] if not whole), len(text.data)]
        for number, (session_id, _, speeches, header) in enumerate(spoken):
            start, end = (0, bounds[-1]) if whole else bounds[number : number + 2]
            where = Origin(unit.path, start, end)
            yield from self._session(session_id, where, speeches, header)

    def _spoken(self, text: Text, first: str) -> list[tuple[str, int, list[Speech], list[str]]]:
        """The file's sessions that hold speech: id, first line, turns as printed, lines of the header."""
        told = self._told(first)
        read = [(part.start, *read_part(part, told, keep_marks=self.keep_marks)) for part in parts(text.lines)]
        spoken = [found for found in read if found[1]]
        return [(f"{first}#{n}" if n > 1 else first, *found) for n, found in enumerate(spoken, start=1)]

    def speakers_of(self, unit: Unit) -> Iterator[tuple[str, str, Role, float]]:
        """Who is who in a file as it is read now: session id, label, role, and how sure that is (0-1).

        Raises:
            TextError: the file cannot be read.
        """
        for session_id, _, speeches, header in self._spoken(read_text(Path(unit.path)), stem(unit.name)):
            kept = [speech for speech in speeches if speech.words]
            roles, confidence = self._roles(session_id, kept, header)
            for key, role in roles.items():
                yield session_id, key, role, 1.0 if role_word(key) else confidence

    def _roles(self, session_id: str, kept: Sequence[Speech], header: list[str]) -> tuple[dict[str, Role], float]:
        turns_of: dict[str, list[str]] = {}
        for speech in kept:
            turns_of.setdefault(speech.key, []).append(speech.words)
        told = self._told(session_id.partition("#")[0]) | self._told(session_id)
        return assign_roles(turns_of, named_roles(header), told)

    def _told(self, session: str) -> dict[str, Role]:
        """The roles that the caller gives this session's labels; the session's own win over those of the corpus."""
        mine = f"{session}/"
        own = {key.removeprefix(mine): role for key, role in self.speakers.items() if key.startswith(mine)}
        return {**{key: role for key, role in self.speakers.items() if "/" not in key}, **own}

    def _session(
        self, session_id: str, origin: Origin, speeches: list[Speech], header: list[str]
    ) -> Iterator[Session | Drop]:
        kept = [speech for speech in speeches if speech.words]
        if empty := len(speeches) - len(kept):
            yield Drop("empty_after_cleaning", "turn", origin, session_id, count=empty, detail="only marks, no words")
        roles, confidence = self._roles(session_id, kept, header)
        problem = _problem(roles, confidence)
        if problem:
            reason, detail = problem
            yield Drop(reason, "session", origin, session_id, count=len(kept), detail=detail, quarantined=True)
            return
        meta, client = read_header(header)
        yield Session(
            session_id,
            self.name,
            client or _client_in_labels(kept, roles),
            [Turn(i, roles[s.key], s.label, s.words, s.start_s) for i, s in enumerate(kept)],
            meta | {"modality": self.modality},
            origin,
        )


def _problem(roles: dict[str, Role], confidence: float) -> tuple[str, str] | None:
    """Why a session cannot be used, if it cannot: reason and advice."""
    sides = set(roles.values())
    if not {"therapist", "client"} <= sides:
        found = ", ".join(sorted(sides)) or "nobody"
        return "one_sided", f"the labels say that only {found} speaks; check the labels of the other side"
    if confidence < MIN_CONFIDENCE:
        detail = f"what is said does not tell the therapist (confidence {confidence:.2f}, {MIN_CONFIDENCE} needed)"
        return "roles_unclear", f"{detail}; say who is who with --speakers FILE"
    return None


def _client_in_labels(speeches: list[Speech], roles: dict[str, Role]) -> str | None:
    """The one number that all client labels of a session carry, if it can be a client's."""
    numbers = {number_of(speech.label) for speech in speeches if roles[speech.key] == "client"}
    number = numbers.pop() if len(numbers) == 1 else None
    return number if number and len(number) >= _MIN_ID_DIGITS else None
