"""E-mail addresses, web addresses and user names as people read them aloud ("angel and dawn v at yahoo dot com")."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from anonymize.spans import Span
from anonymize.structured.patterns import PUBLIC_SITES, TLDS
from anonymize.words import vocabulary as voc
from anonymize.words.lexicon import any_in, pattern, words
from anonymize.words.numerals import NUMBER_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MAILERS = pattern("mailers")
_END = re.compile(
    rf",? dot (?P<zone>(?:{TLDS}|c o m|e d u|o r g)\b(?: dot (?:{TLDS})\b)?|[a-z]{{2,15}}\b(?! dot))|"
    rf"\bat (?:sign )?(?:{_MAILERS})(?:\.(?:{TLDS}))?\b(?! dot)"
)
_END_HINTS = (" dot ", *(f"at {sign}{mailer}" for mailer in _MAILERS.split("|") for sign in ("", "sign ")))
_ZONE = re.compile(rf"(?:{TLDS}|c o m|e d u|o r g)\b")
_TOKEN = re.compile(r"[\w'&]+|[^\w\s]")
_PATH = re.compile(r"(?:,? (?:forward )?slash(?: [\w'-]+){1,6})+")
_REACH = 160
"""How far to the left of "dot com" an address may begin, in characters."""

_JOINTS = words("address_joints")
_TRANSPARENT = words("address_remarks")
_STOPS = words("address_stops")
_PLATFORM = pattern("platforms")
_USER_NAME = pattern("user_names")
_NAME = r"[\w'-]+(?:[._][\w'-]+)*"
_NOT_AT = (
    r"(?!(?:work|home|school|the|my|a|least|night|all|first|this|that|her|his|our|your|noon|times)\b"
    r"|(?:one|two|three|four|five|six|seven|eight|nine|ten)(?: o'clock|[.,?]|$| in| am| pm| at))"
)
_HANDLE_HINT = re.compile(rf"\b(?:{_PLATFORM}|{_USER_NAME}|page|profile)\b")
_AT_HANDLE = re.compile(
    rf"\b(?:{_PLATFORM}|{_USER_NAME}|(?:my|his|her|our|their|your) (?:page|profile))\b[^.?!]{{0,40}}?"
    rf"(?:\b(?:i'm|it's|is|he's|she's|they're|under|handle|called|name|was|as)|'s|"
    rf",),? (?P<handle>at {_NOT_AT}{_NAME}(?: {_NAME}){{0,5}})"
)
_HANDLE_ON = re.compile(
    rf"\b(?:(?:it's|i'm|he's|she's|they're|under|as),? (?P<at>at {_NOT_AT}{_NAME}(?: {_NAME}){{0,3}})|"
    rf"goes by (?P<by>{_NAME})) on (?:{_PLATFORM})\b"
)
_BARE_ON = re.compile(rf"\b(?:i'm|it's|he's|she's|they're|under|as|by),? (?P<handle>{_NAME}) on (?:{_PLATFORM})\b")
_ON_BARE = re.compile(
    rf"\bon (?:{_PLATFORM}),? (?:i|he|she|they|it)(?:'m|'s|'re| am| is| are| go(?:es)? by| use| call myself)"
    rf"(?: called| known as)?,? (?P<handle>{_NAME})"
)
_JOINED_HANDLE = re.compile(
    r"\b(?:at|(?:go|goes|went) by) "
    r"(?P<handle>[\w'-]+(?: [\w'-]+){0,2}? (?:underscore|dash) [\w'-]+(?: (?:underscore|dash) [\w'-]+|"
    r" \d+){0,2})(?! at\b| dot\b)"
)
_ONE_WORD = re.compile(
    rf"\b(?:i'm|i am|it's|he's|she's|they're|under|as|is|was|called),? "
    rf"(?P<handle>{_NAME}(?: {_NAME}){{1,4}})(?:,? all|,) one word\b(?!,? (?:at|dot)\b)"
)
_NUMERAL = rf"(?:\d{{1,3}}|(?:{'|'.join(NUMBER_WORDS)})\b(?:[- ](?:and )?(?:{'|'.join(NUMBER_WORDS)})\b){{0,3}})"
_IP = re.compile(rf"\b{_NUMERAL}(?:,? (?:dot|point),? {_NUMERAL}){{3}}")
_NAMED_HANDLE = re.compile(
    rf"\b(?:(?:my|his|her|your|their|our|the) (?:{_PLATFORM})|(?:{_USER_NAME})(?: on \w+)?)(?:'s| is| was|"
    rf":),? (?:like |just |um,? )?(?P<handle>{_NAME}(?: {_NAME}){{0,4}})"
)
_NO_HANDLE = _STOPS | words("handle_stops")

_NO_PATH = (_NO_HANDLE | {"and"}) - {"get", "all", "my", "the", "for", "go"}
_WWW = re.compile(r"\bw ?w ?w dot [^.?!]*$")
_SPOKEN = re.compile(r" (?:at|dot|underscore)\b")
_SPELT = rf"(?:{'|'.join(NUMBER_WORDS)}|\d+)"
_ASIDE = re.compile(
    rf",? (?:that's|it's|the (?:number|letter)) {_SPELT}(?:[ -]{_SPELT})*(?=,? at\b)|"
    r"(?:,? (?:(?:and )?(?:that's|it's|so|spelled) )?(?:all (?:one word|lower ?case|together)|one word|lower ?case|"
    r"no spaces?|just (?:the )?letters|no,? wait|wait,? no|"
    r"with (?:the|a|an) (?:dash|dot|underscore|hyphen)|[a-z](?:-[a-z]){2,}))+(?=,? (?:at|dot)\b)|"
    r",(?= (?:at|dot|underscore)\b)|"
    r"(?:(?<= at)|(?<= dot)|(?<= underscore)),(?= )"
)
"""What is said between the parts of an address, and the pauses there."""

ADDRESS_WORDS = frozenset(
    max(re.split("[ -]", name), key=len) for name in f"{_MAILERS}|{_PLATFORM}|{_USER_NAME}".split("|")
) | {"dot", "point", "underscore", "dash", "page", "profile"}
"""Of these words every address and user name read aloud has one."""

_HOST, _SPELLED_HOST = 7, 14  # words of a host read aloud, and letters where it is spelled
_CONTRACTED = re.compile(r"'(?:s|re|ve|ll|m|d|t)$")


def find_spoken_web(low: str, said: frozenset[str]) -> Iterator[Span]:
    """Addresses and user names read aloud in one turn of normalised text, whose words are `said`."""
    for match in _ONE_WORD.finditer(low) if " one word" in low else ():
        yield Span(*match.span("handle"), "HANDLE", "one_word")
    if said.isdisjoint(ADDRESS_WORDS):
        return
    if _SPOKEN.search(low) and (asides := list(_ASIDE.finditer(low))):
        plain, origin = _without(low, asides)
        yield from (Span(origin[s.start], origin[s.end - 1] + 1, s.type, s.rule) for s in _find(plain))
    else:
        yield from _find(low)


def _without(low: str, asides: Sequence[re.Match[str]]) -> tuple[str, list[int]]:
    """The text without some parts, and where each of its characters stood."""
    edges = [0, *(at for aside in asides for at in aside.span()), len(low)]
    kept = [range(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    return "".join(low[part.start : part.stop] for part in kept), [at for part in kept for at in part]


def _find(low: str) -> Iterator[Span]:
    for end in _END.finditer(low) if any_in(low, _END_HINTS) else ():
        if span := _address(low, end):
            yield span
    for match in _IP.finditer(low) if any_in(low, (" dot", " point")) else ():
        yield Span(match.start(), match.end(), "IP", "spoken_ip")
    if any_in(low, (" underscore ", " dash ")) or _HANDLE_HINT.search(low):
        yield from _handles(low)


def _handles(low: str) -> Iterator[Span]:
    for match in _HANDLE_ON.finditer(low):
        yield Span(*match.span(str(match.lastgroup)), "HANDLE", "spoken_handle")
    for form in (_BARE_ON, _ON_BARE):
        for match in form.finditer(low):
            if not voc.vocabulary().flags.get(match["handle"], 0) & voc.WORD:
                yield Span(*match.span("handle"), "HANDLE", "handle_on")
    for form in (_AT_HANDLE, _NAMED_HANDLE, _JOINED_HANDLE):
        for match in form.finditer(low):
            if stop := _handle_end(low, match):
                start = match.start("handle")
                yield Span(start - len("at ") * low.endswith(" at ", 0, start), stop, "HANDLE", "spoken_handle")


def _address(low: str, end: re.Match[str]) -> Span | None:
    """The e-mail or web address that ends in `end`, found by reading to the left, word by word."""
    base = max(0, end.start() - _REACH)
    tokens = [(m.start(), m.group()) for m in _TOKEN.finditer(low, base, end.start())]
    if end.group().startswith("at"):
        left = _read_left(tokens, local=True)
        return None if left is None else Span(left, end.end(), "EMAIL", "spoken_email")
    for back in range(2, min(_SPELLED_HOST, len(tokens)) + 1):
        word = tokens[-back][1]
        if back > _HOST and not all(len(part) == 1 or part in _JOINTS for _, part in tokens[1 - back :]):
            break
        if word in ("at", "@"):
            left = _read_left(tokens[:-back], local=True)
            if left is not None:
                return Span(left, end.end(), "EMAIL", "spoken_email")
            break
        if word in ",.?!":
            break
    world = _WWW.search(low, base, end.start())
    left = world.start() if world else _read_left(tokens, local=False)
    path = _PATH.match(low, end.end())
    known = _ZONE.match(end["zone"]) or path or low.startswith("www", left or 0)
    if left is None or not known:
        return None
    site = low[left : end.start()].replace(" ", "")
    if site in PUBLIC_SITES and not path:
        return None
    return Span(left, _path_end(low, path) if path else end.end(), "URL", "spoken_url")


def _read_left(tokens: list[tuple[int, str]], *, local: bool) -> int | None:
    """Where the name that ends at the last token begins; None where there is none."""
    left, joined, taken = None, False, 0
    index = len(tokens) - 1
    if local:
        index = _skip_remarks(tokens, index)
    while index >= 0 and taken < (14 if local else 4):
        start, word = tokens[index]
        if word == "." and tokens[min(index + 1, len(tokens) - 1)][0] > start + 1:
            break  # a sentence ends
        if word in _JOINTS:
            joined = True
        elif word == ",":
            if left is None or index == 0 or not (_is_short(tokens[index - 1][1]) and _is_short(tokens[index + 1][1])):
                break
        elif not word[0].isalnum() or (not joined and _stops(tokens, index)):
            break
        else:
            left, joined, taken = start, False, taken + 1
        index -= 1
    return left


def _skip_remarks(tokens: list[tuple[int, str]], index: int) -> int:
    """Step over ", all one word," between the name and the at."""
    at = index
    while at >= 0 and (tokens[at][1] in _TRANSPARENT or tokens[at][1] == ","):
        at -= 1
    remark = {word for _, word in tokens[at + 1 : index + 1]}
    return at if remark & {"word", "lowercase", "lower", "spaces", "together"} else index


def _is_short(word: str) -> bool:
    return len(word) == 1 or word in NUMBER_WORDS


def _stops(tokens: list[tuple[int, str]], index: int) -> bool:
    """Whether this word belongs to the sentence around the address: "the one angel at", "me and angel at"."""
    word = tokens[index][1]
    following = tokens[index + 1][1] if index + 1 < len(tokens) else ""
    if len(word) == 1 and len(following) == 1 and following not in ".?!;:":
        return False
    if word == "and":
        return index == 0 or tokens[index - 1][1] in _STOPS
    if word == "the":
        before = tokens[index - 1][1] if index else ""
        return before in _STOPS or before == "," or bool(_CONTRACTED.search(before))
    if word in ("one", "a"):
        return following.isalpha() and following not in NUMBER_WORDS and len(following) > 1
    return word in _STOPS or bool(_CONTRACTED.search(word))


def _path_end(low: str, path: re.Match[str]) -> int:
    """The end of "slash get pua rolling", before the sentence goes on."""
    words = list(re.finditer(r"[\w'-]+", low[path.start() : path.end()]))
    for before, word in pairwise(words):
        goes_on = word.group() in _NO_PATH or _CONTRACTED.search(word.group())
        if goes_on and before.group() not in ("slash", "forward"):
            return path.start() + before.end()
    return path.end()


def _handle_end(low: str, match: re.Match[str]) -> int | None:
    """The end of the user name, before the sentence goes on; None where no name follows."""
    begin = match.start("handle")
    end = None
    for number, word in enumerate(re.finditer(_NAME, low[begin : match.end("handle")])):
        if number == 0 and word.group() == "at":
            continue
        if word.group() in _NO_HANDLE or _CONTRACTED.search(word.group()):
            break
        end = begin + word.end()
    return end
