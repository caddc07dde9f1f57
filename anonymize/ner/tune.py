"""`make encoder`: train the encoder's adapter on the book and the marked transcripts, and write it beside this file.

Low-rank adaptation (Hu et al., "LoRA", 2021) of every matrix in the six layers; norms, head and the embedding of lists
and capitals are trained whole. An example is a stretch of 40 words with eight before it. Each round draws anew which
texts lose their capitals, some their punctuation too, and which structured identifiers the rules are taken to have
missed. The rules read every text first, with names of an utterance, and namesakes of its words, as though a session had
told them, so that the encoder learns how far to trust what they decide and remember.

What is written is the mean of several trainings that begin with the same weights and see other draws, which tends
to err less and is no slower to read with (Wortsman et al., "Model soups", 2022). Over an hour each on two cores.
"""

from __future__ import annotations

import argparse
import random
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from anonymize.naming.finder import read_by_rules
from anonymize.naming.reading import NAME, TAKEN, Reading
from anonymize.ner import encoder as enc
from anonymize.ner.book import BOOK, TRAINED_ON, WHOLE, utterances
from anonymize.ner.fill import Example, bare
from anonymize.proof.gold import KEEP, read_gold
from anonymize.structured.find import find_structured, normalise
from anonymize.words import context
from anonymize.words import vocabulary as voc
from anonymize.words.tokens import NUMBER, fold

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

SEED, TRAININGS, ROUNDS, BATCH = 1, 3, 5, 32
RANK, SCALE = 16, 2.0
"""Of the low-rank products: their rank, and what they are multiplied by (alpha 32 over rank 16)."""

RATE, WARM_UP, LAST_RATE = 1e-3, 0.05, 2e-5
"""Learning rate, the share of all steps over which it rises, and what it falls to."""

_WIDEST = 48
"""The rank of the products that are written: of several adapters together, the strongest directions."""

SMOOTHING = 0.02
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_WORDS, _BEFORE = 40, 8  # of an example, and before it for context only
_CASES, _SHARES = ("written", "lower", "bare"), (0.45, 0.40, 0.15)
_UNLISTED = 0.08  # of the words lose what the lists know of them, as names do that no list has
_POOL = 1024  # examples that are sorted by length together
_UNRULED = 0.2  # of the words, and of the stretches as a whole, lose what the rules make of them
_SHORT = 2  # letters; nobody is called by so short a word
_RECALLED = 0.3  # of the names in an utterance are taken for known from the rest of its session
_NAMESAKES = {True: 0.12, False: 0.03}  # of the other words, as names of people; those that lists have as names, or not
_IGNORED = -100
_MISSED = 0.5  # of the structured identifiers that rules find: read as though they had not


@dataclass(slots=True)
class Stretch:
    """A window and, for each of its pieces, the class that it should get (`_IGNORED`: none is asked)."""

    window: enc.Window
    classes: list[int]


@dataclass(frozen=True, slots=True)
class Told:
    """The turns of a session, or one utterance; `whole` if every type of identifier is marked in it."""

    turns: list[Example]
    whole: bool


def sessions() -> list[Told]:
    """What is trained on: the books' utterances, each by itself, and the transcripts, turn by turn."""
    paths = [path for folder in TRAINED_ON for path in sorted(folder.glob("*.gold"))]
    told = [
        [Example(turn.text, [(s.start, s.end, s.type) for s in turn.spans]) for turn in read_gold(path).turns]
        for path in paths
    ]
    books = [Told([example], folder == WHOLE) for folder in (BOOK, WHOLE) for example in utterances(folder)]
    return [*(Told(turns, whole=True) for turns in told), *books]


def cased(turns: Sequence[Example], case: str) -> list[Example]:
    """The turns as written, in lower case, or in lower case without punctuation."""
    if case == "bare":
        return [bare(turn) for turn in turns]
    return list(turns) if case == "written" else [Example(normalise(turn.text), turn.spans) for turn in turns]


def stretches(pieces: enc.Pieces, told: Told, reading: Reading) -> Iterator[Stretch]:
    """A session, as the rules read it, cut into stretches; not asked for is what it has as taken.

    Nor are figures, where not every type is marked.
    """
    turns = told.turns
    wanted = [
        _IGNORED if status == TAKEN or (shape == NUMBER and not told.whole) else 0
        for status, shape in zip(reading.status, reading.shape, strict=True)
    ]
    tokens = reading.tokens
    for number, turn in enumerate(turns):
        for start, end, label in turn.spans:
            for i in range(tokens.first[number], tokens.first[number + 1]):
                if tokens.start[i] < end and start < tokens.end[i] and not wanted[i]:
                    wanted[i] = class_of(label)
    for first in range(0, reading.count, _WORDS):
        a = max(0, first - _BEFORE)
        window = enc.Window(pieces, reading, a, min(reading.count, first + _WORDS))
        classes = [_IGNORED] * len(window.ids)
        for at, word in enumerate(window.words):
            if word >= 0 and a + word >= first and window.words[at - 1] != word:
                classes[at] = wanted[a + word]  # a word is judged at its first piece
        yield Stretch(window, classes)


