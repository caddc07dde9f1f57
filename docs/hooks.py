"""Make a site of the repository's own pages: README is its home, and a file that a page links to becomes a page.

Links in the pages stay as they are read in a checkout (`../finetune/trainer.py`); here they are led to where those
files stand in the site.
"""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from mkdocs.structure.files import File, Files

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
_PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "examples/README.md": "examples.md",
}
"""Pages that stand outside docs/ -> their place in the site."""
_ORIGINS = {place: path for path, place in _PAGES.items()}
_LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#)([^)\s#]+)")
_LEAD = re.compile(r"^(?!- | )(.+)\n(?=- )", re.MULTILINE)
"""The line before a list: this Markdown wants an empty one between them."""
_LANGUAGES = {".py": "python", ".toml": "toml"}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that stand outside docs/, and what any page links to in the repository."""
    for path, place in _PAGES.items():
        files.append(File.generated(config, place, content=(ROOT / path).read_text(encoding="utf-8")))
    pages = [file for file in files if file.is_documentation_page()]
    linked = {path for file in pages for path in _linked(_origin(file.src_uri), file.content_string)}
    for path in sorted(linked):
        if (ROOT / path).exists() and files.get_file_from_path(_place(path)) is None:
            files.append(File.generated(config, _place(path), content=_source_page(path)))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Lead links to where their targets stand in the site, and fill in what is generated."""
    here = page.file.src_uri
    origin = _origin(here)

    for mark, lines in _MARKS.items():
        if mark in markdown:
            markdown = markdown.replace(mark, "\n".join(lines()))

    def moved(link: re.Match[str]) -> str:
        return os.path.relpath(_place(_target(origin, link[0])), PurePosixPath(here).parent)

    parts = _LINK.sub(moved, markdown).split("```")
    parts[::2] = (_LEAD.sub(r"\1\n\n", part) for part in parts[::2])  # outside code
    return "```".join(parts)


def _origin(place: str) -> str:
    """Where in the repository a page of the site stands."""
    return _ORIGINS.get(place, f"docs/{place}")


def _place(path: str) -> str:
    """Where in the site a file or folder of the repository stands."""
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    return _PAGES.get(path, f"source/{path}.md")


def _target(origin: str, link: str) -> str:
    return os.path.normpath(PurePosixPath(origin).parent / link)


def _linked(origin: str, markdown: str) -> Iterator[str]:
    return (_target(origin, link[0]) for link in _LINK.finditer(markdown))


def _source_page(path: str) -> str:
    """A file, or all files of a folder, as they stand."""
    at = ROOT / path
    files = sorted(file for file in at.iterdir() if file.suffix in _LANGUAGES) if at.is_dir() else [at]
    parts = [
        f"## {file.name}\n\n````{_LANGUAGES.get(file.suffix, 'text')}\n{file.read_text(encoding='utf-8')}\n````\n"
        for file in files
    ]
    return "\n".join([f"# {path}\n", *parts])


def _commands() -> Iterator[str]:
    """Every command's usage, help and options, as Markdown."""
    import click

    from pipelines.cli import corpora

    for name, command in sorted(corpora.commands.items()):
        context = click.Context(command, info_name=f"corpora {name}")
        usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
        yield f"## {name}\n\n```\n{usage}\n```\n\n{inspect.cleandoc(command.help or '')}\n"
        yield "| option | what it does | environment |\n|---|---|---|"
        for option in (parameter for parameter in command.params if isinstance(parameter, click.Option)):
            flags, what = option.get_help_record(context) or ("", "")
            what = what.replace("|", "\\|")
            yield f"| `{flags}` | {what} | {f'`{option.envvar}`' if option.envvar else ''} |"
        yield ""


def _stages() -> Iterator[str]:
    """Every stage's class, to be filled in from its docstring and fields."""
    from pipelines.stages import STAGES

    for stage in STAGES.values():
        yield f"::: {stage.__module__}.{stage.__name__}\n    options:\n      show_if_no_docstring: true\n"


_MARKS = {"<!-- commands -->": _commands, "<!-- stages -->": _stages}
"""Where a page has such a line, what is written there."""
