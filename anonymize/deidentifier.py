"""The room's front door: find identifiers in a session, survey it, and write it anew with surrogates."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from pathlib import Path

from anonymize.keys import KEY_BYTES
from anonymize.metadata import names_in, publishable
from anonymize.naming.finder import read_session
from anonymize.naming.reading import Reading
from anonymize.ner.encoder import chosen
from anonymize.ner.plugged import PluggedModel
from anonymize.replace import replace_session
from anonymize.roster import Roster, Survey, build_roster, names_survey
from anonymize.rulings import Rulings
from anonymize.spans import Span
from anonymize.structured.find import find_structured
from anonymize.surrogates.gender import with_genders
from anonymize.surrogates.surrogates import Surrogates
from anonymize.words import vocabulary as voc
from corpora.deadline import bound, time_limit
from corpora.errors import UsageError
from corpora.records import Session

NO_RULINGS = Rulings()
POLICIES = ("balanced", "strict")
_SHORTEST_LABEL = 4  # shorter labels are abbreviations of roles: T, Cl, Pat


class Deidentifier:
    """Finds and replaces identifiers; one instance serves any number of sessions and keeps nothing of them.

    Args:
        key: 32 secret bytes; the same key gives the same surrogates.
        policy: "balanced", or "strict", which masks every unexplained capital inside a sentence.
        style: "surrogate" (made-up names, places, numbers) or "placeholder" ([NAME-1], [DATE]).
        dates: "surrogate" (no interval is kept) or "shift" (one constant per client, a multiple of seven days).
        rulings: classes and words that a person ruled on; they stand over what is found.
        ner: a further model whose spans join ours: a folder, or the name of an installed spaCy pipeline.
        encoder: "auto" (the sentence encoder settles doubts where it is installed, else the packaged recognizer), "on"
            or "off".

    Raises:
        UsageError: the policy is unknown, the key is not 32 bytes long, there is no such model, or the encoder is "on"
            and not installed.
    """

    def __init__(
        self,
        key: bytes,
        policy: str = "balanced",
        style: str = "surrogate",
        dates: str = "surrogate",
        rulings: Rulings = NO_RULINGS,
        ner: Path | None = None,
        encoder: str = "auto",
    ) -> None:
        if policy not in POLICIES:
            raise UsageError(f"unknown policy {policy!r}; choose one of {', '.join(POLICIES)}")
        if len(key) != KEY_BYTES:
            raise UsageError(f"the key has {len(key)} bytes; it must have {KEY_BYTES}")
        self.key = key
        self.policy = policy
        self.style = style
        self.dates = dates
        self.rulings = rulings
        self.model = PluggedModel(ner) if ner else None
        self.encoder = chosen(encoder)

    def find(self, turns: list[str], known_names: Iterable[str] = (), roster: Roster | None = None) -> list[list[Span]]:
        """The identifiers of one session: per turn, sorted spans that do not overlap.

        Memory works inside the call: a name that one turn makes certain is masked in all. `known_names` (the caller's)
        and `roster` (the client's other sessions') are certain from the start.
        """
        return self._read(turns, known_names, roster)[1]

    def _read(
        self,
        turns: list[str],
        known_names: Iterable[str] = (),
        roster: Roster | None = None,
        structured: Sequence[Sequence[Span]] | None = None,
    ) -> tuple[Reading, list[list[Span]]]:
        with time_limit(bound(sum(map(len, turns)))):
            if structured is None:
                structured = find_structured(turns)
            given = build_roster("", (), known_names)
            others = roster or given
            reading = read_session(
                turns,
                given.memory() | others.memory(),
                others.phrases(),
                structured,
                frozenset(given.caller + others.caller),
                strict=self.policy == "strict",
                model=self.model,
                encoder=self.encoder,
            )
        found = [sorted([*a, *b]) for a, b in zip(reading.spans(), structured, strict=True)]
        return reading, self.rulings.settle(turns, found)

    def structured(self, session: Session) -> list[list[Span]]:
        """The structured identifiers of each turn, which no roster changes: found once, they serve both passes."""
        turns = [turn.text for turn in session.turns]
        with time_limit(bound(sum(map(len, turns)))):
            return find_structured(turns)

    def survey(self, session: Session, structured: Sequence[Sequence[Span]] | None = None) -> Survey:
        """The name forms that this session is sure of, for the client's roster; `structured` where it is known."""
        named = [*_names_in_labels(session), *names_in(session.meta, self.find)]
        reading = self._read([turn.text for turn in session.turns], named, None, structured)[0]
        return self.rulings.surveyed(Survey((*with_genders(reading), *names_survey(named).forms)))

    def replace(self, session: Session, roster: Roster | None = None) -> Session:
        """The session with surrogates for identifiers and `deidentified` set; without a roster, by its own survey's."""
        structured = self.structured(session)
        if roster is None:
            roster = build_roster(session.client_id or session.session_id, [self.survey(session, structured)])
        return self.apply(session, roster, structured)[0]

    def apply(
        self, session: Session, roster: Roster, structured: Sequence[Sequence[Span]] | None = None
    ) -> tuple[Session, list[list[Span]], list[list[Span]]]:
        """Replace by the client's roster: (new session, spans found in the input, surrogates' spans in the output).

        `structured` is what `structured` found in the session, where that is known.
        """
        found = self._read([turn.text for turn in session.turns], (), roster, structured)[1]
        surrogates = Surrogates(self.key, roster.client_id, roster, style=self.style, dates=self.dates)
        session = dataclasses.replace(session, meta=publishable(session.meta, self.find))
        replaced, written = replace_session(session, found, surrogates)
        return replaced, found, written


def _names_in_labels(session: Session) -> list[str]:
    """Names that stand as speaker labels ("MARISOL:"); roles and their abbreviations are no names."""
    flags = voc.vocabulary().flags
    names = []
    for label in sorted({turn.speaker for turn in session.turns}):
        for word in voc.split_words(label):
            flag = flags.get(word, 0)
            role = flag & (voc.TITLE | voc.KIN | voc.AMBIGUOUS) or flag & (voc.WORD | voc.NAME) == voc.WORD
            if len(word) >= _SHORTEST_LABEL and not role:
                names.append(word)
    return names
