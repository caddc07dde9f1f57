"""What may still identify somebody: every risk that a build measured, what was seen, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

CERTAIN = {
    "roster_hits": "A name that a client's sessions gave away is left",
    "caller_hits": "A name that you gave is left",
    "structured_hits": "A number, address or code of a checkable form is left",
}


@dataclass(frozen=True, slots=True)
class Risk:
    """One row of the table.

    Attributes:
        name: What may happen.
        measured: What was counted.
        follows: What that says of the corpus, with its bound where there is one.
        open: True where something is left to look at, or nothing was measured.
    """

    name: str
    measured: str
    follows: str
    open: bool


def residual_risks(manifest: Mapping[str, Any]) -> list[Risk]:
    """The risks that a manifest tells of; every part of it may be missing."""
    return [
        *_left(manifest.get("privacy", {})),
        *_missed(manifest),
        *_read(manifest.get("reviewed_sample")),
        *_recognised(manifest),
        *_linked(manifest.get("paraphrase", {}).get("linkage", {})),
    ]


def _left(privacy: Mapping[str, int]) -> Iterator[Risk]:
    """What the second detector still saw in the output."""
    words = privacy.get("words", 0)
    for key, name in CERTAIN.items():
        count = privacy.get(key, 0)
        follows = "a critical check refuses publication" if count else "none was seen in the whole output"
        yield Risk(name, f"{count:,} in {words:,} words", follows, open=count > 0)
    other = privacy.get("other_hits", 0)
    rate = f"{1000 * other / words:.2f} per 1,000 words" if words else "no words"
    follows = "many of these are false; corpora review lists them"
    yield Risk("Something that looks like an identifier is left", f"{other:,}, {rate}", follows, open=other > 0)


def _missed(manifest: Mapping[str, Any]) -> Iterator[Risk]:
    """What the detector overlooks, from gold, canaries, and capture and recapture."""
    name = "The detector overlooked an identifier"
    measured = False
    for part, what in (("gold", "marked by hand"), ("canaries", "planted")):
        rate = manifest.get(part, {}).get("overall", {})
        if rate.get("rate") is not None:
            measured = True
            seen = f"{rate['of'] - rate['hits']:,} of {rate['of']:,} {what} were missed"
            yield Risk(
                name,
                seen,
                f"at 95 % confidence, at most {100 * (1 - rate['low']):.1f} % of such are missed",
                open=rate["low"] < 1,
            )
    if not measured:
        yield Risk(name, "not measured", "corpora build --gold FOLDER or --canaries N measures it", open=True)
    groups = {"words": "names, places, organisations", "numbers": "numbers, codes, addresses"}
    for group, found in manifest.get("recapture", {}).items():
        by = f"{found['first']:,} by one, {found['second']:,} by the other, {found['both']:,} by both"
        seen = f"{groups.get(group, group)}: {by}"
        missed = found["missed_by_both_at_least"]
        yield Risk(
            "Two readers overlooked the same identifier",
            seen,
            f"at least {missed:,.0f} in the input seen by neither",
            missed >= 1,
        )


def _read(sample: Mapping[str, Any] | None) -> Iterator[Risk]:
    name = "A person would find an identifier"
    if not sample:
        yield Risk(name, "nobody has read a sample", "corpora review OUT --sample N draws one", open=True)
        return
    seen = f"{sample['leaks']:,} of {sample['read']:,} passages held one"
    old = "" if sample["same_rows"] else ", of an earlier build"
    yield Risk(
        name,
        seen + old,
        f"at 95 % confidence, at most {100 * sample['at_most']:.2f} % of passages do",
        sample["leaks"] > 0,
    )


def _recognised(manifest: Mapping[str, Any]) -> Iterator[Risk]:
    """What is no identifier and can name somebody together with what others know."""
    quasi, clients = manifest.get("quasi_identifiers", {}), manifest.get("clients", {})
    stories = quasi.get("stories", {})
    rare = sum(count for told, count in stories.items() if "rare event" in told)
    if stories:
        seen = f"{rare:,} of {sum(stories.values()):,} sessions tell of a rare event"
        yield Risk("A story points to its teller", seen, "only a reader can judge; nothing is removed", open=rare > 0)
    facts = quasi.get("metadata", {})
    if facts.get("columns"):
        seen = f"{facts['alone']:,} of {facts['clients']:,} clients stand alone by {', '.join(facts['columns'])}"
        follows = f"k = {facts['smallest']}"
        yield Risk(
            "Published facts point to a client",
            seen.replace("_", " "),
            follows,
            open=facts["smallest"] < facts["small"],
        )
    if clients.get("unknown"):
        seen = f"{clients['unknown']:,} of {clients.get('seen', 0):,} clients are only known as a file"
        yield Risk(
            "One person stands in two splits", seen, "give --clients or --metadata to tell who is who", open=True
        )


def _linked(linkage: Mapping[str, Any]) -> Iterator[Risk]:
    for by, how in (("by_words", "word overlap"), ("by_embedding", "embedding")):
        found = (linkage.get(by) or {}).get("paraphrase", {})
        if found.get("rate") is not None:
            seen = f"{100 * found['rate']:.1f} % of {found['tried']:,}, by {how}"
            chance = f"guessing finds {100 * (found['chance'] or 0):.1f} %"
            yield Risk("A paraphrase leads back to its page", seen, chance, open=found["rate"] > (found["chance"] or 0))
