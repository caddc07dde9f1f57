"""The sources by name: ours, and those that installed packages add by the `corpora.sources` entry point."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from corpora.errors import UsageError
from corpora.records import Drop, Session
from corpora.sources.base import Source, unit_name

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

_OURS = {
    "alexander-street": "corpora.sources.alexander_street:AlexanderStreet",
    "annomi": "corpora.sources.annomi:AnnoMI",
    "chat": "corpora.sources.chat:Chat",
    "counsel-chat": "corpora.sources.counsel_chat:CounselChat",
    "esconv": "corpora.sources.esconv:ESConv",
    "mental-health-chat": "corpora.sources.mental_health_chat:MentalHealthChat",
    "mental-health-chatbot": "corpora.sources.mental_health_chatbot:MentalHealthChatbot",
    "mental-health-counseling": "corpora.sources.mental_health_counseling:MentalHealthCounseling",
    "mentalchat16k": "corpora.sources.mentalchat16k:MentalChat16K",
    "pairs": "corpora.sources.pairs:Pairs",
    "psych8k": "corpora.sources.psych8k:Psych8k",
    "utterances": "corpora.sources.utterances:Utterances",
}


def _theirs() -> dict[str, EntryPoint]:
    from importlib.metadata import entry_points

    return {entry.name: entry for entry in entry_points(group="corpora.sources")}


def source_names() -> list[str]:
    """The names that `get_source` knows, sorted."""
    return sorted({*_OURS, *_theirs()})


def get_source(name: str) -> Source:
    """The source of that name; an entry point's object is called without arguments.

    Raises:
        UsageError: no such source (the nearest name is given), or its package cannot be imported.
    """
    if name in _OURS:
        module, _, attribute = _OURS[name].partition(":")
        source: Source = getattr(import_module(module), attribute)()
        return source
    if name in (others := _theirs()):
        try:
            loaded: Source = others[name].load()()
        except ImportError as error:
            raise UsageError(f"source {name!r} cannot be imported from {others[name].value}: {error}") from error
        return loaded
    from difflib import get_close_matches

    names = source_names()
    near = get_close_matches(name.lower().replace("_", "-"), names, 1, 0.4)
    hint = f"did you mean {near[0]!r}?" if near else "there are: " + ", ".join(names)
    raise UsageError(f"unknown source {name!r}; {hint}")


def read_source(name: str, path: str | Path) -> Iterator[Session | Drop]:
    """Read a corpus: every session of a file or folder, cleaned, and a `Drop` for whatever was left out.

    Time stamps, non-verbal marks and `(ph)` are taken out, the publisher's redactions stay, turns are as spoken
    (consecutive turns of one side are not merged).

    Raises:
        UsageError: at once, not at the first session: the source is unknown, or there is nothing to read at `path`.
    """
    source, root = get_source(name), Path(path)
    return _read(source, root, source.files(root))


def _read(source: Source, root: Path, files: list[Path]) -> Iterator[Session | Drop]:
    for file in files:
        for unit in source.units(file, unit_name(root, file)):
            yield from source.read(unit)
