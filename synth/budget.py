"""What may be spent: worst cases are reserved before anything is sent, so that a limit is never passed.

Money is counted in whole nano-dollars, rounded up, so that sums are exact.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from corpora.errors import UsageError

NANO = 10**9
_MILLION = 10**6
_MESSAGE_OVERHEAD, _PROMPT_OVERHEAD = 16, 16
"""Tokens that a chat template may put around each message, and around all: more than the common ones do."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens read (of prompts) and written (of answers)."""

    read: int = 0
    written: int = 0

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(self.read + other.read, self.written + other.written)

    def __sub__(self, other: Tokens) -> Tokens:
        return Tokens(self.read - other.read, self.written - other.written)

    def __mul__(self, times: int) -> Tokens:
        return Tokens(self.read * times, self.written * times)

    @property
    def all(self) -> int:
        """Both together."""
        return self.read + self.written


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens read and a million written."""

    read: float = 0.0
    written: float = 0.0

    def nano(self, spent: Tokens) -> int:
        """The price of tokens in nano-dollars, rounded up."""
        exact = (spent.read * self.read + spent.written * self.written) * NANO / _MILLION
        return -int(-round(exact, 3) // 1)


_NONE = Tokens()


def prompt_bound(texts: list[str]) -> int:
    """The most tokens that messages can take where the tokenizer is unknown: their UTF-8 bytes, and the template's."""
    return sum(len(text.encode()) + _MESSAGE_OVERHEAD for text in texts) + _PROMPT_OVERHEAD


def load_price(path: Path, model: str) -> Price:
    """A model's price from a TOML file: a table `["NAME"]` a model, `input` and `output` in USD per million tokens.

    Raises:
        UsageError: the file cannot be read, does not name the model, or a price is no number of 0 or more.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"--prices {path}: cannot be read as TOML ({type(error).__name__})") from None
    entry = table.get(model)
    if not isinstance(entry, dict):
        raise UsageError(f"--prices {path}: it has no table [{model!r}] with `input` and `output`")
    prices = [entry.get(name) for name in ("input", "output")]
    if not all(isinstance(price, (int, float)) and not isinstance(price, bool) and price >= 0 for price in prices):
        raise UsageError(f"--prices {path}: `input` and `output` of {model!r} are USD per million tokens, 0 or more")
    return Price(float(prices[0] or 0), float(prices[1] or 0))


class Budget:
    """Limits on tokens and money, what was spent, and what is reserved for what is under way."""

    def __init__(
        self, price: Price | None = None, dollars: float | None = None, tokens: int | None = None, spent: Tokens = _NONE
    ) -> None:
        """Start from what earlier runs spent.

        Args:
            price: of the model; None where it is unknown, which no limit of money allows.
            dollars: most US dollars; None for no limit.
            tokens: most tokens, read and written; None for no limit.
            spent: by earlier runs on the same ledger.

        Raises:
            UsageError: a limit of money without a price.
        """
        if dollars is not None and price is None:
            raise UsageError("--budget needs the model's price: give --prices FILE, a TOML table of models")
        self.price, self._most_tokens = price, tokens
        self._most_nano = None if dollars is None else int(dollars * NANO)
        self.spent, self._reserved, self.held = spent, Tokens(), Tokens()

    def reserve(self, worst: Tokens, ahead: Tokens = _NONE) -> bool:
        """Set the worst case of a request aside, and `ahead` for what must follow it; False where a limit forbids."""
        if not self._fits(self.spent + self._reserved + self.held + worst + ahead):
            return False
        self._reserved += worst
        self.held += ahead
        return True

    def settle(self, worst: Tokens, actual: Tokens | None) -> None:
        """A request ended: count what it took; None where nobody knows, so that its worst case counts."""
        self._reserved -= worst
        self.spent += worst if actual is None else actual

    @property
    def under_way(self) -> bool:
        """Whether anything is reserved for requests that have not ended."""
        return self._reserved.all > 0

    def dollars(self, tokens: Tokens | None = None) -> float | None:
        """The price of tokens, by default of all that were spent; None where it is unknown."""
        return None if self.price is None else self.price.nano(tokens or self.spent) / NANO

    def _fits(self, total: Tokens) -> bool:
        if self._most_tokens is not None and total.all > self._most_tokens:
            return False
        return self._most_nano is None or self.price is None or self.price.nano(total) <= self._most_nano
