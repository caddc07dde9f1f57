"""How fast questions are asked: ours beside a serial loop of the `openai` library and distilabel, on one server.

The server, on loopback, takes 300 ms for each answer. Ours keeps a ledger on disk meanwhile and reserves from a budget.
The second part gives the server a limit of R requests a second; the third checks candidates against 10,000 kept texts.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import json
import random
import subprocess
import sys
import tempfile
import time
import warnings
from collections import defaultdict
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

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
_DIMENSIONS = 384
_PROMPT = "Answer the client. The answer is 8 to 12 words long. Number {at}."


def main() -> None:
    """Print the rates, the share of a limit that was used, and the time of a check; the result as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer requests: within a minute")
    parser.add_argument("--pairs", type=int, default=3)
    given = parser.parse_args()
    rounds, seconds, kept = (8, 8, 2_000) if given.quick else (24, 30, KEPT)
    numbers = PARALLEL[1:2] if given.quick else PARALLEL
    rates = _rates(numbers, rounds, 5 if given.quick else 20, given.pairs)
    ours: dict[str, Any] = {f"requests_per_s_n{number}": _middle(rates["ours", number]) for number in numbers}
    theirs = {"requests_per_s": _middle(rates["serial", 1])}
    theirs |= {f"distilabel_requests_per_s_n{number}": _middle(rates["distilabel", number]) for number in numbers}
    ratios = {
        f"requests_n{number}_vs_{name}": _middle(
            [a / b for a, b in zip(rates["ours", number], rates[name, at], strict=True)]
        )
        for number in numbers
        for name, at in (("serial", 1), ("distilabel", number))
    }
    ratios["share_of_rate_limit"] = ours["share_of_rate_limit"] = _share(seconds)
    ours["near_duplicate_ms"] = _check_ms(kept)
    ours["near_duplicate_with_vectors_ms"] = _check_ms(kept, vectors=True)
    ours["kept"] = kept
    rows = [
        (f"{number} at once", ours[f"requests_per_s_n{number}"], theirs[f"distilabel_requests_per_s_n{number}"])
        for number in numbers
    ]
    print(table(("requests/s", "ours", "distilabel"), rows))
    print(f"a serial loop: {theirs['requests_per_s']} requests/s")
    print(f"share of a limit of {RATE} requests/s: {ours['share_of_rate_limit']:.1%}")
    print(f"near-duplicate check at {kept:,} kept: {ours['near_duplicate_ms']} ms a candidate")
    print(f"and with vectors of {_DIMENSIONS} numbers: {ours['near_duplicate_with_vectors_ms']} ms")
    peer = f"openai {version('openai')} serial, distilabel {version('distilabel')}"
    print(result_line("synth", peer, given.pairs, ratios, ours, theirs))


def _middle(values: list[float]) -> float:
    return round(median(values), 2)


def _rates(numbers: tuple[int, ...], rounds: int, serial: int, pairs: int) -> dict[tuple[str, int], list[float]]:
    """Requests a second by (who, requests at once), alternating, after a warm-up of each."""
    rates: dict[tuple[str, int], list[float]] = defaultdict(list)
    with served() as url:
        peer = _distilabel_model(url)
        _serial(url, 1), _pooled(url, 8, 8), _distilabel(peer, 8, 8)
        for _ in range(pairs):
            rates["serial", 1].append(_serial(url, serial))
            for number in numbers:
                rates["ours", number].append(_pooled(url, number, rounds * number))
                rates["distilabel", number].append(_distilabel(peer, number, max(4, rounds // 2) * number))
    return rates


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
    gc.collect()  # clients that distilabel left behind would close themselves on our loop
    with tempfile.TemporaryDirectory() as folder, Ledger(Path(folder) / "ledger.jsonl") as ledger:
        books = Books(ledger, Budget(Price(1, 1), 1000.0), "benchmark")
        with contextlib.closing(RemoteWriter("m", url, parallel=parallel, pacing=pacing)) as writer:
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


def _distilabel_model(url: str) -> Any:
    warnings.simplefilter("ignore")
    from distilabel.models import OpenAILLM

    model = OpenAILLM(model="m", base_url=f"{url}/v1", api_key="none", generation_kwargs={"max_new_tokens": 64})
    model.load()
    return model


def _distilabel(model: Any, parallel: int, count: int) -> float:
    """Requests a second of distilabel's client, which its steps give one batch after the other."""
    chats = [[{"role": "user", "content": _PROMPT.format(at=at)}] for at in range(count)]
    began = time.perf_counter()
    outputs = [out for at in range(0, count, parallel) for out in model.generate(inputs=chats[at : at + parallel])]
    taken = time.perf_counter() - began
    if len(outputs) != count or not all(out["generations"][0] for out in outputs):
        raise RuntimeError("unequal work, so no comparison: a reply is missing")
    return count / taken


def _share(seconds: int) -> float:
    """The part of a limit of `RATE` requests a second that was used, between the first and the last second."""
    with served("--rate", str(RATE)) as url:
        _pooled(url, 64, RATE * seconds, Pacing(RATE * 60))
    times = sorted(_LAST["accepted"])
    inner = [at for at in times if times[0] + 1 <= at <= times[-1] - 1]
    span: float = inner[-1] - inner[0]
    return round((len(inner) - 1) / span / RATE, 4)


def _check_ms(kept: int, *, vectors: bool = False) -> float:
    """Milliseconds of one check against so many kept texts of about 150 words, the median of the last 200."""
    draw, index, times = random.Random(1), Kept(), [0.0]  # noqa: S311 - no secret
    numbers = np.random.default_rng(1)
    for _ in range(kept + 200):
        text, vector = said(draw, 150, 150), numbers.standard_normal(_DIMENSIONS, np.float32) if vectors else None
        began = time.perf_counter()
        index.fault(text, None if vector is None else vector / np.linalg.norm(vector))
        times.append(time.perf_counter() - began)
    return round(1000 * median(times[-200:]), 3)


def _question(at: int) -> Question:
    return Question("benchmark", at, 0, (Message("user", _PROMPT.format(at=at)),), 64)


if __name__ == "__main__":
    main()
