"""`corpora build` and `corpora run`: a recipe to a published corpus."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from corpora.errors import UsageError
from corpora.remote import local_input
from pipelines.commands.options import (
    ANY_PATH,
    EXISTING,
    EXISTING_FILE,
    Function,
    detector_options,
    keep_map_option,
    key_file_option,
    option,
)
from pipelines.commands.paraphrase import paraphrase_flags, paraphrase_options, plan_lines, with_paraphrase
from pipelines.commands.synth import expected_lines, made_lines, synth_flags, synth_options, with_synth

if TYPE_CHECKING:
    from pipelines.pipeline import Pipeline

_STAGE_OF = {
    "source": ("read", "source"),
    "input": ("read", "input"),
    "columns": ("read", "columns"),
    "keep_marks": ("read", "keep_marks"),
    "clients": ("read", "clients"),
    "metadata": ("read", "metadata"),
    "ratings": ("read", "ratings"),
    "speakers": ("read", "speakers"),
    "where": ("select", "where"),
    "fillers": ("clean", "fillers"),
    "merge_backchannels": ("clean", "merge_backchannels"),
    "keep_low_quality": ("quality", "keep_low"),
    "style": ("deidentify", "style"),
    "dates": ("deidentify", "dates"),
    "policy": ("deidentify", "policy"),
    "known_names": ("deidentify", "known_names"),
    "keep": ("deidentify", "keep"),
    "decisions": ("deidentify", "decisions"),
    "ner": ("deidentify", "ner"),
    "encoder": ("deidentify", "encoder"),
    "min_words": ("windows", "min_words"),
    "context_turns": ("windows", "context_turns"),
    "context_words": ("windows", "context_words"),
    "duplicates": ("duplicates", "across"),
    "split": ("split", "ratios"),
    "seed": ("split", "seed"),
    "folds": ("split", "folds"),
    "canaries": ("expect", "canaries"),
    "gold": ("expect", "gold"),
}
"""Which stage and parameter an option sets."""


class _Lines(click.types.StringParamType):
    """Text; several values of one environment variable stand on lines of their own, for paths may hold spaces."""

    envvar_list_splitter = "\n"


def _run_options(function: Function) -> Function:
    for decorate in (
        option("--json", "as_json", is_flag=True, help="Print the manifest as JSON on stdout."),
        option("--retry-quarantine", is_flag=True, help="Read again, after a fix, what an earlier build set aside."),
        option("--dry-run", is_flag=True, help="Print the plan and the drop funnel; write nothing."),
        key_file_option,
        keep_map_option,
        option(
            "--workers",
            type=click.IntRange(min=1),
            help="Most processes [default: one a processor and 2 MiB of input].",
        ),
        option(
            "--ray-storage",
            help="With --engine ray: URL (s3://bucket/folder, sftp://...) that files travel through, encrypted "
            "[default: nodes mount the same paths].",
        ),
        option("--ray-address", help="With --engine ray: HOST:PORT of a cluster, or auto [default: this machine]."),
        option("--engine", type=click.Choice(["serial", "local", "ray"]), default="local", show_default=True),
        option("--out", type=ANY_PATH, help="Folder to publish [default: ./corpora-out/SOURCE]."),
    ):
        function = decorate(function)
    return function


def _stage_options(function: Function) -> Function:
    for decorate in (
        option("--gold", type=EXISTING, help="Measure recall on these hand-marked transcripts (docs/privacy.md)."),
        option("--canaries", type=int, help="Measure recall on N planted identifiers of each class [default: 0]."),
        option("--folds", type=EXISTING_FILE, help="CSV with client_id, split: your own split."),
        option("--seed", type=int, help="Another draw of the split [default: 0]."),
        option(
            "--duplicates",
            type=click.Choice(["all", "sources"]),
            help="Keep one of near-duplicates: of all, or only where two sources have them [default: sources].",
        ),
        option("--split", help="Shares of train,validation,test [default: 0.8,0.1,0.1]."),
        detector_options,
        option("--keep-low-quality", is_flag=True, default=None, help="Keep sessions rated low."),
        option("--context-words", type=int, help="Most words of context [default: 1000]."),
        option("--context-turns", type=int, help="Most merged turns of context [default: 8]."),
        option("--min-words", type=int, help="Shortest therapist turn that becomes a target [default: 50]."),
        option("--merge-backchannels", is_flag=True, default=None, help="Join turns around a therapist's 'Mm-hm.'."),
        option("--keep-marks", is_flag=True, default=None, help="Keep non-verbal marks such as (laughter)."),
        option("--fillers", type=click.Choice(["keep", "thin"]), help="thin takes `um` and `uh` out [default: keep]."),
        option("--where", multiple=True, help="KEY=VALUE,VALUE: only sessions whose metadata holds one of the values."),
        option("--speakers", type=EXISTING_FILE, help="CSV with label, role (session_id): who is who."),
        option("--ratings", type=EXISTING_FILE, help="CSV with session_id, rating (turn, rater)."),
        option("--metadata", type=EXISTING_FILE, help="The collection's table of its sessions (CSV, TSV), by id."),
        option("--clients", type=EXISTING_FILE, help="CSV with session_id, client_id: who the clients are."),
        option("--columns", help="ROLE=NAME,...: which columns of a table are which (question=Ask,answer=Reply)."),
        option(
            "--input",
            multiple=True,
            type=_Lines(),
            help="File, folder, archive, URL or hf:OWNER/NAME; SOURCE=... where a recipe reads several, once for each "
            "[default: the packaged fictional sample].",
        ),
        option("--source", help="Which reader, or `auto`; see `corpora sources` [default: alexander-street]."),
    ):
        function = decorate(function)
    return function


@click.command()
@_stage_options
@paraphrase_options
@synth_options
@_run_options
def build(**options: Any) -> None:
    """Read, clean, de-identify, window, split, validate and publish a corpus."""
    from pipelines.recipe import RECIPES

    _run_recipe(RECIPES / "build.toml", **options)


@click.command()
@click.argument("recipe", type=ANY_PATH)
@_stage_options
@paraphrase_options
@synth_options
@_run_options
def run(recipe: Path, **options: Any) -> None:
    """Run a recipe, a TOML file with an ordered list of [[stage]] tables or a shipped name; flags win over it."""
    from pipelines.recipe import shipped_recipe

    _run_recipe(shipped_recipe(recipe), **options)


def _overrides(flags: dict[str, Any]) -> dict[str, dict[str, Any]]:
    if flags["split"] is not None:
        try:
            flags["split"] = tuple(float(share) for share in flags["split"].split(","))
        except ValueError:
            raise UsageError("--split takes three numbers that sum to 1, such as 0.8,0.1,0.1") from None
    inputs = [_named(text) for text in flags.pop("input")]
    flags["input"] = next((local_input(place) for source, place in inputs if source is None), None)
    if flags["source"] == "auto":
        flags["source"] = _detected(flags["input"])
    overrides: dict[str, dict[str, Any]] = {
        f"read:{source}": {"input": local_input(place)} for source, place in inputs if source is not None
    }
    for flag, value in flags.items():
        if value not in (None, ()):
            stage, parameter = _STAGE_OF[flag]
            overrides.setdefault(stage, {})[parameter] = value
    return overrides


def _ambient() -> set[str]:
    """The stages that no flag of this call sets anything of: the environment, meant for all calls, may name others."""
    source = click.get_current_context().get_parameter_source
    said = {stage for flag, (stage, _) in _STAGE_OF.items() if source(flag) is ParameterSource.COMMANDLINE}
    return {stage for stage, _ in _STAGE_OF.values()} - said


def _named(text: str) -> tuple[str | None, str]:
    """`SOURCE=PLACE` as both; anything else is a place alone."""
    source, equals, place = text.partition("=")
    return (source, place) if equals and re.fullmatch(r"[a-z][a-z0-9-]*", source) else (None, text)


def _detected(root: Path | None) -> str:
    """The source that fits the input, said on stderr."""
    from corpora.detect import detected

    if root is None:
        raise UsageError("--source auto needs --input PATH to look at")
    source = detected(root)
    click.echo(f"source: {source} (`corpora sources --detect {root}` says why)", err=True)
    return source


def _run_recipe(
    recipe: Path,
    *,
    out: Path | None,
    engine: Any,
    workers: int | None,
    ray_address: str | None,
    ray_storage: str | None,
    key_file: Path | None,
    keep_map: bool,
    retry_quarantine: bool,
    dry_run: bool,
    as_json: bool,
    **flags: Any,
) -> None:
    from corpora.sources.ratings import read_ratings
    from pipelines.pipeline import Pipeline
    from pipelines.progress import unit_progress
    from pipelines.recipe import load_recipe
    from pipelines.stages.read import SAMPLE

    rewrite, only, written = paraphrase_flags(flags), flags.pop("paraphrase_only"), synth_flags(flags)
    loaded = load_recipe(recipe, _overrides(flags), _ambient())
    stages = with_synth(with_paraphrase(loaded.stages, rewrite, only=only), written)
    pipeline = Pipeline(stages, loaded.name)
    source = pipeline.reads[0].source if pipeline.reads else loaded.name
    out = out or Path("corpora-out") / source
    if any(read.root == SAMPLE for read in pipeline.reads):
        click.echo(f"No --input: building the packaged sample of {source} (fiction, no real person's words).", err=True)
    for read in pipeline.reads:
        if read.ratings:
            click.echo(f"ratings: {read_ratings(read.ratings).agreement()}", err=True)
    if dry_run:
        _show_plan(pipeline, out, as_json=as_json)
        return
    with unit_progress() as progress:
        published = pipeline.run(
            out,
            engine=engine,
            workers=workers,
            ray_address=ray_address,
            ray_storage=ray_storage,
            key_file=key_file,
            progress=progress,
            keep_map=keep_map,
            retry_quarantine=retry_quarantine,
        )
    if as_json:
        click.echo(json.dumps(published.manifest, indent=2, ensure_ascii=False))
        return
    click.echo(_summary(published.manifest, published.quarantine))
    place = Path(os.path.relpath(published.out)) if published.out.is_relative_to(Path.cwd()) else published.out
    click.echo(f"shards: {place}\nreport: {place / 'report' / 'index.html'}")


def _summary(manifest: dict[str, Any], quarantine: Path) -> str:
    turns, examples = manifest["accounting"]["turns"], manifest["examples"]
    aside = sum(sum(level["quarantined"].values()) for name, level in manifest["accounting"].items() if name != "turns")
    splits = ", ".join(f"{name} {entry['examples']}" for name, entry in examples["by_split"].items())
    lost = sum(turns["dropped"].values()) + sum(turns["quarantined"].values())
    warnings = [
        f"warning, did not hold: {entry['description']} Seen: {entry['observed']}."
        for entry in manifest["gate"]["expectations"]
        if not entry["passed"]
    ]
    return "\n".join(
        [
            f"{examples['total']} examples ({splits}) in {manifest['duration_s']} s",
            f"turns: {turns['seen']} seen = {sum(turns['kept'].values())} kept + {lost} dropped or quarantined",
            f"identifiers replaced: {sum(manifest['identifiers']['by_class'].values())}",
            *_coverage(manifest["accounting"]["sessions"]),
            *made_lines(manifest),
            *_repeated(manifest.get("duplicates", {})),
            *([f"set aside (files and sessions): {aside}, with reasons in {quarantine}"] if aside else []),
            *warnings,
        ]
    )


def _repeated(duplicates: dict[str, Any]) -> list[str]:
    """What stood twice: how much went, and how much a source still repeats."""
    went = duplicates.get("exact", 0) + duplicates.get("near", 0)
    left = duplicates.get("left_within_a_source", 0)
    lines = [f"near-duplicates left out: {went}, in {duplicates['clusters']} clusters"] if went else []
    return lines + ([f"near-duplicates that stay, within one source: {left} (--duplicates all)"] if left else [])


def _coverage(sessions: dict[str, Any]) -> list[str]:
    """How much of the corpus `--where` could judge, and how much it took."""
    lost, unknown = (sessions["dropped"].get(reason, 0) for reason in ("not_selected", "selection_unknown"))
    if not lost + unknown:
        return []
    seen = sessions["seen"]
    return [f"selected: {seen - lost - unknown} of {seen} sessions; {unknown} have no such metadata to judge by"]


def _show_plan(pipeline: Pipeline, out: Path, *, as_json: bool) -> None:
    from pipelines.dryrun import dry_run

    plan = dry_run(pipeline)
    if as_json:
        click.echo(json.dumps(plan, indent=2))
        return
    for number, stage in enumerate(plan["stages"], start=1):
        shown = ", ".join(
            f"{key} = {value}" for key, value in stage.items() if key not in ("use", "version") and value is not None
        )
        click.echo(f"{number}. {stage['use']}  {shown}")
    click.echo(f"to {out}: {plan['units']} work units, {plan['sessions']} sessions, {plan['turns']} turns")
    click.echo("therapist turns (consecutive ones merged) that could be targets, before de-identification:")
    for bound, count in plan["funnel"].items():
        click.echo(f"  {bound:>3}+ words  {count}")
    for line in (*plan_lines(plan.get("paraphrase")), *expected_lines(plan.get("synth"))):
        click.echo(line)
    for reason, count in plan["left_out"].items():
        click.echo(f"  left out: {reason}  {count}")