def class_of(label: str) -> int:
    """The class of a marked type; every number, code and address is one."""
    if label == KEEP:
        return 0
    return enc.CLASSES.index(label if label in enc.CLASSES else "ID")


def adapt(model: nn.Module) -> dict[str, nn.Parameter]:
    """Put low-rank products over the layers' matrices; all that is trained, under the adapter file's names."""
    import torch
    from torch import nn
    from torch.nn.utils import parametrize

    class LowRank(nn.Module):
        def __init__(self, outputs: int, inputs: int) -> None:
            super().__init__()
            self.down = nn.Parameter(torch.randn(RANK, inputs) * 0.3 / RANK**0.5)
            self.up = nn.Parameter(torch.zeros(outputs, RANK))

        def forward(self, weight: Tensor) -> Tensor:
            return weight + SCALE * (self.up @ self.down)

    trained = {}
    for name, parameter in list(model.named_parameters()):
        layer = name.startswith("layers.")
        parameter.requires_grad = not name.startswith(("word.", "place.")) and (not layer or ".norm" in name)
        if parameter.requires_grad:
            trained[name] = parameter
        elif layer and name.endswith("weight"):
            path, _, attribute = name.rpartition(".")
            product = LowRank(*parameter.shape)
            parametrize.register_parametrization(model.get_submodule(path), attribute, product)
            trained |= {name + enc.DOWN: product.down, name + enc.UP: product.up}
    return trained


