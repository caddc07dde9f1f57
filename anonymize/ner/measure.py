"""What the packaged recognizer adds to the rules: `python -m anonymize.ner.measure GOLD...` prints it by gold set."""

from __future__ import annotations

import sys
from pathlib import Path
from unittest import mock

from anonymize.deidentifier import Deidentifier
from anonymize.keys import KEY_BYTES
from anonymize.ner import doubt
from anonymize.proof.evaluate import GoldSession, evaluate, read_gold_sessions


def measure(sessions: list[GoldSession]) -> dict[str, tuple[int, int]]:
    """Case ("cased", "lower") -> identifiers missed, words masked that should not be."""
    cases = evaluate(sessions, Deidentifier(bytes(KEY_BYTES)).find)["cases"]
    return {
        case: tuple(cases[case][rate]["of"] - cases[case][rate]["hits"] for rate in ("recall", "word_precision"))
        for case in ("cased", "lower")
    }


def main() -> None:
    """Measure each gold set without and with the recognizer."""
    for place in sys.argv[1:]:
        sessions = read_gold_sessions(Path(place))
        with mock.patch.object(doubt, "settle"):
            without = measure(sessions)
        seen = measure(sessions)
        for case in seen:
            missed, wrong = (f"{old} -> {new}" for old, new in zip(without[case], seen[case], strict=True))
            print(f"{place}, {case}: missed {missed}, masked wrongly {wrong}")  # noqa: T201 - a command's result


if __name__ == "__main__":
    main()
