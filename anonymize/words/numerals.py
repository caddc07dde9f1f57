"""Numbers as they are spoken: the words, the regex fragments built from them, and their digits.

All fragments expect text from `structured.normalise` (lower case, plain quotes and hyphens).
"""

from __future__ import annotations

import re

UNITS = {
    "zero": 0, "oh": 0, "o": 0, "one": 1, "two": 2, "three": 3, "four": 4,
    "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
}  # fmt: skip
TEENS = {
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14,
    "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50,
    "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
REPEATS = {"double": 2, "triple": 3}
ORDINALS = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
    "twenty-first",
    "twenty-second",
    "twenty-third",
    "twenty-fourth",
    "twenty-fifth",
    "twenty-sixth",
    "twenty-seventh",
    "twenty-eighth",
    "twenty-ninth",
    "thirtieth",
    "thirty-first",
]
"""The days of a month as spoken; the n-th is at index n - 1."""

UNIT = "(?:one|two|three|four|five|six|seven|eight|nine)"
BELOW_100 = rf"(?:(?:{'|'.join(TENS)})(?:[- ]{UNIT}\b)?|{'|'.join(TEENS)}|{UNIT})"
SPOKEN_ORDINAL = "(?:" + "|".join(sorted((o.replace("-", "[- ]") for o in ORDINALS), key=len, reverse=True)) + ")"
ORDINAL = rf"(?:\d{{1,2}}(?:st|nd|rd|th)|{SPOKEN_ORDINAL})"
SPOKEN_YEAR = (
    rf"(?:(?:nineteen|eighteen)[- ](?:hundred(?:[- ](?:and[- ])?{BELOW_100})?"
    rf"|(?:oh|o)[- ]{UNIT}|(?:and[- ])?{BELOW_100})"
    rf"|two[- ]thousand(?:[- ](?:and[- ])?{BELOW_100})?"
    rf"|twenty[- ](?:(?:oh|o)[- ]{UNIT}|{'|'.join(TEENS)}|(?:twenty|thirty)(?:[- ]{UNIT}\b)?))"
)
NUMBER_WORDS = (*UNITS, *TEENS, *TENS, *REPEATS, "hundred", "thousand")


def day_of(ordinal: str) -> int | None:
    """The day that an ordinal names ("3rd", "twenty third", "twenty-third"), None where it is none."""
    if ordinal[0].isdigit():
        return int("".join(c for c in ordinal if c.isdigit()))
    spelled = ordinal.replace(" ", "-")
    return ORDINALS.index(spelled) + 1 if spelled in ORDINALS else None


_DIGIT_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_NUMERAL = re.compile(
    rf"\d|\b(?:(?P<tens>{'|'.join(TENS)})(?:[ -](?P<unit>{UNIT})\b)?|(?P<word>{'|'.join(NUMBER_WORDS)}))\b"
)


def digits_of(text: str) -> str:
    """The digits that a number says: "oh 4 six, double seven" -> "04677", "fifty-one twelve" -> "5112"."""
    out, times = "", 1
    for match in _NUMERAL.finditer(text.lower()):
        out += _digits(match) * times
        times = REPEATS.get(match.group(), 1)
    return out


def respell(text: str, digits: str) -> str:
    """`text` with its digits replaced by `digits`, one for one and in the same form, so far as they reach.

    Words give way to the words for single digits ("fifty-one" -> "four two"); all that is no number stays.
    """
    zero = "oh" if re.search(r"\boh\b", text.lower()) else "zero"
    out, last, used, times = "", 0, 0, 1
    for match in _NUMERAL.finditer(text.lower()):
        out += text[last : match.start()]
        last = match.end()
        if match.group() in REPEATS:
            times = REPEATS[match.group()]
            last += text[last : last + 1].isspace()
            continue
        count = len(_digits(match)) * times
        new, used, times = digits[used : used + count], used + count, 1
        if match.group().isdigit():
            out += new
        else:
            words = " ".join(zero if d == "0" else _DIGIT_WORDS[int(d)] for d in new)
            old = text[match.start() : match.end()]
            out += words.upper() if old.isupper() else words.capitalize() if old[0].isupper() else words
    return out + text[last:]


def _digits(match: re.Match[str]) -> str:
    if match.group().isdigit():
        return match.group()
    if match["tens"]:
        return str(TENS[match["tens"]] + UNITS.get(match["unit"] or "zero", 0))
    word = match["word"]
    if word in UNITS:
        return str(UNITS[word])
    if word in TEENS:
        return str(TEENS[word])
    return {"hundred": "00", "thousand": "000"}.get(word, "")
