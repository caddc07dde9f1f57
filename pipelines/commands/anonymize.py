"""`corpora anonymize`: de-identified sessions as JSON lines, without building a corpus."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from corpora.errors import GateError, UsageError
from corpora.records import Drop
from pipelines.commands.options import ANY_PATH, EXISTING, detector_options, keep_map_option, key_file_option, option

if TYPE_CHECKING:
    from anonymize.mapping import Mapping
    from corpora.records import Session
    from pipelines.stages import Deidentify, Read


@click.command()
@click.argument("source_path", metavar="IN", type=EXISTING)
@click.argument("target", metavar="OUT", type=ANY_PATH)
@option("--source", default="alexander-street", show_default=True, help="Which reader; see `corpora sources`.")
@detector_options
@keep_map_option
@key_file_option
def anonymize(
    source_path: Path, target: Path, source: str, key_file: Path | None, *, keep_map: bool, **settings: Any
) -> None:
    """De-identify the sessions of IN (file or folder) into a new file OUT (JSON lines), client by client."""
    from anonymize.keys import load_key
    from anonymize.mapping import write_map
    from corpora.files import write_atomic
    from pipelines.stages import Deidentify, Read

    if target.exists() or not target.parent.is_dir():
        why = "exists and stays untouched" if target.exists() else "lies in a folder that is not there"
        raise UsageError(f"OUT {target} {why}; name a new file")
    read = Read(source=source, input=source_path)
    stage = Deidentify(**{name: value for name, value in settings.items() if value is not None})
    key = load_key(key_file)
    mapping: Mapping = {}
    lines, left_out = deidentified(read, stage, key, mapping)
    if keep_map:
        write_map(target.with_name(f"{target.name}.work"), key, mapping)
    write_atomic(target, "".join(f"{line}\n" for line in lines).encode())
    click.echo(f"{target}: {len(lines)} sessions; {left_out} files or sessions left out", err=True)


def deidentified(read: Read, stage: Deidentify, key: bytes, mapping: Mapping) -> tuple[list[str], int]:
    """The sessions as de-identified JSON lines under keyed ids, and how many files and sessions were left out.

    What was replaced by what is added to `mapping`.

    Raises:
        GateError: names of the roster or the caller's, or valid structured identifiers, are left in the output.
    """
    from anonymize import build_roster
    from anonymize.keys import keyed
    from anonymize.mapping import note
    from anonymize.proof.audit import audit_turns
    from pipelines.passes import files_of, units_of
    from pipelines.stages import Language
    from pipelines.units import client_of, introduced, mapped, read_unit

    detector, known = stage.deidentifier(key), stage.caller_names()
    clients: defaultdict[str, list[Session]] = defaultdict(list)
    left_out = 0
    for _, unit in units_of(files_of(read)):
        for item in read_unit(read, unit):
            session = item if isinstance(item, Drop) else mapped(introduced(item, read), [Language()])
            if isinstance(session, Drop):
                left_out += session.level != "turn"
            else:
                clients[client_of(session, unit)].append(session)
    lines: list[str] = []
    for client, sessions in clients.items():
        roster = build_roster(client, [detector.survey(session) for session in sessions], known)
        for session in sessions:
            safe, found, surrogates = detector.apply(session, roster)
            note(mapping, client, session, safe, found, surrogates)
            residues = audit_turns([turn.text for turn in safe.turns], surrogates, roster, known)
            if left := sum(r.roster_hits + r.caller_hits + r.structured_hits for r in residues):
                raise GateError(f"nothing was written: {left} identifiers are left in one session's output")
            fields = asdict(safe)
            fields["session_id"] = keyed(key, "session", read.source, session.session_id)
            fields["client_id"] = keyed(key, "client", read.source, client)
            del fields["origin"]
            lines.append(json.dumps(fields, ensure_ascii=False))
    return lines, left_out
