"""The systems of an evaluation: the run's model, what it is compared with, through transformers or llama.cpp."""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpora.errors import CorporaError, UsageError
from finetune.evaluate.evaluation import BASE, TUNED, System
from finetune.evaluate.respond import Generation, Reply, load_model, load_run, run_encoder
from finetune.outputs import RUN, read_run
from synth.backend import Job, Sampling
from synth.llama import LlamaBackend, LlamaOptions

if TYPE_CHECKING:
    from finetune.labels import Encoder

MOST_BASELINES = 2
"""With the tuned model three systems, which is what a judge compares at once."""
_PROBES = ("I feel tired, and the nights are long.", "It’s 12:45 – isn't it?\n\nYes.", "café 你")


@dataclass(frozen=True, slots=True)
class Choice:
    """Which models answer, and how.

    `gguf` is the tuned model as a file of llama.cpp; `baselines` are folders or ids of transformers models, GGUF files
    with the run's vocabulary, or other runs (none: the run's own base model). `source_max` is the most tokens of a
    prompt, `bits` the width of transformers' base weights.
    """

    run: Path
    gguf: Path | None
    baselines: Sequence[str]
    generation: Generation
    source_max: int
    bits: int


@contextmanager
def open_systems(choice: Choice) -> Iterator[list[System]]:
    """The systems that answer, baselines first; nothing is loaded that is not asked.

    Raises:
        UsageError: too many baselines, or one of the models cannot be read.
    """
    if len(choice.baselines) > MOST_BASELINES:
        raise UsageError(f"--baseline: at most {MOST_BASELINES}, since three answers are compared at once")
    about: tuple[str, ...] = (Path(str(read_run(choice.run)["base_model"])).name,)
    with ExitStack() as stack:
        systems: list[System] = []
        if choice.gguf is None or not choice.baselines:
            tuned, own = load_run(choice.run, choice.generation, choice.source_max, bits=choice.bits)
            about = (*about, tuned.kind)
            systems += [] if choice.baselines else [System(BASE, own, about)]
            encoder = tuned.encoder
        else:
            encoder = run_encoder(choice.run, choice.source_max)
        for baseline in choice.baselines:
            name = BASE if len(choice.baselines) == 1 else f"{BASE} {Path(baseline).stem}"
            systems.append(_baseline(choice, baseline, name, encoder, stack))
        if choice.gguf is None:
            systems.append(System(TUNED, tuned, about))
        else:
            systems.append(System(TUNED, _llama(choice.gguf, encoder, choice.generation, stack), about))
        yield systems


def _baseline(choice: Choice, baseline: str, name: str, encoder: Encoder, stack: ExitStack) -> System:
    path = Path(baseline)
    if path.suffix == ".gguf":
        model = _llama(path, encoder, choice.generation, stack)
        return System(name, model, (path.stem, model.backend.header.name))
    if (path / RUN).is_file():
        tuned, _ = load_run(path, choice.generation, choice.source_max, bits=choice.bits)
        return System(name, tuned, (Path(str(read_run(path)["base_model"])).name, tuned.kind))
    plain = load_model(baseline, choice.generation, choice.source_max, bits=choice.bits)
    return System(name, plain, (path.name, plain.kind))


def _llama(path: Path, encoder: Encoder, generation: Generation, stack: ExitStack) -> LlamaResponder:
    responder = LlamaResponder(path, encoder, generation)
    stack.callback(responder.backend.close)
    return responder


class _Numbered(LlamaBackend):
    """A model whose prompts are token ids already, each named by its place in `ids`."""

    ids: Sequence[Sequence[int]] = ()

    def tokens(self, prompt: str) -> list[int]:
        """The ids at a place."""
        return list(self.ids[int(prompt)])


@dataclass(frozen=True, slots=True)
class _Open:
    """The form of an answer of which only the most tokens are given; it ends where the model ends its turn."""

    room: int

    def grammar(self) -> str:
        """None."""
        return ""

    def answer_tokens(self) -> int:
        """The most tokens."""
        return self.room

    def closing_tokens(self) -> int:
        """None are set aside."""
        return 0

    def closing(self, text: str) -> str | None:  # noqa: ARG002 - the protocol's signature
        """None."""
        return None


class LlamaResponder:
    """A GGUF model that reads the very tokens that transformers would, many prompts at once."""

    def __init__(self, path: Path, encoder: Encoder, generation: Generation) -> None:
        """Open the file and hold its vocabulary against the encoder's tokenizer.

        Raises:
            UsageError: the file is no GGUF, cuts text into other tokens, or does not end turns as the template does.
        """
        sampling = Sampling(generation.temperature, generation.top_p, generation.top_k, generation.seed)
        options = LlamaOptions(generation.batch, chat_template="plain")  # the encoder writes the chat
        self.backend = _Numbered(path, sampling, options)
        self.encoder, self._generation = encoder, generation
        vocabulary, tokenizer = self.backend.vocabulary, encoder.tokenizer
        cut = [tokenizer(text, add_special_tokens=False)["input_ids"] for text in _PROBES]
        if cut != [vocabulary.encode(text, start=False, special=False) for text in _PROBES]:
            raise UsageError(
                f"{path}: it cuts text into other tokens than the run's tokenizer; give the file of its base"
            )
        if not vocabulary.ends(encoder.terminator[-1]):
            end = tokenizer.decode(encoder.terminator[-1:])
            raise UsageError(f"{path}: it does not end a turn at {end}, as the run's template does; export it anew")

    @property
    def identity(self) -> Mapping[str, Any]:
        """The file's hash and generation settings; not the batch, which changes at most the last bit."""
        drawn = {name: value for name, value in asdict(self._generation).items() if name != "batch"}
        return {"gguf": self.backend.header.sha256, **drawn}

    def respond(self, prompts: Sequence[Sequence[int]]) -> Iterator[tuple[int, Reply]]:
        """The reply to each prompt, with its place, as they are finished; fewer at once where memory is short.

        Raises:
            CorporaError: a prompt leaves no room for an answer, or one alone needs more memory than there is.
        """
        if not prompts:
            return
        longest, context = max(map(len, prompts)), self.backend.header.context
        room = min(self._generation.max_new_tokens, context - longest)
        if room < 1:
            raise CorporaError(f"a prompt takes {longest} tokens and the model reads {context}: lower --source-max")
        self.backend.ids = prompts
        while True:
            jobs = deque(Job(str(at), self._seed(ids), at, 0, _Open(room)) for at, ids in enumerate(prompts))
            try:
                for answer in self.backend.shaped(jobs):
                    yield answer.job.page, Reply(answer.text, answer.finish, answer.tokens)
            except UsageError:  # raised before anything is written: the memory does not suffice
                if self.backend.parallel == 1:
                    raise CorporaError("out of memory with one prompt at a time: lower --max-new-tokens") from None
                self.backend.options = replace(self.backend.options, parallel=self.backend.parallel // 2)
            else:
                return

    def _seed(self, ids: Sequence[int]) -> int:
        drawn = hashlib.sha256(json.dumps([self._generation.seed, list(ids)]).encode()).digest()
        return int.from_bytes(drawn[:4], "big")
