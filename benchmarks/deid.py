"""Finding identifiers: ours beside stock presidio-analyzer and scrubadub, on dialogue with planted identifiers.

    python -m benchmarks.deid [--quick]

Everybody gets whole sessions, one after the other in one process: ours as turns, the peers as one text of lines (their
faster way). Speed alone says little, so recall on what was planted, and how much else was masked, stand beside it.
"""

from __future__ import annotations

import argparse
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from itertools import accumulate
from statistics import median
from typing import TYPE_CHECKING, Any

from anonymize.ner.encoder import installed
from benchmarks.generate import UTTERANCES, Transcript, session_of, transcripts
from benchmarks.harness import PAIRS, Run, Side, alternate, middle, ratio, result_line, run_once, same_work, table

if TYPE_CHECKING:
    from presidio_analyzer import AnalyzerEngine
    from spacy.language import Language

Found = list[list[tuple[int, int]]]
"""Per session, half-open character ranges in its turns joined by line ends."""
Find = Callable[[Sequence[Sequence[str]]], Found]

QUICK_UTTERANCES = 500
DOUBTFUL = "So I went over to see autumn and hope with Zanthrip, and mark said no."
"""A sentence over which our rules ask the recognizer, so that loading it counts as start-up."""
SESSION_WORDS = (1_000, 2_000, 4_000, 8_000, 16_000, 32_000)
STRUCTURED = ("EMAIL", "URL", "PHONE")
CLAIMED = {"scrubadub": ("URL", "PHONE")}
"""Classes that a peer finds (by default all of `STRUCTURED`), so that whoever misses one did less work. scrubadub takes
"me at" before an address for a spoken address and loses the real one."""


def pipeline() -> Language:
    """The spaCy pipeline that Presidio holds: the packaged recognizer, which ours asks where its rules are unsure."""
    import spacy

    from anonymize.ner import MODEL

    return spacy.load(MODEL)


def start_ours(encoder: str = "off") -> Find:
    """Our detector, its lists and its recognizer (or the sentence encoder in its place) loaded."""
    from anonymize import Deidentifier

    detector = Deidentifier(key=bytes(32), encoder=encoder)
    detector.find([DOUBTFUL])

    def find(sessions: Sequence[Sequence[str]]) -> Found:
        found: Found = []
        for turns in sessions:
            starts = line_starts(turns)
            spans = zip(starts, detector.find(list(turns)), strict=True)
            found.append([(at + span.start, at + span.end) for at, turn in spans for span in turn])
        return found

    return find


def start_presidio() -> Find:
    """Stock `AnalyzerEngine`, all of its default recognizers for English."""
    engine = presidio_engine()

    def find(sessions: Sequence[Sequence[str]]) -> Found:
        results = (engine.analyze("\n".join(turns), language="en") for turns in sessions)
        return [[(hit.start, hit.end) for hit in hits] for hits in results]

    return find


def start_presidio_batch() -> Find:
    """Stock `BatchAnalyzerEngine` over the same engine."""
    from presidio_analyzer import BatchAnalyzerEngine

    engine = BatchAnalyzerEngine(presidio_engine())

    def find(sessions: Sequence[Sequence[str]]) -> Found:
        results = engine.analyze_iterator(["\n".join(turns) for turns in sessions], language="en")
        return [[(hit.start, hit.end) for hit in hits] for hits in results]

    return find


def presidio_engine() -> AnalyzerEngine:
    """Stock `AnalyzerEngine` over the packaged recognizer."""
    import tldextract
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    # the e-mail recognizer would fetch the suffix list from the network; the packaged copy serves
    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=())  # type: ignore[assignment]
    nlp = SpacyNlpEngine()
    nlp.nlp = {"en": pipeline()}  # type: ignore[assignment]  # declared None, set by `load`
    engine = AnalyzerEngine(nlp_engine=nlp, supported_languages=["en"])
    engine.analyze("Write to a@example.org.", language="en")
    return engine


