"""What the gate came to: one outcome an expectation, and the verdict."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one expectation came to.

    Attributes:
        suite: The suite's name.
        expectation: The expectation's name, unique in its suite.
        description: What is expected, as a sentence.
        severity: `critical`, `warning` or `info`.
        passed: Whether it held.
        observed: What was seen instead, in a few numbers.
        reason: Why it is expected.
        rule: How it is checked, in Great Expectations' words.
        rows: Keyed ids of failing examples, or names of failing splits; the first twenty at most.
        against: How many rows were against it; None where it judges the table as a whole.
    """

    suite: str
    expectation: str
    description: str
    severity: str
    passed: bool
    observed: str
    reason: str
    rule: str
    rows: tuple[str, ...] = ()
    against: int | None = None


@dataclass(frozen=True, slots=True)
class GateResult:
    """The verdict: `passed` is True when every critical expectation held."""

    passed: bool
    results: tuple[Outcome, ...]
    unmeasured: tuple[str, ...] = ()
    """Expectations that were left out, since nobody counted what they look at."""

    def failures(self, severity: str) -> list[Outcome]:
        """The expectations of one severity that did not hold."""
        return [outcome for outcome in self.results if not outcome.passed and outcome.severity == severity]

    def to_dict(self) -> dict[str, Any]:
        """As JSON values: `passed`, `expectations` (one object an expectation) and `unmeasured`, for the manifest."""
        found = [asdict(outcome) for outcome in self.results]
        return {"passed": self.passed, "expectations": found, "unmeasured": list(self.unmeasured)}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> GateResult:
        """What `to_dict` wrote.

        Raises:
            KeyError, TypeError: the document is something else.
        """
        found = (Outcome(**{**entry, "rows": tuple(entry["rows"])}) for entry in document["expectations"])
        return cls(bool(document["passed"]), tuple(found), tuple(document.get("unmeasured", ())))
