"""Answers: a model's, in batches, each kept on disk as soon as it is written, so that a killed run goes on.

Prompts become tokens exactly as in training (`finetune.labels`): the same template, the same cut from the left, no
control token from what somebody said. An answer ends where the model ends its turn, or is marked as cut off.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from corpora.errors import CorporaError, UsageError
from corpora.files import PRIVATE_FILE, sha256_file
from finetune.labels import Encoded, Encoder
from finetune.outputs import model_hash, read_run

ADAPTER = "adapter_model.safetensors"


@dataclass(frozen=True, slots=True)
class Generation:
    """How answers are drawn: temperature 0 takes the likeliest token each time; all else is MentalGPT's (its Table 3).

    MentalGPT drew at temperature 1.
    """

    max_new_tokens: int = 1_024
    temperature: float = 0.0
    top_k: int = 50
    top_p: float = 1.0
    seed: int = 0
    batch: int = 8


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: its text, `stop` where the model ended its turn or `length` where it was cut off, tokens written."""

    text: str
    finish: str
    tokens: int


class Responder(Protocol):
    """A model that continues prompts, which `encoder` made."""

    encoder: Encoder

    @property
    def identity(self) -> Mapping[str, Any]:
        """All that its answers depend on besides the prompt."""

    def respond(self, prompts: Sequence[Sequence[int]]) -> Iterator[tuple[int, Reply]]:
        """The reply to each prompt (token ids), with the prompt's place, in any order.

        Raises:
            CorporaError: the model failed; what was yielded before stands.
        """


