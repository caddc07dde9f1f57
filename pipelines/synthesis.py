"""The synth pass: dialogues from the ledger and the model into rows, and what the manifest says of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anonymize.proof.audit import audit_turns
from anonymize.roster import build_roster
from corpora.files import write_atomic
from expectations.metrics import AUDIT_COLUMNS
from pipelines.passes import Progress
from pipelines.stages.synth import Synth

if TYPE_CHECKING:
    from corpora.records import Example
    from synth.dialogues.filters import Embed
    from synth.dialogues.settings import Settings

LEDGER, SUMMARY = "ledger.jsonl", "summary.json"
_TOKENS_A_WORD = 1.35
_VERDICT = 30  # words of a judge's reply


def write_dialogues(stage: Synth, work: Path, progress: Progress) -> list[Example]:
    """The dialogues of a stage as examples; replies that the ledger in `work` has are found, not asked for again.

    What the manifest says of them is left in `work` beside the ledger.
    """
    from synth.asking import Asker, Books, spent_before
    from synth.budget import Budget
    from synth.dialogues.examples import example_of
    from synth.dialogues.generate import Generator
    from synth.dialogues.making import make_topics
    from synth.dialogues.quality import accounts, quality
    from synth.ledger import Ledger

    settings = stage.settings()
    with closing(stage.writer()) as writer, Ledger(work / LEDGER) as ledger:
        budget = Budget(stage.price(), stage.budget, stage.max_tokens, spent_before(ledger))
        planned = settings.config_hash(writer.identity)
        made = make_topics(Asker(writer, Books(ledger, budget, planned)), settings, stage.make_topics)
        settings = replace(settings, topics=made.topics)
        config = settings.config_hash(writer.identity)
        books = Books(ledger, budget, config)

        def tell(done: int, wanted: int) -> None:
            cost = budget.dollars()
            progress("synth", done, wanted, f"{budget.spent.all:,} tokens" + ("" if cost is None else f", ${cost:.2f}"))

        embed = _encoder(stage)
        result = Generator(Asker(writer, books), settings, scan=_has_identifier, embed=embed, progress=tell).run()
        examples = [example_of(dialogue, settings, writer.identity, config) for dialogue in result.dialogues]
        spent = {"read": budget.spent.read, "written": budget.spent.written}
        document = {
            **writer.identity,
            "config": config,
            "prompts": {name: prompt.sha256 for name, prompt in sorted(settings.prompts.items())},
            "wanted": settings.total,
            "made_topics": {"wanted": stage.make_topics, "added": list(made.added), "refused": dict(made.refused)},
            "tokens": spent,
            "requests": {**dict(sorted(ledger.ended.items())), "cut_off": len(ledger.asked)},
            "cost_usd": budget.dollars(),
            "ledger_sha256": ledger.digest(),
            **accounts(result),
            **quality(result, settings),
        }
    write_atomic(work / SUMMARY, json.dumps(document, ensure_ascii=False).encode())
    return examples


def _encoder(stage: Synth) -> Embed | None:
    """What makes a text's vector, where the stage wants vectors."""
    folder = stage.embedder_folder()
    if folder is None:
        return None
    from finetune.evaluate.overlap import Encoder

    return Encoder(folder).vectors


def expected(stage: Synth) -> dict[str, Any]:
    """What the dialogues would take if every first answer passed.

    Returns:
        `dialogues`, `requests`, `prompt_tokens`, `answer_tokens`, and `cost_usd` (None where no price is known).
    """
    from synth.budget import Tokens
    from synth.dialogues.generate import RESPONSE, batches
    from synth.dialogues.making import A_REQUEST
    from synth.dialogues.settings import JUDGE, TOPICS

    settings = stage.settings()
    slots = settings.slots()
    groups = batches(settings, slots)
    queries = sum(slot.instructor == "query" for slot in slots)
    read = sum(len(settings.prompts[group[0].instructor].source.split()) + 60 * len(group) for group in groups)
    read += queries * (len(settings.prompts[RESPONSE].source.split()) + _middle(stage.query_words))
    read += len(settings.rules().split()) * (len(groups) + queries)
    written = sum(_words(settings, slot.instructor) for slot in slots) + queries * _middle(stage.answer_words)
    naming = -(-stage.make_topics // A_REQUEST)
    read += naming * (len(settings.prompts[TOPICS].source.split()) + 3 * len(settings.topics))
    judged = len(slots) if stage.cull else 0
    if judged:
        read += judged * len(settings.prompts[JUDGE].source.split()) + written
    written += 3 * stage.make_topics + _VERDICT * judged
    tokens = Tokens(round(_TOKENS_A_WORD * read), round(_TOKENS_A_WORD * written))
    price = stage.price()
    return {
        "dialogues": len(slots),
        "requests": naming + len(groups) + queries + judged,
        "prompt_tokens": tokens.read,
        "answer_tokens": tokens.written,
        "cost_usd": None if price is None else price.nano(tokens) / 10**9,
    }


def _words(settings: Settings, name: str) -> int:
    kind = settings.instructors[name]
    if kind.turns.high == 1:
        return _middle((kind.client_words.low, kind.client_words.high))
    sides = _middle((kind.client_words.low, kind.client_words.high)) // 2
    sides += _middle((kind.therapist_words.low, kind.therapist_words.high)) // 2
    return max(1, _middle((kind.turns.low, kind.turns.high)) // 2) * sides


def _middle(bounds: tuple[int, int]) -> int:
    return sum(bounds) // 2


def _audit(texts: Sequence[str]) -> dict[str, int]:
    residues = audit_turns(list(texts), [[] for _ in texts], build_roster("synthetic", [], ()), ())
    return {name: sum(int(getattr(residue, name)) for residue in residues) for name in AUDIT_COLUMNS}


def _has_identifier(texts: Sequence[str]) -> bool:
    """Whether texts hold an identifier that passes its check digits or format: a number or address of somebody."""
    return _audit(texts)["structured_hits"] > 0
