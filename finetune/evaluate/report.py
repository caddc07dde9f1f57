"""The evaluation as one HTML page and as LaTeX tables like the papers'; figures only, no word of any answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpora.files import write_atomic
from corpora.pages import slug, write_page
from finetune.evaluate import behaviour, empathy, overlap
from finetune.evaluate.figures import Figure, judge_figures, part_figures
from finetune.evaluate.judging import CRITERIA, METRICS, TIE
from finetune.evaluate.measures import TITLES, VERDICTS, beside_itself

PAGE, LATEX = "report.html", "tables.tex"
_TEMPLATES = Path(__file__).parent / "templates"
_BROKEN = ("responses", "empty", "truncated", "short", "looping", "repeated_answers", "words",
           "distinct_1", "distinct_2", "distinct_3")  # fmt: skip
_SCORES = {metric.key: metric.title for metric in METRICS}
_ESCAPED = {"&": r"\&", "%": r"\%", "_": r"\_", "#": r"\#", "$": r"\$", "{": r"\{", "}": r"\}",
            "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Table:
    """A title, a header and rows of cells, all text."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the data under one prompt: its title, its anchor, tables and figures in their order."""

    title: str
    anchor: str
    tables: tuple[Table, ...]
    figures: tuple[Figure, ...]


def write_report(folder: Path, document: Mapping[str, Any]) -> None:
    """Write `report.html` and `tables.tex` beside the document they come from."""
    made = list(sections(document))
    found = [one for section in made for one in section.tables]
    write_page(folder / PAGE, _TEMPLATES, "evaluation", document=document, sections=made, verdicts=said(document))
    write_atomic(folder / LATEX, "\n".join(map(latex, found)).encode())


def sections(document: Mapping[str, Any]) -> Iterator[Section]:
    """All of it in the order in which it should be read: in each part, degenerate output first."""
    for condition, found in document["conditions"].items():
        for part in ("held-out", "questions"):
            if part in found:
                where = f"{part}, prompt {condition}"
                anchor = f"{part}-{slug(condition)}"
                tables = (*_part(found[part], where), *_verdicts(found[part], where), *_judges(found[part], where))
                figures = (*part_figures(found[part], anchor), *judge_figures(found[part], anchor))
                yield Section(where[0].upper() + where[1:], anchor, tables, figures)


def said(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What may be said of the tuned model: for each comparison, the measures by verdict."""
    found = []
    for condition, parts in document["conditions"].items():
        for part in ("held-out", "questions"):
            for who, contrasts, titles in _comparisons(parts.get(part, {})):
                by_verdict = {
                    v: [titles[key] for key, one in contrasts.items() if one["verdict"] == v] for v in VERDICTS
                }
                where = f"{part}, prompt {condition}"
                found.append({"who": who, "where": where, "verdicts": {v: n for v, n in by_verdict.items() if n}})
    return found


def _comparisons(found: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, str]]]:
    """Who the tuned model stands beside, the contrasts, and the measures' titles."""
    for name, contrasts in found.get("contrasts", {}).items():
        yield name, contrasts, TITLES
    for judge, one in found.get("judges", {}).items():
        for name, contrasts in one["contrasts"].items():
            yield f"{name}, judged by {judge}", contrasts, _SCORES


def _part(found: Mapping[str, Any], where: str) -> list[Table]:
    broken, measures = found["degenerate"], found["measures"]
    made = [_wide(f"Degenerate output ({where})", broken, _BROKEN, lambda name, key: _number(broken[name][key]))]

    def cell(name: str, key: str) -> str:
        return "—" if beside_itself(name, key) else _interval(measures[name].get(key))

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
            return "—" if beside_itself(name, key) else _interval(systems[name]["measures"].get(key))

        made.append(_wide(f"{symptom}, {one['items']} responses ({where})", systems, distances, of_symptom))
    return made


def _wide(title: str, systems: Mapping[str, Any], keys: Sequence[str], cell: Any) -> Table:
    rows = [(TITLES.get(key, key.replace("_", " ")), *(cell(name, key) for name in systems)) for key in keys]
    return Table(title, ("measure", *systems), tuple(rows))


def _verdicts(found: Mapping[str, Any], where: str) -> list[Table]:
    return [_contrast(f"Fine-tuned against {name} ({where})", one, TITLES) for name, one in found["contrasts"].items()]


def _contrast(title: str, contrasts: Mapping[str, Any], titles: Mapping[str, str]) -> Table:
    rows = [
        (titles[key], _interval(one["difference"]), _number(one["p_holm"]), one["verdict"])
        for key, one in contrasts.items()
    ]
    return Table(title, ("measure", "difference (95 % interval)", "p (Holm)", "fine-tuned is"), tuple(rows))


def _judges(found: Mapping[str, Any], where: str) -> list[Table]:
    made = []
    for judge, one in found.get("judges", {}).items():
        scores = one["scores"]
        rows = [(metric.title, *(_interval(scores[name].get(metric.key)) for name in scores)) for metric in METRICS]
        rows.append(("judgements that failed", *(str(one["failed"][name]) for name in scores)))
        rows.append(("correlation with length", *(_number(one["length_correlation"][name]) for name in scores)))
        made.append(Table(f"Scores of 1 to 10 by {judge} ({where})", ("metric", *scores), tuple(rows)))
        made += [
            _contrast(f"Fine-tuned against {name}, by {judge} ({where})", contrasts, _SCORES)
            for name, contrasts in one["contrasts"].items()
        ]
        names = list(one["wins"]["overall"])
        won = [(criterion.title, *(str(one["wins"][criterion.key][name]) for name in names)) for criterion in CRITERIA]
        header = ("criterion", *("ties" if name == TIE else name for name in names))
        made.append(Table(f"Best answer, in both orders, by {judge} ({where})", header, tuple(won)))
        trust = [
            (key.replace("_", " "), _number(value)) for key, value in (*one["bias"].items(), *one["account"].items())
        ]
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
