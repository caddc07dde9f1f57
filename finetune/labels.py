"""Which tokens are trained on: the therapist's completion and the terminator that ends its turn, nothing else.

The model's own chat template writes the conversation. The completion is found by the template's generation span where
it marks one, else as what the whole conversation has beyond the prompt. It ends with the token that the template
really ends a turn with: a model that never sees it trained never stops. Prompts that are too long lose their oldest
words; a response that is too long is left out and counted, for half an answer teaches to stop in the middle.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from corpora.errors import UsageError

IGNORED = -100
"""The label of a token without loss, as in torch and transformers."""

PLAIN_TEMPLATE = Path(__file__).parent / "templates" / "plain.jinja2"
_PROBE = "qzjx"


@dataclass(frozen=True, slots=True)
class Encoded:
    """One training row as token ids.

    The labels are `ids` from `start` to `end` (half-open), `IGNORED` elsewhere; what follows `end` (the line break
    that some templates put after the terminator) is cut off. `cut` says that the prompt lost its oldest words.
    """

    example_id: str
    ids: list[int]
    start: int
    cut: bool = False

    @property
    def labels(self) -> list[int]:
        """One label a token: its id where it is trained on, else `IGNORED`."""
        return [IGNORED] * self.start + self.ids[self.start :]


@dataclass(frozen=True, slots=True)
class Unusable:
    """A row that is not trained on, and why (a snake_case reason that the counts go by)."""

    example_id: str
    reason: str


@dataclass(slots=True)
class Encoder:
    """Turns rows into labelled tokens by a tokenizer's chat template.

    Args:
        tokenizer: of transformers; where it has no chat template it is given our plain one, and `notices` says so.
        source_max: most tokens of a prompt, template included.
        target_max: most tokens of a response, terminator included.
    """

    tokenizer: Any
    source_max: int
    target_max: int
    notices: list[str] = field(default_factory=list)
    terminator: list[int] = field(default_factory=list)
    _system_refused: bool = False
    _marks_generation: bool = False
    _adds_terminator: bool = False
    _control: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Look at how the template ends a turn, whether it takes a system message, whether it marks generations.

        Raises:
            UsageError: nothing could end a turn: no terminator in the template, no eos token in the tokenizer.
        """
        if not self.tokenizer.chat_template:
            if self.tokenizer.eos_token is None:
                raise UsageError("the tokenizer has neither a chat template nor an eos token: set one of them")
            self.tokenizer.chat_template = PLAIN_TEMPLATE.read_text(encoding="utf-8")
            self.notices.append("the model has no chat template: our plain one is used and saved with the adapter")
        self._marks_generation = "{% generation" in self.tokenizer.chat_template.replace("{%-", "{%")
        added = self.tokenizer.added_tokens_decoder.values()
        self._control = tuple({*self.tokenizer.all_special_tokens, *(token.content for token in added)})
        self._system_refused = not self._takes_system()
        if self._system_refused:
            self.notices.append("the chat template takes no system message: it is put before the client's first words")
        self._find_terminator()

    def encode(self, rows: Sequence[Mapping[str, Any]]) -> Iterator[Encoded | Unusable]:
        """Encode rows with `example_id`, `prompt` and `completion`; one result a row, in their order."""
        usable = {at: _messages(row, fold_system=self._system_refused) for at, row in enumerate(rows)}
        sound = [at for at, found in usable.items() if not isinstance(found, str)]
        talks = [found for found in usable.values() if not isinstance(found, str)]
        tokens = dict(zip(sound, self._tokenized(talks), strict=True)) if sound else {}
        for at, row in enumerate(rows):
            found = usable[at]
            if isinstance(found, str):
                yield Unusable(row["example_id"], found)
            else:
                yield self._labelled(row["example_id"], found, *tokens[at])

    def _labelled(self, example_id: str, talk: list[dict[str, str]], ids: list[int], start: int) -> Encoded | Unusable:
        end = self._end(ids, start)
        if end is None or end <= start:
            return Unusable(example_id, "no_terminator" if end is None else "no_label")
        if end - start > self.target_max:
            return Unusable(example_id, "response_too_long")
        if start <= self.source_max:
            return Encoded(example_id, ids[:end], start)
        shorter = self._cut(talk, start)
        if shorter is None:
            return Unusable(example_id, "prompt_too_long")
        ids, start = shorter
        end = self._end(ids, start)
        return Unusable(example_id, "no_terminator") if end is None else Encoded(example_id, ids[:end], start, cut=True)

    def _tokenized(self, talks: Sequence[list[dict[str, str]]]) -> Iterator[tuple[list[int], int]]:
        """Token ids of each whole conversation, and where its last completion starts.

        What a speaker said never counts as a control token, even where it looks like one; transformers cannot both see
        to that and mark generations, so a conversation with such words goes by prefix difference.
        """
        marked = [self._marks_generation and not self._has_control(talk) for talk in talks]
        spans = self._by_span([talk for talk, mark in zip(talks, marked, strict=True) if mark])
        prefixes = self._by_prefix([talk for talk, mark in zip(talks, marked, strict=True) if not mark])
        for mark in marked:
            ids, start = next(spans if mark else prefixes)
            yield (ids + self.terminator if self._adds_terminator else ids), start

    def _by_span(self, talks: list[list[dict[str, str]]]) -> Iterator[tuple[list[int], int]]:
        if talks:
            whole = self._apply(talks, return_assistant_tokens_mask=True)
            columns = whole["input_ids"], whole["assistant_masks"], self._prompts(talks)
            for ids, mask, prompt in zip(
                *columns, strict=True
            ):  # some spans begin with the header that a prompt ends on
                yield ids, max(_last_span(mask), _common(ids, prompt))

    def _by_prefix(self, talks: list[list[dict[str, str]]]) -> Iterator[tuple[list[int], int]]:
        if talks:
            whole = self._apply(talks, sanitize_control_tokens=True)["input_ids"]
            for ids, prompt in zip(whole, self._prompts(talks), strict=True):
                yield ids, _common(ids, prompt)

    def _prompts(self, talks: list[list[dict[str, str]]]) -> list[list[int]]:
        prompts = [talk[:-1] for talk in talks]
        found = self._apply(prompts, sanitize_control_tokens=True, add_generation_prompt=True)
        return list(found["input_ids"])

    def _has_control(self, talk: list[dict[str, str]]) -> bool:
        return any(token in message["content"] for token in self._control for message in talk)

    def _apply(self, talks: list[list[dict[str, str]]], **settings: Any) -> Any:
        return self.tokenizer.apply_chat_template(talks, tokenize=True, return_dict=True, **settings)

    def _end(self, ids: list[int], start: int) -> int | None:
        """Just after the last terminator behind `start`; None where there is none."""
        size = len(self.terminator)
        for end in range(len(ids), start + size - 1, -1):
            if ids[end - size : end] == self.terminator:
                return end
        return None

    def _cut(self, talk: list[dict[str, str]], tokens: int) -> tuple[list[int], int] | None:
        """Leave out the oldest of the prompt until it fits: whole exchanges first, then words of what is left."""
        system, turns = (talk[:1], talk[1:]) if talk[0]["role"] == "system" else ([], talk)
        while tokens > self.source_max and len(turns) > 2:  # noqa: PLR2004 - the client's words and the response
            turns = turns[2:]
            ((ids, tokens),) = self._tokenized([[*system, *turns]])
        if tokens <= self.source_max:
            return ids, tokens
        words = turns[0]["content"].split(" ")
        low, high, best = 1, len(words) - 1, None
        while low <= high:
            keep = (low + high) // 2
            shortened = {**turns[0], "content": " ".join(words[-keep:])}
            ((ids, tokens),) = self._tokenized([[*system, shortened, *turns[1:]]])
            if tokens <= self.source_max:
                best, low = (ids, tokens), keep + 1
            else:
                high = keep - 1
        return best

    def _render(self, talk: list[dict[str, str]], **settings: Any) -> str:
        return str(self.tokenizer.apply_chat_template(talk, tokenize=False, **settings))

    def _takes_system(self) -> bool:
        from jinja2.exceptions import TemplateError

        talk = [{"role": "system", "content": _PROBE}, {"role": "user", "content": "a"}]
        try:
            return _PROBE in self._render([*talk, {"role": "assistant", "content": "b"}])
        except TemplateError:
            return False

    def _find_terminator(self) -> None:
        from jinja2.exceptions import TemplateError

        talk = [{"role": "user", "content": "a"}, {"role": "assistant", "content": _PROBE}]
        try:
            text = self._render(talk)
        except TemplateError:
            text = ""
        if _PROBE not in text:
            raise UsageError("the chat template does not write a message that is plain text: use another template")
        tail = text[text.rindex(_PROBE) + len(_PROBE) :].strip()
        if tail:
            self.terminator = self._ending(self._apply([talk])["input_ids"][0], tail)
        elif self.tokenizer.eos_token_id is None:
            raise UsageError("the chat template ends a turn with nothing and the tokenizer has no eos token: set one")
        else:
            self._adds_terminator, self.terminator = True, [self.tokenizer.eos_token_id]
            self.notices.append("the chat template ends a turn with nothing: the eos token is put there")

    def _ending(self, ids: list[int], tail: str) -> list[int]:
        """The tokens at the end of `ids` that stand for `tail`, without the white space behind them."""
        while ids and not self.tokenizer.decode(ids[-1:]).strip():
            ids = ids[:-1]
        for size in range(1, len(ids)):
            if self.tokenizer.decode(ids[-size:]).strip() == tail:
                return ids[-size:]
        raise UsageError("the chat template's end of a turn melts into the words before it; use another template")


