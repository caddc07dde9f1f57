"""`corpora anonymize-eval`: recall, precision and leaks on gold transcripts, with intervals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipelines.commands.options import ANY_PATH, EXISTING, EXISTING_FILE, option

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.table import Table

_ROWS = {
    "recall": "identifiers caught",
    "name_recall": "names caught",
    "structured_recall": "structured ones caught",
    "word_precision": "masked words, rightly",
    "look_alikes_kept": "look-alikes kept",
    "other_words_masked": "other words masked",
    "clean_sessions": "sessions without leak",
}


@click.command("anonymize-eval")
@click.argument("gold", type=EXISTING)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--plot", type=ANY_PATH, help="Draw recall by class and origin to this .svg, .png or .pdf.")
@click.option("--out", type=ANY_PATH, help="Folder for evaluation.json and evaluation.svg; made if missing.")
@option("--policy", type=click.Choice(["balanced", "strict"]), default="balanced", show_default=True)
@option("--known-names", type=EXISTING_FILE, help="Text file, one name a line, that the detector is told.")
def anonymize_eval(
    gold: Path, *, as_json: bool, plot: Path | None, out: Path | None, policy: Any, known_names: Path | None
) -> None:
    """Measure the detector on GOLD: .gold files, or a folder with gold/*.json (see docs/privacy.md for the format).

    Shown are counts only, never what stands in the transcripts.
    """
    from anonymize.keys import KEY_BYTES
    from anonymize.proof.evaluate import evaluate, read_gold_sessions
    from anonymize.proof.evaluate_plot import plot_evaluation
    from corpora.files import private_folder, write_atomic
    from pipelines.progress import unit_progress
    from pipelines.stages import Deidentify

    sessions = read_gold_sessions(gold)
    stage = Deidentify(policy=policy, known_names=known_names)
    detector, known = stage.deidentifier(bytes(KEY_BYTES)), stage.caller_names()
    with unit_progress() as progress:
        result = evaluate(
            sessions,
            lambda turns: detector.find(turns, known_names=known),
            lambda done: progress("evaluate", done, 3 * len(sessions)),
        )
    text = json.dumps(result, indent=2, ensure_ascii=False)
    if out:
        private_folder(out)
        write_atomic(out / "evaluation.json", f"{text}\n".encode())
        plot_evaluation(result, out / "evaluation.svg")
    if plot:
        plot_evaluation(result, plot)
    if as_json:
        click.echo(text)
    else:
        _show(result)


def _show(result: Mapping[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console, cases = Console(), result["cases"]
    click.echo(f"{result['sessions']} sessions, {result['words']} words, {result['identifiers']} identifiers")
    whole = Table("per cent", *cases)
    for key, label in _ROWS.items():
        whole.add_row(label, *(_cell(case[key]) for case in cases.values()))
    whole.add_row("leaks per 1,000 words", *(f"{case['leaks_per_1000_words']:.2f}" for case in cases.values()))
    console.print(whole)
    for table, title in (("by_class", "class"), ("by_origin", "names by origin")):
        console.print(_by_key(cases, table, title))
    again = Table("a second reader", *cases)
    readers = [case["second_reader"] for case in cases.values()]
    again.add_row("leaks it points at", *(_cell(r["leaks_it_points_at"]) for r in readers))
    again.add_row("other finds per 1,000", *(f"{r['other_finds_per_1000_words']:.2f}" for r in readers))
    for group in ("words", "numbers"):
        again.add_row(f"{group} both miss, at least", *(_estimate(r["recapture"][group]) for r in readers))
        again.add_row(f"{group} both miss, truly", *(str(r["recapture"][group]["missed_by_both"]) for r in readers))
    console.print(again)
    click.echo(
        "Per cent, and in brackets 95 % intervals: by class, by origin and of sessions Wilson's, else a bootstrap over "
        "sessions.\n"
        "The estimate (capture-recapture, Chapman) is a lower bound: readers that fail together hide misses."
    )


def _by_key(cases: Mapping[str, Any], table: str, title: str) -> Table:
    from rich.table import Table

    rows = Table(title, "of", *cases)
    for key, entry in cases["cased"][table].items():
        rows.add_row(key, str(entry["of"]), *(_cell(case[table][key]) for case in cases.values()))
    return rows


def _cell(rate: Mapping[str, Any]) -> str:
    if not rate["of"]:
        return "-"
    share, low, high = (f"{100 * rate[key]:.1f}".removesuffix(".0") for key in ("rate", "low", "high"))
    return f"{share} ({low}-{high})"


def _estimate(found: Mapping[str, Any]) -> str:
    low, high = found["interval_if_independent"]
    return f"{found['estimated_missed_by_both_at_least']:.0f} ({low:.0f}-{high:.0f})"
