"""Reading the output once more, by other means than those that cleaned it: what is left, as counts.

Our own surrogates are blanked first. The rest is searched token by token for the client's and the caller's names, by
validators (checksum, format, numbering plan) for structured identifiers, and by stock Presidio recognizers and a plain
look-up of capitalised names for whatever else looks like one. Nothing here fetches anything: Presidio's e-mail
recognizer, which downloads a suffix list, is not used, nor its URL recognizer, whose time explodes on "a.a.a.a".
"""

# ruff: noqa: PLR2004  the numbers are lengths of identifiers and days, months and years

from __future__ import annotations

import functools
import ipaddress
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from anonymize.roster import names_survey
from anonymize.words import vocabulary as voc
from anonymize.words.numerals import NUMBER_WORDS
from corpora.lean import HEAVY, without

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from anonymize.roster import Roster
    from anonymize.spans import Span

_BLANK = "\u25a0"
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
_SIGN = re.compile(r"[\d@]|\.\w|://")
_WORTH = re.compile(r"[\d@]|\w\.\w|://")
_EMAIL = re.compile(r"[\w.+%-]{1,64}@(?P<host>[\w-]{1,63}(?:\.[\w-]{1,63}){1,5})")
_URL = re.compile(
    r"(?P<scheme>https?://|www\.)?(?<![\w.@-])(?P<host>[a-z0-9-]{2,63}(?:\.[a-z0-9-]{2,63}){1,4})\b(?P<path>/\S*)?",
    re.IGNORECASE,
)
_SSN = re.compile(r"(?<![\w-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])")
_IP = re.compile(
    r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]\w)|(?<![\w:])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?![\w:])",
    re.IGNORECASE,
)
_CARD = re.compile(r"(?<![\w-])\d(?:[ -]?\d){12,18}(?![\w-])")
_IN_A_ROW = 7
_SPOKEN = re.compile(
    rf"\b(?:(?:{'|'.join(NUMBER_WORDS)})\b[\s,.-]{{1,3}}){{{_IN_A_ROW - 1},40}}(?:{'|'.join(NUMBER_WORDS)})\b",
    re.IGNORECASE,
)
_NUMBERS = frozenset(NUMBER_WORDS)
_SURE_ZONES = frozenset(["com", "org", "net", "edu", "gov", "mil", "info", "biz"])
_PHONE_DIGITS = 7
_STOCK = (
    "CreditCardRecognizer", "IbanRecognizer", "IpRecognizer", "UsSsnRecognizer", "UsLicenseRecognizer",
    "UsPassportRecognizer", "UsBankRecognizer", "UsItinRecognizer", "MedicalLicenseRecognizer", "CryptoRecognizer",
)  # fmt: skip
_STOCK_SCORE = 0.3
"""Presidio's patterns that match nearly any number score below this without a context word."""


@dataclass(frozen=True, slots=True)
class Residue:
    """What one turn of the output still holds, counted.

    Attributes:
        roster_hits: names, places and organisations of the client's roster that are no ordinary words.
        caller_hits: names that the caller gave: any form of those that are no ordinary words, capitals inside a
            sentence of those that are.
        structured_hits: identifiers that pass a validator: e-mail, web, IP addresses, telephone and card numbers, SSNs.
        other_hits: ambiguous names and whatever else another detector takes for an identifier; false ones are expected.
    """

    roster_hits: int = 0
    caller_hits: int = 0
    structured_hits: int = 0
    other_hits: int = 0


