"""`corpora evaluate`: what a tuned model says, beside its base model and the human therapist."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from corpora.errors import CorporaError, PrivacyError, UsageError
from pipelines.commands.options import ANY_PATH, EXISTING, EXISTING_FILE, option

if TYPE_CHECKING:
    from collections.abc import Collection

    from finetune.evaluate.evaluation import System
    from finetune.evaluate.items import Item
    from finetune.evaluate.respond import Generation


@click.command()
@click.argument("run", type=EXISTING)
@option("--baseline", help="A transformers model to compare with, folder or id [default: the run's own base model].")
@option("--questions", type=EXISTING_FILE, help="Your own questions (.toml, .jsonl, .txt) [default: our 200].")
@option("--corpus", type=EXISTING, help="The built corpus whose held-out rows are answered too.")
@option("--out", type=ANY_PATH, help="Folder of the results [default: RUN/evaluation].")
@click.option("--prompt", "prompts", multiple=True, help="none, minimal, empathetic, counselor, or a file; repeatable.")
@option("--limit", type=click.IntRange(min=1), help="Most held-out rows (whole clients).")
@option("--max-new-tokens", type=click.IntRange(min=1), default=1024, show_default=True, help="Most tokens an answer.")
@option("--temperature", type=click.FloatRange(min=0), default=0.0, show_default=True, help="0: the likeliest token.")
@option("--batch", type=click.IntRange(min=1), default=8, show_default=True, help="Answers written at once.")
@option("--source-max", type=click.IntRange(min=16), default=2048, show_default=True, help="Most tokens of a prompt.")
@option("--bits", type=click.Choice(["4", "16"]), default="16", show_default=True, help="Weights of the base model.")
@option("--encoder", type=EXISTING, help="A local sentence encoder [default: the packaged one, where installed].")
@option("--bertscore", type=EXISTING, help="A local encoder for BERTScore.")
@click.option("--judge", "judges", multiple=True, help="A server's model that judges the answers; repeatable.")
@option("--endpoint", help="The judges' server, such as http://127.0.0.1:8080 [default: the `openai` library's].")
@option("--judge-tokens", type=click.IntRange(min=1), help="Most tokens a judge, read and written; never passed.")
@option("--parallel", type=click.IntRange(min=1), default=16, show_default=True, help="Judgements asked for at once.")
@option("--seed", type=int, default=0, show_default=True, help="Of draws and tests.")
@click.option("--json", "as_json", is_flag=True, help="Print the document.")
def evaluate(
    run: Path, baseline: str | None, questions: Path | None, corpus: Path | None, out: Path | None,
    prompts: tuple[str, ...], limit: int | None, max_new_tokens: int, temperature: float, batch: int, source_max: int,
    bits: str, encoder: Path | None, bertscore: Path | None, judges: tuple[str, ...], endpoint: str | None,
    judge_tokens: int | None, parallel: int, seed: int, *, as_json: bool,
) -> None:  # fmt: skip
    """Compare what RUN's model, its base model and the therapist answer; measures, tests, one report.

    Questions go to the models alone, held-out rows also beside the therapist's own answer. Answers are kept in
    OUT.work, so that the same command goes on where it was cut off.
    """
    warnings.simplefilter("ignore", FutureWarning)
    from finetune import egress
    from finetune.evaluate import behaviour, overlap
    from finetune.evaluate.evaluation import Plan
    from finetune.evaluate.evaluation import evaluate as measured
    from finetune.evaluate.items import load_condition
    from finetune.evaluate.measures import Meter
    from finetune.evaluate.report import PAGE, write_report
    from finetune.evaluate.respond import Generation
    from pipelines.judging import open_judges

    egress.require(*egress.NEEDED)
    if judges and questions:
        _only_here(endpoint)
    conditions = [load_condition(name) for name in dict.fromkeys(prompts or ("none",))]
    items, facts = _items(run, questions, corpus, limit)
    sentiment = behaviour.sentiment_scorer()
    generation = Generation(max_new_tokens, temperature, seed=seed, batch=batch)
    systems = _systems(run, baseline, generation, source_max, int(bits))
    folder = encoder or overlap.packaged_encoder()
    if folder is None:
        facts["warnings"].append("no sentence encoder is there: embedding similarity is not measured")
    meter = Meter(_given_names(), sentiment, overlap.Encoder(folder) if folder else None, bertscore)
    target = out or run / "evaluation"
    with open_judges(judges, endpoint, target.with_name(f"{target.name}.work"), judge_tokens, parallel) as panel:
        plan = Plan(items, conditions, meter, panel, generation, target, facts, seed)
        document = measured(plan, systems, lambda _name, _done, _wanted: None)
    write_report(plan.out, document)
    for warning in document["warnings"]:
        click.echo(f"note: {warning}", err=True)
    click.echo(json.dumps(document, indent=2) if as_json else str(plan.out / PAGE))


def _only_here(endpoint: str | None) -> None:
    """Refuse to send the user's own questions, which nobody de-identified, to another machine.

    Raises:
        PrivacyError: the server is not on this machine.
    """
    from synth.endpoint import loopback

    try:
        loopback(endpoint or "")
    except CorporaError:
        raise PrivacyError(
            "--questions with --judge: your own questions may hold names and go to no other machine; judge them by a"
            " server on this one (--endpoint http://127.0.0.1:PORT), or leave --questions out"
        ) from None


def _items(
    run: Path, questions: Path | None, corpus: Path | None, limit: int | None
) -> tuple[list[Item], dict[str, Any]]:
    """What is asked, and the facts about it; without a corpus only questions, which then cannot be decontaminated."""
    from finetune.evaluate.items import OURS, decontaminated, held_out, load_questions, training_texts
    from finetune.outputs import read_run

    document = read_run(run)
    asked = load_questions(questions or OURS)
    facts: dict[str, Any] = {"run": document["identity"], "questions_left_out": [], "split": None, "warnings": []}
    if corpus is None:
        facts["warnings"].append("no --corpus: no held-out rows, and questions are not checked against training data")
        return asked, facts
    asked, facts["questions_left_out"] = decontaminated(asked, training_texts(corpus))
    if facts["questions_left_out"]:
        facts["warnings"].append(f"{len(facts['questions_left_out'])} questions stand in the training data: left out")
    items, facts["split"] = held_out(corpus, limit)
    if facts["split"] == "validation":
        facts["warnings"].append("the validation split is used, by which weights may have been chosen: figures flatter")
    if not items and not asked:
        raise UsageError("nothing is left to ask: no held-out row, and every question stands in the training data")
    return [*items, *asked], facts


def _systems(run: Path, baseline: str | None, generation: Generation, source_max: int, bits: int) -> list[System]:
    from finetune.evaluate.evaluation import BASE, TUNED, System
    from finetune.evaluate.respond import load_model, load_run
    from finetune.outputs import read_run

    tuned, base = load_run(run, generation, source_max, bits=bits)
    about = (Path(str(read_run(run)["base_model"])).name,)
    if baseline is None:
        return [System(BASE, base, about), System(TUNED, tuned, about)]
    other = load_model(baseline, generation, source_max, bits=bits)
    return [System(BASE, other, (Path(baseline).name,)), System(TUNED, tuned, about)]


def _given_names() -> Collection[str]:
    """Given names, lower-cased, by which a client may be called."""
    from anonymize.words.vocabulary import read_list

    return frozenset(line.split("\t")[0].lower() for line in read_list("given.tsv"))
