"""Who a dialogue's client is: drawn from stated distributions, so that no two requests ask for the same person."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from corpora.errors import UsageError
from synth.draws import draw_of

PACKAGED = Path(__file__).with_name("personas.toml")
AGE = "age"
Traits = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Persona:
    """Each trait's drawn value, by the trait's name."""

    traits: Mapping[str, str]

    @property
    def age(self) -> str | None:
        """The age group; None where the distributions have none."""
        return self.traits.get(AGE)

    def text(self) -> str:
        """The traits as a prompt names them."""
        return "; ".join(f"{name}: {value}" for name, value in self.traits.items())


def load_traits(path: Path = PACKAGED) -> Traits:
    """Traits with the weight of each of their values, from a TOML file of tables.

    Raises:
        UsageError: the file cannot be read, or a trait holds anything but weights over 0.
    """
    try:
        traits = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"--personas {path}: cannot be read as TOML ({type(error).__name__})") from None
    for name, values in traits.items():
        weights = values.values() if isinstance(values, dict) else ()
        if not weights or not all(isinstance(weight, (int, float)) and weight > 0 for weight in weights):
            raise UsageError(f'--personas {path}: [{name}] must list "VALUE" = WEIGHT, each weight over 0')
    if not traits:
        raise UsageError(f"--personas {path}: it names no trait")
    return traits


def draw_persona(traits: Traits, *seed: object) -> Persona:
    """One persona; every trait is drawn independently."""
    draw = draw_of("persona", *seed)
    return Persona({name: draw.choices(list(values), list(values.values()))[0] for name, values in traits.items()})