def train(seed: int, rounds: int, order: int = 0, start: Mapping[str, Tensor] | None = None) -> dict[str, Tensor]:
    """One training's adapter: name -> tensor; of the same seed, another order means other draws.

    With `start`, an adapter, it goes on from there, in half as large steps.
    """
    import torch
    from torch import nn

    draw = random.Random(seed + order)  # noqa: S311 - training, no secret
    torch.manual_seed(seed)
    model = enc.build()
    nn.init.zeros_(model.get_parameter("bits.weight"))
    model.load_state_dict(enc.adapted_weights(start or {}), strict=False)
    trained = adapt(model)
    rate = RATE / 2 if start else RATE
    optimizer = torch.optim.AdamW(trained.values(), lr=rate, weight_decay=0.01)
    schedule: torch.optim.lr_scheduler.LRScheduler | None = None
    pieces, texts = enc.Pieces(enc.folder() / "vocab.txt"), sessions()
    model.train()
    for number in range(rounds):
        began, losses = time.perf_counter(), []
        batches = _batches(pieces, texts, draw)
        schedule = schedule or torch.optim.lr_scheduler.OneCycleLR(
            optimizer,
            rate,
            total_steps=rounds * len(batches) + rounds * 8,  # rounds differ by a few batches
            pct_start=WARM_UP,
            anneal_strategy="linear",
            final_div_factor=rate / 25 / LAST_RATE,
            cycle_momentum=False,
        )
        for batch in batches:
            losses.append(_step(model, batch, draw))
            nn.utils.clip_grad_norm_(trained.values(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            schedule.step()
        report = f"round {number + 1} of {rounds}: loss {sum(losses) / len(losses):.4f}"
        print(f"{report}, {time.perf_counter() - began:.0f} s", flush=True)  # noqa: T201 - a command's progress
    adapter = {name: value.detach() * (SCALE if name.endswith(enc.UP) else 1.0) for name, value in trained.items()}
    return _beside([start, adapter]) if start else adapter


def mean(adapters: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """The mean of adapters, as 16-bit floats."""
    import torch

    found = _narrowed(_beside(adapters))
    for name in found:
        if name.endswith(enc.UP):
            found[name] = found[name] / len(adapters)
        elif not name.endswith(enc.DOWN):
            found[name] = torch.stack([adapter[name].float() for adapter in adapters]).mean(dim=0)
    return {name: value.half().contiguous() for name, value in found.items()}


def _beside(adapters: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """Adapters as one: low-rank products side by side, so that their sums add up; all else is the last one's."""
    import torch

    found = {}
    for name in adapters[0]:
        values = [adapter[name].float() for adapter in adapters]
        if name.endswith((enc.DOWN, enc.UP)):
            found[name] = torch.cat(values, dim=1 if name.endswith(enc.UP) else 0)
        else:
            found[name] = values[-1]
    return found


def _narrowed(adapter: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The adapter with products of rank `_WIDEST` at most: the best there are of that rank."""
    import torch

    found = dict(adapter)
    for name in (name.removesuffix(enc.UP) for name in adapter if name.endswith(enc.UP)):
        up, down = adapter[name + enc.UP], adapter[name + enc.DOWN]
        if up.shape[1] > _WIDEST:
            left, strength, right = torch.linalg.svd(up @ down, full_matrices=False)
            root = strength[:_WIDEST].sqrt()
            found |= {name + enc.UP: left[:, :_WIDEST] * root, name + enc.DOWN: right[:_WIDEST] * root[:, None]}
    return found


def _batches(pieces: enc.Pieces, texts: Sequence[Told], draw: random.Random) -> list[list[Stretch]]:
    """One round's examples, those of like length together."""
    drawn = [stretch for told in texts for stretch in _drawn(pieces, told, draw)]
    draw.shuffle(drawn)
    batches = []
    for first in range(0, len(drawn), _POOL):
        pool = sorted(drawn[first : first + _POOL], key=lambda stretch: len(stretch.classes))
        batches += [pool[k : k + BATCH] for k in range(0, len(pool), BATCH)]
    draw.shuffle(batches)
    return batches


def _drawn(pieces: enc.Pieces, told: Told, draw: random.Random) -> Iterator[Stretch]:
    turns = cased(told.turns, draw.choices(_CASES, _SHARES)[0])
    found = find_structured([turn.text for turn in turns])
    if told.whole:
        found = [[span for span in spans if draw.random() >= _MISSED] for spans in found]
    texts = [turn.text for turn in turns]
    known = _recalled(turns[0], draw) if len(turns) == 1 else {}
    return stretches(pieces, replace(told, turns=turns), read_by_rules(texts, known, {}, found))


def _recalled(said: Example, draw: random.Random) -> dict[str, str]:
    """What a session may know of the words of one utterance: its names, and people who are called by its words."""
    flags, known = voc.vocabulary().flags, dict[str, str]()
    for match in _WORD.finditer(said.text):
        word = fold(match[0]).removesuffix("'s")
        flag = flags.get(word, 0)
        kind = next((label for start, end, label in said.spans if start <= match.start() < end), "")
        if kind in enc.NAMED:
            share = _RECALLED if kind == NAME or not flag & voc.WORD else 0.0
        else:
            kind, share = NAME, _NAMESAKES[bool(flag & voc.NAME)]
        if len(word) > _SHORT and word not in context.FUNCTION and draw.random() < share:
            known[word] = kind
    return known


def _step(model: nn.Module, batch: Sequence[Stretch], draw: random.Random) -> float:
    """Forward and backward over one batch; its mean loss per word asked."""
    import torch

    ids, mask, bits = enc.batch_of([stretch.window for stretch in batch])
    unlisted = [[draw.random() < _UNLISTED for _ in row] for row in ids]
    bits[torch.tensor(unlisted)] *= torch.tensor([float(bit >= enc.LISTED) for bit in range(enc.FEATURES)])
    shares = [1.0 if draw.random() < _UNRULED else _UNRULED for _ in batch]
    unruled = [[draw.random() < share for _ in row] for row, share in zip(ids, shares, strict=True)]
    bits[torch.tensor(unruled)] *= torch.tensor([float(bit < enc.RULED) for bit in range(enc.FEATURES)])
    wanted = torch.full(ids.shape, _IGNORED)
    for row, stretch in enumerate(batch):
        wanted[row, : len(stretch.classes)] = torch.tensor(stretch.classes)
    with torch.autocast("cpu", torch.bfloat16, enabled=enc.halves_well()):
        scores = model(ids, mask, bits)
    loss = torch.nn.functional.cross_entropy(
        scores.float().flatten(0, 1), wanted.flatten(), ignore_index=_IGNORED, label_smoothing=SMOOTHING
    )
    loss.backward()  # type: ignore[no-untyped-call]
    return float(loss)


def main() -> None:
    """Train, or take adapters of earlier trainings, and save their mean."""
    from safetensors.torch import load_file, save_file

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=enc.ADAPTER, help="file of the adapter [default: the packaged one]")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--trainings", type=int, default=TRAININGS)
    parser.add_argument("--start", type=Path, help="an adapter to go on from, instead of the encoder as it comes")
    parser.add_argument("--order", type=int, default=0, help="number of the first training's draws [default: 0]")
    parser.add_argument("--mean", type=Path, nargs="+", help="adapters to take the mean of, instead of training")
    arguments = parser.parse_args()
    if arguments.mean:
        adapters = [load_file(path) for path in arguments.mean]
    else:
        start = load_file(arguments.start) if arguments.start else None
        orders = range(arguments.order, arguments.order + arguments.trainings)
        adapters = [train(arguments.seed, arguments.rounds, order, start) for order in orders]
    save_file(mean(adapters), arguments.out)


if __name__ == "__main__":
    main()
