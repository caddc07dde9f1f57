"""Many answers at once from one GGUF model, in this process, through llama.cpp's batch interface.

The instruction that all prompts share is read once and its key-value cells are copied to all sequences. Each sequence
has its own sampler, grammar and seed; when one is finished, the next page takes its place at once. A token is drawn
first and then checked against the grammar; only a refused one costs a pass of the grammar over the whole vocabulary.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from corpora.errors import CorporaError, UsageError
from synth.backend import Answer, Job, Sampling
from synth.chat import around
from synth.gguf_header import Header, read_header
from synth.grammar import Grammatical, Shape
from synth.sequences import Sequences, shared_length
from synth.vocabulary import Vocabulary, library, model_params

KV_BYTES = {"f16": 2.0, "q8_0": 34 / 32}
"""Bytes of one value in key-value memory, by its type."""
_CELLS = 256  # contexts are made in multiples of this
_SCORE_BYTES = 4  # of one attention score, where not flash attention computes them piece by piece
_OVERHEAD = 256 * 2**20  # compute buffers and the library's own
_MOST_SEQUENCES = 128
_TRIAL = 16  # tokens that each sequence writes to measure the speed

Watch = Callable[[Job, int, Any], None]
"""Called as (job, tokens written, logits) before each token is drawn."""


@dataclass(frozen=True, slots=True)
class LlamaOptions:
    """How the model is run.

    `parallel` answers are written at once; `threads` is by default one a processor; `batch` tokens are computed in one
    call; `gpu_layers` go to a GPU (-1: all); `kv` is the key-value memory's type, `q8_0` takes half; `flash` attention
    is by default on for a GPU and for `q8_0`, which needs it, and off for a processor, which writes faster without;
    `chat_template` is a name of `synth.chat.TEMPLATES`.
    """

    parallel: int = 16
    threads: int | None = None
    batch: int = 512
    gpu_layers: int = 0
    kv: Literal["f16", "q8_0"] = "f16"
    flash: bool | None = None
    chat_template: str | None = None

    @property
    def flashes(self) -> bool:
        """Whether flash attention is on."""
        return self.flash if self.flash is not None else bool(self.gpu_layers) or self.kv != "f16"


class LlamaBackend:
    """A GGUF model in this process; weights are loaded when the first answer is wanted."""

    def __init__(
        self,
        path: Path,
        sampling: Sampling | None = None,
        options: LlamaOptions | None = None,
        *,
        watch: Watch | None = None,
    ) -> None:
        """Read the file's header and vocabulary.

        Raises:
            UsageError: no GGUF, a damaged one, no chat template, or llama-cpp-python is not installed.
        """
        self.sampling, self.options, self.watch = sampling or Sampling(), options or LlamaOptions(), watch
        if not 1 <= self.options.parallel <= _MOST_SEQUENCES:
            raise UsageError(f"--parallel {self.options.parallel}: choose 1 to {_MOST_SEQUENCES}")
        if self.options.batch < self.options.parallel:
            raise UsageError(f"--batch {self.options.batch}: each of the {self.options.parallel} answers needs a token")
        if self.options.kv == "q8_0" and not self.options.flashes:
            raise UsageError("--kv q8_0 needs flash attention")
        self.header: Header = read_header(path)
        self.vocabulary = Vocabulary(path)
        self._before, self._after = around(
            self.header.chat_template, self.options.chat_template, self.vocabulary.bos, self.vocabulary.eos
        )
        self._tokens: dict[str, list[int]] = {}
        self._model: Any = None

    @cached_property
    def identity(self) -> Mapping[str, Any]:
        """The model's name, the SHA-256 of its file, and its quantisation."""
        return {
            "model": self.header.name,
            "sha256": self.header.sha256,
            "quantisation": self.header.quantisation,
            "chat_template": self.options.chat_template or "the model's own",
        }

    @property
    def parallel(self) -> int:
        """Answers written at once."""
        return self.options.parallel

    def tokens(self, prompt: str) -> list[int]:
        """The prompt as the model reads it, within its chat template; only the template may hold control tokens."""
        if prompt not in self._tokens:
            start = not self._before.startswith(self.vocabulary.bos) if self.vocabulary.bos else True
            encode = self.vocabulary.encode
            self._tokens[prompt] = [
                *encode(self._before, start=start, special=True),
                *encode(prompt, start=False, special=False),
                *encode(self._after, start=False, special=True),
            ]
        return self._tokens[prompt]

    def fits(self, prompt: str, shape: Shape) -> bool:
        """Whether the prompt and the longest answer go into the model's context together."""
        return len(self.tokens(prompt)) + shape.answer_tokens() <= self.header.context

    def answers(self, jobs: deque[Job], shape: Shape) -> Iterator[Answer]:
        """Yield an answer a job, in any order; jobs that the caller appends meanwhile are taken, too.

        Raises:
            UsageError: the memory that is free does not hold the model and the context, or a prompt is too long.
            CorporaError: llama.cpp failed.
        """
        if not jobs:
            return
        yield from self._answers(jobs, shape, shape.answer_tokens())

    def shaped(self, jobs: deque[Job]) -> Iterator[Answer]:
        """As `answers`, for jobs that each have a `shape` of their own.

        Raises:
            UsageError: the memory that is free does not hold the model and the context, or a prompt is too long.
            CorporaError: llama.cpp failed.
        """
        return self._answers(jobs, None, max((job.shape.answer_tokens() for job in jobs if job.shape), default=0))

    def free_text(self, jobs: deque[Job], tokens: int) -> Iterator[Answer]:
        """Answers of no shape and of exactly so many tokens each, for measuring speed."""
        return self._answers(jobs, None, tokens)

    def _answers(self, jobs: deque[Job], shape: Grammatical | None, budget: int) -> Iterator[Answer]:
        prompts = [self.tokens(job.prompt) for job in jobs]
        longest = max(map(len, prompts))
        if longest + budget > self.header.context:
            raise UsageError(
                f"{self.header.name} sees {self.header.context} tokens; a page takes {longest} and an answer {budget}: "
                "choose fewer --page-words or --max-answer-words"
            )
        shared = shared_length(prompts)
        parallel = min(self.options.parallel, len(jobs))
        length = -(-(longest + budget) // _CELLS) * _CELLS
        self._check_memory(length, parallel + 1)
        with contextlib.closing(self._sequences(length, parallel)) as sequences:
            sequences.share(prompts[0][:shared])
            yield from sequences.run(jobs, self.tokens, shape, budget)

    def embeddings(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector a text: the model's last hidden states, averaged over its tokens and brought to length 1."""
        from synth.sequences import embed

        encode = self.vocabulary.encode
        room = min(self.header.context, 2048)
        return embed(self.loaded(), self.options, [encode(text, start=True, special=False)[:room] for text in texts])

    def speed(self, prompt_tokens: int = 400) -> tuple[float, float]:
        """Tokens a second that are read, and that are written by all sequences together: a run of a few seconds.

        Args:
            prompt_tokens: length of the prompts, made up from the vocabulary's ordinary tokens.
        """
        words = "The lamp in the kitchen stays on. "
        each = len(self.vocabulary.encode(words, start=False, special=False))
        length = min(prompt_tokens, self.header.context - 2 * _TRIAL)
        prompts = [f"{at} " + words * max(1, length // each - 1) for at in range(self.options.parallel)]
        tokens, times = sum(len(self.tokens(prompt)) for prompt in prompts), []
        self.loaded()
        for budget in (1, 1 + _TRIAL):
            began = time.perf_counter()
            for _ in self.free_text(deque(Job(prompt, 0, at, 0) for at, prompt in enumerate(prompts)), budget):
                pass
            times.append(time.perf_counter() - began)
        return tokens / times[0], self.options.parallel * _TRIAL / max(times[1] - times[0], 1e-6)

    def _sequences(self, length: int, parallel: int) -> Sequences:
        return Sequences(self.loaded(), self.vocabulary, self.options, self.sampling, length, parallel, self.watch)

    def loaded(self) -> Any:
        """The model's handle, its weights loaded.

        Raises:
            CorporaError: llama.cpp cannot load it.
        """
        if self._model is None:
            lib = library()
            params = model_params()
            params.n_gpu_layers = self.options.gpu_layers if self.options.gpu_layers >= 0 else 1 << 16
            self._model = lib.llama_model_load_from_file(str(self.header.path).encode(), params)
            if not self._model:
                self._model = None
                raise CorporaError(f"{self.header.path}: llama.cpp cannot load this model; is it of a newer kind?")
        return self._model

    def _check_memory(self, length: int, sequences: int) -> None:
        """Say that the contexts would not fit before anything large is loaded.

        Raises:
            UsageError: they would not.
        """
        if self.options.gpu_layers:
            return  # the weights and the cells lie on the device, whose own error tells
        weights = 0 if self._model is not None else self.header.path.stat().st_size
        scores = 0 if self.options.flashes else self.options.batch * length * self.header.heads * _SCORE_BYTES
        cells = sequences * length
        needed = weights + cells * self.header.kv_bytes(KV_BYTES[self.options.kv]) + scores + _OVERHEAD
        free = available_memory()
        if needed > free:
            raise UsageError(
                f"the model and a context of {cells:,} tokens need {needed / 2**30:.1f} GiB, {free / 2**30:.1f} GiB "
                "are free: choose fewer --parallel, fewer --page-words, or --kv q8_0"
            )

    def close(self) -> None:
        """Free the model."""
        if self._model is not None:
            library().llama_model_free(self._model)
            self._model = None
        self.vocabulary.close()


def available_memory() -> int:
    """Bytes of memory that are free or can be freed."""
    with contextlib.suppress(OSError, StopIteration):
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return int(next(line for line in lines if line.startswith("MemAvailable")).split()[1]) * 1024
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