def start_scrubadub() -> Find:
    """The `Scrubber` of scrubadub with its default detectors."""
    import scrubadub

    scrubber = scrubadub.Scrubber(locale="en_US")

    def find(sessions: Sequence[Sequence[str]]) -> Found:
        return [[(filth.beg, filth.end) for filth in scrubber.iter_filth("\n".join(turns))] for turns in sessions]

    return find


OURS = Side("therapy-corpora", start_ours)
ENCODER = Side("with the encoder", partial(start_ours, "on"))
"""Ours where the extra `encoder` is installed: it finds more, and takes its time."""

PEERS = {
    "speed_vs_presidio_analyzer": Side("presidio AnalyzerEngine", start_presidio),
    "speed_vs_presidio_batch": Side("presidio BatchAnalyzerEngine", start_presidio_batch),
    "speed_vs_scrubadub": Side("scrubadub", start_scrubadub),
}


def line_starts(turns: Sequence[str]) -> list[int]:
    """Where each turn begins in the turns joined by line ends."""
    return list(accumulate((len(turn) + 1 for turn in turns[:-1]), initial=0))


def score(made: Sequence[Transcript], found: Found) -> tuple[Counter[str], Counter[str], int]:
    """What was planted and what was masked whole, by class; and the words masked in which nothing was planted."""
    planted, masked, others = Counter[str](), Counter[str](), 0
    for transcript, ranges in zip(made, found, strict=True):
        text = "\n".join(transcript.turns)
        hidden = bytearray(len(text))
        for start, end in ranges:
            hidden[start:end] = b"\1" * (end - start)
        for start, utterance in zip(line_starts(transcript.turns), transcript.utterances, strict=True):
            for span in utterance.planted:
                place = range(start + span.start, start + span.end)
                planted[span.type] += 1
                masked[span.type] += all(hidden[at] for at in place if text[at].isalnum())
        others += _other_words(text, hidden, transcript)
    return planted, masked, others


def _other_words(text: str, hidden: bytearray, transcript: Transcript) -> int:
    """Words of which anything is hidden and nothing is planted."""
    starts = line_starts(transcript.turns)
    planted = sorted(
        (start + span.start, start + span.end)
        for start, utterance in zip(starts, transcript.utterances, strict=True)
        for span in utterance.planted
    )
    begins = [begin for begin, _ in planted]
    count = at = 0
    for word in text.split():
        at = text.index(word, at)
        end = at + len(word)
        before = bisect_right(begins, end - 1) - 1
        count += any(hidden[at:end]) and (before < 0 or planted[before][1] <= at)
        at = end
    return count


def start_sized(start: Callable[[], Find]) -> Callable[[Sequence[Sequence[str]]], list[float]]:
    """Instead of the spans, the seconds that each session takes: the median of three."""
    find = start()

    def once(turns: Sequence[str]) -> float:
        began = time.perf_counter()
        find([turns])
        return time.perf_counter() - began

    return lambda sessions: [median(once(turns) for _ in range(3)) for turns in sessions]


def by_session_size(side: Side) -> dict[str, int]:
    """Words a second for one session of so many words."""
    sessions = [session_of(words) for words in SESSION_WORDS]
    run = run_once(Side(side.name, partial(start_sized, side.start)), sessions)
    return {
        str(size): round(_words(turns) / seconds)
        for size, turns, seconds in zip(SESSION_WORDS, sessions, run.result, strict=True)
    }


def _words(turns: Sequence[str]) -> int:
    return sum(len(turn.split()) for turn in turns)


