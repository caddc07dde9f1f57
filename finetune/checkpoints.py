"""The whole state of a run in one file, which is either complete or not there; the last good one always stays."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from corpora.errors import CorporaError
from corpora.files import replacing

BEST = "best.pt"


def save(folder: Path, name: str, state: Mapping[str, Any]) -> None:
    """Write a state (tensors, numbers, strings, nested dicts of them) as `folder/name`.

    Raises:
        CorporaError: it could not be written, for a full disk say; what stood there before still stands.
    """
    import torch

    try:
        with replacing(folder / name) as part, part.open("wb") as file:
            torch.save(dict(state), file)
    except (OSError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "it could not be written whole"
        kept = latest(folder)
        last = f"the last good one is {kept.name}" if kept else "there is no earlier one"
        raise CorporaError(
            f"checkpoint {folder / name}: {reason}; {last}. Make room and run the same command again."
        ) from None


def step_name(step: int) -> str:
    """The file name of the checkpoint after `step` steps."""
    return f"step-{step:08d}.pt"


def latest(folder: Path) -> Path | None:
    """The newest checkpoint, or None."""
    return max((path for path in folder.glob("step-*.pt") if re.fullmatch(r"step-\d{8}\.pt", path.name)), default=None)


def load(path: Path) -> dict[str, Any]:
    """Read a state back, on the CPU.

    Raises:
        CorporaError: the file is damaged.
    """
    import torch

    try:
        return dict(torch.load(path, map_location="cpu", weights_only=True))
    except Exception as error:  # noqa: BLE001 - torch raises many kinds for a damaged file
        raise CorporaError(f"checkpoint {path} is damaged ({type(error).__name__}): delete it and run again") from None


def prune(folder: Path, keep: int) -> None:
    """Delete all but the newest `keep` checkpoints; the best one is kept beside them."""
    for path in sorted(folder.glob("step-*.pt"))[:-keep]:
        path.unlink()
