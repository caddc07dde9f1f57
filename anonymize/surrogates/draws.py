"""What all surrogates share: draws under the key for one client, and the case of what they stand for."""

from __future__ import annotations

from anonymize.keys import keyed, keyed_unit

_DIGEST_DIGITS = 30  # of the 38 or so decimal digits of 128 bits


class Draws:
    """Keyed draws of one client: the same parts always give the same draw, in any order and process.

    Args:
        key: the secret key.
        client_id: whose sessions these are; part of every draw.
    """

    def __init__(self, key: bytes, client_id: str) -> None:
        self._key = key
        self._client = client_id

    def below(self, count: int, *parts: str) -> int:
        """A number from 0 to `count` - 1."""
        return int(keyed_unit(self._key, "surrogate", self._client, *parts) * count)

    def digits(self, old: str, *parts: str) -> str:
        """As many digits as `old` has; the first is a zero only if it was one."""
        number = str(int(keyed(self._key, "digits", self._client, *parts), 16))[-_DIGEST_DIGITS:]
        new = (number * (1 + len(old) // len(number)))[: len(old)]
        return str(1 + self.below(9, "first digit", *parts)) + new[1:] if new.startswith("0") and old[0] != "0" else new

    def order(self, items: list[str], *parts: str) -> list[str]:
        """`items` from a drawn place on, once round."""
        first = self.below(len(items), *parts)
        return items[first:] + items[:first]

    def rank(self, *parts: str) -> str:
        """A text to sort by."""
        return keyed(self._key, *parts[:1], self._client, *parts[1:])

    def consonants(self, letters: str, *parts: str) -> str:
        """As many consonants as there are letters, each another one in the same case: no word appears."""
        stream = keyed(self._key, "letters", self._client, *parts) * (1 + len(letters) // 32)
        return "".join(in_case(_consonant(old, code), old) for old, code in zip(letters, stream, strict=False))


def in_case(new: str, old: str) -> str:
    """`new` in the case of `old`: lower, UPPER or as written."""
    if old.islower():
        return new.lower()
    return new.upper() if old.isupper() and (len(old) > 1 or len(new) == 1) else new


def _consonant(old: str, hexadecimal: str) -> str:
    return "bcdfghjkmnprstvwz".replace(old.lower(), "")[int(hexadecimal, 16)]
