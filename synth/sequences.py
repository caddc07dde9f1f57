"""Sequences that one context decodes side by side: slots, their samplers, and the batch they share.

Each sequence has key-value memory of its own, so that it attends to no cell that is not its own: in one common pool
every token would walk past all others' cells. llama.cpp computes such sequences together only where their numbers
follow each other; so a batch is filled in the slots' order, and a gap at the end of a run is closed by moving the last.
"""

from __future__ import annotations

import codecs
import ctypes
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from corpora.errors import CorporaError
from synth.backend import Answer, Job, Sampling
from synth.grammar import Grammatical
from synth.vocabulary import Vocabulary, library

if TYPE_CHECKING:
    from synth.llama import LlamaOptions, Watch

_SHARED = 0  # the sequence that holds what all prompts begin with
_REFUSED = float("-inf")


def shared_length(prompts: Sequence[list[int]]) -> int:
    """Tokens that all prompts begin with; at least one of each is left over, whose logits begin its answer."""
    first, last = min(prompts), max(prompts)
    limit = min(map(len, prompts)) - 1
    return next((at for at in range(limit) if first[at] != last[at]), limit)


@dataclass(slots=True)
class _Slot:
    """One sequence at work: what is still to be read, and what was written."""

    job: Job
    unread: deque[int]
    position: int
    prompt_tokens: int
    sampler: Sampler
    shape: Grammatical | None
    room: int
    written: bytearray = field(default_factory=bytearray)
    tokens: int = 0
    latest: int = -1
    closed: bool = False


class Sampler:
    """Draws the tokens of one answer: the chain with its own seed, then the grammar's check."""

    def __init__(self, vocabulary: Vocabulary, sampling: Sampling, seed: int, grammar: str | None) -> None:
        """Make the chain, and the grammar where there is one."""
        self._lib, self._vocabulary = library(), vocabulary
        lib = self._lib
        self._chain = lib.llama_sampler_chain_init(lib.llama_sampler_chain_default_params())
        if sampling.temperature > 0:
            lib.llama_sampler_chain_add(self._chain, lib.llama_sampler_init_top_k(sampling.top_k))
            lib.llama_sampler_chain_add(self._chain, lib.llama_sampler_init_top_p(sampling.top_p, 1))
            lib.llama_sampler_chain_add(self._chain, lib.llama_sampler_init_temp(sampling.temperature))
            lib.llama_sampler_chain_add(self._chain, lib.llama_sampler_init_dist(seed & 0xFFFFFFFF))
        else:
            lib.llama_sampler_chain_add(self._chain, lib.llama_sampler_init_greedy())
        self._grammar: Any = None
        if grammar:
            self.follow(grammar)
        self._one = (lib.llama_token_data * 1)()
        self._checked = lib.llama_token_data_array(data=self._one, size=1, selected=-1, sorted=False)

    def follow(self, grammar: str) -> None:
        """From the next token on, follow this grammar from its root."""
        if self._grammar is not None:
            self._lib.llama_sampler_free(self._grammar)
        self._grammar = self._lib.llama_sampler_init_grammar(self._vocabulary.handle, grammar.encode(), b"root")
        if not self._grammar:
            raise CorporaError("llama.cpp does not take the answer's grammar; please report this line")

    def draw(self, context: Any, row: int, logits: Any) -> int:
        """The next token by the row's logits; one that the grammar refuses is drawn again among those it allows."""
        token = int(self._lib.llama_sampler_sample(self._chain, context, row))
        if self._grammar is None:
            return token
        if not self._allowed(token):
            token = self._draw_allowed(logits())
        self._lib.llama_sampler_accept(self._grammar, token)
        return token

    def _allowed(self, token: int) -> bool:
        self._one[0].id, self._one[0].logit, self._one[0].p = token, 1.0, 0.0
        self._checked.size, self._checked.selected, self._checked.sorted = 1, -1, False
        self._lib.llama_sampler_apply(self._grammar, ctypes.byref(self._checked))
        return bool(self._one[0].logit != _REFUSED)

    def _draw_allowed(self, logits: Any) -> int:
        import numpy as np

        lib, size = self._lib, len(logits)
        table = np.empty(size, dtype=[("id", np.int32), ("logit", np.float32), ("p", np.float32)])
        table["id"], table["logit"], table["p"] = np.arange(size, dtype=np.int32), logits, 0.0
        data = ctypes.cast(table.ctypes.data, lib.llama_token_data_p)
        candidates = lib.llama_token_data_array(data=data, size=size, selected=-1, sorted=False)
        lib.llama_sampler_apply(self._grammar, ctypes.byref(candidates))
        if not np.isfinite(table["logit"]).any():
            raise CorporaError("the model's vocabulary has no token that continues a well-formed answer")
        lib.llama_sampler_apply(self._chain, ctypes.byref(candidates))
        return int(candidates.data[candidates.selected].id)

    def close(self) -> None:
        """Free both samplers."""
        self._lib.llama_sampler_free(self._chain)
        if self._grammar is not None:
            self._lib.llama_sampler_free(self._grammar)


