"""Prompts: `.jinja2` files of ours, or a user's own, whose hash goes with every row that came of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from corpora.errors import UsageError

FOLDER = Path(__file__).parent
VARIABLES = frozenset({"page", "min_words", "max_words", "max_rounds"})
"""What a prompt may use; `page` it must."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt's template: the file's `name`, the SHA-256 of its text (64 hex characters), the text itself."""

    name: str
    sha256: str
    source: str

    def render(self, **values: Any) -> str:
        """The prompt with its variables filled in; the page comes last, so that the instruction's work is shared."""
        return str(_template(self.source).render(**values)).strip()


@cache
def _template(source: str) -> Any:
    """The compiled template: compiling takes far longer than filling in."""
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(source)


def load_prompt(mode: str, own: Path | None = None) -> Prompt:
    """The packaged paraphrase prompt of a mode, or the user's own file.

    Raises:
        UsageError: the file cannot be read as UTF-8, is no template, asks for unknown variables, or leaves out `page`.
    """
    return read_prompt(own or FOLDER / f"{mode}.jinja2", "--prompt", VARIABLES, frozenset({"page"}))


def read_prompt(path: Path, option: str, variables: frozenset[str], needed: frozenset[str]) -> Prompt:
    """A prompt from a file.

    Args:
        path: the file.
        option: what named it, for the error.
        variables: what it may use.
        needed: what it must use.

    Raises:
        UsageError: the file cannot be read as UTF-8, is no template, asks for unknown variables, or leaves one out.
    """
    try:
        source = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{option} {path}: cannot be read as UTF-8 text ({type(error).__name__})") from None
    _check(path, source, option, variables, needed)
    return Prompt(path.name, hashlib.sha256(source.encode()).hexdigest(), source)


def _check(path: Path, source: str, option: str, variables: frozenset[str], needed: frozenset[str]) -> None:
    from jinja2 import Environment, TemplateSyntaxError, meta

    try:
        used = meta.find_undeclared_variables(Environment(autoescape=False).parse(source))  # noqa: S701 - only parsed
    except TemplateSyntaxError as error:
        raise UsageError(f"{option} {path}, line {error.lineno}: {error.message}") from None
    if unknown := sorted(used - variables):
        raise UsageError(f"{option} {path}: unknown variable {unknown[0]!r}; there are {', '.join(sorted(variables))}")
    if missing := sorted(needed - used):
        raise UsageError(
            f"{option} {path}: it never uses {{{{ {missing[0]} }}}}, so the model would not see what it is about"
        )
