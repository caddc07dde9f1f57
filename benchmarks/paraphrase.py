"""Paraphrasing many pages at once against llama-cpp-python's own loop, on one random-weight model made here.

Both sides read the same prompts through the same template and write the same number of tokens of free text (no grammar,
nobody may end early), with as many threads, in one process that holds the model for both. `decode` is the time to write
once the prompts are read, `end_to_end` all of it. N is how many answers are written at once. Where llama.cpp was built
for a GPU, all is run there once more, under keys that begin with `gpu_`.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.generate import transcripts
from benchmarks.harness import result_line, table
from benchmarks.random_model import BILLION, CONTROL, MIDDLE, Sizes, quantised, write_model
from synth.backend import Job, Sampling
from synth.llama import LlamaBackend, LlamaOptions
from synth.prompts import load_prompt
from synth.vocabulary import library, model_params

PAIRS = 3
NUMBERS = (1, 4, 8, 16)
_REST = 3  # the peer writes on where an answer's last token ends within a character


def main() -> None:
    """Print both ratios for each N, and the result as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a smaller model and shorter answers: minutes")
    parser.add_argument("--kind", choices=["Q4_0", "Q8_0"], default="Q8_0")
    parser.add_argument("--page-words", type=int, default=110, help="about 150 tokens; 300 are about 400")
    parser.add_argument("--tokens", type=int, help="tokens of an answer [default: 64, quick 32]")
    parser.add_argument("--pairs", type=int, default=PAIRS, help="counted rounds, after one that is not")
    parser.add_argument("--threads", type=int, default=_processors(), help="of both sides")
    given = parser.parse_args()
    sizes, tokens = (MIDDLE, given.tokens or 32) if given.quick else (BILLION, given.tokens or 64)
    with tempfile.TemporaryDirectory() as folder:
        texts = _texts()
        model = _model(Path(folder), texts, sizes, given.kind)
        prompts = _prompts(texts, max(NUMBERS), given.page_words)
        found = _Found()
        for gpu_layers in (0, -1) if library().llama_supports_gpu_offload() else (0,):
            options = LlamaOptions(threads=given.threads, gpu_layers=gpu_layers)
            found.add(_rounds(model, options, prompts, tokens, given.pairs), tokens, "gpu_" if gpu_layers else "")
    print(table(("", "decode", "end to end", "tokens/s", "serial"), found.rows))
    peer = f"llama-cpp-python {version('llama-cpp-python')} create_chat_completion"
    print(result_line("paraphrase", peer, given.pairs, found.ratios, found.ours, found.theirs))


@dataclass(slots=True)
class _Found:
    """What is printed, device by device."""

    ratios: dict[str, float] = field(default_factory=dict)
    rows: list[tuple[object, ...]] = field(default_factory=list)
    ours: dict[str, float] = field(default_factory=dict)
    theirs: dict[str, float] = field(default_factory=dict)

    def add(self, rounds: Sequence[Mapping[int, Times]], tokens: int, device: str) -> None:
        """Take the medians over rounds; SERIAL is the peer."""
        written = tokens * max(NUMBERS)
        theirs = self.theirs[f"{device}tokens_per_s"] = round(written / median(at[SERIAL].whole for at in rounds), 1)
        for number in NUMBERS:
            whole = round(median(at[SERIAL].whole / at[number].whole for at in rounds), 2)
            decode = round(median(at[SERIAL].decode / at[number].decode for at in rounds), 2)
            name = f"{device}n{number}"
            self.ratios[f"{device}decode_n{number}_vs_serial"] = decode
            self.ratios[f"{device}end_to_end_n{number}_vs_serial"] = whole
            self.ours[f"{name}_tokens_per_s"] = round(written / median(at[number].whole for at in rounds), 1)
            self.rows.append((f"{device}N = {number}", decode, whole, self.ours[f"{name}_tokens_per_s"], theirs))


SERIAL = 0
"""The peer's place among the numbers of answers written at once."""


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds to read all prompts and write all answers, and to read alone (and write one token each)."""

    whole: float
    read: float

    @property
    def decode(self) -> float:
        """Seconds of writing.

        Raises:
            RuntimeError: a neighbour on the machine made reading alone take longer.
        """
        if self.whole <= self.read:
            raise RuntimeError("the machine is too busy: a run that only reads took longer than one that writes, too")
        return self.whole - self.read


def _rounds(
    model: Path, options: LlamaOptions, prompts: list[str], tokens: int, pairs: int
) -> list[Mapping[int, Times]]:
    """Every side once a round, in turned order; the first round, with one token an answer, is not counted."""
    sides = {SERIAL: _serial(model, options)} | {number: _batched(model, options, number) for number in NUMBERS}
    rounds: list[Mapping[int, Times]] = []
    for at in range(pairs + 1):
        length = tokens if at else 1
        order = list(sides) if at % 2 else list(reversed(sides))
        rounds.append({side: Times(sides[side](prompts, length), sides[side](prompts, 1)) for side in order})
    return rounds[1:]


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _texts() -> list[str]:
    return [
        "\n".join(f"{utterance.role.capitalize()}: {utterance.text}" for utterance in transcript.utterances)
        for transcript in transcripts(1500)
    ]


def _model(folder: Path, texts: list[str], sizes: Sizes, kind: str) -> Path:
    whole = write_model(folder / "whole.gguf", texts, sizes)
    small = quantised(whole, folder / "random.gguf", kind)
    whole.unlink()
    return small


def _prompts(texts: list[str], count: int, page_words: int) -> list[str]:
    prompt, words = load_prompt("round"), " ".join(texts).split()
    pages = [" ".join(words[at * page_words : (at + 1) * page_words]) for at in range(count)]
    return [prompt.render(page=page, min_words=40, max_words=200, max_rounds=6) for page in pages]


Side = Callable[[list[str], int], float]
"""Writes so many tokens for each prompt; returns the seconds it took."""


def _serial(model: Path, options: LlamaOptions) -> Side:
    """The high-level loop: one chat completion after the other, its own reuse of a common beginning included."""
    import llama_cpp.llama_cpp

    llama_cpp.llama_cpp.llama_model_default_params = model_params  # the same kernels for both
    llama: Any = llama_cpp.Llama(
        str(model),
        n_ctx=2048,
        n_threads=options.threads,
        n_threads_batch=options.threads,
        n_gpu_layers=options.gpu_layers,
        flash_attn=True,
        verbose=False,
    )
    never = dict.fromkeys(range(len(CONTROL)), -100.0)

    def run(prompts: list[str], tokens: int) -> float:
        llama.reset()
        began = time.perf_counter()
        for prompt in prompts:
            message: Any = [{"role": "user", "content": prompt}]
            answer: Any = llama.create_chat_completion(message, max_tokens=tokens, temperature=0.7, logit_bias=never)
            if not tokens <= answer["usage"]["completion_tokens"] <= tokens + _REST:
                raise RuntimeError("unequal work, so no comparison: the peer ended an answer early")
        return time.perf_counter() - began

    return run


def _batched(model: Path, options: LlamaOptions, number: int) -> Side:
    backend = LlamaBackend(model, Sampling(), replace(options, parallel=number))
    backend.loaded()

    def run(prompts: list[str], tokens: int) -> float:
        began = time.perf_counter()
        jobs = deque(Job(prompt, at, at, 0) for at, prompt in enumerate(prompts))
        written = sum(answer.tokens for answer in backend.free_text(jobs, tokens))
        if written != tokens * len(prompts):
            raise RuntimeError("unequal work, so no comparison: an answer of ours has another length")
        return time.perf_counter() - began

    return run


if __name__ == "__main__":
    main()
