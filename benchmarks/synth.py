"""How fast questions are asked: ours beside a plain serial loop of the `openai` library, on one server on loopback.

The server takes 300 ms for each answer. Ours keeps a ledger on disk meanwhile, and reserves from a budget. The second
part gives the server a limit of R requests a second; the third checks candidates against 10,000 kept texts.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.chat_server import said
from benchmarks.harness import result_line, table
from corpora.records import Message
from synth.asking import Asker, Books, Question
from synth.budget import Budget, Price
from synth.dialogues.similar import Kept
from synth.ledger import Ledger
from synth.pacing import Pacing
from synth.remote import RemoteWriter

LATENCY = 0.3
PARALLEL = (10, 64, 256)
RATE = 100
KEPT = 10_000
_PROMPT = "Answer the client. The answer is 8 to 12 words long. Number {at}."


def main() -> None:
    """Print the rates, the share of a limit that was used, and the time of a check; the result as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer requests: within a minute")
    parser.add_argument("--pairs", type=int, default=3)
    given = parser.parse_args()
    rounds, seconds, kept = (6, 8, 2_000) if given.quick else (12, 30, KEPT)
    numbers = PARALLEL[1:2] if given.quick else PARALLEL
    ours: dict[str, Any] = {}
    serial = []
    rates: dict[int, list[float]] = {number: [] for number in numbers}
    for _ in range(given.pairs):
        with served() as url:
            serial.append(_serial(url, 5 if given.quick else 20))
            for number in numbers:
                rates[number].append(_pooled(url, number, rounds * number))
    ours |= {f"requests_per_s_n{number}": round(median(found), 1) for number, found in rates.items()}
    theirs = {"requests_per_s": round(median(serial), 2)}
    ratios = {
        f"requests_n{number}_vs_serial": round(median(a / b for a, b in zip(found, serial, strict=True)), 2)
        for number, found in rates.items()
    }
    ratios["share_of_rate_limit"] = ours["share_of_rate_limit"] = _share(seconds)
    ours["near_duplicate_ms"] = _check_ms(kept)
    ours["kept"] = kept
    rows = [(f"{number} at once", ours[f"requests_per_s_n{number}"], theirs["requests_per_s"]) for number in numbers]
    print(table(("requests/s", "ours", "serial"), rows))
    print(f"share of a limit of {RATE} requests/s: {ours['share_of_rate_limit']:.1%}")
    print(f"near-duplicate check at {kept:,} kept: {ours['near_duplicate_ms']} ms a candidate")
    print(result_line("synth", f"openai {version('openai')} serial", given.pairs, ratios, ours, theirs))


@contextlib.contextmanager
def served(*flags: str) -> Iterator[str]:
    """The server in a process of its own; yields its address."""
    command = [sys.executable, "-m", "benchmarks.chat_server", "--latency", str(LATENCY), *flags]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        yield process.stdout.readline().strip()
        served_out, _ = process.communicate("\n")
        _LAST.update(json.loads(served_out))
    finally:
        process.kill()


_LAST: dict[str, Any] = {}
"""What the last server saw."""


def _pooled(url: str, parallel: int, count: int, pacing: Pacing | None = None) -> float:
    """Requests a second of ours, ledger and budget included."""
    questions = [_question(at) for at in range(count)]
    with tempfile.TemporaryDirectory() as folder, Ledger(Path(folder) / "ledger.jsonl") as ledger:
        books = Books(ledger, Budget(Price(1, 1), 1000.0), "benchmark")
        writer = RemoteWriter("m", url, parallel=parallel, pacing=pacing)
        began = time.perf_counter()
        replies = Asker(writer, books).ask(questions)
        taken = time.perf_counter() - began
    if len(replies) != count or any(reply.fault for reply in replies.values()):
        raise RuntimeError("unequal work, so no comparison: a reply is missing")
    return count / taken


def _serial(url: str, count: int) -> float:
    from openai import OpenAI

    client = OpenAI(base_url=f"{url}/v1", api_key="none")
    began = time.perf_counter()
    for at in range(count):
        text = _PROMPT.format(at=at)
        client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}], max_tokens=64)
    return count / (time.perf_counter() - began)


def _share(seconds: int) -> float:
    """The part of a limit of `RATE` requests a second that was used, between the first and the last second."""
    with served("--rate", str(RATE)) as url:
        _pooled(url, 64, RATE * seconds, Pacing(RATE * 60))
    times = sorted(_LAST["accepted"])
    inner = [at for at in times if times[0] + 1 <= at <= times[-1] - 1]
    span: float = inner[-1] - inner[0]
    return round((len(inner) - 1) / span / RATE, 4)


def _check_ms(kept: int) -> float:
    """Milliseconds of one check against so many kept texts of about 150 words, the median of the last 200."""
    draw, index, times = random.Random(1), Kept(), [0.0]  # noqa: S311 - no secret
    for _ in range(kept + 200):
        text = said(draw, 150, 150)
        began = time.perf_counter()
        index.fault(text)
        times.append(time.perf_counter() - began)
    return round(1000 * median(times[-200:]), 3)


def _question(at: int) -> Question:
    return Question("benchmark", at, 0, (Message("user", _PROMPT.format(at=at)),), 64)


if __name__ == "__main__":
    main()
