"""How many tokens a corpus' rows are for a model, and how many a trainer would cut or leave out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from finetune.labels import Encoded, Encoder
from finetune.rows import Rows

UNBOUND = 1 << 30
WINDOWS = (512, 1024, 2048, 4096, 8192)
"""Common lengths of a trainer's window, in tokens."""


@dataclass(slots=True)
class Lengths:
    """Token counts over rows: number of tokens -> rows; `unusable` counts rows that no trainer could use, by reason."""

    prompt: Counter[int] = field(default_factory=Counter)
    completion: Counter[int] = field(default_factory=Counter)
    whole: Counter[int] = field(default_factory=Counter)
    unusable: Counter[str] = field(default_factory=Counter)
    notices: tuple[str, ...] = ()
    """What the encoder had to do to the tokenizer."""

    @property
    def rows(self) -> int:
        """All rows that were counted."""
        return self.whole.total() + self.unusable.total()

    def document(self, source_max: int, target_max: int) -> dict[str, Any]:
        """What a trainer with these bounds would do, as JSON values.

        Args:
            source_max: most tokens of a prompt; a longer one loses its oldest words.
            target_max: most tokens of a response; a row with a longer one is left out.

        Returns:
            `rows`; of `prompt`, `completion` and `whole` the least, median, 95th percentile, most and sum of tokens;
            `prompts_cut`, `responses_left_out` and `over_window` (window -> rows longer than it), each `{"rows",
            "share"}`; `unusable`.
        """
        return {
            "rows": self.rows,
            **{name: _marks(getattr(self, name)) for name in ("prompt", "completion", "whole")},
            "source_max": source_max,
            "target_max": target_max,
            "prompts_cut": self._over(self.prompt, source_max),
            "responses_left_out": self._over(self.completion, target_max),
            "over_window": {str(window): self._over(self.whole, window) for window in WINDOWS},
            "unusable": dict(sorted(self.unusable.items())),
        }

    def _over(self, counts: Counter[int], bound: int) -> dict[str, float]:
        over = sum(rows for tokens, rows in counts.items() if tokens > bound)
        return {"rows": over, "share": round(over / self.rows, 4) if self.rows else 0.0}


def token_lengths(parts: Iterable[Rows], tokenizer: Any) -> Lengths:
    """Count the tokens of rows as the trainer writes them: by the tokenizer's own chat template, nothing cut."""
    encoder = Encoder(tokenizer, UNBOUND, UNBOUND)
    found = Lengths(notices=tuple(encoder.notices))
    for rows in parts:
        for chunk in rows.chunks():
            for result in encoder.encode(chunk):
                if isinstance(result, Encoded):
                    found.prompt[result.start] += 1
                    found.completion[len(result.ids) - result.start] += 1
                    found.whole[len(result.ids)] += 1
                else:
                    found.unusable[result.reason] += 1
    return found


def _marks(counts: Counter[int]) -> dict[str, int]:
    if not counts:
        return {}
    return {
        "least": min(counts),
        "median": _at(counts, 0.5),
        "p95": _at(counts, 0.95),
        "most": max(counts),
        "sum": sum(tokens * rows for tokens, rows in counts.items()),
    }


def _at(counts: Counter[int], share: float) -> int:
    """The least number of tokens that so large a share of the rows does not exceed."""
    left = share * counts.total()
    for tokens in sorted(counts):
        left -= counts[tokens]
        if left <= 0:
            return tokens
    return max(counts)
