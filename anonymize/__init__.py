"""Finding identifiers in session transcripts, replacing them, and proving it."""

from anonymize.deidentifier import Deidentifier
from anonymize.roster import Roster, Survey, build_roster
from anonymize.spans import SPAN_TYPES, Span

__all__ = ["SPAN_TYPES", "Deidentifier", "Roster", "Span", "Survey", "build_roster"]
