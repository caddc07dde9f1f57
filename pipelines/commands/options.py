"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from corpora.errors import UsageError

if TYPE_CHECKING:
    from pipelines.stages import Stage

Made = TypeVar("Made", bound="Stage")
Function = TypeVar("Function", bound=Callable[..., Any])
EXISTING = click.Path(exists=True, path_type=Path)
EXISTING_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
ANY_PATH = click.Path(path_type=Path)


def option(flag: str, *names: str, **settings: Any) -> Callable[[Function], Function]:
    """A click option that the environment can set too, as `CORPORA_<FLAG>` without the command's name."""
    variable = "CORPORA_" + flag.split("/", maxsplit=1)[0].strip("-").upper().replace("-", "_")
    return click.option(flag, *names, envvar=variable, **settings)


def made_of(stage: type[Made], parameters: Mapping[str, Any]) -> Made:
    """A stage whose parameters came by flags.

    Raises:
        UsageError: a value is out of bounds.
    """
    from pydantic import ValidationError

    try:
        return stage(**parameters)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise UsageError(f"the value given for {stage.name}.{first['loc'][0]}: {first['msg']}") from None


def key_file_option(function: Function) -> Function:
    """`--key-file`."""
    return option(
        "--key-file", type=ANY_PATH, help="The 32-byte secret key [default: your config folder's; made where missing]."
    )(function)


def approval_option(function: Function) -> Function:
    """`--require-approval`."""
    return option("--require-approval", is_flag=True, help="Refuse a corpus that no steward approved as it stands.")(
        function
    )


def keep_map_option(function: Function) -> Function:
    """`--keep-map`."""
    return option(
        "--keep-map", is_flag=True, help="Keep what was replaced by what, encrypted under the key, in OUT.work."
    )(function)


def detector_options(function: Function) -> Function:
    """`--style`, `--dates`, `--policy`, `--known-names`, `--ner`, `--encoder`, `--keep` and `--decisions`."""
    for decorate in (
        option("--decisions", type=EXISTING_FILE, help="A steward's decisions on single words (`corpora review`)."),
        option(
            "--keep",
            type=click.Choice(["LOCATION", "ORG", "DATE", "AGE90"]),
            multiple=True,
            default=None,
            help="A class that stays in the text; may be given again.",
        ),
        option("--ner", type=ANY_PATH, help="A model beside ours: its folder, or an installed spaCy pipeline's name."),
        option(
            "--encoder",
            type=click.Choice(["auto", "on", "off"]),
            help="Let the sentence encoder settle doubts; auto: where it is installed.",
        ),
        option("--known-names", type=EXISTING_FILE, help="Text file, one name a line, masked wherever it stands."),
        option("--policy", type=click.Choice(["balanced", "strict"]), help="strict masks unknown capitals too."),
        option("--dates", type=click.Choice(["surrogate", "shift"]), help="shift keeps intervals (not Safe Harbor)."),
        option("--style", type=click.Choice(["surrogate", "placeholder"]), help="What stands in for an identifier."),
    ):
        function = decorate(function)
    return function
