"""The secret key: where it lives, how it is made, and the keyed hashes that pseudonyms and splits are drawn from."""

from __future__ import annotations

import hmac
import os
import secrets
import stat
import sys
import tempfile
from pathlib import Path

from corpora.errors import UsageError

KEY_BYTES = 32
"""The key's length: as long as a SHA-256 digest, the length RFC 2104 recommends for HMAC-SHA256."""


def load_key(path: Path | None = None) -> bytes:
    """The 32 bytes of the key file, which is created where it is missing.

    The file is `path`, else the one `CORPORA_KEY_FILE` names, else `therapy-corpora/key` in the user's config folder
    (`XDG_CONFIG_HOME`, else `~/.config`). A missing one gets 32 random bytes and mode 0600, which one line on stderr
    says; when several processes create it at once, all of them return the same key.

    Raises:
        UsageError: the file cannot be read or made, is not 32 bytes long, or others than its owner may read it.
    """
    path = path or default_key_file()
    try:
        if not path.exists() and _create(path):
            sys.stderr.write(f"therapy-corpora: made a new key in {path}; keep it safe and private\n")
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            key = file.read(KEY_BYTES + 1)
    except OSError as error:
        raise UsageError(f"key file {path}: {error.strerror}; give a readable file with --key-file") from None
    if stat.S_IMODE(mode) & (stat.S_IRWXG | stat.S_IRWXO):
        raise UsageError(f"key file {path}: others may read it; run: chmod 600 {path}")
    if len(key) != KEY_BYTES:
        raise UsageError(f"key file {path}: not {KEY_BYTES} bytes long; give the right file, or a path yet to be made")
    return key


def existing_key(path: Path | None = None) -> bytes | None:
    """The key as `load_key` gives it, but none is made: None where nobody named a file and the default is not there.

    Raises:
        UsageError: the file that `path` names is not there, or as `load_key`.
    """
    found = path or default_key_file()
    if found.exists():
        return load_key(found)
    if path:
        raise UsageError(f"key file {path}: it is not there; give the key that the corpus was built with")
    return None


def default_key_file() -> Path:
    """The key file where none is given: `CORPORA_KEY_FILE`, else the one of the user's config folder."""
    if named := os.environ.get("CORPORA_KEY_FILE"):
        return Path(named)
    config = os.environ.get("XDG_CONFIG_HOME")
    return (Path(config) if config else Path.home() / ".config") / "therapy-corpora" / "key"


def _create(path: Path) -> bool:
    """Put a whole new key at `path` in one step; False where another process was first."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".key-")  # mkstemp makes it 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        os.link(name, path)  # unlike a rename, a link never replaces the key of a process that was first
    except FileExistsError:
        return False
    finally:
        Path(name).unlink()
    return True


def keyed(key: bytes, *parts: str) -> str:
    """HMAC-SHA256 of `parts` under `key`, as 32 hex characters; different lists of parts never share an encoding."""
    return _digest(key, "text", parts).hex()[:32]


def keyed_unit(key: bytes, *parts: str) -> float:
    """A number in [0, 1) drawn from `parts` under `key`, uniform over multiples of 2**-53."""
    return (int.from_bytes(_digest(key, "unit", parts)[:8]) >> 11) / 2**53


def subkey(key: bytes, purpose: str) -> bytes:
    """32 bytes of their own for another use of the key; they give the key and other subkeys away to nobody."""
    return _digest(key, "subkey", (purpose,))


def key_id(key: bytes) -> str:
    """Eight hex characters that name the key without giving it away."""
    return _digest(key, "key-id", ()).hex()[:8]


def _digest(key: bytes, purpose: str, parts: tuple[str, ...]) -> bytes:
    encoded = [part.encode("utf-8", "surrogateescape") for part in (purpose, *parts)]
    return hmac.digest(key, b"".join(len(part).to_bytes(8) + part for part in encoded), "sha256")