class Sequences:
    """A context with one sequence for the shared beginning and `parallel` more that are at work."""

    def __init__(
        self,
        model: Any,
        vocabulary: Vocabulary,
        options: LlamaOptions,
        sampling: Sampling,
        length: int,
        parallel: int,
        watch: Watch | None = None,
    ) -> None:
        """Make the context.

        Raises:
            CorporaError: there is no memory for it.
        """
        self._lib, self._vocabulary, self._sampling, self._watch = library(), vocabulary, sampling, watch
        params = context_params(options, length, parallel + 1)
        self._context = self._lib.llama_init_from_model(model, params)
        if not self._context:
            raise CorporaError(
                f"llama.cpp cannot make {parallel} contexts of {length:,} tokens for this model: choose fewer "
                "--parallel or --page-words, or --kv f16"
            )
        self._memory = self._lib.llama_get_memory(self._context)
        self._batch = self._lib.llama_batch_init(options.batch, 0, 1)
        self._most = options.batch
        self._prefix: list[int] = []
        self._slots: list[_Slot | None] = [None] * parallel

    def share(self, prefix: Sequence[int]) -> None:
        """Read once what all prompts begin with."""
        self._prefix = list(prefix)
        for start in range(0, len(prefix), self._most):
            self._batch.n_tokens = 0
            for at, token in enumerate(prefix[start : start + self._most], start=start):
                self._put(token, at, _SHARED, wanted=False)
            self._decode()

    def run(
        self, jobs: deque[Job], tokens: Callable[[str], list[int]], shape: Grammatical | None, budget: int
    ) -> Iterator[Answer]:
        """Yield answers as they are finished; a free slot takes the next job at once.

        Where the caller asks for an answer's prompt again (its last job then), the prompt is not read again.

        Args:
            jobs: the queue; the caller may append to it meanwhile.
            tokens: a prompt's tokens.
            shape: of the answers whose jobs have none; None for free text of exactly `budget` tokens.
            budget: most tokens of these answers.
        """
        while True:
            for at, slot in enumerate(self._slots):
                if slot is None and jobs:
                    self._slots[at] = self._begin(at, jobs.popleft(), tokens, shape, budget)
            if not any(self._slots):
                return
            self._close_gaps()
            for row, at in self._step():
                slot = self._slots[at]
                if slot and (answer := self._advance(slot, row)):
                    slot.sampler.close()
                    self._slots[at] = None
                    yield answer
                    known = answer.prompt_tokens - 1
                    if jobs and jobs[-1].prompt == answer.job.prompt and self._rewound(at, known):
                        self._slots[at] = self._begin(at, jobs.pop(), tokens, shape, budget, known)

    def close(self) -> None:
        """Free the context and every sampler."""
        for slot in self._slots:
            if slot:
                slot.sampler.close()
        self._slots = []
        self._lib.llama_batch_free(self._batch)
        self._lib.llama_free(self._context)

    def _begin(
        self,
        at: int,
        job: Job,
        tokens: Callable[[str], list[int]],
        shape: Grammatical | None,
        budget: int,
        known: int = 0,
    ) -> _Slot:
        """A sequence for the job, of whose prompt `known` tokens are already in memory under its slot."""
        prompt = tokens(job.prompt)
        if not known:
            known = shared_length([prompt, [*self._prefix, -1]])
            self._copy(_SHARED, at + 1)
            if not self._rewound(at, known):
                known = 0
                self._rewound(at, known)
        own = job.shape or shape
        sampler = Sampler(self._vocabulary, self._sampling, job.seed, own.grammar() if own else None)
        room = job.shape.answer_tokens() if job.shape else budget
        return _Slot(job, deque(prompt[known:]), known, len(prompt), sampler, own, room)

    def _rewound(self, at: int, length: int) -> bool:
        """Forget all but a sequence's first tokens; False for a kind of model whose memory cannot be cut."""
        return bool(self._lib.llama_memory_seq_rm(self._memory, at + 1, length, -1))

    def _close_gaps(self) -> None:
        """Bring the sequences that are left together at the front."""
        working = [at for at, slot in enumerate(self._slots) if slot]
        for gap in (at for at, slot in enumerate(self._slots[: len(working)]) if not slot):
            last = working.pop()
            self._copy(last + 1, gap + 1)
            self._lib.llama_memory_seq_rm(self._memory, last + 1, -1, -1)
            self._slots[gap], self._slots[last] = self._slots[last], None

    def _copy(self, source: int, target: int) -> None:
        self._lib.llama_memory_seq_rm(self._memory, target, -1, -1)
        self._lib.llama_memory_seq_cp(self._memory, source, target, -1, -1)

    def _step(self) -> list[tuple[int, int]]:
        """One batch: a token of every sequence that writes, and as much of prompts as fits.

        Returns:
            (row of logits, slot) of every sequence that can draw its next token.
        """
        self._batch.n_tokens = 0
        rows = []
        room = self._most - sum(slot is not None and not slot.unread for slot in self._slots)
        for at, slot in enumerate(self._slots):
            if not slot:
                continue
            if not slot.unread:
                tokens = [slot.latest]
            else:
                tokens = [slot.unread.popleft() for _ in range(min(room, len(slot.unread)))]
                room -= len(tokens)
            for token in tokens:
                self._put(token, slot.position, at + 1, wanted=False)
                slot.position += 1
            if tokens and not slot.unread:
                rows.append((self._batch.n_tokens - 1, at))
                self._batch.logits[rows[-1][0]] = True
        self._decode()
        return rows

    def _put(self, token: int, position: int, sequence: int, *, wanted: bool) -> None:
        batch, at = self._batch, self._batch.n_tokens
        batch.token[at], batch.pos[at], batch.logits[at] = token, position, wanted
        batch.n_seq_id[at] = 1
        batch.seq_id[at][0] = sequence
        batch.n_tokens += 1

    def _decode(self) -> None:
        if code := self._lib.llama_decode(self._context, self._batch):
            raise CorporaError(f"llama.cpp failed to decode (code {code}): choose fewer --parallel; answers are kept")

    def _advance(self, slot: _Slot, row: int) -> Answer | None:
        """Draw a sequence's next token; the answer where it is finished."""
        if self._watch:
            self._watch(slot.job, slot.tokens, self._logits(row))
        shape = slot.shape
        token = slot.sampler.draw(self._context, row, lambda: self._logits(row))
        if shape and self._vocabulary.ends(token):
            return self._answer(slot, "closed" if slot.closed else "stop")
        slot.latest = token
        slot.tokens += 1
        slot.written += self._vocabulary.piece(token)
        if slot.tokens >= slot.room:
            return self._answer(slot, "length")
        if shape and not slot.closed and slot.room - slot.tokens <= shape.closing_tokens():
            self._close_soon(slot, shape)
        return None

    def _close_soon(self, slot: _Slot, shape: Grammatical) -> None:
        """Have the answer end; a token later, where a character or a label is half written."""
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        text = decoder.decode(bytes(slot.written))
        if not decoder.getstate()[0] and (ending := shape.closing(text)):
            slot.sampler.follow(ending)
            slot.closed = True

    def _answer(self, slot: _Slot, finish: str) -> Answer:
        text = slot.written.decode("utf-8", "replace").strip()
        return Answer(slot.job, text, finish, slot.tokens, slot.prompt_tokens)

    def _logits(self, row: int) -> Any:
        import numpy as np

        pointer = self._lib.llama_get_logits_ith(self._context, row)
        return np.ctypeslib.as_array(pointer, shape=(self._vocabulary.size,))


