"""What the gate came to: one outcome an expectation, and the verdict."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


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


@dataclass(frozen=True, slots=True)
class GateResult:
    """The verdict: `passed` is True when every critical expectation held."""

    passed: bool
    results: tuple[Outcome, ...]

    def failures(self, severity: str) -> list[Outcome]:
        """The expectations of one severity that did not hold."""
        return [outcome for outcome in self.results if not outcome.passed and outcome.severity == severity]

    def to_dict(self) -> dict[str, Any]:
        """As JSON values: `passed` and `expectations`, one object an expectation, for the manifest."""
        return {"passed": self.passed, "expectations": [asdict(outcome) for outcome in self.results]}
