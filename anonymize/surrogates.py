"""Surrogates: what stands in the output for each identifier, drawn under the key and consistent for a client.

The same key, client and person (place, number ...) always give the same surrogate, whatever the session, the order of
the calls or the process; another key or client gives another. Forms of one name share its surrogate: "Robert", "Bob's"
and "bob" become one name, in the case and with the ending they had.
"""

# ruff: noqa: PLR2004  the numbers are lengths of identifiers and days, months and years

from __future__ import annotations

import datetime as dt
import functools
import importlib.resources
import re
import tomllib
from typing import TYPE_CHECKING, Any

from anonymize import vocabulary as voc
from anonymize.keys import keyed, keyed_unit
from anonymize.lexicon import pattern
from anonymize.numerals import NUMBER_WORDS, ORDINALS, SPOKEN_ORDINAL, TENS, UNITS, digits_of, respell
from anonymize.surrogate_dates import move_date, read_date
from anonymize.tokens import fold
from corpora.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from anonymize.roster import Roster

STYLES = ("surrogate", "placeholder")
DATES = ("surrogate", "shift")
OVER_89 = "90 or older"
"""The one category that 45 CFR 164.514(b)(2)(i)(C) allows ages over 89."""

_REDACTED = re.compile(r"[\[(<{].*[\])>}]|[_*\u2026.\s-]+|[xX]{2,}", re.DOTALL)
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*|\d+")
_ENDING = re.compile(r"['\u2019]s?$|(?<=s)['\u2019]$", re.IGNORECASE)
_SPELLED = re.compile(r"(?:[^\W\d_][-. ,]{1,2}){2,}[^\W\d_]\b\.?")
_PARTICLES = frozenset("de del la las los da dos di du van von der den ter bin ibn ol al el and y e".split())  # noqa: SIM905  reads better
_HONORIFICS = frozenset("ji san chan kun ya ah jan joon bhai nim ssi sama sensei".split())  # noqa: SIM905  reads better
_ROADS = frozenset(("calle", "avenida", "plaza", "colonia", "paseo", "rua", "rue"))
_LOOSE_END = re.compile(r"(?:[\s,]+(?:of|the|and|for|at|in|on|or))+$", re.IGNORECASE)
_OTHER_MONTHS = pattern("calendars").split("|")
_OTHER_MONTH = re.compile(rf"(?<= )(?:{'|'.join(_OTHER_MONTHS)})$")
_NUMBERED_STREET = re.compile(
    rf"(?P<tens>(?:a |one )?hundred and |(?:{'|'.join(TENS)})[- ])(?P<last>{SPOKEN_ORDINAL})"
    r"(?: street| avenue)?",
    re.IGNORECASE,
)
_SHIFT_WEEKS = 26


