"""`make ner`: train the packaged recognizer, print its scores and write them beside it.

It learns from the carriers, the book and the transcripts that `anonymize.ner.book` names.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anonymize.ner import MODEL, SCORES
from anonymize.ner.book import HELD_OUT, read_book, read_transcripts
from anonymize.ner.fill import LABELS, Example, Filler

if TYPE_CHECKING:
    from spacy.language import Language

SEED = 20
ROUNDS, EXAMPLES, BATCH = 9, 8_000, 64
"""Rounds of training, each over freshly drawn examples, and examples an update."""

DROPOUT, RATE, LAST_RATE = 0.2, 0.002, 0.0002
WIDTH, DEPTH = 96, 4
ROWS = [8000, 2000, 3000, 1000]
"""Rows of the hashed embeddings of NORM, PREFIX, SUFFIX, SHAPE."""

_FRESH = 2_000


def blank_pipeline(seed: int = SEED) -> Language:
    """An untrained English pipeline with our `ner`: a convolutional tok2vec over hashed embeddings."""
    import spacy
    from thinc.api import fix_random_seed

    fix_random_seed(seed)
    nlp = spacy.blank("en")
    embed = {
        "@architectures": "spacy.MultiHashEmbed.v2",
        "width": WIDTH,
        "rows": ROWS,
        "attrs": ["NORM", "PREFIX", "SUFFIX", "SHAPE"],
        "include_static_vectors": False,
    }
    encode = {
        "@architectures": "spacy.MaxoutWindowEncoder.v2",
        "width": WIDTH,
        "depth": DEPTH,
        "window_size": 1,
        "maxout_pieces": 3,
    }
    model = {
        "@architectures": "spacy.TransitionBasedParser.v2",
        "state_type": "ner",
        "extra_state_tokens": False,
        "hidden_width": 64,
        "maxout_pieces": 2,
        "use_upper": True,
        "tok2vec": {"@architectures": "spacy.Tok2Vec.v2", "embed": embed, "encode": encode},
    }
    ner: Any = nlp.add_pipe("ner", config={"model": model})
    for label in LABELS:
        ner.add_label(label)
    return nlp


def train(
    nlp: Language, filler: Filler, rounds: int = ROUNDS, examples: int = EXAMPLES, report: Callable[[str], None] = print
) -> Language:
    """Train the pipeline in place on examples that `filler` draws; the learning rate falls from round to round."""
    from spacy.training import Example as Training

    warnings.filterwarnings("ignore", message=r"\[W030\]")  # a few spans end inside a token ("St."): left out
    optimizer = nlp.initialize()
    for number in range(rounds):
        began = time.perf_counter()
        losses: dict[str, float] = {}
        optimizer.learn_rate = RATE * (LAST_RATE / RATE) ** (number / max(1, rounds - 1))
        for _ in range(0, examples, BATCH):
            batch = [filler.example() for _ in range(BATCH)]
            docs = [Training.from_dict(nlp.make_doc(x.text), {"entities": x.spans}) for x in batch]
            nlp.update(docs, drop=DROPOUT, sgd=optimizer, losses=losses)
        report(f"round {number + 1:2} of {rounds}: loss {losses['ner']:8.0f}, {time.perf_counter() - began:.0f} s")
    return nlp


def scores(nlp: Language, examples: Iterable[Example]) -> dict[str, dict[str, float]]:
    """Precision, recall and F1 of whole spans, by label and for all."""
    right, found, there = Counter[str](), Counter[str](), Counter[str]()
    examples = list(examples)
    for example, doc in zip(examples, nlp.pipe(x.text for x in examples), strict=True):
        gold = set(example.spans)
        guess = {(e.start_char, e.end_char, e.label_) for e in doc.ents}
        for tally, spans in ((right, gold & guess), (found, guess), (there, gold)):
            for *_, label in spans:
                tally[label] += 1
                tally["all"] += 1
    return {label: _rates(right[label], found[label], there[label]) for label in ("all", *LABELS)}


def _rates(right: int, found: int, there: int) -> dict[str, float]:
    precision, recall = right / max(1, found), right / max(1, there)
    return {
        "precision": round(precision, 4),
        "recall": round(recall, 4),
        "f1": round(2 * precision * recall / max(1e-9, precision + recall), 4),
        "spans": there,
    }


def in_case(examples: Iterable[Example], case: Callable[[str], str]) -> list[Example]:
    """The examples with `case` applied to their text, which must keep its length."""
    return [Example(case(example.text), example.spans) for example in examples]


def main() -> None:
    """Train, score, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=MODEL, help="folder of the model [default: the packaged one]")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    arguments = parser.parse_args()
    began = time.perf_counter()
    written = [*read_book(), *read_transcripts()]
    nlp = train(blank_pipeline(arguments.seed), Filler(arguments.seed, written), arguments.rounds)
    fresh = Filler(arguments.seed + 1)
    held_out = list(read_transcripts(HELD_OUT))
    result: dict[str, Any] = {
        "seed": arguments.seed,
        "examples": arguments.rounds * EXAMPLES,
        "minutes": round((time.perf_counter() - began) / 60, 1),
        "fresh examples from the same carriers": scores(nlp, [fresh.example() for _ in range(_FRESH)]),
        "transcripts held out, as written": scores(nlp, held_out),
        "transcripts held out, lower case": scores(nlp, in_case(held_out, str.lower)),
    }
    nlp.meta.update(name="therapy_ner", description="Names, places and organisations in spoken dialogue, any case.")
    nlp.to_disk(arguments.out)
    scored = json.dumps(result, indent=2)
    if arguments.out == MODEL:
        SCORES.write_text(scored + "\n", encoding="utf-8")
    print(scored)  # noqa: T201 - a command's result


if __name__ == "__main__":
    main()
