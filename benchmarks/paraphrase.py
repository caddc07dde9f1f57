"""Paraphrasing many pages at once against llama-cpp-python's own loop, on one random-weight model made here.

Both sides read the same prompts through the same template and write the same number of tokens of free text (no grammar,
nobody may end early), in one process that holds the model for both. `decode` is the time to write once the prompts are
read, `end_to_end` all of it. N is how many answers are written at once.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
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

PAIRS = 3
NUMBERS = (1, 4, 8, 16)
_REST = 3  # the peer writes on where an answer's last token ends within a character


def main() -> None:
    """Print both ratios for each N, and the result as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a smaller model and the largest number only: minutes")
    parser.add_argument("--kind", choices=["Q4_0", "Q8_0"], default="Q8_0")
    parser.add_argument("--page-words", type=int, default=110, help="about 150 tokens; 300 are about 400")
    parser.add_argument("--tokens", type=int, default=64, help="tokens of an answer")
    parser.add_argument("--pairs", type=int, default=PAIRS, help="counted rounds, after one that is not")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--gpu-layers", type=int, default=0)
    given = parser.parse_args()
    sizes, numbers, pairs = (MIDDLE, NUMBERS[-1:], given.pairs) if given.quick else (BILLION, NUMBERS, given.pairs)
    with tempfile.TemporaryDirectory() as folder:
        texts = _texts()
        model = _model(Path(folder), texts, sizes, given.kind)
        options = LlamaOptions(threads=given.threads, gpu_layers=given.gpu_layers)
        prompts = _prompts(texts, max(numbers), given.page_words)
        _run(model, options, prompts, given.tokens, numbers, pairs)


def _run(
    model: Path, options: LlamaOptions, prompts: list[str], tokens: int, numbers: Sequence[int], pairs: int
) -> None:
    serial = _serial(model, options)
    ratios: dict[str, float] = {}
    rows, ours, theirs = [], {}, {}
    for number in numbers:
        batched = _batched(model, options, number)
        found: list[tuple[float, float, float, float]] = []
        for at in range(pairs + 1):
            sides = (batched, serial) if at % 2 else (serial, batched)
            whole = {side: side(prompts, tokens) for side in sides}
            read = {side: side(prompts, 1) for side in sides}
            if at:
                found.append((whole[batched], whole[serial], read[batched], read[serial]))
        if any(min(a - c, b - d) <= 0 for a, b, c, d in found):
            raise RuntimeError("the machine is too busy: a run that only reads took longer than one that writes, too")
        all_at_once = round(median(b / a for a, b, _, _ in found), 2)
        decode = round(median((b - d) / (a - c) for a, b, c, d in found), 2)
        ratios |= {f"decode_n{number}_vs_serial": decode, f"end_to_end_n{number}_vs_serial": all_at_once}
        written = tokens * len(prompts)
        ours[f"tokens_per_s_n{number}"] = round(written / median(a for a, _, _, _ in found), 1)
        theirs["tokens_per_s"] = round(written / median(b for _, b, _, _ in found), 1)
        rows.append((f"N = {number}", decode, all_at_once, ours[f"tokens_per_s_n{number}"], theirs["tokens_per_s"]))
    print(table(("", "decode", "end to end", "tokens/s", "serial"), rows))
    peer = f"llama-cpp-python {version('llama-cpp-python')} create_chat_completion"
    print(result_line("paraphrase", peer, pairs, ratios, ours, theirs))


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
    import llama_cpp

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
