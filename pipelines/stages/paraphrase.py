"""Paraphrase: pages of de-identified sessions rewritten by a language model on this machine."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from corpora.errors import UsageError
from pipelines.stages.base import Stage, stage

if TYPE_CHECKING:
    from synth.endpoint import EndpointBackend
    from synth.llama import LlamaBackend
    from synth.paraphrase import Settings
    from synth.prompts import Prompt

Positive = Annotated[int, Field(ge=1)]
CONTEXT_TURNS = 8
Share = Annotated[float, Field(ge=0, le=1)]


@stage
class Paraphrase(Stage):
    """One example a page, as one round (MentalGPT's "Patient: ... Counselor: ...", over 40 words kept) or in turns.

    It stands beside `windows` or in its place and runs in one process, after all sessions are de-identified. `model` is
    a GGUF file run here; `endpoint` a server at a literal loopback address; `kinds` are the sessions it rewrites
    (`transcript`, `qa`): all, where it is empty. What the fields mean in detail:
    `synth.grammar.Shape`, `synth.backend.Sampling`, `synth.checks.Limits`, `synth.llama.LlamaOptions`.
    """

    name: ClassVar[str] = "paraphrase"
    version: ClassVar[str] = "1"
    inputs: ClassVar[frozenset[str]] = frozenset({"deidentified"})
    outputs: ClassVar[frozenset[str]] = frozenset({"examples"})

    model: Path | None = None
    endpoint: str | None = None
    mode: Literal["round", "turns"] = "round"
    prompt: Path | None = None
    page_words: Annotated[int, Field(ge=20)] = 300
    page_overlap: Annotated[int, Field(ge=0)] = 0
    min_words: Positive = 40
    max_words: Positive = 200
    max_rounds: Positive = 6
    attempts: Positive = 3
    temperature: Annotated[float, Field(ge=0)] = 0.7
    top_p: Share = 0.95
    top_k: Annotated[int, Field(ge=0)] = 40
    seed: int = 0
    copied_run: Positive = 12
    overlap: Share = 0.1
    variety: Share = 0.6
    inventions: Literal["drop", "flag"] = "drop"
    parallel: Annotated[int, Field(ge=1, le=128)] = 16
    threads: Positive | None = None
    batch: Annotated[int, Field(ge=32)] = 512
    gpu_layers: Annotated[int, Field(ge=-1)] = 0
    kv: Literal["f16", "q8_0"] = "f16"
    chat_template: str | None = None
    kinds: tuple[str, ...] = ()

    @property
    def most_context_words(self) -> int:
        """The longest prompt that an example can have."""
        return self.max_words if self.mode == "round" else CONTEXT_TURNS * self.max_words

    def check(self) -> None:
        """Look at the model's header, the address and the prompt.

        Raises:
            UsageError: there is neither or both of `model` and `endpoint`, or one of them or the prompt cannot be used.
            PrivacyError: the address is not this machine's.
        """
        from synth.chat import TEMPLATES
        from synth.endpoint import loopback
        from synth.gguf_header import read_header

        if (self.model is None) == (self.endpoint is None):
            raise UsageError("paraphrase needs a model (--paraphrase MODEL.gguf) or a server (--endpoint), not both")
        if self.max_words < self.min_words + 10:
            raise UsageError(f"--max-answer-words {self.max_words} leaves no room over the {self.min_words} asked for")
        if self.page_overlap >= self.page_words:
            raise UsageError("--page-overlap must be less than --page-words")
        if self.chat_template not in (None, *TEMPLATES):
            raise UsageError(f"--chat-template {self.chat_template}: choose one of {', '.join(TEMPLATES)}")
        if self.endpoint is not None:
            loopback(self.endpoint)
        if self.model is not None:
            read_header(self.model)
        self.loaded_prompt()

    def parameters(self) -> dict[str, Any]:
        """The fields; the model by its file's hash, read once, and the server's address left out."""
        others = {name: value for name, value in vars(self).items() if name not in ("model", "endpoint", "prompt")}
        model = _file_hash(self.model, self.model.stat().st_mtime_ns) if self.model and self.model.is_file() else None
        server = "a server on this machine" if self.endpoint else None
        prompt = self.loaded_prompt().sha256
        bound = {"most_context_words": self.most_context_words}
        return {"model": model, "endpoint": server, "prompt": prompt, **others, **bound}

    def loaded_prompt(self) -> Prompt:
        """The mode's prompt, or the user's own."""
        from synth.prompts import load_prompt

        return load_prompt(self.mode, self.prompt)

    def settings(self) -> Settings:
        """What is asked for and taken."""
        from synth.backend import Sampling
        from synth.checks import Limits
        from synth.grammar import Shape
        from synth.paraphrase import Settings

        return Settings(
            Shape(self.mode, self.min_words, self.max_words, self.max_rounds),
            self.page_words,
            self.page_overlap,
            self.attempts,
            Sampling(self.temperature, self.top_p, self.top_k, self.seed),
            Limits(self.copied_run, self.overlap, self.variety, self.inventions),
        )

    def backend(self) -> LlamaBackend | EndpointBackend:
        """The model in this process, or the server on this machine."""
        from synth.endpoint import EndpointBackend
        from synth.llama import LlamaBackend, LlamaOptions

        sampling = self.settings().sampling
        if self.model is None:
            return EndpointBackend(self.endpoint or "", sampling, self.parallel)
        options = LlamaOptions(
            self.parallel,
            self.threads,
            self.batch,
            self.gpu_layers,
            self.kv,
            chat_template=self.chat_template,
        )
        return LlamaBackend(self.model, sampling, options)


@cache
def _file_hash(path: Path, _changed: int) -> str:
    from corpora.files import sha256_file

    return sha256_file(path)