class Surrogates:
    """The surrogates of one client.

    Args:
        key: the secret key.
        client_id: whose sessions these are; part of every draw.
        roster: the client's names; none of them is ever drawn.
        style: "surrogate", or "placeholder" for "[NAME-1]", "[DATE]".
        dates: "surrogate" (each date moved by itself) or "shift" (all by one multiple of seven days).

    Raises:
        UsageError: `style` or `dates` is unknown.
    """

    def __init__(
        self, key: bytes, client_id: str, roster: Roster, style: str = "surrogate", dates: str = "surrogate"
    ) -> None:
        if style not in STYLES or dates not in DATES:
            raise UsageError(f"style must be one of {', '.join(STYLES)} and dates one of {', '.join(DATES)}")
        self._key = key
        self._client = client_id
        self.roster = roster
        self._placeholder = style == "placeholder"
        self._shift = dates == "shift"
        self._names = self._deal_names()
        clusters = sorted(self._names, key=lambda cluster: keyed(key, "person", client_id, cluster))
        self._numbers = {cluster: number for number, cluster in enumerate(clusters, 1)}
        self._made: dict[tuple[str, str], str] = {}
        for phrase, span_type in sorted(roster.others.items()):
            pool = "firms" if span_type == "ORG" else "places"
            cluster = _cluster(pool, list(_WORD.finditer(phrase)))
            self._made[pool, cluster] = self._made_up(pool, cluster)
        self._cache: dict[tuple[str, str], str] = {}

    def text_for(self, span_type: str, surface: str) -> str:
        """What stands for `surface`, an identifier of class `span_type`; a publisher's redaction stays as it is."""
        if (span_type, surface) not in self._cache:
            self._cache[span_type, surface] = self._make(span_type, surface)
        return self._cache[span_type, surface]

    def _make(self, span_type: str, surface: str) -> str:
        if _REDACTED.fullmatch(surface):
            return surface
        if self._placeholder:
            return self._tag(span_type, surface)
        makers: dict[str, Callable[[str], str]] = {
            "NAME": self._name,
            "LOCATION": self._place,
            "ORG": self._firm,
            "DATE": self._date,
            "AGE90": lambda text: OVER_89.upper() if len(text) > 3 and text.isupper() else OVER_89,
            "PHONE": self._phone,
            "FAX": self._phone,
            "EMAIL": self._email,
            "URL": self._url,
            "HANDLE": self._handle,
            "IP": self._ip,
        }
        if maker := makers.get(span_type):
            return maker(surface)
        return self._code(span_type, surface)

    # Draws

    def _draw(self, count: int, *parts: str) -> int:
        """A number below `count`."""
        return int(keyed_unit(self._key, "surrogate", self._client, *parts) * count)

    def _digits(self, count: int, *parts: str) -> str:
        number = int(keyed(self._key, "digits", self._client, *parts), 16)
        return str(number)[-count:] if count <= 30 else (str(number) * count)[:count]  # of 38 digits

    # Names

    def _deal_names(self) -> dict[str, str]:
        """Cluster -> surrogate for the whole roster, all different, none of them a name on it."""
        taken = set(self.roster.names) | {word for phrase in self.roster.others for word in phrase.split()}
        dealt: dict[str, str] = {}
        clusters: dict[str, tuple[str, str, str]] = {}
        for token, form in sorted(self.roster.names.items()):
            if form.cluster not in clusters or (form.gender and not clusters[form.cluster][1]):
                clusters[form.cluster] = (form.kind, form.gender, token)
        for cluster, (kind, gender, token) in sorted(clusters.items()):
            dealt[cluster] = self._pick(cluster, kind, gender, token, taken)
            taken.add(fold(dealt[cluster]))
        return dealt

    def _pick(self, cluster: str, kind: str, gender: str, token: str, taken: set[str]) -> str:
        """The first name that is free, from a keyed place in the fitting pool on, then in the English one."""
        flags = voc.vocabulary().flags.get(token, 0)
        is_surname = kind == "surname" or (kind == "either" and bool(flags & voc.SURNAME) and not flags & voc.GIVEN)
        gender = gender or voc.vocabulary().gender.get(token, "") or _gender_by_ending(token)
        for names in _candidates(_origin(token), gender, is_surname=is_surname):
            first = self._draw(len(names), "NAME", cluster)
            for name in names[first:] + names[:first]:
                if fold(name) not in taken:
                    return name
        raise ValueError(f"{len(taken)} names on one roster leave none to draw")

    def _name(self, surface: str) -> str:
        if _SPELLED.fullmatch(surface):
            return self._spell(surface)
        words = list(_WORD.finditer(surface))
        if " " in surface and (pool := _other_pool([word.group().lower() for word in words])):
            return self._rename(pool, surface)
        out, last = "", 0
        for index, word in enumerate(words):
            out += surface[last : word.start()]
            last = word.end()
            text = word.group()
            following = words[index + 1].group() if index + 1 < len(words) else ""
            stutter = (
                surface[last : last + 1] == "-" and following.lower().startswith(text.lower()) and text != following
            )
            joined = index > 0 and surface[word.start() - 1] == "-"
            particle = text.lower() in _PARTICLES and following and text.lower() not in self.roster.names
            if particle or (joined and text.lower() in _HONORIFICS):
                out += text
            elif joined and index == len(words) - 1 and index == 1:  # "Ji-hoon": two parts of one given name
                out += self._one_name(text, last=False, several=True)
            elif stutter:
                out += self._one_name(following, last=index + 1 == len(words) - 1, several=len(words) > 2)[: len(text)]
            else:
                out += self._one_name(text, last=index == len(words) - 1, several=len(words) > 1)
        return out + surface[last:]

    def _one_name(self, token: str, *, last: bool, several: bool) -> str:
        """The surrogate of one token of a name, in its case, with its possessive or plural ending."""
        if len(token) == 1:
            return _in_case("ABCDEFGHJKLMNPRSTW"[self._draw(18, "INITIAL", token.lower())], token)
        ending = found.group() if (found := _ENDING.search(token)) else ""
        stem = token.removesuffix(ending)
        form = self.roster.resolve(stem)
        if form and fold(stem).endswith("es") and (family := self.roster.names.get(fold(stem)[:-2])):
            return _in_case(_plural(self._names[family.cluster]), stem) + ending  # "the Stavroses" beside a Stavros
        if form is None:
            if singular := _family(fold(stem)):  # "the Feldsteins" of whom nobody is named
                return _in_case(_plural(self._unknown(singular, "surname")), stem) + ending
            flags = voc.vocabulary().flags.get(fold(stem), 0)
            kind = "surname" if several and last and flags & voc.NAME != voc.GIVEN else "given"
            name = self._unknown(fold(stem), kind)
        else:
            name = self._names[form.cluster]
            if self._is_plural(fold(stem), form.cluster):
                name = _plural(name)
        return _in_case(name, stem) + ending

    def _unknown(self, token: str, kind: str) -> str:
        """The surrogate of a name that the roster does not know; those that it knows keep theirs for themselves."""
        return self._pick(token, kind, "", token, set(self.roster.names) | set(map(fold, self._names.values())))

    def _is_plural(self, low: str, cluster: str) -> bool:
        """Whether the form is a family's plural ("the Dunleavys") beside a singular on the roster."""
        singulars = [low[: -len(ending)] for ending in ("s", "es") if low.endswith(ending)]
        return any(form in self.roster.names and self.roster.names[form].cluster == cluster for form in singulars)

    def _spell(self, surface: str) -> str:
        """A spelled-out name ("M-A-R-I") as the letters of its surrogate."""
        letters = [c for c in surface if c.isalpha()]
        joint = re.search(r"[-. ,]+", surface)
        name = self._one_name("".join(letters), last=True, several=False)
        return _in_case((joint.group() if joint else "-").join(c for c in name if c.isalpha()), surface)

    def _tag(self, span_type: str, surface: str) -> str:
        if span_type != "NAME":
            return f"[{span_type}]"
        for word in _WORD.finditer(surface):
            if form := self.roster.resolve(_ENDING.sub("", word.group())):
                return f"[NAME-{self._numbers[form.cluster]}]"
        return "[NAME]"

    # Places and firms

    def _place(self, surface: str) -> str:
        if not re.search(r"[^\W\d_]{2}", re.sub(rf"\b(?:{'|'.join(NUMBER_WORDS)})\b", "", surface.lower())):
            return self._code("LOCATION", surface)  # a postal code
        if street := _NUMBERED_STREET.fullmatch(surface):
            others = [word for word in ORDINALS[:9] if word != street["last"].lower()]
            new = others[self._draw(len(others), "STREET", surface.lower())]
            return surface[: street.start("last")] + _in_case(new, street["last"]) + surface[street.end("last") :]
        states = _pools()["places"]["states"].split()
        if surface.lower() in {s.lower() for s in states}:
            others = [s for s in states if s.lower() != surface.lower()]
            return _in_case(others[self._draw(len(others), "STATE", surface.lower())], surface)
        return self._rename("places", surface)

    def _firm(self, surface: str) -> str:
        if surface.isupper() and surface.isalpha() and len(surface) <= 5:  # an acronym
            return self._code("ORG", surface)
        return self._rename("firms", surface)

    def _rename(self, pool: str, surface: str) -> str:
        """`surface` with its proper part replaced by one made-up name, its numbers by others, its kind words kept."""
        words = list(_WORD.finditer(surface))
        proper = _proper(pool, words)
        name = self._made_up(pool, _cluster(pool, words))
        spans = {w.start() for w in proper}
        out, last, placed = "", 0, False
        for word in words:
            gap = surface[last : word.start()]
            if word.start() in spans:
                out += gap * (not placed or not gap.isspace()) + ("" if placed else _in_case(name, word.group()))
                placed = True
            else:
                out += gap + word.group()
            last = word.end()
        out = _LOOSE_END.sub("", (out + surface[last:]).strip())
        return respell(out, self._digits(len(digits_of(out)), pool, surface.lower())) if digits_of(out) else out

    def _made_up(self, pool: str, cluster: str) -> str:
        """The made-up name for a proper part; those on the roster were dealt first and are all different."""
        if (pool, cluster) in self._made:
            return self._made[pool, cluster]
        heads: list[str] = _pools()[pool]["first"].split()
        tails: list[str] = _pools()[pool].get("second", "").split() or [""]
        names = [head + tail for head in heads for tail in tails]
        taken = {*self.roster.names, *self.roster.others, cluster, *(fold(name) for name in self._made.values())}
        first = self._draw(len(names), pool, cluster)
        return next((n for n in names[first:] + names[:first] if fold(n) not in taken), names[first])

    # Dates

    def _date(self, surface: str) -> str:
        surface = self._other_calendar(surface)
        _, month, day = read_date(surface)
        if month is None and day is None:
            return self._code("DATE", surface)
        if self._shift:
            weeks = 1 + self._draw(2 * _SHIFT_WEEKS, "SHIFT")
            weeks = weeks - 1 - _SHIFT_WEEKS if weeks <= _SHIFT_WEEKS else weeks - _SHIFT_WEEKS
            return move_date(surface, lambda date: date + dt.timedelta(weeks=weeks))
        cluster = f"{month}-{day}"

        def move(date: dt.date) -> dt.date:
            new_month = (date.month + self._draw(11, "MONTH", cluster)) % 12 + 1
            new_day = 3 + (date.day - 3 + 1 + self._draw(25, "DAY", cluster)) % 26
            return dt.date(date.year, new_month, new_day)

        return move_date(surface, move)

    def _other_calendar(self, surface: str) -> str:
        """The date with its month exchanged, where that is one of another calendar ("the 4th of Azar")."""
        found = _OTHER_MONTH.search(surface.lower())
        if found is None:
            return surface
        at = _OTHER_MONTHS.index(found.group())
        year = _OTHER_MONTHS[at - at % 12 : at - at % 12 + 12]
        new = year[(at % 12 + 1 + self._draw(11, "OTHER MONTH", found.group())) % 12]
        old = surface[found.start() : found.end()]
        new = new.title() if old.istitle() else _in_case(new, old)
        return surface[: found.start()] + new + surface[found.end() :]

    # Addresses, numbers and codes

    def _user(self, span_type: str, surface: str) -> tuple[str, str, str]:
        """A made-up user: name, number in digits, number in words."""
        low = surface.lower()
        names = _given("english", "u")
        number = str(10 + self._draw(90, span_type, "number", low))
        return names[self._draw(len(names), span_type, low)].lower(), number, respell("one two", number)

    def _email(self, surface: str) -> str:
        name, number, spoken = self._user("EMAIL", surface)
        zone = ("com", "org")[self._draw(2, "EMAIL", "zone", surface.lower())]
        made = f"{name}{number}@example.{zone}" if "@" in surface else f"{name} {spoken} at example dot {zone}"
        return made.upper() if surface.isupper() else made

    def _url(self, surface: str) -> str:
        name, number, spoken = self._user("URL", surface)
        low = surface.lower()
        if re.search(r"\bdot\b", low):
            made = "example dot org" + (f" slash {name} {spoken}" if "slash" in low else "")
        else:
            scheme = found.group() if (found := re.match(r"(?:https?://)?(?:www\.)?", low)) else ""
            made = f"{scheme}example.org" + (f"/{name}{number}" if "/" in low.removeprefix(scheme) else "")
        return made.upper() if surface.isupper() else made

    def _handle(self, surface: str) -> str:
        name, number, spoken = self._user("HANDLE", surface)
        lead = found.group() if (found := re.match(r"@|u/|at ", surface.lower())) else ""
        made = f"{lead}{name} {spoken}" if " " in surface else f"{lead}{name}_{number}"
        return made.upper() if surface.isupper() else made

    def _ip(self, surface: str) -> str:
        """An address from the blocks kept for documentation (RFC 5737, RFC 3849), written or spoken as it was."""
        if ":" in surface:
            return f"2001:db8::{1 + self._draw(65535, 'IP', surface.lower()):x}"
        last = str(100 + self._draw(100, "IP", surface.lower()))
        if re.search(r"[a-z]", surface.lower()):
            return f"{respell('one two three', '192')} dot zero dot two dot {respell('one two three', last)}"
        return f"192.0.2.{last}"

    def _phone(self, surface: str) -> str:
        """The same shape with digits reserved for fiction: 555-01xx, after another area code."""
        old = digits_of(surface)
        tail = self._digits(2, "PHONE", old[-4:])
        area = str(200 + self._draw(700, "AREA", old[-10:]))
        size = len(old)
        if size >= 7:  # a whole number, with or without area and country code
            new = ("1" * (size - 10) + area + "55501" + tail)[-size:]
        elif size == 4:  # the last four
            new = "01" + tail
        else:
            new = (area + "555")[:size]
        return respell(surface, new)

    def _code(self, span_type: str, surface: str) -> str:
        """The same shape with other digits and, where it holds short groups of letters, other letters."""
        low = surface.lower()
        new = self._digits(len(digits_of(surface)), span_type, low)
        if span_type == "SSN" and len(new) == 9:
            new = "9" + new[1:]  # the Social Security Administration gives no number from 900 on
        changed = respell(surface, new)
        letters = iter(keyed(self._key, "letters", self._client, span_type, low) * (1 + len(surface) // 32))
        out, last = "", 0
        for group in re.finditer(r"[^\W\d_]+", changed):
            text = group.group()
            out += changed[last : group.start()]
            last = group.end()
            keep = text.lower() in (*NUMBER_WORDS, "mrn", "exp") or (
                len(text) > 4 and not any(c.isdigit() for c in surface)
            )
            out += text if keep else "".join(_in_case(_other_letter(c, next(letters)), c) for c in text)
        return out + changed[last:]


def _plural(name: str) -> str:
    return name + ("es" if name.endswith(("s", "x", "z", "ch", "sh")) else "s")


def _family(token: str) -> str:
    """The surname that a plural is made of ("feldsteins"); "" for a name that ends so itself ("james")."""
    flags = voc.vocabulary().flags
    singular = token.removesuffix("s")
    return singular if singular != token and not flags.get(token, 0) and flags.get(singular, 0) & voc.SURNAME else ""


def _other_pool(words: list[str]) -> str | None:
    """The pool of a place or firm that was taken for a person's name ("Calle Allende", "Tessier Poultry")."""
    if len(words) < 2:
        return None
    if words[0] in _ROADS or words[-1] in ("boulevard", "avenue", "street", "road"):
        return "places"
    flags = voc.vocabulary().flags
    first, last = flags.get(words[0], 0), flags.get(words[-1], 0)
    firm = last & voc.ORG_HEAD or (last & voc.WORD and not first & (voc.GIVEN | voc.TITLE))
    headed = first & voc.ORG_HEAD and not first & (voc.NAME | voc.TITLE)
    return "firms" if headed or (firm and not last & (voc.NAME | voc.AMBIGUOUS)) else None


def _other_letter(old: str, hexadecimal: str) -> str:
    """A consonant, so that no word appears, other than `old`."""
    letters = "bcdfghjkmnprstvwz".replace(old.lower(), "")
    return letters[int(hexadecimal, 16)]


def _in_case(new: str, old: str) -> str:
    """`new` in the case of `old`: lower, UPPER or as written."""
    if old.islower():
        return new.lower()
    return new.upper() if old.isupper() and (len(old) > 1 or len(new) == 1) else new


@functools.cache
def _pools() -> dict[str, dict[str, Any]]:
    return tomllib.loads((importlib.resources.files("anonymize") / "pools.toml").read_text(encoding="utf-8"))


@functools.cache
def _kinds(pool: str) -> frozenset[str]:
    return frozenset(_pools()[pool]["kinds"].split())


def _proper(pool: str, words: list[re.Match[str]]) -> list[re.Match[str]]:
    """The words of a place or firm that are its name, not its kind ("Dunmore" of "Dunmore Road"), nor numbers."""
    kinds = _kinds(pool)
    if len(words) == 2 and words[0].group().lower() in UNITS and words[1].group().lower() not in kinds:
        return words  # "Three Rivers"
    named = [
        w for w in words if not w.group().isdigit() and w.group().lower() not in NUMBER_WORDS and len(w.group()) > 1
    ]
    return [w for w in named if w.group().lower() not in kinds] or named[:1]


def _cluster(pool: str, words: list[re.Match[str]]) -> str:
    return " ".join(fold(w.group()) for w in _proper(pool, words))


def _given(origin: str, gender: str) -> list[str]:
    pools = _pools()["given"]
    names: str = pools[origin].get(gender) or pools[origin]["u"]
    return names.split()


def _gender_by_ending(token: str) -> str:
    """The gender that the ending of a Spanish name shows; "" elsewhere."""
    return {"a": "f", "o": "m"}.get(token[-1:], "") if _origin(token) == "spanish" else ""


def _candidates(origin: str, gender: str, *, is_surname: bool) -> Iterator[list[str]]:
    """Pools to draw from, the best first; the last, of double names, is never used up."""
    for pool in (origin, "english"):
        yield _surnames(pool) if is_surname else _given(pool, gender)
    everybody = _surnames("english") if is_surname else [name for g in "fmu" for name in _given("english", g)]
    yield everybody
    yield [f"{first}-{second}" for first in everybody for second in everybody]


def _surnames(origin: str) -> list[str]:
    names: str = _pools()["surname"][origin]
    return names.split()


@functools.cache
def _origins() -> dict[str, str]:
    """Name -> pool of like origin."""
    alias = _pools()["origins"]
    found: dict[str, str] = {}
    for file in ("surnames.tsv", "given.tsv"):
        for line in voc.read_list(file):
            name, *_, origin = line.split("\t")
            found[name] = alias.get(origin, origin)
    return found


def _origin(token: str) -> str:
    origin = _origins().get(token, "english")
    return origin if origin in _pools()["surname"] else "english"
