"""`corpora paraphrase`, and the flags by which `build` and `run` paraphrase."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from corpora.errors import PrivacyError, UsageError
from pipelines.commands.options import ANY_PATH, EXISTING, EXISTING_FILE, Function, key_file_option, made_of, option

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from corpora.records import Session
    from pipelines.stages import Stage

_PARAMETERS = {
    "paraphrase": "model",
    "endpoint": "endpoint",
    "mode": "mode",
    "prompt": "prompt",
    "page_words": "page_words",
    "page_overlap": "page_overlap",
    "min_answer_words": "min_words",
    "max_answer_words": "max_words",
    "attempts": "attempts",
    "temperature": "temperature",
    "inventions": "inventions",
    "overlap": "overlap",
    "variety": "variety",
    "parallel": "parallel",
    "threads": "threads",
    "batch": "batch",
    "gpu_layers": "gpu_layers",
    "kv": "kv",
    "chat_template": "chat_template",
}
"""Which parameter of the `paraphrase` stage a flag sets."""
_MINUTES = 120  # seconds from which a time is told in minutes


def paraphrase_options(function: Function) -> Function:
    """The model or server, what is asked of it, and how it is run."""
    for decorate in (
        option("--chat-template", help="A named template, for a model that brings none."),
        option("--kv", type=click.Choice(["f16", "q8_0"]), help="Type of key-value memory; q8_0 takes half."),
        option("--gpu-layers", type=int, help="Layers of the model on a GPU, -1 for all [default: 0]."),
        option("--batch", type=int, help="Tokens computed in one call [default: 512]."),
        option("--threads", type=int, help="Threads of the model [default: one a processor]."),
        option("--parallel", type=int, help="Answers written at once [default: 16]."),
        option("--variety", type=float, help="Least share of distinct three-word runs [default: 0.6]."),
        option("--overlap", type=float, help="Least share of an answer's content words from its page [default: 0.1]."),
        option("--inventions", type=click.Choice(["drop", "flag"]), help="Names that the page does not hold."),
        option("--temperature", type=float, help="Of the draw [default: 0.7]."),
        option("--attempts", type=int, help="Answers tried a page [default: 3]."),
        option("--max-answer-words", type=int, help="Most words of a line [default: 200]."),
        option("--min-answer-words", type=int, help="Least words of each side [default: 40]."),
        option("--page-overlap", type=int, help="Words that a page repeats of the one before [default: 0]."),
        option("--page-words", type=int, help="Words of a page [default: 300]."),
        option("--prompt", type=EXISTING_FILE, help="Your own prompt, a .jinja2 file that uses {{ page }}."),
        option("--mode", type=click.Choice(["round", "turns"]), help="One round a page, or turn by turn."),
        option("--endpoint", help="A server on this machine instead, such as http://127.0.0.1:8080."),
        option("--paraphrase-only", is_flag=True, help="Paraphrases instead of the transcript's own examples."),
        option("--paraphrase", type=EXISTING_FILE, help="GGUF model that rewrites the sessions, on this machine."),
    ):
        function = decorate(function)
    return function


def paraphrase_flags(flags: dict[str, Any]) -> dict[str, Any]:
    """Take the paraphrase flags out of all flags, as parameters of the stage."""
    given = {parameter: flags.pop(flag, None) for flag, parameter in _PARAMETERS.items()}
    return {parameter: value for parameter, value in given.items() if value is not None}


def with_paraphrase(stages: Sequence[Stage], flags: Mapping[str, Any], *, only: bool) -> list[Stage]:
    """A recipe's stages with paraphrase as the flags want it: changed where it is there, else before work on all rows.

    Raises:
        UsageError: a flag's value is out of bounds, or flags without a model or server.
    """
    from pipelines.stages import CorpusStage, Paraphrase, Windows

    there = [stage for stage in stages if isinstance(stage, Paraphrase)]
    if not flags and not there:
        if only:
            raise UsageError("--paraphrase-only needs --paraphrase MODEL.gguf or --endpoint")
        return list(stages)
    made = made_of(Paraphrase, {**(vars(there[0]) if there else {}), **flags})
    kept = [
        stage for stage in stages if not isinstance(stage, Paraphrase) and not (only and isinstance(stage, Windows))
    ]
    at = next((at for at, stage in enumerate(kept) if isinstance(stage, CorpusStage)), len(kept))
    return [*kept[:at], made, *kept[at:]]


def plan_lines(plan: Mapping[str, Any] | None) -> Iterator[str]:
    """A dry run's figures for a person."""
    if plan:
        seconds = plan["seconds"]
        amount = f"{seconds:.0f} seconds" if seconds and seconds < _MINUTES else f"{(seconds or 0) / 60:.0f} minutes"
        took = "" if seconds is None else f", about {amount} on this machine"
        tokens = f"{plan['prompt_tokens']:,} tokens to read, {plan['answer_tokens']:,} to write"
        yield f"paraphrase: {plan['pages']} pages, {tokens}{took}, if every first answer passes"


