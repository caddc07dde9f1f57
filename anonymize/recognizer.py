"""The finder as a Presidio recognizer, so that stock and third-party recognizers can stand beside it.

This module imports presidio; nothing else in the room imports this module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from presidio_analyzer import AnalysisExplanation, EntityRecognizer, RecognizerResult

from anonymize.deidentifier import Deidentifier

if TYPE_CHECKING:
    from presidio_analyzer.nlp_engine import NlpArtifacts

PRESIDIO_ENTITIES = {
    "NAME": "PERSON",
    "LOCATION": "LOCATION",
    "ORG": "ORGANIZATION",
    "DATE": "DATE_TIME",
    "AGE90": "AGE",
    "PHONE": "PHONE_NUMBER",
    "FAX": "FAX_NUMBER",
    "EMAIL": "EMAIL_ADDRESS",
    "SSN": "US_SSN",
    "MRN": "MEDICAL_RECORD_NUMBER",
    "HEALTH_PLAN": "HEALTH_PLAN_NUMBER",
    "ACCOUNT": "US_BANK_NUMBER",
    "LICENSE": "US_DRIVER_LICENSE",
    "VEHICLE": "VEHICLE_ID",
    "DEVICE": "DEVICE_ID",
    "URL": "URL",
    "IP": "IP_ADDRESS",
    "HANDLE": "USERNAME",
    "ID": "ID",
}
"""Our span types -> Presidio's entity names, where it has one (supported entities, presidio-analyzer 2.2)."""

SPAN_TYPES_OF = {entity: span_type for span_type, entity in PRESIDIO_ENTITIES.items()}
"""Presidio's entity names -> our span types; NRP (nationality, religion, politics) has none: it is kept by policy."""

_SCORE = 0.85
"""What Presidio gives its own strong recognizers; ours decides yes or no and has no finer score."""


class TherapyRecognizer(EntityRecognizer):
    """Finds what `Deidentifier.find` finds. One text is one session and its lines are the turns, memory included."""

    def __init__(self, deidentifier: Deidentifier) -> None:
        """Wrap a de-identifier; its policy applies."""
        self.deidentifier = deidentifier
        super().__init__(
            supported_entities=list(PRESIDIO_ENTITIES.values()), name="TherapyRecognizer", supported_language="en"
        )

    def load(self) -> None:
        """Nothing to load: the word lists load with the first text."""

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        """Results of the wanted entities, as offsets into the whole text; `nlp_artifacts` are not needed."""
        del nlp_artifacts
        results = []
        offset = 0
        lines = text.split("\n")
        for line, spans in zip(lines, self.deidentifier.find(lines), strict=True):
            for span in spans:
                entity = PRESIDIO_ENTITIES[span.type]
                if not entities or entity in entities:
                    why = AnalysisExplanation(
                        recognizer=type(self).__name__, original_score=_SCORE, textual_explanation=span.rule
                    )
                    results.append(RecognizerResult(entity, offset + span.start, offset + span.end, _SCORE, why))
            offset += len(line) + 1
        return results
