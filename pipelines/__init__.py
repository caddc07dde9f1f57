"""How work is put together and run: stages, recipes, engines, the work folder, the command line."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipelines.pipeline import Pipeline

__all__ = ["Pipeline"]


def __getattr__(name: str) -> Any:
    """Import `Pipeline` when it is first asked for, so that the command line starts fast."""
    if name == "Pipeline":
        from pipelines.pipeline import Pipeline

        return Pipeline
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
