"""Recipes: TOML files that list stages in order, with values that flags and the environment may overrule."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from corpora.errors import UsageError
from pipelines.stages import STAGES, Read, Stage

RECIPES = Path(__file__).parent / "recipes"


@dataclass(frozen=True, slots=True)
class Recipe:
    """A named, ordered list of stages."""

    name: str
    stages: list[Stage]


def load_recipe(
    path: Path, overrides: Mapping[str, Mapping[str, Any]] | None = None, ambient: Collection[str] = ()
) -> Recipe:
    """Read a recipe and make its stages.

    Args:
        path: the TOML file: `name`, then `[[stage]]` tables with `use = "STAGE"` and the stage's parameters.
        overrides: stage name -> parameters that win over the file's (flags, environment); `read:SOURCE` for the one
            `read` of that source.
        ambient: stages of `overrides` that may be missing, for the environment alone speaks of them.

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
    names = {stage.name for stage in stages} | {f"read:{stage.source}" for stage in stages if isinstance(stage, Read)}
    if "input" in (overrides or {}).get("read", {}) and sum(isinstance(stage, Read) for stage in stages) > 1:
        raise UsageError(f"recipe {path}: it reads several sources; say --input SOURCE=PATH for each of them")
    for name in overrides or {}:
        if name not in names and name not in ambient:
            raise UsageError(f"recipe {path}: it has no stage {name!r}, which an option of this call sets")
    return Recipe(str(document.get("name", path.stem)), stages)


def shipped_recipe(name: Path) -> Path:
    """The recipe file of this path; else, for a bare name, the one of that name that comes with the package.

    Raises:
        UsageError: there is neither.
    """
    packaged = RECIPES / f"{name}.toml"
    if name.is_file() or not packaged.is_file() or name.name != str(name):
        if not name.is_file():
            known = ", ".join(sorted(path.stem for path in RECIPES.glob("*.toml")))
            raise UsageError(f"recipe {name}: there is no such file, nor a shipped recipe of that name ({known})")
        return name
    return packaged


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
        value = given.get(field.name)
        if "Path" in str(field.type) and isinstance(value, (str, list)):
            given[field.name] = folder / value if isinstance(value, str) else [folder / str(part) for part in value]
    chosen = {**overrides.get(use, {}), **overrides.get(f"{use}:{given.get('source')}", {})}
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