def audit_turns(
    turns: list[str], surrogate_spans: list[list[Span]], roster: Roster, known_names: Iterable[str] = ()
) -> list[Residue]:
    """Count what is left in each turn of one de-identified session, its surrogates subtracted.

    Raises:
        ValueError: there is not one list of surrogate spans a turn.
    """
    if len(turns) != len(surrogate_spans):
        raise ValueError(f"{len(surrogate_spans)} lists of surrogate spans for {len(turns)} turns")
    roster_sure, roster_unsure = _split(roster.names, {token for token, form in roster.names.items() if form.ambiguous})
    caller = {form.form: form.ambiguous for form in names_survey(known_names).forms}
    caller_sure, caller_unsure = _split(caller, {name for name, ambiguous in caller.items() if ambiguous})
    sure_phrases, unsure_phrases = _phrases(roster)
    watched = roster_sure | roster_unsure | caller_sure | caller_unsure | sure_phrases.keys() | unsure_phrases.keys()
    rests = [_blanked(text, spans) for text, spans in zip(turns, surrogate_spans, strict=True)]
    said = [_WORD.findall(rest) for rest in rests]
    forms = {word: voc.split_words(word) for word in set().union(*said)}  # once a word, however often it is said
    capitals = {word for word, of in forms.items() if word.istitle() and of and _only_names(of[0])}
    found = []
    for rest, words in zip(rests, said, strict=True):
        tokens = [token for word in words for token in forms[word]]
        numbers = validated(rest)
        other = _stock_hits(rest, numbers) + len(spoken(rest, tokens))
        if not capitals.isdisjoint(words):
            other += _capital_names(rest, roster_sure | caller_sure)
        roster_hits = caller_hits = 0
        if not watched.isdisjoint(tokens):
            kept = frozenset() if (roster_sure | caller_sure).isdisjoint(tokens) else _kept(tokens)
            sure = [token for at, token in enumerate(tokens) if at not in kept]
            roster_hits = sum(token in roster_sure for token in sure) + _count_phrases(tokens, sure_phrases)
            caller_hits = sum(token in caller_sure for token in sure) + _capitals_of(caller_unsure, rest)
            other += sum(token in roster_unsure or token in caller_unsure for token in tokens)
            other += _count_phrases(tokens, unsure_phrases)
        found.append(Residue(roster_hits, caller_hits, len(numbers), other))
    return found


def counts_by_rule(spans: Iterable[Iterable[Span]]) -> dict[str, int]:
    """How many identifiers of each class each rule found: "TYPE/rule" -> count, sorted."""
    return dict(sorted(Counter(f"{span.type}/{span.rule}" for turn in spans for span in turn).items()))


def _blanked(text: str, spans: list[Span]) -> str:
    pieces: list[str] = []
    last = 0
    for span in spans:
        pieces += (text[last : span.start], _BLANK * (span.end - span.start))
        last = span.end
    return "".join((*pieces, text[last:]))


