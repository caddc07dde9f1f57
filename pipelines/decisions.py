"""What people decided about a build, in a log that shows whether it was tampered with.

`OUT/decisions.jsonl` holds one entry a line, oldest first: an approval, a refusal, a withdrawal, a purge. Each carries
the SHA-256 of the SHA256SUMS it is about, the HMAC of the entry before, and an HMAC (RFC 2104, SHA-256) over itself
under a key drawn from the build's. So an entry cannot be changed, moved, taken out of the middle or written without
the key; that entries were cut off the end shows only to who noted the last one (`corpora verify --head`). A decision
is about the rows it names by their sums: when these change, it is void, and stays in the log as history.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from anonymize.keys import existing_key, key_id, subkey
from corpora.errors import CorporaError, GateError, UsageError
from corpora.files import sha256_file, write_atomic
from corpora.shards import SUMS

LOG = "decisions.jsonl"
MANIFEST = "manifest.json"
APPROVE, REJECT, FORGET, PURGE = "approve", "reject", "forget", "purge"
State = Literal["approved", "rejected", "void", "undecided", "unchecked"]
_SIGNED = ("number", "decision", "by", "note", "at", "sums_sha256", "key_id", "previous", "hmac")


@dataclass(frozen=True, slots=True)
class Standing:
    """What holds for a build now, and the entry that says so.

    `void` is a decision about other rows than these; `unchecked` one whose signature cannot be read without the key.
    """

    state: State
    entry: Mapping[str, Any] | None = None

    @property
    def sentence(self) -> str:
        """The state for a person."""
        entry = self.entry or {}
        who = f"by {entry.get('by')} at {entry.get('at')}"
        return {
            "approved": f"approved {who}",
            "rejected": f"rejected {who}: {entry.get('note') or 'no reason given'}",
            "void": f"not decided: what was decided {who} was about other rows",
            "undecided": "not decided: nobody approved it",
            "unchecked": f"said to be decided {who}, which needs the build's key to check (--key-file)",
        }[self.state]


def read_log(out: Path) -> list[dict[str, Any]]:
    """The entries of a build's log, oldest first; none where nobody decided yet.

    Raises:
        CorporaError: a line is no entry.
    """
    path = out / LOG
    if not path.is_file():
        return []
    entries = []
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        try:
            entry = json.loads(line)
        except ValueError:
            entry = None
        if not isinstance(entry, dict) or not all(name in entry for name in _SIGNED):
            raise CorporaError(f"{path}, line {number}: no decision; the log was damaged, take it from a backup")
        entries.append(entry)
    return entries


def sums_of(out: Path) -> str:
    """The SHA-256 of a build's SHA256SUMS.

    Raises:
        UsageError: it has none, so it is no build.
    """
    if not (out / SUMS).is_file():
        raise UsageError(f"{out} is not a built corpus: it has no {SUMS}. Give the folder that --out named.")
    return sha256_file(out / SUMS)


def manifest_at(out: Path) -> dict[str, Any]:
    """The manifest of the build that stands at `out`.

    Raises:
        UsageError: it has none, or one that cannot be read.
    """
    path = out / MANIFEST
    if not path.is_file():
        raise UsageError(f"{out} is not a build: it has no {MANIFEST}. Give the folder that --out named.")
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError):
        raise UsageError(f"{path} is damaged: it is not the manifest of a build") from None


def build_key(out: Path, path: Path | None) -> bytes | None:
    """The key that `out` was built with, where it is here; none is made.

    Raises:
        UsageError: `path` names another key, or none.
    """
    key, wanted = existing_key(path), manifest_at(out).get("key_id")
    if key is None or key_id(key) == wanted:
        return key
    if path:
        raise UsageError(f"key file {path}: it is not the key that {out} was built with (key id {wanted})")
    return None


def needed_key(out: Path, path: Path | None) -> bytes:
    """The key that `out` was built with.

    Raises:
        UsageError: it is not here.
    """
    if key := build_key(out, path):
        return key
    raise UsageError(f"{out} was built with another key than yours; give that one with --key-file")


def signed(before: Sequence[Mapping[str, Any]], key: bytes, sums: str, decision: str, **said: Any) -> dict[str, Any]:
    """The next entry of a log.

    Args:
        before: the log so far.
        key: the build's.
        sums: SHA-256 of the SHA256SUMS that it is about.
        decision: `approve`, `reject`, `forget` or `purge`.
        said: `by`, `note`, and what else belongs to the decision, as JSON values.
    """
    entry = {
        "number": len(before) + 1,
        "decision": decision,
        **said,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "sums_sha256": sums,
        "key_id": key_id(key),
        "previous": before[-1]["hmac"] if before else "",
    }
    return {**entry, "hmac": _hmac(key, entry)}


def record(out: Path, key: bytes, decision: str, by: str, note: str = "", **said: Any) -> dict[str, Any]:
    """Append an entry about the rows that stand at `out`; returns it.

    Raises:
        UsageError: `out` is no build, or `by` is blank.
        CorporaError: the log is damaged, or was tampered with.
    """
    if not by.strip():
        raise UsageError("say who decides: --by NAME")
    with _locked(out):
        log = read_log(out)
        if found := next(faults(log, key), None):
            raise CorporaError(f"{out / LOG}: {found}; nothing was added")
        entry = signed(log, key, sums_of(out), decision, by=by.strip(), note=note.strip(), **said)
        write_log(out, [*log, entry])
    return entry


def write_log(out: Path, entries: Sequence[Mapping[str, Any]]) -> None:
    """Write a whole log, or leave the old one."""
    lines = (json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries)
    write_atomic(out / LOG, "".join(lines).encode())


def faults(log: Sequence[Mapping[str, Any]], key: bytes | None) -> Iterator[str]:
    """What is wrong with a log, one sentence each; without the key only the chain is looked at."""
    previous = ""
    for number, entry in enumerate(log, start=1):
        if entry["number"] != number or entry["previous"] != previous:
            yield f"entry {number} does not follow the one before it: one was taken out, added or moved"
        previous = str(entry["hmac"])
        if key is None:
            continue
        if entry["key_id"] != key_id(key):
            yield f"entry {number} was signed under another key ({entry['key_id']}); give that one with --key-file"
        elif not hmac.compare_digest(previous, _hmac(key, entry)):
            yield f"entry {number} was changed after it was signed"


def standing(out: Path, key: bytes | None) -> Standing:
    """What was last decided about the rows that stand at `out`.

    Raises:
        UsageError: `out` is no build.
        CorporaError: the log is damaged or was tampered with.
    """
    sums, log = sums_of(out), read_log(out)
    if found := next(faults(log, key), None):
        raise CorporaError(f"{out / LOG}: {found}")
    decided = [entry for entry in log if entry["decision"] in (APPROVE, REJECT)]
    if not decided:
        return Standing("undecided")
    last = decided[-1]
    if last["sums_sha256"] != sums:
        return Standing("void", last)
    if key is None:
        return Standing("unchecked", last)
    return Standing("approved" if last["decision"] == APPROVE else "rejected", last)


def permit(out: Path, key: bytes | None, *, required: bool) -> str | None:
    """Let the rows at `out` be used: None where they are approved, else one sentence to warn with.

    Raises:
        GateError: the log was tampered with; or the rows are not approved and `required` is set.
    """
    if not required and not (out / SUMS).is_file():
        return None
    try:
        found = standing(out, key)
    except CorporaError as error:
        raise GateError(str(error)) from None
    if found.state == "approved":
        return None
    if required:
        raise GateError(f"{out} is {found.sentence}; a steward approves it with: corpora approve {out} --by NAME")
    return f"{out} is {found.sentence}"


def approval_warning(out: Path, key_file: Path | None, *, required: bool) -> str | None:
    """`permit` with the build's key where it is here; a corpus that is no build of ours has nobody to approve it.

    Raises:
        GateError: as `permit`.
        UsageError: `key_file` is not the build's key.
    """
    if not (out / MANIFEST).is_file():
        if required:
            raise GateError(f"{out} has no {MANIFEST}, so no steward can have approved it")
        return None
    return permit(out, build_key(out, key_file), required=required)


def approval_sentence(out: Path, key_file: Path | None) -> str:
    """What was decided about the rows at `out`, for the papers of what is made from them.

    Raises:
        CorporaError: the log is damaged or was tampered with.
        UsageError: `key_file` is not the build's key.
    """
    if not (out / MANIFEST).is_file() or not (out / SUMS).is_file():
        return "none; it is no build that could be approved"
    return standing(out, build_key(out, key_file)).sentence


def withdrawn(out: Path) -> frozenset[str]:
    """Keyed ids of the clients and sessions that were withdrawn from a build and may not come back in the next."""
    entries = (entry for entry in read_log(out) if entry["decision"] == FORGET)
    return frozenset(str(name) for entry in entries for kind in ("clients", "sessions") for name in entry[kind])


def _hmac(key: bytes, entry: Mapping[str, Any]) -> str:
    said = {name: value for name, value in entry.items() if name != "hmac"}
    text = json.dumps(said, sort_keys=True, separators=(",", ":")).encode()
    return hmac.new(subkey(key, "decisions"), text, hashlib.sha256).hexdigest()


@contextmanager
def _locked(out: Path) -> Iterator[None]:
    """Hold a build's folder, so that two decisions at once both end up in the log."""
    handle = os.open(out, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
