"""`corpora evaluate`: what a tuned model says, beside its base model and the human therapist."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from corpora.errors import CorporaError, PrivacyError, UsageError
from pipelines.commands.options import ANY_PATH, EXISTING, EXISTING_FILE, Function, option

if TYPE_CHECKING:
    from collections.abc import Collection

    from finetune.evaluate.items import Item
    from finetune.evaluate.measures import Meter
    from pipelines.judging import Panel


def _answer_options(function: Function) -> Function:
    """What is asked, and how models answer."""
    for decorate in (
        option("--bits", type=click.Choice(["4", "16"]), default="16", show_default=True, help="Base weights' width."),
        option("--source-max", type=click.IntRange(16), default=2048, show_default=True, help="Most prompt tokens."),
        option("--batch", type=click.IntRange(1), default=8, show_default=True, help="Answers written at once."),
        option("--temperature", type=click.FloatRange(0), default=0.0, show_default=True, help="0: likeliest token."),
        option("--max-new-tokens", type=click.IntRange(1), default=1024, show_default=True, help="Of an answer."),
        option("--limit", type=click.IntRange(0), help="Most held-out rows (whole clients); 0: questions alone."),
        click.option(
            "--prompt", "prompts", multiple=True, help="none, minimal, empathetic, counselor, or a file; repeatable."
        ),
        option("--corpus", type=EXISTING, help="The built corpus with the held-out rows [default: the run's own]."),
        option("--questions", type=EXISTING_FILE, help="Your own questions (.toml, .jsonl, .txt) [default: our 200]."),
        option("--gguf", type=EXISTING_FILE, help="RUN's model as `export-gguf` wrote it: llama.cpp answers."),
        click.option(
            "--baseline", "baselines", multiple=True,
            help="Compare with: a model's folder or id, a .gguf, another run; at most two [default: the run's base].",
        ),
    ):  # fmt: skip
        function = decorate(function)
    return function


def _judge_options(function: Function) -> Function:
    """Who judges, and what it may take."""
    for decorate in (
        option("--parallel", type=click.IntRange(1), default=16, show_default=True, help="Judgements at once."),
        option("--prices", type=EXISTING_FILE, help='TOML with ["MODEL"], input and output in USD per million tokens.'),
        option("--budget", type=click.FloatRange(0), help="Most US dollars a judge; never passed. Needs --prices."),
        option("--judge-tokens", type=click.IntRange(1), help="Most tokens a judge, read and written; never passed."),
        option("--endpoint", help="The judges' server, such as http://127.0.0.1:8080 [default: the openai library's]."),
        click.option(
            "--judge", "judges", multiple=True,
            help="A server's model, or a .gguf run in this process, that judges the answers; repeatable.",
        ),
    ):  # fmt: skip
        function = decorate(function)
    return function


@click.command()
@click.argument("run", type=EXISTING)
@_answer_options
@_judge_options
@option("--embedder", type=EXISTING, help="A local sentence encoder [default: the packaged one, where installed].")
@option("--bertscore", type=EXISTING, help="A local encoder for BERTScore.")
@option("--out", type=ANY_PATH, help="Folder of the results [default: RUN/evaluation].")
@option("--seed", type=int, default=0, show_default=True, help="Of draws and tests.")
@click.option("--json", "as_json", is_flag=True, help="Print the document.")
def evaluate(
    run: Path, gguf: Path | None, baselines: tuple[str, ...], questions: Path | None, corpus: Path | None,
    prompts: tuple[str, ...], limit: int | None, max_new_tokens: int, temperature: float, batch: int, source_max: int,
    bits: str, judges: tuple[str, ...], endpoint: str | None, judge_tokens: int | None, budget: float | None,
    prices: Path | None, parallel: int, embedder: Path | None, bertscore: Path | None, out: Path | None, seed: int,
    *, as_json: bool,
) -> None:  # fmt: skip
    """Compare what RUN's model, its base model and the therapist answer; measures, tests, one report.

    Questions go to the models alone, held-out rows also beside the therapist's own answer. Answers are kept in
    OUT.work, so that the same command goes on where it was cut off.
    """
    warnings.simplefilter("ignore", FutureWarning)
    from finetune import egress
    from finetune.evaluate.evaluation import Plan
    from finetune.evaluate.evaluation import evaluate as measured
    from finetune.evaluate.items import QUESTIONS, load_condition
    from finetune.evaluate.report import PAGE, write_report
    from finetune.evaluate.respond import Generation
    from pipelines.answering import Choice, open_systems
    from pipelines.judging import Panel, open_judges
    from pipelines.progress import unit_progress

    egress.require(*egress.NEEDED)
    panel = Panel(judges, endpoint, parallel, judge_tokens, budget, prices)
    if questions:
        _only_here(panel)
    conditions = [load_condition(name) for name in dict.fromkeys(prompts or ("none",))]
    items, facts = _items(run, questions, corpus, limit)
    meter = _meter(embedder, bertscore, facts["warnings"])
    generation = Generation(max_new_tokens, temperature, seed=seed, batch=batch)
    target = out or run / "evaluation"
    choice = Choice(run, gguf, baselines, generation, source_max, int(bits))
    with unit_progress() as progress, open_systems(choice) as systems:
        wanted = sum(item.part == QUESTIONS for item in items) * (len(systems) + 2)

        def told(judge: str, replies: int) -> None:
            progress(f"judge {judge}", replies, wanted)

        with open_judges(panel, target.with_name(f"{target.name}.work"), told) as asked:
            plan = Plan(items, conditions, meter, asked, generation, target, facts, seed)
            document = measured(plan, systems, progress)
    write_report(plan.out, document)
    for warning in document["warnings"]:
        click.echo(f"note: {warning}", err=True)
    click.echo(json.dumps(document, indent=2) if as_json else str(plan.out / PAGE))


def _only_here(panel: Panel) -> None:
    """Refuse to send the user's own questions, which nobody de-identified, to another machine.

    Raises:
        PrivacyError: a judge is neither a file nor on a server of this machine.
    """
    from synth.endpoint import loopback

    try:
        if panel.remote:
            loopback(panel.endpoint or "")
    except CorporaError:
        raise PrivacyError(
            "--questions with --judge: your own questions may hold names and go to no other machine; judge them by a"
            " .gguf, by a server on this one (--endpoint http://127.0.0.1:PORT), or leave --questions out"
        ) from None


def _items(
    run: Path, questions: Path | None, corpus: Path | None, limit: int | None
) -> tuple[list[Item], dict[str, Any]]:
    """What is asked, and the facts about it; without a corpus only questions, which then cannot be decontaminated."""
    from finetune.evaluate.items import OURS, decontaminated, held_out, load_questions, training_texts
    from finetune.outputs import corpus_of, read_run
    from finetune.rows import Rows

    identity = read_run(run)["identity"]
    asked = load_questions(questions or OURS)
    said: list[str] = []
    facts: dict[str, Any] = {"run": identity, "questions_left_out": [], "split": None, "warnings": said}
    folder = corpus or corpus_of(run)
    if folder is None:
        said.append("the run's corpus is not where it was (--corpus): no held-out rows, questions may be known to it")
        return asked, facts
    if Rows(folder, "train").digest() != identity["data"].get("train"):
        said.append(f"the run was trained on other rows than those of {folder.name}: it may have seen what is held out")
    asked, facts["questions_left_out"] = decontaminated(asked, training_texts(folder))
    if facts["questions_left_out"]:
        said.append(f"{len(facts['questions_left_out'])} questions stand in the training data: left out")
    try:
        items, facts["split"] = held_out(folder, limit) if limit != 0 else ([], None)
    except UsageError as error:
        if corpus:
            raise
        items, note = [], str(error)
        said.append(note)
    if facts["split"] == "validation":
        said.append("the validation split is used, by which weights may have been chosen: figures flatter")
    if not items and not asked:
        raise UsageError("nothing is left to ask: no held-out row, and every question stands in the training data")
    return [*items, *asked], facts


def _meter(embedder: Path | None, bertscore: Path | None, said: list[str]) -> Meter:
    from finetune.evaluate import behaviour, overlap
    from finetune.evaluate.measures import Meter

    folder = embedder or overlap.packaged_encoder()
    if folder is None:
        said.append("no sentence encoder is there: embedding similarity is not measured")
    similarity = overlap.Encoder(folder) if folder else None
    return Meter(_given_names(), behaviour.sentiment_scorer(), similarity, bertscore)


def _given_names() -> Collection[str]:
    """Given names, lower-cased, by which a client may be called."""
    from anonymize.words.vocabulary import read_list

    return frozenset(line.split("\t")[0].lower() for line in read_list("given.tsv"))