def _split(names: Iterable[str], ambiguous: set[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Names that can only be names, and names that are words, too, or stand for something that identifies nobody."""
    flags = voc.vocabulary().flags
    known = frozenset(name for name in names if len(name) > 1)
    unsure = frozenset(n for n in known if n in ambiguous or flags.get(n, 0) & (voc.AMBIGUOUS | voc.KEEP | voc.CAPITAL))
    return known - unsure, unsure


def _kept(tokens: list[str]) -> frozenset[int]:
    """Places of tokens inside phrases that identify nobody: works, theories, public figures, sayings."""
    vocab = voc.vocabulary()
    return frozenset(
        place
        for at in range(len(tokens))
        for stop, flag in vocab.phrases_at(tokens, at)
        if flag & (voc.KEEP | voc.CAPITAL)
        for place in range(at, stop)
    )


def _phrases(roster: Roster) -> tuple[dict[str, set[tuple[str, ...]]], dict[str, set[tuple[str, ...]]]]:
    """The roster's places and organisations by first word: those with a word that is in no dictionary, and the rest."""
    flags = voc.vocabulary().flags
    sure: dict[str, set[tuple[str, ...]]] = {}
    unsure: dict[str, set[tuple[str, ...]]] = {}
    for phrase in roster.others:
        words = voc.split_words(phrase)
        if words:
            plain = all(
                flags.get(w, 0) & (voc.WORD | voc.AMBIGUOUS | voc.KEEP | voc.CAPITAL | voc.STATE) for w in words
            )
            (unsure if plain else sure).setdefault(words[0], set()).add(words)
    return sure, unsure


def _count_phrases(tokens: list[str], phrases: dict[str, set[tuple[str, ...]]]) -> int:
    return sum(
        tuple(tokens[at : at + len(phrase)]) == phrase
        for at, token in enumerate(tokens)
        if token in phrases
        for phrase in phrases[token]
    )


def _capitals(rest: str) -> Iterator[str]:
    """Look-up forms of the capitalised words inside sentences."""
    for match in _WORD.finditer(rest):
        if match.group().istitle() and rest[max(0, match.start() - 2) : match.start()][:1].isalpha():
            yield from voc.split_words(match.group())[:1]


def _capitals_of(names: frozenset[str], rest: str) -> int:
    return sum(word in names for word in _capitals(rest)) if names else 0


def _capital_names(rest: str, counted: frozenset[str]) -> int:
    """Capitalised names inside a sentence that no dictionary and no keep-list has, and that were not counted yet."""
    return sum(_only_names(word) and word not in counted for word in _capitals(rest))


def _only_names(word: str) -> bool:
    flag = voc.vocabulary().flags.get(word, 0)
    return bool(flag & voc.NAME and not flag & (voc.WORD | voc.KEEP | voc.CAPITAL | voc.STATE | voc.AMBIGUOUS))


def validated(rest: str) -> list[tuple[int, int]]:
    """The ranges of structured identifiers that pass a validator: checksum, format or numbering plan."""
    if not _is_worth(rest):
        return []
    ranges: list[tuple[int, int]] = []
    for match in _candidates(rest):
        if all(match.end() <= start or end <= match.start() for start, end in ranges):
            ranges.append(match.span())
    if sum(map(str.isdigit, rest)) >= _PHONE_DIGITS:
        for number in _phones(rest):
            if all(number.end <= start or end <= number.start for start, end in ranges):
                ranges.append((number.start, number.end))
    return ranges


def _is_worth(rest: str) -> bool:
    """Whether a text may hold a structured identifier at all; most turns show that they do not by a glance."""
    return bool(_SIGN.search(rest) and _WORTH.search(rest))


def spoken(rest: str, tokens: Iterable[str]) -> list[re.Match[str]]:
    """Seven numbers or more read aloud in a row, which is looked for only where so many are among the text's tokens.

    Letters other than ASCII may fold into these, and the first and the last number need not be tokens by themselves.
    """
    if rest.isascii() and sum(map(_NUMBERS.__contains__, tokens)) < _IN_A_ROW - 2:
        return []
    return list(_SPOKEN.finditer(rest))


def _candidates(rest: str) -> Iterator[re.Match[str]]:
    yield from (m for m in _EMAIL.finditer(rest) if _has_suffix(m["host"]))
    yield from (m for m in _URL.finditer(rest) if _is_site(m))
    yield from _SSN.finditer(rest)
    yield from (m for m in _IP.finditer(rest) if _is_ip(m.group()))
    yield from (m for m in _CARD.finditer(rest) if _passes_luhn(m.group()))


def _is_site(match: re.Match[str]) -> bool:
    """Whether this is a web address and no two sentences without a blank between ("home.So")."""
    if match["scheme"]:
        return True
    zone = match["host"].rpartition(".")[2]
    named = match["path"] or match["host"].rpartition(".")[0].lower() not in _public_sites()
    return bool(zone in _SURE_ZONES and named and _has_suffix(match["host"]))


def _public_sites() -> frozenset[str]:
    from anonymize.structured.patterns import PUBLIC_SITES

    return PUBLIC_SITES


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return text.count(":") != 2 or "::" in text  # 1:23:45 is a time


def _passes_luhn(text: str) -> bool:
    """The check digit of ISO/IEC 7812-1."""
    digits = [int(c) for c in text if c.isdigit()][::-1]
    return len(set(digits)) > 1 and sum(sum(divmod(2 * d, 10)) if i % 2 else d for i, d in enumerate(digits)) % 10 == 0


def _has_suffix(host: str) -> bool:
    return bool(_suffixes()(host.lower()).suffix)


@functools.cache
def _suffixes() -> Any:
    """The packaged public suffix list; without URLs and cache nothing is fetched or written."""
    import tldextract

    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


def _phones(rest: str) -> Iterator[Any]:
    """Telephone numbers that are valid in some plan; without a country code, in the North American one."""
    import phonenumbers

    yield from phonenumbers.PhoneNumberMatcher(rest, "US")


def _stock_hits(rest: str, counted: list[tuple[int, int]]) -> int:
    """Doubtful web addresses ("home.So") and hits of Presidio's own recognizers, outside what was counted already."""
    if not _is_worth(rest):
        return 0
    hits = {match.span() for match in _URL.finditer(rest) if _has_suffix(match["host"])}
    hits |= {
        (hit.start, hit.end)
        for recognizer in _stock()
        for hit in recognizer.analyze(rest, recognizer.supported_entities, None)
        if hit.score >= _STOCK_SCORE
    }
    return sum(all(end <= a or b <= start for a, b in counted) for start, end in hits)


@functools.cache
def _stock() -> tuple[Any, ...]:
    with without(*HEAVY):
        from presidio_analyzer import predefined_recognizers

    return tuple(getattr(predefined_recognizers, name)() for name in _STOCK)
