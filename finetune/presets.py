"""Hyper-parameters as files named for the papers they come from; `--set` and `--sweep` change single keys."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from itertools import product
from pathlib import Path
from typing import Any, get_type_hints

from corpora.errors import UsageError

PRESETS = Path(__file__).parent / "presets"
DEFAULT = "mentalgpt"
_CHOICES = {
    "bits": (4, 16),
    "schedule": ("constant", "cosine", "linear"),
    "optimizer": ("adamw", "paged_adamw_32bit"),
    "precision": ("auto", "bf16", "fp16", "fp32"),
}
_AT_LEAST_ONE = ("r", "alpha", "epochs", "micro_batch", "accumulation", "source_max", "target_max", "keep_checkpoints")


@dataclass(frozen=True, slots=True)
class Preset:
    """Everything that decides what a run learns.

    Lengths are tokens, `lr` is the peak learning rate, and `warmup_steps` wins over `warmup_ratio` (a share of all
    steps). `micro_batch` x `accumulation` rows make one step. `eval_every` and `save_every` count steps, 0 means at
    every epoch's end; `patience_steps` without a lower held-out loss end the run, 0 never; `max_steps` 0 means all
    epochs. `special_tokens` are added to the vocabulary, which needs `train_embeddings`. `split` is the paper's, for
    comparison only: splits are made by the build.
    """

    r: int = 16
    alpha: int = 16
    dropout: float = 0.1
    targets: str | tuple[str, ...] = "all-linear"
    bits: int = 4
    train_embeddings: bool = False
    special_tokens: tuple[str, ...] = ()
    lr: float = 2e-4
    schedule: str = "constant"
    warmup_ratio: float = 0.03
    warmup_steps: int = 0
    optimizer: str = "adamw"
    weight_decay: float = 0.0
    max_grad_norm: float = 1.0
    epochs: int = 1
    max_steps: int = 0
    micro_batch: int = 4
    accumulation: int = 4
    source_max: int = 512
    target_max: int = 1024
    precision: str = "auto"
    gradient_checkpointing: bool = True
    group_by_length: bool = True
    eval_every: int = 0
    save_every: int = 0
    keep_checkpoints: int = 1
    load_best: bool = False
    patience_steps: int = 0
    split: tuple[float, ...] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse values that no run could have.

        Raises:
            UsageError: a value is out of its range; the sentence names the key.
        """
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise UsageError(f"{name} = {getattr(self, name)!r}: choose one of {', '.join(map(str, choices))}")
        for name in _AT_LEAST_ONE:
            if getattr(self, name) < 1:
                raise UsageError(f"{name} = {getattr(self, name)}: it must be at least 1")
        if not self.lr > 0 or not 0 <= self.dropout < 1 or not 0 <= self.warmup_ratio < 1 or self.max_grad_norm <= 0:
            raise UsageError("lr and max_grad_norm must be above 0, dropout and warmup_ratio from 0 up to below 1")
        if min(self.warmup_steps, self.max_steps, self.eval_every, self.save_every, self.patience_steps) < 0:
            raise UsageError("warmup_steps, max_steps, eval_every, save_every and patience_steps cannot be negative")
        if self.special_tokens and not self.train_embeddings:
            raise UsageError("special_tokens would stay untrained: set train_embeddings = true as well")

    def changed(self, changes: Mapping[str, Any]) -> Preset:
        """The preset with some keys set anew.

        Raises:
            UsageError: a key is unknown or its value of the wrong kind.
        """
        kinds = get_type_hints(Preset)
        values = {}
        for name, value in changes.items():
            if name not in kinds:
                raise UsageError(f"unknown preset key {name!r}; known are {', '.join(f.name for f in fields(Preset))}")
            values[name] = _converted(name, value, kinds[name])
        return replace(self, **values)

    def document(self) -> dict[str, Any]:
        """The values as plain JSON."""
        return asdict(self)


def _converted(name: str, value: Any, kind: Any) -> Any:
    if isinstance(value, list):
        value = tuple(value)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    known = {str | tuple[str, ...]: (str, tuple), tuple[str, ...]: (tuple,), tuple[float, ...]: (tuple,)}
    allowed = known.get(kind, (kind,))
    if not isinstance(value, allowed) or (isinstance(value, bool) and kind is not bool):
        expected = " or ".join("list" if found is tuple else found.__name__ for found in allowed)
        raise UsageError(f"{name} = {value!r}: it must be {expected}")
    return value


@dataclass(frozen=True, slots=True)
class Recipe:
    """A preset file: its name, its values, and the keys it wants tried with several values."""

    name: str
    preset: Preset
    sweep: Mapping[str, Sequence[Any]] = field(default_factory=dict)


def load_preset(name: str) -> Recipe:
    """A preset of ours by its name, or any TOML file by its path.

    Raises:
        UsageError: there is no such preset, or the file is no valid one.
    """
    path = PRESETS / f"{name}.toml"
    path = path if path.is_file() else Path(name)
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError:
        known = ", ".join(sorted(found.stem for found in PRESETS.glob("*.toml")))
        raise UsageError(f"--preset {name}: neither a preset ({known}) nor a file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: not valid TOML: {error}") from None
    sweep = document.pop("sweep", {})
    try:
        preset = Preset().changed(document)
        swept(preset, sweep)
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from None
    return Recipe(path.stem, preset, sweep)


def parse_values(texts: Sequence[str], flag: str) -> dict[str, list[Any]]:
    """`key=value` or `key=v1,v2` from the command line, values as TOML writes them (a bare word is a string).

    Raises:
        UsageError: a text is not of that form.
    """
    found: dict[str, list[Any]] = {}
    for text in texts:
        key, equals, values = text.partition("=")
        if not equals or not key.strip() or not values.strip():
            raise UsageError(f"{flag} {text}: write it as key=value")
        found[key.strip()] = _listed(values.strip())
    return found


def _listed(text: str) -> list[Any]:
    try:
        return list(tomllib.loads(f"v = [{text}]")["v"])
    except tomllib.TOMLDecodeError:
        return [_value(part.strip()) for part in text.split(",")]


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"v = {text}")["v"]
    except tomllib.TOMLDecodeError:
        return text


def swept(preset: Preset, sweep: Mapping[str, Sequence[Any]]) -> dict[str, Preset]:
    """Every combination of the sweep's values, by a name that says them, such as `r8-lr0.0002`.

    Raises:
        UsageError: a key is unknown or a value impossible.
    """
    combinations = [dict(zip(sweep, values, strict=True)) for values in product(*sweep.values())]
    return {"-".join(f"{key}{value}" for key, value in one.items()): preset.changed(one) for one in combinations}
