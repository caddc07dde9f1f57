"""`corpora synth`: dialogues that a model writes, as a published corpus; and the flags that mix them into a build."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from corpora.errors import UsageError
from pipelines.commands.options import ANY_PATH, EXISTING_FILE, Function, key_file_option, made_of, option

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pipelines.stages import Stage

_IN_A_BUILD = {
    "synth": "n",
    "synth_model": "model",
    "synth_endpoint": "endpoint",
    "synth_topics": "topics",
    "synth_cull": "cull",
    "synth_prices": "prices",
    "synth_budget": "budget",
    "synth_max_tokens": "max_tokens",
    "synth_parallel": "parallel",
}
"""Which parameter of the `synth` stage a flag of `corpora build` sets; a recipe sets all."""


def _options(function: Function) -> Function:
    for decorate in (
        option("--json", "as_json", is_flag=True, help="Print the manifest as JSON on stdout."),
        option("--dry-run", is_flag=True, help="Print expected requests, tokens and cost; send nothing."),
        key_file_option,
        option("--chat-template", help="GGUF: a named template, for a model that brings none."),
        option("--kv", type=click.Choice(["f16", "q8_0"]), help="GGUF: type of key-value memory; q8_0 takes half."),
        option("--gpu-layers", type=int, help="GGUF: layers on a GPU, -1 for all [default: 0]."),
        option("--threads", type=int, help="GGUF: threads [default: one a processor]."),
        option("--timeout", type=float, help="Seconds after which a request is sent again [default: 120]."),
        option("--tokens-per-minute", type=float, help="The server's limit on tokens."),
        option("--requests-per-minute", type=float, help="The server's limit on requests."),
        option("--parallel", type=int, help="Requests at once [default: 64; of a GGUF 16 at most]."),
        option("--max-tokens", type=int, help="Most tokens in all, read and written; never passed."),
        option("--budget", type=float, help="Most US dollars in all; never passed. Needs --prices."),
        option("--prices", type=EXISTING_FILE, help='TOML with ["MODEL"], input and output in USD per million tokens.'),
        option("--cull", type=float, help="Have a judge score every dialogue; least score of 10 on every scale."),
        option("--safety", type=click.Choice(["drop", "flag"]), help="What a safety finding does [default: drop]."),
        option("--referral/--no-referral", default=None, help="Danger asks for a crisis referral [default: yes]."),
        option("--embedder", type=ANY_PATH, help="Folder of the embeddings' model [default: the installed one]."),
        option(
            "--min-vector-distance",
            type=float,
            help="Least cosine distance of embeddings from all that was kept [default: none are made].",
        ),
        option("--min-distance", type=float, help="Least distance from all that was kept, 0 to 1 [default: 0.6]."),
        option("--opener-share", type=float, help="Most dialogues that may begin alike [default: 0.02]."),
        option("--answer-words", help="LEAST:MOST words of an answer [default: 80:450]."),
        option("--query-words", help="LEAST:MOST words of a first message [default: 300:700]."),
        option("--temperature", type=float, help="Of the draw [default: 1]."),
        option("--attempts", type=int, help="How often a dialogue is asked for at most [default: 8]."),
        option("--batch", type=int, help="Most dialogues of one request [default: the instructor's]."),
        option("--seed", type=int, help="Another draw of topics and personas [default: 0]."),
        option(
            "--seeds", type=EXISTING_FILE, help="De-identified sessions (JSON lines) whose clients' words are SENT."
        ),
        option("--prompts", type=ANY_PATH, help="A folder of your own prompts (.jinja2)."),
        option("--personas", type=EXISTING_FILE, help="TOML: traits with the weight of each value."),
        option("--make-topics", type=int, help="Have the model name N more topics [default: 0]."),
        option("--topics", type=EXISTING_FILE, help="CSV with topic, weight [default: the 33 of CounselChat]."),
        option("--count", multiple=True, help="INSTRUCTOR=N, may be given again; with --n, its proportions."),
        option("--n", "n", type=int, help="Dialogues in all [default: 100]."),
        option("--endpoint", help="The server's address, such as https://HOST/v1 or http://127.0.0.1:8080."),
        option("--model", required=True, help="A server's model by name, or a GGUF file that runs in this process."),
        option("--out", type=ANY_PATH, required=True, help="Folder to publish."),
    ):
        function = decorate(function)
    return function


def synth_options(function: Function) -> Function:
    """The flags of `build` and `run` that mix synthetic dialogues in."""
    for decorate in (
        option("--synth-parallel", type=int, help="Requests at once [default: 64]."),
        option("--synth-max-tokens", type=int, help="Most tokens of them in all; never passed."),
        option("--synth-budget", type=float, help="Most US dollars of them in all; never passed."),
        option("--synth-prices", type=EXISTING_FILE, help="The model's price; see `corpora synth`."),
        option("--synth-cull", type=float, help="Have a judge score them; least score of 10."),
        option("--synth-topics", type=EXISTING_FILE, help="CSV with topic, weight [default: CounselChat's 33]."),
        option("--synth-endpoint", help="Its server's address; see `corpora synth`."),
        option("--synth-model", help="Who writes them: a server's model by name, or a GGUF file."),
        option("--synth", type=int, help="Mix N synthetic dialogues in; they see no transcript."),
    ):
        function = decorate(function)
    return function


def synth_flags(flags: dict[str, Any]) -> dict[str, Any]:
    """Take the synth flags out of all flags, as parameters of the stage."""
    given = {parameter: flags.pop(flag, None) for flag, parameter in _IN_A_BUILD.items()}
    return {parameter: value for parameter, value in given.items() if value is not None}


def with_synth(stages: Sequence[Stage], flags: Mapping[str, Any]) -> list[Stage]:
    """A recipe's stages with synth as the flags want it: changed where it is there, else before work on all rows.

    Raises:
        UsageError: a flag's value is out of bounds, or nobody says how many or by which model.
    """
    from pipelines.stages import CorpusStage, Synth

    there = [stage for stage in stages if isinstance(stage, Synth)]
    if not there and not flags:
        return list(stages)
    if not there and not {"n", "model"} <= flags.keys():
        raise UsageError("synthetic dialogues need both --synth N and --synth-model NAME")
    made = made_of(Synth, {**(vars(there[0]) if there else {}), **flags})
    kept = [stage for stage in stages if not isinstance(stage, Synth)]
    at = next((at for at, stage in enumerate(kept) if isinstance(stage, CorpusStage)), len(kept))
    return [*kept[:at], made, *kept[at:]]


@click.command()
@_options
def synth(*, out: Path, key_file: Path | None, dry_run: bool, as_json: bool, **flags: Any) -> None:
    """Have a model write counselling dialogues, within a budget; what was paid for is never lost."""
    from pipelines.pipeline import Pipeline
    from pipelines.progress import unit_progress
    from pipelines.recipe import RECIPES, load_recipe
    from pipelines.stages import Synth
    from pipelines.synthesis import expected

    loaded = load_recipe(RECIPES / "synth.toml", {"synth": _parameters(flags)})
    pipeline = Pipeline(loaded.stages, loaded.name)
    if dry_run:
        plan = next(expected(stage) for stage in pipeline.stages if isinstance(stage, Synth))
        click.echo(json.dumps(plan, indent=2) if as_json else "\n".join(expected_lines(plan)))
        return
    with unit_progress() as progress:
        published = pipeline.run(out, engine="serial", key_file=key_file, progress=progress)
    if as_json:
        click.echo(json.dumps(published.manifest, indent=2, ensure_ascii=False))
        return
    click.echo("\n".join(made_lines(published.manifest)))
    click.echo(f"shards: {published.out}\nreport: {published.out / 'report' / 'index.html'}")


def expected_lines(plan: Mapping[str, Any] | None) -> Iterator[str]:
    """A dry run's figures for a person."""
    if plan:
        tokens = f"{plan['prompt_tokens']:,} tokens to read, {plan['answer_tokens']:,} to write"
        cost = "at an unknown price (--prices)" if plan["cost_usd"] is None else f"${plan['cost_usd']:.4f}"
        yield f"{plan['dialogues']:,} dialogues: {plan['requests']:,} requests, {tokens}, {cost}, if all pass at once"


