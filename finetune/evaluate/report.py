"""The evaluation as one HTML page and as LaTeX tables like the papers'; figures only, no word of any answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpora.files import write_atomic
from finetune.evaluate import behaviour, empathy, overlap
from finetune.evaluate.judging import CRITERIA, METRICS, TIE
from finetune.evaluate.measures import TITLES

PAGE, LATEX = "report.html", "tables.tex"
_TEMPLATES = Path(__file__).parent / "templates"
_BROKEN = ("responses", "empty", "truncated", "short", "looping", "repeated_answers", "words",
           "distinct_1", "distinct_2", "distinct_3")  # fmt: skip
_ESCAPED = {"&": r"\&", "%": r"\%", "_": r"\_", "#": r"\#", "$": r"\$", "{": r"\{", "}": r"\}"}


@dataclass(frozen=True, slots=True)
class Table:
    """A title, a header and rows of cells, all text."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def write_report(folder: Path, document: Mapping[str, Any]) -> None:
    """Write `report.html` and `tables.tex` beside the document they come from."""
    from jinja2 import Environment, FileSystemLoader

    made = list(tables(document))
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    page = environment.get_template("evaluation.html.jinja2").render(document=document, tables=made)
    write_atomic(folder / PAGE, page.encode())
    write_atomic(folder / LATEX, "\n".join(map(latex, made)).encode())


def tables(document: Mapping[str, Any]) -> list[Table]:
    """All tables in the order in which they should be read: degenerate output first."""
    made: list[Table] = []
    for condition, found in document["conditions"].items():
        for part in ("held-out", "questions"):
            if part in found:
                where = f"{part}, prompt {condition}"
                made += [*_part(found[part], where), *_verdicts(found[part], where), *_judges(found[part], where)]
    return made


def _part(found: Mapping[str, Any], where: str) -> list[Table]:
    broken, measures = found["degenerate"], found["measures"]
    made = [_wide(f"Degenerate output ({where})", broken, _BROKEN, lambda name, key: _number(broken[name][key]))]

    def cell(name: str, key: str) -> str:
        return _interval(measures[name].get(key))

    for title, keys in (
        ("Behaviour", (*behaviour.DISTANCES, *behaviour.COUNTS)),
        ("Overlap and meaning", (*overlap.LEXICAL, "bertscore", "similarity")),
        ("Empathy", empathy.MEASURES),
    ):
        some = [key for key in keys if any(key in column for column in measures.values())]
        if some:
            made.append(_wide(f"{title} ({where})", measures, some, cell))
    for symptom, one in found["symptoms"].items():
        systems = one["systems"]
        distances = [key for key in behaviour.DISTANCES if any(key in s["measures"] for s in systems.values())]

        def of_symptom(name: str, key: str, systems: Mapping[str, Any] = systems) -> str:
            return _interval(systems[name]["measures"].get(key))

        made.append(_wide(f"{symptom}, {one['items']} responses ({where})", systems, distances, of_symptom))
    return made


def _wide(title: str, systems: Mapping[str, Any], keys: Sequence[str], cell: Any) -> Table:
    rows = [(TITLES.get(key, key.replace("_", " ")), *(cell(name, key) for name in systems)) for key in keys]
    return Table(title, ("measure", *systems), tuple(rows))


def _verdicts(found: Mapping[str, Any], where: str) -> list[Table]:
    return [_contrast(f"Fine-tuned against {name} ({where})", one) for name, one in found["contrasts"].items()]


def _contrast(title: str, contrasts: Mapping[str, Any]) -> Table:
    rows = [
        (_title(key), _interval(one["difference"]), _number(one["p_holm"]), one["verdict"])
        for key, one in contrasts.items()
    ]
    return Table(title, ("measure", "difference (95 % interval)", "p (Holm)", "fine-tuned is"), tuple(rows))


def _title(key: str) -> str:
    return TITLES.get(key) or next((metric.title for metric in METRICS if metric.key == key), key)


def _judges(found: Mapping[str, Any], where: str) -> list[Table]:
    made = []
    for judge, one in found.get("judges", {}).items():
        scores = one["scores"]
        rows = [(metric.title, *(_interval(scores[name].get(metric.key)) for name in scores)) for metric in METRICS]
        rows.append(("judgements that failed", *(str(one["failed"][name]) for name in scores)))
        rows.append(("correlation with length", *(_number(one["length_correlation"][name]) for name in scores)))
        made.append(Table(f"Scores of 1 to 10 by {judge} ({where})", ("metric", *scores), tuple(rows)))
        made += [
            _contrast(f"Fine-tuned against {name}, by {judge} ({where})", c) for name, c in one["contrasts"].items()
        ]
        names = list(one["wins"]["overall"])
        won = [(criterion.title, *(str(one["wins"][criterion.key][name]) for name in names)) for criterion in CRITERIA]
        header = ("criterion", *("ties" if name == TIE else name for name in names))
        made.append(Table(f"Best answer, in both orders, by {judge} ({where})", header, tuple(won)))
        trust = [(key.replace("_", " "), _number(value)) for key, value in one["bias"].items()]
        made.append(Table(f"How far {judge} can be trusted ({where})", ("figure", "value"), tuple(trust)))
    for pair, one in found.get("agreement", {}).items():
        rows = [(f"{kind}: {key}", _number(value)) for kind, values in one.items() for key, value in values.items()]
        made.append(Table(f"Agreement of {pair} ({where})", ("figure", "kappa"), tuple(rows)))
    return made


def _number(value: Any) -> str:
    if value is None:
        return "none"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _interval(estimate: Mapping[str, Any] | None) -> str:
    if estimate is None:
        return "none"
    if estimate["low"] is None:
        return f"{estimate['mean']:.3g} (too few)"
    return f"{estimate['mean']:.3g} ({estimate['low']:.3g} to {estimate['high']:.3g})"


def latex(table: Table) -> str:
    """A table for a paper, with booktabs' rules."""

    def row(cells: Sequence[str]) -> str:
        return " & ".join("".join(_ESCAPED.get(letter, letter) for letter in cell) for cell in cells) + r" \\"

    return "\n".join(
        [
            r"\begin{table}",
            r"\caption{" + row([table.title])[:-3] + "}",
            r"\begin{tabular}{l" + "r" * (len(table.header) - 1) + "}",
            r"\toprule",
            row(table.header),
            r"\midrule",
            *map(row, table.rows),
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
            "",
        ]
    )