class Replies:
    """The replies of one responder on disk, found by prompt; private, for they were learnt from sessions."""

    def __init__(self, path: Path) -> None:
        """Read what is there; a last line that a kill cut short is left out.

        Raises:
            CorporaError: another line is damaged.
        """
        self.path = path
        self._found: dict[str, Reply] = {}
        path.touch(PRIVATE_FILE)
        text = path.read_text(encoding="utf-8")
        whole = text[: text.rfind("\n") + 1]
        if whole != text:
            path.write_text(whole, encoding="utf-8")
        for number, line in enumerate(whole.splitlines(), start=1):
            try:
                fields = json.loads(line)
                self._found[str(fields["key"])] = Reply(fields["text"], fields["finish"], fields["tokens"])
            except (ValueError, KeyError, TypeError):
                raise CorporaError(
                    f"{path}, line {number}: damaged; take the file away to have it answered anew"
                ) from None

    def get(self, key: str) -> Reply | None:
        """The reply under a key, or None."""
        return self._found.get(key)

    def put(self, key: str, reply: Reply) -> None:
        """Keep a reply."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"key": key, **asdict(reply)}) + "\n")
        self._found[key] = reply


def answered(
    responder: Responder, prompts: Sequence[Sequence[int]], replies: Replies, progress: Callable[[int], None]
) -> list[Reply]:
    """The reply to each prompt: from `replies` where it was written before, else by the model; equal ones once.

    Args:
        responder: the model.
        prompts: token ids.
        replies: what is kept, and where new replies go.
        progress: called with the number of prompts that an answer was found for.
    """
    identity = json.dumps(dict(responder.identity), sort_keys=True)
    keys = [hashlib.sha256(f"{identity} {list(prompt)}".encode()).hexdigest() for prompt in prompts]
    missing = {key: prompt for key, prompt in zip(keys, prompts, strict=True) if replies.get(key) is None}
    progress(sum(key not in missing for key in keys))
    wanted = list(missing)
    for at, reply in responder.respond([missing[key] for key in wanted]):
        replies.put(wanted[at], reply)
        progress(keys.count(wanted[at]))
    found = [replies.get(key) for key in keys]
    if any(reply is None for reply in found):
        raise CorporaError("the model left a prompt without an answer; please report this line")
    return [reply for reply in found if reply is not None]


def encoded(encoder: Encoder, talks: Sequence[Sequence[Mapping[str, str]]]) -> tuple[list[list[int] | str], int]:
    """Prompts as token ids that end where the therapist's turn begins, and how many lost their oldest words.

    A talk that cannot be put to the model (its roles do not alternate, its last message alone is too long) has the
    reason in its place.
    """
    answer = [{"role": "assistant", "content": "Yes."}]  # what stands there does not matter: it is taken off again
    rows = [{"example_id": str(at), "prompt": list(talk), "completion": answer} for at, talk in enumerate(talks)]
    found = list(encoder.encode(rows))
    prompts = [one.ids[: one.start] if isinstance(one, Encoded) else one.reason for one in found]
    return prompts, sum(isinstance(one, Encoded) and one.cut for one in found)


class ModelResponder:
    """A transformers model; with `adapter_off` the base under an adapter."""

    def __init__(
        self,
        model: Any,
        encoder: Encoder,
        identity: Mapping[str, Any],
        generation: Generation,
        *,
        adapter_off: bool = False,
        unknown: Sequence[int] = (),
    ) -> None:
        """Keep what is needed.

        Args:
            model: a causal language model, with or without an adapter.
            encoder: its tokenizer and the end of its turns.
            identity: hashes of its weights.
            generation: how answers are drawn.
            adapter_off: answer without the adapter.
            unknown: token ids that this model was never trained on, which it must not write.
        """
        self.encoder, self._model, self._generation = encoder, model, generation
        self._adapter_off, self._unknown = adapter_off, list(unknown)
        self._weights = dict(identity)

    @property
    def identity(self) -> Mapping[str, Any]:
        """Weights, template and generation settings; not the batch, which changes at most the last bit."""
        drawn = {name: value for name, value in asdict(self._generation).items() if name != "batch"}
        return {**self._weights, "adapter_off": self._adapter_off, **drawn}

    @property
    def kind(self) -> str:
        """The kind of architecture, as transformers names it."""
        return str(self._model.config.model_type)

    def respond(self, prompts: Sequence[Sequence[int]]) -> Iterator[tuple[int, Reply]]:
        """Longest prompts first, so that a lack of memory shows at once; a batch that does not fit is halved.

        Raises:
            CorporaError: one prompt alone needs more memory than there is, or the model reads fewer tokens.
        """
        import torch

        order = sorted(range(len(prompts)), key=lambda at: -len(prompts[at]))
        size, done = self._generation.batch, 0
        while done < len(order):
            some = order[done : done + size]
            torch.manual_seed(self._generation.seed)
            try:
                found = self._batch([prompts[at] for at in some])
            except torch.OutOfMemoryError:
                found = None
            if found is None:  # only here are the failed attempt's tensors gone
                torch.cuda.empty_cache()
                if size == 1:
                    raise CorporaError("out of memory with one prompt at a time: lower --max-new-tokens") from None
                size = max(1, size // 2)
                continue
            yield from zip(some, found, strict=True)
            done += len(some)

    def _batch(self, prompts: Sequence[Sequence[int]]) -> list[Reply]:
        import torch

        width = max(map(len, prompts))
        room = self._room(width)
        ids = torch.zeros((len(prompts), width), dtype=torch.long)
        mask = torch.zeros_like(ids)
        for row, prompt in enumerate(prompts):  # padding stands at the left: the answer follows the last token
            ids[row, width - len(prompt) :] = torch.tensor(list(prompt))
            mask[row, width - len(prompt) :] = 1
        device = self._model.device
        off = self._model.disable_adapter() if self._adapter_off else nullcontext()
        with torch.no_grad(), off:
            written = self._model.generate(
                input_ids=ids.to(device), attention_mask=mask.to(device), generation_config=self._settings(room)
            )
        return [self._reply(row[width:].tolist(), room) for row in written]

    def _room(self, width: int) -> int:
        longest = getattr(self._model.config.get_text_config(), "max_position_embeddings", None)
        room = self._generation.max_new_tokens if not longest else min(self._generation.max_new_tokens, longest - width)
        if room < 1:
            raise CorporaError(f"a prompt takes {width} tokens and the model reads {longest}: lower --source-max")
        return room

    def _settings(self, room: int) -> Any:
        from transformers import GenerationConfig

        drawn = self._generation.temperature > 0
        how = {name: getattr(self._generation, name) for name in ("temperature", "top_k", "top_p")} if drawn else {}
        ends = self._ends()
        return GenerationConfig(
            max_new_tokens=room,
            do_sample=drawn,
            eos_token_id=ends,
            pad_token_id=ends[0],
            suppress_tokens=self._unknown or None,
            **how,
        )

    def _ends(self) -> list[int]:
        """Tokens that end a turn: the template's terminator, and what the model's own settings name."""
        own = self._model.generation_config.eos_token_id
        known = [] if own is None else [own] if isinstance(own, int) else list(own)
        if self.encoder.tokenizer.eos_token_id is not None:
            known.append(self.encoder.tokenizer.eos_token_id)
        return list(dict.fromkeys([self.encoder.terminator[-1], *known]))

    def _reply(self, ids: list[int], room: int) -> Reply:
        ends = set(self._ends())
        end = next((at for at, token in enumerate(ids) if token in ends), None)
        said = ids if end is None else ids[:end]
        text = self.encoder.tokenizer.decode(said, skip_special_tokens=True).strip()
        return Reply(text, "length" if end is None and len(ids) >= room else "stop", len(said))


def load_run(run: Path, generation: Generation, source_max: int, *, bits: int) -> tuple[ModelResponder, ModelResponder]:
    """A finished run's tuned model and, in the same memory, its base without the adapter.

    Raises:
        UsageError: the folder is no finished run, or its base model is not where it was.
    """
    from finetune import egress

    document = read_run(run)
    if document["status"] != "finished":
        raise UsageError(f"{run} is not finished: run the same `corpora finetune` again, it goes on where it stopped")
    base_model = str(document["base_model"])
    model, vocabulary = _loaded(base_model, bits, document["vocabulary"])
    egress.import_bitsandbytes()
    from peft import PeftModel

    tuned = PeftModel.from_pretrained(model, str(run)).eval()
    encoder = run_encoder(run, source_max)
    weights = {"base": model_hash(base_model), "adapter": sha256_file(run / ADAPTER), "bits": bits}
    added = range(vocabulary, document["vocabulary"])
    return (
        ModelResponder(tuned, encoder, weights, generation),
        ModelResponder(tuned, encoder, weights, generation, adapter_off=True, unknown=added),
    )


def run_encoder(run: Path, source_max: int) -> Encoder:
    """A run's own tokenizer and chat template, for prompts of at most `source_max` tokens.

    Raises:
        UsageError: the folder holds no tokenizer.
    """
    return _encoder(str(run), source_max)


def load_model(model: str, generation: Generation, source_max: int, *, bits: int) -> ModelResponder:
    """Any transformers checkpoint, by folder or id.

    Raises:
        UsageError: it cannot be read.
    """
    loaded, _ = _loaded(model, bits, None)
    weights = {"base": model_hash(model), "adapter": None, "bits": bits}
    return ModelResponder(loaded.eval(), _encoder(model, source_max), weights, generation)


def _loaded(model: str, bits: int, vocabulary: int | None) -> tuple[Any, int]:
    """The model on its device, its embeddings made as large as `vocabulary`; and how many it came with."""
    from finetune import egress
    from finetune.model import load_base, place
    from finetune.presets import Preset

    egress.require(*egress.NEEDED)
    egress.close(model)
    base = load_base(model, place(Preset(bits=bits)))
    base.config.use_cache = True
    own = int(base.get_input_embeddings().num_embeddings)
    if vocabulary is not None and vocabulary != own:
        base.resize_token_embeddings(vocabulary)
    return base, own


def _encoder(folder: str, source_max: int) -> Encoder:
    from finetune.model import load_tokenizer

    return Encoder(load_tokenizer(folder), source_max, target_max=1_000_000)
