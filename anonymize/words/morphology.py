"""Whether a token that no list holds is still an English word: inflected, prefixed, spelled otherwise, technical."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from anonymize.words import vocabulary as voc

_TECHNICAL = re.compile(
    r".{3,}(?:itis|osis|emia|aemia|opathy|zepam|zolam|oxone|idone|azine|apine|oxetine|pram|statin|olol|azole|cillin"
    r"|mycin|ectomy|oscopy|ology|ologist|ologists|ological|phobia|phobic|aholic|algia|uria|otomy|therapy|therapist|trophic"
    r"|lysis|rrhea|phetamine|amine|barbital|ergic|genic|metric|ically|aceous|morphic|ization|isation|fulness|lessness)$"
)
_PREFIXES = (
    "un",
    "re",
    "non",
    "pre",
    "over",
    "under",
    "self",
    "mis",
    "dis",
    "anti",
    "co",
    "multi",
    "inter",
    "out",
    "semi",
    "super",
    "sub",
    "de",
    "counter",
    "hyper",
    "micro",
    "macro",
    "mini",
    "ex",
    "post",
    "pro",
    "psycho",
    "neuro",
    "bio",
    "cardio",
    "tele",
    "auto",
    "cyber",
)
_SUFFIXES = (
    "ness",
    "ly",
    "able",
    "ish",
    "less",
    "ful",
    "like",
    "ment",
    "wise",
    "y",
    "er",
    "ers",
    "ing",
    "ings",
    "ed",
    "s",
)
_NAME_ENDINGS = (
    "ton", "town", "ville", "burg", "berg", "ford", "field", "wood", "man", "son", "well", "ham", "land", "lands",
    "worth", "stone", "stein", "dale", "brook", "port", "view", "ley", "shire", "mont", "bury", "wick", "haven",
    "ridge", "creek",
)  # fmt: skip
_SHORTEST = 3


def derived_word(low: str, flags: Mapping[str, int]) -> bool:
    """Whether `low`, itself in no list, is formed from an ordinary word in a regular way."""
    if len(low) <= _SHORTEST + 1:
        return False
    if _TECHNICAL.match(low):
        return True
    for stem in _stems(low):
        if flags.get(stem, 0) & (voc.WORD | voc.NAME) == voc.WORD or flags.get(stem, 0) & voc.AMBIGUOUS:
            return True
    return not low.endswith(_NAME_ENDINGS) and _compound(low, flags)


def _stems(low: str) -> Iterator[str]:
    for british, american in (("our", "or"), ("ll", "l"), ("is", "iz"), ("yse", "yze"), ("ogue", "og"), ("ae", "e")):
        at = low.rfind(american)
        if at > 0:
            yield low[:at] + british + low[at + len(american) :]
    for suffix in _SUFFIXES:
        if low.endswith(suffix) and len(low) - len(suffix) >= _SHORTEST:
            stem = low[: -len(suffix)]
            yield stem
            yield stem + "e"
            if stem[-1] == stem[-2]:
                yield stem[:-1]
            if stem[-1] == "i":
                yield stem[:-1] + "y"
    for prefix in _PREFIXES:
        if low.startswith(prefix) and len(low) - len(prefix) > _SHORTEST:
            yield low[len(prefix) :]


def _compound(low: str, flags: Mapping[str, int]) -> bool:
    """Whether two common words make it up (pickleball), neither ending as places and families do."""
    for cut in range(_SHORTEST, len(low) - _SHORTEST):
        a, b = flags.get(low[:cut], 0), flags.get(low[cut:], 0)
        if a & b & voc.WORD and not (a | b) & (voc.NAME | voc.PLACE | voc.RARE):
            return True
    return False
