"""The bounds the checks hold examples to; a recipe sets them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Bounds of the suites, all inclusive.

    Attributes:
        min_words: Least words of a response, by the example's kind; a kind that is not named has no lower bound but 1.
        max_words: Most words of a response.
        max_context_turns: Most turns of context before a response; None for no bound.
        max_context_words: Most words of a prompt; None for no bound.
        other_hits_per_1000: Residual finds of the second detector, per 1,000 words of one split, above which a person
            should look. General-purpose detectors report false finds, so this bound warns and refuses nothing.
        max_client_share: Largest part of the examples (0 to 1) that one client should have.
        max_source_share: The same of one source; 1 where a corpus is meant to come from one.
        max_topic_share: The same of one topic, among the examples whose topic is known.
        max_made_share: Largest part of the examples that language models should have written.
        max_opener_share: Largest part of what models wrote that should begin with the same three words.
    """

    min_words: Mapping[str, int] = field(default_factory=dict)
    max_words: int = 2000
    max_context_turns: int | None = 8
    max_context_words: int | None = None
    other_hits_per_1000: float = 5.0
    max_client_share: float = 0.25
    max_source_share: float = 1.0
    max_topic_share: float = 0.5
    max_made_share: float = 1.0
    max_opener_share: float = 0.2
