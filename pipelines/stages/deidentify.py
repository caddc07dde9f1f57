"""De-identification in two passes: survey every session, one roster a client, then replace."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

from corpora.errors import UsageError
from corpora.records import Session
from pipelines.stages.base import Stage, stage

if TYPE_CHECKING:
    from anonymize import Deidentifier
    from anonymize.proof.audit import Residue
    from anonymize.roster import Roster
    from anonymize.rulings import Rulings
    from anonymize.spans import Span


class Replaced(NamedTuple):
    """A session after the second pass, turn by turn what was found and put in, and what other readers saw."""

    session: Session
    found: list[list[Span]]
    surrogates: list[list[Span]]
    residues: list[Residue]
    """What the second detector counts in the output."""
    notes: Counter[tuple[str, str]]
    """Counts for the report: what two readers found in the input, and the story that the session tells."""


@stage
class Deidentify(Stage):
    """Finds identifiers and replaces them; a name found in one session is masked in all of that client's sessions.

    `known_names` is a text file with one name a line, known to the caller (a clinic's staff list, say): they are masked
    wherever they stand. `keep` lists classes that stay in the text. `decisions` is a steward's CSV (see
    `anonymize.rulings`): words that stay or go whatever the detector says. `dates = "shift"` keeps intervals by one
    constant a client; such dates are not Safe Harbor. `ner` is a further model whose spans join ours: a folder, or the
    name of an installed spaCy pipeline. `encoder` says whether the sentence encoder settles doubts: "auto" where it is
    installed, "on", "off".
    """

    name: ClassVar[str] = "deidentify"
    version: ClassVar[str] = "11"
    inputs: ClassVar[frozenset[str]] = frozenset({"sessions", "language"})
    outputs: ClassVar[frozenset[str]] = frozenset({"deidentified"})

    policy: Literal["balanced", "strict"] = "balanced"
    style: Literal["surrogate", "placeholder"] = "surrogate"
    dates: Literal["surrogate", "shift"] = "surrogate"
    known_names: Path | None = None
    keep: tuple[Literal["LOCATION", "ORG", "DATE", "AGE90"], ...] = ()
    decisions: Path | None = None
    ner: Path | None = None
    encoder: Literal["auto", "on", "off"] = "auto"

    def check(self) -> None:
        """Read the caller's names and the steward's decisions, and look for the model."""
        self.caller_names()
        self.rulings()
        from anonymize.ner.encoder import chosen

        chosen(self.encoder)
        if self.ner:
            from anonymize.ner.plugged import PluggedModel

            PluggedModel(self.ner).load()

    def parameters(self) -> dict[str, Any]:
        """The fields as JSON values, files and models by the hash of their content."""
        from anonymize.ner.encoder import chosen
        from anonymize.ner.plugged import model_digest

        models = {"encoder": "on" if chosen(self.encoder) else "off"}  # "auto" is not the same everywhere
        return super().parameters() | models | ({"ner": model_digest(self.ner)} if self.ner else {})

    def deidentifier(self, key: bytes) -> Deidentifier:
        """The detector with these parameters, one a process."""
        return _deidentifier(key, self.policy, self.style, self.dates, self.rulings(), self.ner, self.encoder)

    def survey(self, session: Session, key: bytes) -> tuple[str, list[list[Span]]]:
        """The first pass over a session: what it gives away.

        Returns:
            Its names, as `anonymize.roster.Survey.to_json` writes them, and each turn's structured identifiers.
        """
        detector = self.deidentifier(key)
        structured = detector.structured(session)
        return detector.survey(session, structured).to_json(), structured

    def replace(self, session: Session, structured: list[list[Span]], roster: Roster, key: bytes) -> Replaced:
        """The second pass over a session, with its client's roster, and a second detector's look at what came out."""
        from anonymize.proof.audit import audit_turns
        from pipelines.trail import notes_of

        safe, found, surrogates = self.deidentifier(key).apply(session, roster, structured)
        residues = audit_turns([turn.text for turn in safe.turns], surrogates, roster, self.caller_names())
        return Replaced(safe, found, surrogates, residues, notes_of(session, safe, found))

    def rulings(self) -> Rulings:
        """The classes that stay and the steward's decisions.

        Raises:
            UsageError: the decisions file is not what it should be.
        """
        from anonymize.rulings import read_decisions, rulings

        return rulings(self.keep, read_decisions(self.decisions) if self.decisions else ())

    def caller_names(self) -> tuple[str, ...]:
        """The names of the `known_names` file.

        Raises:
            UsageError: the file cannot be read as UTF-8 text.
        """
        return _names(self.known_names) if self.known_names else ()


@cache
def _deidentifier(
    key: bytes, policy: str, style: str, dates: str, rulings: Rulings, ner: Path | None, encoder: str
) -> Deidentifier:
    from anonymize import Deidentifier

    return Deidentifier(key, policy, style, dates, rulings, ner, encoder)


@cache
def _names(path: Path) -> tuple[str, ...]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--known-names {path}: cannot be read as UTF-8 text ({type(error).__name__})") from None
    return tuple(name for line in lines if (name := line.strip()))