def _figures(made: Sequence[Transcript], runs: Sequence[Run]) -> dict[str, Any]:
    """What is told of one side: speed, start-up and memory as medians, recall in parts of one."""
    words = sum(_words(transcript.turns) for transcript in made)
    planted, masked, others = score(made, runs[0].result)
    return {
        "words_per_s": round(words / median(run.seconds for run in runs)),
        "startup_s": middle(runs, lambda run: run.startup_s),
        "peak_memory_mb": round(median(run.memory_mb for run in runs)),
        "recall": round(masked.total() / planted.total(), 4),
        "recall_by_class": {kind: round(masked[kind] / planted[kind], 4) for kind in sorted(planted)},
        "other_words_masked_per_1000": round(1000 * others / words, 2),
    }


def _hold_equal(made: Sequence[Transcript], runs: Mapping[str, Sequence[Run]]) -> None:
    """Everybody read every session, and each peer and we mask the same numbers of what both claim to."""
    masked = {name: score(made, side_runs[0].result)[1] for name, side_runs in runs.items()}
    for name in runs.keys() - {OURS.name, ENCODER.name}:
        facts = {
            side: {
                "sessions": len(runs[side][0].result),
                **{kind: masked[side][kind] for kind in CLAIMED.get(name, STRUCTURED)},
            }
            for side in (OURS.name, name)
        }
        same_work(facts)


def _installed(side: Side) -> bool:
    try:
        return bool(version(_package(side)))
    except PackageNotFoundError:
        return False


def _package(side: Side) -> str:
    return "presidio-analyzer" if side.name.startswith("presidio") else side.name


def _show(figures: dict[str, dict[str, Any]], sizes: dict[str, dict[str, int]]) -> None:
    header = (
        "",
        "words/s",
        "start-up s",
        "peak MB",
        "recall",
        "names",
        " ".join(STRUCTURED),
        "other words masked / 1000",
    )
    rows = [
        (
            name,
            f"{entry['words_per_s']:,}",
            entry["startup_s"],
            entry["peak_memory_mb"],
            f"{entry['recall']:.3f}",
            f"{entry['recall_by_class']['NAME']:.3f}",
            " ".join(f"{entry['recall_by_class'][kind]:.2f}" for kind in STRUCTURED),
            entry["other_words_masked_per_1000"],
        )
        for name, entry in figures.items()
    ]
    print(table(header, rows))
    print("\nPresidio holds the spaCy pipeline that ours asks where its rules are unsure.\n")
    if sizes:
        print(
            table(
                ("words/s by words a session", *SESSION_WORDS),
                [(name, *speeds.values()) for name, speeds in sizes.items()],
            )
        )


def main() -> None:
    """Run the comparison and print it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.deid", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a twentieth of the dialogue; within a minute")
    quick = parser.parse_args().quick
    made = transcripts(QUICK_UTTERANCES if quick else UTTERANCES)
    peers = {key: side for key, side in PEERS.items() if _installed(side)}
    own = [OURS, ENCODER] if installed() else [OURS]
    runs = alternate([*own, *peers.values()], [transcript.turns for transcript in made], warm_up=not quick)
    _hold_equal(made, runs)
    figures = {name: _figures(made, side_runs) for name, side_runs in runs.items()}
    sizes = {side.name: by_session_size(side) for side in ([] if quick else [*own, *peers.values()])}
    words = sum(_words(transcript.turns) for transcript in made)
    print(f"{len(made)} sessions, {words:,} words, {PAIRS} counted rounds\n")
    _show(figures, sizes)
    for name, speeds in sizes.items():
        figures[name]["words_per_s_by_session_words"] = speeds
    ratios = {key: ratio(runs[OURS.name], runs[side.name]) for key, side in peers.items()}
    if installed():
        ratios |= {f"{key}_with_encoder": ratio(runs[ENCODER.name], runs[side.name]) for key, side in peers.items()}
    packages = sorted({_package(side) for side in peers.values()})
    peer = ", ".join(f"{package} {version(package)}" for package in packages)
    ours = figures.pop(OURS.name) | {side.name: figures.pop(side.name) for side in own[1:]}
    print(result_line("deid", peer, PAIRS, ratios, ours, figures))


if __name__ == "__main__":
    main()
