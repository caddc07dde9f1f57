"""`corpora approve`, `corpora reject`: a person answers for a corpus; `corpora verify`: it still stands as signed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from corpora.errors import CorporaError, UsageError
from pipelines.commands.options import EXISTING, key_file_option, option


@click.command()
@click.argument("out", type=EXISTING)
@option("--by", required=True, help="Who decides; recorded with the time.")
@option("--note", default="", help="Why, in a sentence; recorded.")
@key_file_option
def approve(out: Path, by: str, note: str, key_file: Path | None) -> None:
    """Sign that the corpus at OUT, as it stands now, may be used.

    The signature is about these rows: a build of other rows needs another one. Its files are verified first.
    """
    _decide(out, "approve", by, note, key_file)


@click.command()
@click.argument("out", type=EXISTING)
@option("--by", required=True, help="Who decides; recorded with the time.")
@option("--note", required=True, help="Why, in a sentence; recorded.")
@key_file_option
def reject(out: Path, by: str, note: str, key_file: Path | None) -> None:
    """Sign that the corpus at OUT may not be used."""
    _decide(out, "reject", by, note, key_file)


def _decide(out: Path, decision: str, by: str, note: str, key_file: Path | None) -> None:
    from pipelines.decisions import LOG, needed_key, record
    from pipelines.reporting import rewrite_report

    if found := _faults(out):
        raise CorporaError(f"{out} is not as it was built, so there is nothing to decide about: {'; '.join(found)}")
    entry = record(out, needed_key(out, key_file), decision, by, note)
    click.echo(f"{out / LOG}: {decision} by {entry['by']}, entry {entry['number']}, about {entry['sums_sha256'][:16]}")
    try:
        rewrite_report(out)
    except UsageError as error:
        click.echo(f"note: it is recorded, but the report does not show it: {error}", err=True)
    click.echo(f"Keep this elsewhere to show later that nothing was cut off the log: {entry['hmac'][:16]}")


@click.command()
@click.argument("folder", type=EXISTING)
@click.option("--head", help="The signature that approve printed (its start): the log must still hold it.")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
@key_file_option
def verify(folder: Path, head: str | None, key_file: Path | None, *, as_json: bool) -> None:
    """Check that a build's files and shards are those it was published with, and that no decision was tampered with."""
    from corpora.shards import SUMS
    from pipelines.decisions import build_key, faults, read_log, standing

    found = _faults(folder)
    key, log = build_key(folder, key_file), read_log(folder)
    found += [f"decisions.jsonl: {fault}" for fault in faults(log, key)]
    if head and not any(str(entry["hmac"]).startswith(head) for entry in log):
        found.append(f"decisions.jsonl: the entry signed {head} is gone; the log was cut")
    count = len((folder / SUMS).read_text(encoding="utf-8", errors="replace").splitlines())
    if as_json:
        state = None if found else standing(folder, key).state
        click.echo(json.dumps({"faults": found, "files": count, "decisions": len(log), "state": state}, indent=2))
    if found:
        raise CorporaError(f"{folder}: " + "; ".join(found))
    if not as_json:
        click.echo(f"{folder}: {count} files are as they were published")
        click.echo(f"{len(log)} decisions; {standing(folder, key).sentence}")
        if log and key is None:
            click.echo("note: the signatures were not checked, for the key is not here (--key-file)", err=True)


def _faults(folder: Path) -> list[str]:
    """What differs between a build's files and its sums, and between those and its manifest."""
    from corpora.shards import verify_shards, verify_sums
    from pipelines.decisions import manifest_at, sums_of

    found = list(verify_sums(folder))
    manifest: dict[str, Any] = manifest_at(folder)
    if manifest.get("sums_sha256") != sums_of(folder):
        found.append("SHA256SUMS is not the one that the manifest names")
    counts = {split: entry["examples"] for split, entry in manifest["examples"]["by_split"].items()}
    return found or list(verify_shards(folder, counts))
