"""What the models add to the rules: `python -m anonymize.ner.measure GOLD...` prints it by gold set."""

from __future__ import annotations

import sys
from pathlib import Path
from unittest import mock

from anonymize.deidentifier import Deidentifier
from anonymize.keys import KEY_BYTES
from anonymize.ner import doubt
from anonymize.ner.encoder import installed
from anonymize.proof.evaluate import GoldSession, evaluate, read_gold_sessions


def measure(sessions: list[GoldSession], encoder: str) -> dict[str, tuple[int, int]]:
    """Case ("cased", "lower") -> identifiers missed, words masked that should not be."""
    cases = evaluate(sessions, Deidentifier(bytes(KEY_BYTES), encoder=encoder).find)["cases"]
    return {
        case: tuple(cases[case][rate]["of"] - cases[case][rate]["hits"] for rate in ("recall", "word_precision"))
        for case in ("cased", "lower")
    }


def main() -> None:
    """Measure each gold set by the rules alone, with the recognizer, and with the encoder where it is installed."""
    for place in sys.argv[1:]:
        sessions = read_gold_sessions(Path(place))
        with mock.patch.object(doubt, "settle"):
            ways = [measure(sessions, "off")]
        ways += [measure(sessions, encoder) for encoder in ("off", "on") if encoder == "off" or installed()]
        for case in ways[0]:
            missed, wrong = (" -> ".join(str(way[case][at]) for way in ways) for at in (0, 1))
            print(f"{place}, {case}: missed {missed}, masked wrongly {wrong}")  # noqa: T201 - a command's result


if __name__ == "__main__":
    main()
