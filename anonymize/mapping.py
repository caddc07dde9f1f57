"""The way back: which surrogate stands for what. Kept only where it is asked for, and only encrypted."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING

from anonymize.keys import subkey
from corpora.errors import UsageError
from corpora.files import private_folder, write_atomic

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

    from anonymize.spans import Span
    from corpora.records import Session

Mapping = dict[str, dict[str, dict[str, str]]]
"""Client -> class of identifier -> what stood in the input -> its surrogate."""

FILE = "map.fernet"


def note(
    mapping: Mapping, client: str, before: Session, after: Session, found: list[list[Span]], written: list[list[Span]]
) -> None:
    """Add one session's replacements, as `Deidentifier.apply` returned them, to a client's."""
    of_client = mapping.setdefault(client, {})
    for old, new, spans, surrogates in zip(before.turns, after.turns, found, written, strict=True):
        for a, b in zip(spans, surrogates, strict=True):
            of_client.setdefault(a.type, {})[old.text[a.start : a.end]] = new.text[b.start : b.end]


def write_map(folder: Path, key: bytes, mapping: Mapping) -> Path:
    """Write the mapping into a private folder, encrypted under a key drawn from `key`, mode 0600; returns the file."""
    data = json.dumps(mapping, ensure_ascii=False, sort_keys=True).encode()
    path = private_folder(folder) / FILE
    write_atomic(path, _cipher(key).encrypt(data))
    return path


def read_map(path: Path, key: bytes) -> Mapping:
    """The mapping that `write_map` wrote.

    Raises:
        UsageError: the file cannot be read, is damaged, or was written under another key.
    """
    from cryptography.fernet import InvalidToken

    try:
        mapping: Mapping = json.loads(_cipher(key).decrypt(path.read_bytes()))
    except OSError as error:
        raise UsageError(f"map {path}: {error.strerror}; it is written by --keep-map only") from None
    except InvalidToken:
        raise UsageError(f"map {path}: damaged, or written under another key; give that one with --key-file") from None
    return mapping


def _cipher(key: bytes) -> Fernet:
    """Fernet: AES-128-CBC with HMAC-SHA256, so that a changed file is noticed."""
    from cryptography.fernet import Fernet

    return Fernet(base64.urlsafe_b64encode(subkey(key, "keep-map")))
