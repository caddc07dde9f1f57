"""The whole state of a run in one file, which is either complete or not there; the last good one always stays."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpora.errors import CorporaError
from corpora.files import replacing
from finetune.model import trained

if TYPE_CHECKING:
    import torch

    from finetune.trainer import Run

BEST = "best.pt"


def folder_of(run: Run) -> Path:
    """Where a run's checkpoints stand."""
    return run.job.work / "checkpoints"


def save(run: Run) -> None:
    """Keep everything that the next step depends on: weights, optimizer, scaler, random state, place in the data.

    Raises:
        CorporaError: it could not be written; the last good checkpoint stands.
    """
    document = {
        "weights": _weights(run),
        "optimizer": run.optimizer.state_dict(),
        "scaler": run.scaler.state_dict(),
        "random": random_state(),
        "state": {entry.name: getattr(run.state, entry.name) for entry in fields(run.state)},
    }
    write(folder_of(run), step_name(run.state.step), document)
    _prune(folder_of(run), run.preset.keep_checkpoints)


def resume(run: Run) -> None:
    """Go back to the newest checkpoint, if there is one; the schedule follows from the step.

    Raises:
        CorporaError: the checkpoint is damaged.
    """
    if path := latest(folder_of(run)):
        document = load(path)
        _set_weights(run, document["weights"])
        run.optimizer.load_state_dict(document["optimizer"])
        run.scaler.load_state_dict(document["scaler"])
        for name, value in document["state"].items():
            setattr(run.state, name, value)
        set_random_state(document["random"])
    run.ledger.rewind(run.state.step)


def save_best(run: Run) -> None:
    """Keep the weights as the best so far.

    Raises:
        CorporaError: they could not be written; the best ones before stand.
    """
    write(folder_of(run), BEST, {"weights": _weights(run)})


def take_best(run: Run) -> None:
    """Put the best weights in the place of the last ones."""
    _set_weights(run, load(folder_of(run) / BEST)["weights"])


def _weights(run: Run) -> dict[str, torch.Tensor]:
    return {name: parameter.detach().cpu() for name, parameter in trained(run.model).items()}


def _set_weights(run: Run, weights: Mapping[str, torch.Tensor]) -> None:
    import torch

    with torch.no_grad():
        for name, parameter in trained(run.model).items():
            parameter.copy_(weights[name])


def random_state() -> dict[str, torch.Tensor]:
    """The state of torch's generators, that of the GPU too where there is one."""
    import torch

    state = {"cpu": torch.get_rng_state()}
    return {**state, "cuda": torch.cuda.get_rng_state()} if torch.cuda.is_available() else state


def set_random_state(state: Mapping[str, torch.Tensor]) -> None:
    """Put torch's generators back to an earlier state."""
    import torch

    torch.set_rng_state(state["cpu"])
    if "cuda" in state and torch.cuda.is_available():
        torch.cuda.set_rng_state(state["cuda"])


def write(folder: Path, name: str, state: Mapping[str, Any]) -> None:
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


def _prune(folder: Path, keep: int) -> None:
    """Delete all but the newest `keep` checkpoints; the best one is kept beside them."""
    for path in sorted(folder.glob("step-*.pt"))[:-keep]:
        path.unlink()
