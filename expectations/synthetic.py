"""The report's section on synthetic dialogues: numbers, and samples, which may be shown since no person said them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_NAMES = {"messages": "first message", "answers": "last answer"}


def section(found: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What the page's template shows of a manifest's `synthetic` part; None where there is none.

    Returns:
        `facts` and `lengths` as rows of a table, `topics` as (name, target, kept), `openers` and `reasons` as rows,
        `samples` as (instructor, topic, turns).
    """
    if not found:
        return None
    topics = found["topics"]
    cost = "unknown" if found["cost_usd"] is None else f"{found['cost_usd']:.4f} USD"
    kept = found["kept"]
    chi = f"chi-square {topics['chi_square']}, {topics['degrees_of_freedom']} degrees of freedom, p {topics['p']}"
    return {
        "facts": [
            ("model", found["model"]),
            ("dialogues kept of wanted", f"{kept:,} of {found['wanted']:,}"),
            ("ended early", found["stopped"] or "no"),
            ("tokens read and written", f"{found['tokens']['read']:,} and {found['tokens']['written']:,}"),
            ("requests", ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in found["requests"].items())),
            ("cost", cost),
            ("topics that the model added", len(found["made_topics"]["added"])),
            ("topics against their target", chi),
            ("distinct runs of one, two, three words", ", ".join(map(str, found["distinct"].values()))),
            ("self-BLEU (1: all alike)", found["self_bleu"]),
            ("equal texts", found["duplicates"]),
        ],
        "lengths": [(_NAMES[side], *marks.values()) for side, marks in found["words"].items() if marks],
        "topics": [(topic, count, topics["kept"][topic]) for topic, count in topics["target"].items()],
        "openers": [
            (_NAMES[side], words, count, f"{100 * count / max(1, kept):.1f} %")
            for side, openers in found["openers"].items()
            for words, count in openers
        ],
        "rates": [(name, row["asked"], row["accepted"]) for name, row in found["by_instructor"].items()],
        "reasons": [
            (name, reason, count) for name, reasons in found["reasons"].items() for reason, count in reasons.items()
        ],
        "safety": list(found["safety"].items()),
        "samples": [(sample["instructor"], sample["topic"], sample["turns"]) for sample in found["samples"]],
    }