def made_lines(manifest: Mapping[str, Any]) -> Iterator[str]:
    """What came of it, for a person."""
    if made := manifest.get("synthetic"):
        cost = "" if made["cost_usd"] is None else f", ${made['cost_usd']:.4f}"
        why = f" (stopped: {made['stopped']})" if made["stopped"] else ""
        yield f"{made['kept']} of {made['wanted']} dialogues{why}; {sum(made['tokens'].values()):,} tokens{cost}"


def _parameters(flags: dict[str, Any]) -> dict[str, Any]:
    counts = dict(_pair(text) for text in flags.pop("count"))
    for name in ("query_words", "answer_words"):
        if flags[name] is not None:
            flags[name] = _bounds(name, flags[name])
    given = {name: value for name, value in flags.items() if value is not None}
    return given | ({"counts": counts} if counts else {})


def _pair(text: str) -> tuple[str, int]:
    name, _, count = text.partition("=")
    if not name or not count.isdecimal():
        raise UsageError("--count is written INSTRUCTOR=N, such as multi_turn=500")
    return name, int(count)


def _bounds(name: str, text: str) -> tuple[int, int]:
    low, _, high = text.partition(":")
    if not low.isdecimal() or not high.isdecimal():
        raise UsageError(f"--{name.replace('_', '-')} is written LEAST:MOST, such as 300:700")
    return int(low), int(high)