@click.command()
@click.argument("sessions_path", metavar="IN", type=EXISTING)
@click.argument("target", metavar="OUT", type=ANY_PATH)
@option("--source", default="alexander-street", show_default=True, help="The reader, where IN holds raw transcripts.")
@click.option("--allow-raw", is_flag=True, help="Take sessions that are not de-identified (they stay on this machine).")
@click.option("--dry-run", is_flag=True, help="Print pages, expected tokens and time; write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON on stdout.")
@paraphrase_options
@key_file_option
def paraphrase(
    sessions_path: Path,
    target: Path,
    source: str,
    key_file: Path | None,
    *,
    allow_raw: bool,
    dry_run: bool,
    as_json: bool,
    **flags: Any,
) -> None:
    """Rewrite the sessions of IN (what `corpora anonymize` wrote) into training examples OUT (JSON lines).

    Answers are kept in OUT.work, so that the same command goes on where it was cut off.
    """
    from pipelines.paraphrasing import expected, rewrite_sessions
    from pipelines.stages import Paraphrase
    from synth.pages import pages_of

    flags.pop("paraphrase_only")
    stage = made_of(Paraphrase, paraphrase_flags(flags))
    stage.check()
    if target.exists() or not target.parent.is_dir():
        why = "exists and stays untouched" if target.exists() else "lies in a folder that is not there"
        raise UsageError(f"OUT {target} {why}; name a new file")
    sessions = list(_sessions(sessions_path, source))
    if raw := sum(not session.deidentified for session in sessions):
        if not allow_raw:
            raise PrivacyError(
                f"{raw} of {len(sessions)} sessions are not de-identified and are not paraphrased: "
                "run `corpora anonymize` first, or say --allow-raw"
            )
        click.echo(f"note: {raw} sessions are raw; what is written here must not leave the room", err=True)
    if dry_run:
        pages = [page for session in sessions for page in pages_of(session, stage.page_words, stage.page_overlap)]
        plan = expected(stage, [page.words for page in pages])
        click.echo(json.dumps(plan, indent=2) if as_json else "\n".join(plan_lines(plan)))
        return
    summary = rewrite_sessions(sessions, target, stage, key_file, allow_raw=allow_raw)
    if as_json:
        click.echo(json.dumps(summary, indent=2))
    click.echo(f"{target}: {summary['examples']} examples of {summary['pages']} pages", err=True)
    for line in _measured(summary):
        click.echo(line, err=True)


def _measured(summary: Mapping[str, Any]) -> Iterator[str]:
    """What was refused and lost, and what paraphrasing gained and kept, for a person."""
    for what, counts in (("answers refused", summary["faults"]), ("pages left out", summary["lost"])):
        if counts:
            yield f"{what}: {', '.join(f'{reason} {count}' for reason, count in counts.items())}"
    for by, linkage in summary["linkage"].items():
        if linkage and linkage["paraphrase"]["tried"]:
            found, page = linkage["paraphrase"], linkage["original"]
            yield (
                f"found again {by.replace('_', ' ')}: {found['rate']:.1%} of paraphrases "
                f"(the pages themselves {page['rate']:.1%}, guessing {found['chance']:.1%})"
            )
    rates = {name: summary["faithfulness"][name] for name in ("negations", "numbers", "risk")}
    kept = ", ".join(f"{name} {rate['kept']} of {rate['pages']}" for name, rate in rates.items() if rate["pages"])
    if kept:
        yield f"kept: {kept}; danger added in {summary['faithfulness']['risk_added']}"


def _sessions(path: Path, source: str) -> Iterator[Session]:
    """The sessions of JSON lines, or of raw transcripts."""
    from corpora.records import Drop
    from corpora.sources import get_source
    from pipelines.parts import session_from

    if path.suffix != ".jsonl":
        reader = get_source(source)
        base = path if path.is_dir() else path.parent
        units = (unit for file in reader.files(path) for unit in reader.units(file, file.relative_to(base).as_posix()))
        yield from (item for unit in units for item in reader.read(unit) if not isinstance(item, Drop))
        return
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        if line.strip():
            try:
                fields = json.loads(line)
                yield session_from({"origin": {"path": ""}, **fields})
            except (ValueError, KeyError, TypeError, AttributeError):
                raise UsageError(f"{path}, line {number}: not a session as `corpora anonymize` writes it") from None
