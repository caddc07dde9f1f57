"""`corpora synth`: dialogues that a model writes, as a published, validated corpus."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from corpora.errors import UsageError
from pipelines.commands.options import ANY_PATH, EXISTING_FILE, Function, key_file_option, option


def _options(function: Function) -> Function:
    for decorate in (
        option("--json", "as_json", is_flag=True, help="Print the manifest as JSON on stdout."),
        option("--dry-run", is_flag=True, help="Print expected requests, tokens and cost; send nothing."),
        key_file_option,
        option("--timeout", type=float, help="Seconds after which a request is sent again [default: 120]."),
        option("--tokens-per-minute", type=float, help="The server's limit on tokens."),
        option("--requests-per-minute", type=float, help="The server's limit on requests."),
        option("--parallel", type=int, help="Requests at once [default: 64]."),
        option("--max-tokens", type=int, help="Most tokens in all, read and written; never passed."),
        option("--budget", type=float, help="Most US dollars in all; never passed. Needs --prices."),
        option("--prices", type=EXISTING_FILE, help='TOML with ["MODEL"], input and output in USD per million tokens.'),
        option("--cull", type=float, help="Have a judge score every dialogue; least score of 10 on every scale."),
        option("--safety", type=click.Choice(["drop", "flag"]), help="What a safety finding does [default: drop]."),
        option("--referral/--no-referral", default=None, help="Danger asks for a crisis referral [default: yes]."),
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
        option("--topics", type=EXISTING_FILE, help="CSV with topic, weight [default: the 33 of CounselChat]."),
        option("--count", multiple=True, help="INSTRUCTOR=N instead of --n; may be given again."),
        option("--n", "n", type=int, help="Dialogues in all [default: 100]."),
        option("--endpoint", help="The server's address, such as https://HOST/v1 or http://127.0.0.1:8080."),
        option("--model", required=True, help="A server's model by name, or a GGUF file that runs in this process."),
        option("--out", type=ANY_PATH, required=True, help="Folder to publish."),
    ):
        function = decorate(function)
    return function


@click.command()
@_options
def synth(*, out: Path, key_file: Path | None, dry_run: bool, as_json: bool, **flags: Any) -> None:
    """Have a model write counselling dialogues, within a budget; what was paid for is never lost."""
    from pipelines.pipeline import Pipeline
    from pipelines.progress import unit_progress
    from pipelines.recipe import RECIPES, load_recipe
    from pipelines.synthesis import expected

    loaded = load_recipe(RECIPES / "synth.toml", {"synth": _parameters(flags)})
    pipeline = Pipeline(loaded.stages, loaded.name)
    if dry_run:
        stage: Any = loaded.stages[0]
        stage.settings()
        plan = expected(stage)
        shown = json.dumps(plan, indent=2) if as_json else "\n".join(f"{name}: {plan[name]}" for name in plan)
        click.echo(shown)
        return
    with unit_progress() as progress:
        published = pipeline.run(out, engine="serial", key_file=key_file, progress=progress)
    if as_json:
        click.echo(json.dumps(published.manifest, indent=2, ensure_ascii=False))
        return
    made = published.manifest["synthetic"]
    cost = "" if made["cost_usd"] is None else f", ${made['cost_usd']:.4f}"
    why = f" (stopped: {made['stopped']})" if made["stopped"] else ""
    click.echo(f"{made['kept']} of {made['wanted']} dialogues{why}; {sum(made['tokens'].values()):,} tokens{cost}")
    click.echo(f"shards: {published.out}\nreport: {published.out / 'report' / 'index.html'}")


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
