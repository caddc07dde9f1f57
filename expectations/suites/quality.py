"""Quality: signs that a text was read or cut wrongly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from expectations.thresholds import Thresholds


def expectations(_: Thresholds) -> list[Any]:
    """Shapes of text that speech does not have; a person should look, nothing is refused."""
    from expectations.bounds import ExpectColumnNumbersToBeBetween

    return [
        ExpectColumnNumbersToBeBetween(
            column="characters_per_word",
            min_value=3,
            max_value=10,
            mostly=0.99,
            description="At least 99 of 100 examples have 3 to 10 characters a word, spaces counted.",
            severity="warning",
            notes="Spoken English has about five. Far more or less means words run together, tables or binary debris.",
            meta={"name": "characters_per_word"},
        ),
        ExpectColumnNumbersToBeBetween(
            column="prompt_words",
            min_value=3,
            mostly=0.95,
            description="At least 95 of 100 prompts have three words or more.",
            severity="info",
            notes="A prompt of one or two words says little of what the therapist answers.",
            meta={"name": "prompt_says_something"},
        ),
        ExpectColumnNumbersToBeBetween(
            column="length_ratio",
            min_value=0.5,
            max_value=2,
            description="The mean response of every shard has between half and twice the words of the whole corpus'.",
            severity="info",
            notes="A shard apart is one source or a fault of reading; trainers that stream see it all at once.",
            meta={"name": "shards_alike", "table": "shards"},
        ),
    ]