def context_params(options: LlamaOptions, length: int, sequences: int) -> Any:
    """The parameters of a context: `length` key-value cells for each of its sequences."""
    lib = library()
    params = lib.llama_context_default_params()
    params.n_ctx, params.n_seq_max, params.kv_unified = length * sequences, sequences, False
    params.n_batch = params.n_ubatch = options.batch
    threads = options.threads or (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())
    params.n_threads = params.n_threads_batch = threads or 1
    enabled, disabled = lib.LLAMA_FLASH_ATTN_TYPE_ENABLED, lib.LLAMA_FLASH_ATTN_TYPE_DISABLED
    params.flash_attn_type = enabled if options.flashes else disabled
    params.type_k = params.type_v = lib.GGML_TYPE_Q8_0 if options.kv == "q8_0" else lib.GGML_TYPE_F16
    params.no_perf = True
    return params


def embed(model: Any, options: LlamaOptions, texts: Sequence[Sequence[int]]) -> list[list[float]]:
    """One vector of length 1 a text: the average of its last hidden states.

    Raises:
        CorporaError: llama.cpp failed.
    """
    import numpy as np

    lib = library()
    longest = max((len(tokens) for tokens in texts), default=1)
    params = context_params(options, longest, 1)
    params.n_batch = params.n_ubatch = longest
    params.embeddings, params.pooling_type = True, lib.LLAMA_POOLING_TYPE_MEAN
    context = lib.llama_init_from_model(model, params)
    if not context:
        raise CorporaError(f"no memory for embeddings of {longest:,} tokens")
    width = lib.llama_model_n_embd(model)
    vectors = []
    try:
        for tokens in texts:
            lib.llama_memory_clear(lib.llama_get_memory(context), True)  # noqa: FBT003 - the library's own signature
            array = (lib.llama_token * len(tokens))(*tokens)
            if lib.llama_decode(context, lib.llama_batch_get_one(array, len(tokens))):
                raise CorporaError("llama.cpp failed to embed a text")
            vector = np.ctypeslib.as_array(lib.llama_get_embeddings_seq(context, 0), shape=(width,)).astype(float)
            vectors.append((vector / (np.linalg.norm(vector) or 1.0)).tolist())
    finally:
        lib.llama_free(context)
    return vectors
