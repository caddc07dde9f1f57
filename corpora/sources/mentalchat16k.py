"""MentalChat16K: synthetic counselling exchanges and paraphrased interviews (Xu et al., 2025).

Columns as published (the hub's ShenLab/MentalChat16K): instruction (a constant system prompt, not read), input, output.
"""

from __future__ import annotations

from dataclasses import dataclass

from corpora.sources.psych8k import Psych8k


@dataclass(frozen=True)
class MentalChat16K(Psych8k):
    """Synthetic and paraphrased counselling exchanges (columns instruction, input, output)."""

    name: str = "mentalchat16k"
    license: str = "MIT (as its publisher says)"
    consent: str = "synthetic, and interviews of a consented trial paraphrased by a language model, as its paper states"
