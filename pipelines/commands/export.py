"""`corpora export`: a built corpus in the format of another trainer, if its terms and its steward allow it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from corpora.errors import PrivacyError, UsageError
from pipelines.commands.options import ANY_PATH, EXISTING, EXISTING_FILE, approval_option, key_file_option, option

if TYPE_CHECKING:
    from corpora.export import Export
    from corpora.terms import Terms


@click.command()
@click.argument("corpus", type=EXISTING)
@option(
    "--format",
    "form",
    required=True,
    type=click.Choice(["sharegpt", "alpaca", "openai", "gemini", "trl", "parquet"]),
    help="Whose format; see docs/export.md.",
)
@option("--out", type=ANY_PATH, help="The folder to write; it must be new [default: CORPUS-FORMAT].")
@click.option("--system", help="A system prompt for every row, in place of a row's own.")
@click.option("--system-file", type=EXISTING_FILE, help="The same from a text file.")
@click.option("--names", help="NAME=OTHER,...: what the file calls it (human=client,gpt=therapist).")
@click.option("--accept-terms", multiple=True, metavar="SOURCE", help="You read SOURCE's terms and stay within them.")
@approval_option
@key_file_option
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
def export(
    corpus: Path,
    form: str,
    out: Path | None,
    system: str | None,
    system_file: Path | None,
    names: str | None,
    accept_terms: Sequence[str],
    key_file: Path | None,
    *,
    require_approval: bool,
    as_json: bool,
) -> None:
    """Write a built CORPUS for another trainer: one file a split, every conversation whole, read back and compared.

    What leaves here leaves the care of its steward: sources whose licence or consent does not plainly allow it are
    refused (exit code 4) until you accept their terms, and with --require-approval so is what nobody approved.
    """
    from corpora.export import Export
    from corpora.export import export as write
    from pipelines.decisions import approval_warning

    if system_file:
        if system:
            raise UsageError("give --system or --system-file, not both")
        system = system_file.read_text(encoding="utf-8").strip()
    job = Export(corpus, form, system, _pairs(names) if names else {})
    accepted = _permitted(corpus, accept_terms)
    warning = approval_warning(corpus, key_file, required=require_approval)
    if warning:
        click.echo(f"note: {warning}", err=True)
    target = out or corpus.with_name(f"{corpus.resolve().name}-{form}")
    counts = write(job, target, _about(job, accepted, warning))
    if as_json:
        click.echo(json.dumps({"out": str(target), "format": form, "rows": counts}, indent=2))
        return
    click.echo(f"{target}: " + ", ".join(f"{split} {count}" for split, count in counts.items()))


def _pairs(text: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in text.split(",")]
    if not all(name.strip() and other.strip() for name, _, other in pairs):
        raise UsageError("--names is written NAME=OTHER,NAME=OTHER, such as human=client,gpt=therapist")
    return {name.strip(): other.strip() for name, _, other in pairs}


def _permitted(corpus: Path, accepted: Sequence[str]) -> list[Terms]:
    """The terms that a person accepted.

    Raises:
        PrivacyError: some were neither free nor accepted.
        UsageError: a source was accepted that has no row here.
    """
    terms = terms_of(corpus)
    if unknown := sorted(set(accepted) - {entry.source for entry in terms}):
        sources = ", ".join(sorted({entry.source for entry in terms}))
        raise UsageError(f"--accept-terms {unknown[0]}: no row is of that source; here are {sources}")
    bound = [entry for entry in terms if not entry.free]
    if refused := [entry for entry in bound if entry.source not in accepted]:
        names = " ".join(f"--accept-terms {name}" for name in dict.fromkeys(entry.source for entry in refused))
        raise PrivacyError(
            f"{corpus} was not exported, for its terms may not allow it: {'; '.join(map(str, refused))}. "
            f"Read them, and if you stay within them add {names}"
        )
    return bound


def terms_of(corpus: Path) -> list[Terms]:
    """What the rows of a corpus come under: each (source, licence) that stands in them, with the source's consent."""
    import pyarrow as pa

    from corpora.shards import read_split, splits_in
    from corpora.terms import Terms
    from pipelines.decisions import MANIFEST, manifest_at

    stated = manifest_at(corpus).get("sources", {}) if (corpus / MANIFEST).is_file() else {}
    tables = [read_split(corpus, split).select(["source", "license"]) for split in splits_in(corpus)]
    rows = pa.concat_tables(tables).group_by(["source", "license"]).aggregate([]).to_pylist()
    pairs = sorted({(row["source"], row["license"] or "") for row in rows})
    return [Terms(source, licence or None, stated.get(source, {}).get("consent")) for source, licence in pairs]


def _about(job: Export, accepted: Sequence[Terms], warning: str | None) -> str:
    from corpora.export import FORMATS
    from corpora.files import sha256_file
    from corpora.shards import SUMS
    from pipelines.versions import TOOL, package_versions

    sums = job.corpus / SUMS
    digest = sha256_file(sums) if sums.is_file() else "none"
    state = warning.removeprefix(f"{job.corpus} is ") if warning else "approved by its steward"
    written = (
        f"Written by {TOOL} {package_versions()[TOOL]} as `{job.format}`, for {FORMATS[job.format].consumer}, from the "
        f"corpus whose SHA256SUMS has the SHA-256 `{digest}`. Its card says how it was made and what its limits are."
    )
    lines = ["# Therapy dialogue, exported", written, f"Approval when it was written: {state}."]
    if job.system:
        lines += [f"A system prompt was set (SHA-256 {hashlib.sha256(job.system.encode()).hexdigest()[:16]})."]
    if job.names:
        lines += ["Names: " + ", ".join(f"`{name}` is `{other}`" for name, other in job.names.items()) + "."]
    lines += [f"Terms accepted by who exported it: {terms}." for terms in accepted]
    return "\n\n".join(lines) + "\n"