def _messages(row: Mapping[str, Any], *, fold_system: bool) -> list[dict[str, str]] | str:
    """The row as one conversation, or the reason why it is none."""
    talk = [dict(message) for message in (*row["prompt"], *row["completion"])]
    system = [message for message in talk[:1] if message["role"] == "system"]
    turns = talk[len(system) :]
    roles = [message["role"] for message in turns]
    if len(row["completion"]) != 1 or len(turns) % 2 or roles != ["user", "assistant"] * (len(turns) // 2):
        return "roles_do_not_alternate"
    if not turns or not turns[-1]["content"].strip():
        return "empty_response"
    if system and fold_system:
        turns[0] = {"role": "user", "content": f"{system[0]['content']}\n\n{turns[0]['content']}"}
        return turns
    return [*system, *turns]


def _last_span(mask: Sequence[int]) -> int:
    """Where the last run of ones starts; the end of the mask where there is none."""
    at = len(mask)
    while at and not mask[at - 1]:
        at -= 1
    if not at:
        return len(mask)
    while at and mask[at - 1]:
        at -= 1
    return at


def _common(a: Sequence[int], b: Sequence[int]) -> int:
    """Length of the common prefix."""
    return next((at for at, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def decoded(encoded: Encoded, tokenizer: Any) -> list[tuple[str, bool]]:
    """The row as runs of text, each with whether it is trained on."""
    parts = ((encoded.ids[: encoded.start], False), (encoded.ids[encoded.start :], True))
    return [(tokenizer.decode(ids, skip_special_tokens=False), trained) for ids, trained in parts]


def counted(results: Iterable[Encoded | Unusable]) -> tuple[list[Encoded], dict[str, int]]:
    """The usable rows, and how many were left out by reason (`prompt_cut` counts those that were shortened)."""
    kept: list[Encoded] = []
    counts: dict[str, int] = {}
    for result in results:
        if isinstance(result, Encoded):
            kept.append(result)
            if result.cut:
                counts["prompt_cut"] = counts.get("prompt_cut", 0) + 1
        else:
            counts[result.reason] = counts.get(result.reason, 0) + 1
    return kept, counts
