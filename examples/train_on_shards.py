"""Read a built corpus into a training loop of one's own: `python examples/train_on_shards.py CORPUS [STEPS]`.

A toy model that reads bytes, in plain torch, so that nothing is hidden: the prompt is context and only the therapist's
answer is learnt. `corpora finetune` and TRL do the same with a language model.
"""

from __future__ import annotations

import sys

import torch
from datasets import load_from_disk
from torch.nn import functional

CONTEXT, ANSWER, BATCH, IGNORED = 96, 48, 8, -100


def encode(row: dict[str, list[dict[str, str]]]) -> tuple[list[int], list[int]]:
    """Bytes of the prompt's end and the answer's start; labels stand on the answer alone."""
    spoken = "".join(f"{message['role']}: {message['content']}\n" for message in row["prompt"])
    prompt = list(f"{spoken}assistant: ".encode())[-CONTEXT:]
    answer = list(row["completion"][0]["content"].encode())[:ANSWER]
    space = [0] * (CONTEXT - len(prompt) + ANSWER - len(answer))
    return prompt + answer + space, [IGNORED] * len(prompt) + answer + [IGNORED] * len(space)


class Reader(torch.nn.Module):
    """The next byte, from all bytes before it."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.bytes, self.state = torch.nn.Embedding(256, width), torch.nn.GRU(width, width, batch_first=True)
        self.next = torch.nn.Linear(width, 256)

    def loss(self, ids: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Mean cross entropy in nats a byte of the answers, of a batch of (rows, bytes)."""
        logits = self.next(self.state(self.bytes(ids[:, :-1]))[0])
        return functional.cross_entropy(logits.flatten(0, 1), labels[:, 1:].flatten(), ignore_index=IGNORED)


def main(corpus: str, steps: str = "40") -> None:
    """Train on `train`, and say what the validation answers cost before and after."""
    torch.manual_seed(0)
    splits = load_from_disk(corpus)
    packed = {
        split: [torch.tensor(part) for part in zip(*map(encode, rows), strict=True)] for split, rows in splits.items()
    }
    model = Reader()
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    before = model.loss(*packed["validation"]).item()
    for _ in range(int(steps)):
        rows = torch.randint(len(packed["train"][0]), (BATCH,))
        loss = model.loss(*(part[rows] for part in packed["train"]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    after = model.loss(*packed["validation"]).item()
    sys.stdout.write(f"validation loss, nats a byte: {before:.2f} -> {after:.2f}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
