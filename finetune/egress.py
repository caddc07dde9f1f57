"""What the training libraries fetch without being asked, switched off; and a plain word where one is missing."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from corpora.errors import UsageError

NEEDED = ("torch", "transformers", "peft", "bitsandbytes")
_SWITCHES = {
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_UPDATE_DOWNLOAD_COUNTS": "0",
    "USE_HUB_KERNELS": "NO",  # transformers would fetch compiled kernels from a hub
    "TOKENIZERS_PARALLELISM": "true",
}
_OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}


def require(*names: str) -> None:
    """Say in one line what to install where a package of the extra is missing.

    Raises:
        UsageError: one of `names` cannot be imported.
    """
    if missing := [name for name in names if find_spec(name) is None]:
        raise UsageError(
            f"{', '.join(missing)} is not installed; run: pip install -c constraints.txt 'therapy-corpora[finetune]'"
        )


def close(model: str) -> None:
    """Set the switches of the training libraries before they are imported.

    Where `model` is a folder nothing at all is fetched; where it is an id, that model and nothing else.
    """
    os.environ.update(_SWITCHES)
    if Path(model).is_dir():
        os.environ.update(_OFFLINE)


def import_bitsandbytes() -> None:
    """Import bitsandbytes without the kernel that it would fetch; whatever imports it later finds it there."""
    with _no_hub_kernels():
        import_module("bitsandbytes")


@contextmanager
def _no_hub_kernels() -> Iterator[None]:
    """Let bitsandbytes, which fetches a kernel for the CPU while it is imported, find no package to do it with."""
    log = logging.getLogger("bitsandbytes.backends.cpu.ops")
    before, level = sys.modules.get("kernels"), log.level
    sys.modules["kernels"] = None  # type: ignore[assignment] # the documented way to make an import fail
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(level)
        if before is None:
            del sys.modules["kernels"]
        else:
            sys.modules["kernels"] = before
