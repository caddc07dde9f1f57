"""Recipes: TOML files that list stages in order, with values that flags and the environment may overrule."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from corpora.errors import UsageError
from pipelines.stages import STAGES, Stage

RECIPES = Path(__file__).parent / "recipes"


@dataclass(frozen=True, slots=True)
class Recipe:
    """A named, ordered list of stages."""

    name: str
    stages: list[Stage]


def load_recipe(path: Path, overrides: Mapping[str, Mapping[str, Any]] | None = None) -> Recipe:
    """Read a recipe and make its stages.

    Args:
        path: the TOML file: `name`, then `[[stage]]` tables with `use = "STAGE"` and the stage's parameters.
        overrides: stage name -> parameters that win over the file's (flags, environment).

    Raises:
        UsageError: the file is not there or no TOML; an unknown key, stage or parameter; a value out of bounds.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"recipe {path}: cannot be read ({type(error).__name__})") from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"recipe {path}: {error}") from None
    if unknown := sorted(set(document) - {"name", "stage"}):
        raise UsageError(f"recipe {path}: unknown key {unknown[0]!r}; a recipe has `name` and [[stage]] tables")
    tables = document.get("stage", [])
    if not tables or not all(isinstance(table, dict) for table in tables):
        raise UsageError(f"recipe {path}: it lists no [[stage]]")
    folder = path.parent
    stages = [_stage(table, number, path, overrides or {}, folder) for number, table in enumerate(tables, start=1)]
    for name in overrides or {}:
        if not any(stage.name == name for stage in stages):
            raise UsageError(f"recipe {path}: it has no stage {name!r}, which an option of this call sets")
    return Recipe(str(document.get("name", path.stem)), stages)


def _stage(
    table: Mapping[str, Any], number: int, path: Path, overrides: Mapping[str, Mapping[str, Any]], folder: Path
) -> Stage:
    where = f"recipe {path}, stage {number}"
    use = table.get("use")
    if use not in STAGES:
        raise UsageError(f"{where}: there is no stage {use!r}{_nearest(str(use), STAGES)}")
    cls: Any = STAGES[use]
    known = {field.name for field in fields(cls)}
    given = {key: value for key, value in table.items() if key != "use"}
    for key in given:
        if key not in known:
            raise UsageError(f"{where} ({use}): unknown parameter {key!r}{_nearest(key, known)}")
    for field in fields(cls):
        if "Path" in str(field.type) and isinstance(given.get(field.name), str):
            given[field.name] = folder / given[field.name]
        elif "Path" in str(field.type) and isinstance(given.get(field.name), list):
            given[field.name] = [folder / str(name) for name in given[field.name]]
    chosen = dict(overrides.get(use, {}))
    try:
        stage: Stage = cls(**(given | chosen))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = str(first["loc"][0])
        source = f"the value given for {use}.{name}" if name in chosen else f"{where} ({use}): {name}"
        raise UsageError(f"{source}: {first['msg']}") from None
    return stage


def _nearest(name: str, known: Any) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; known are {', '.join(sorted(known))}"
