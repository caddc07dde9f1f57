"""One session being read: its tokens, what each may be, what was decided so far, and what the session remembers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import compress, pairwise
from typing import Any

from anonymize.roster import Kind, Survey, SurveyForm
from anonymize.spans import Span
from anonymize.words import context
from anonymize.words import vocabulary as voc
from anonymize.words.morphology import derived_word
from anonymize.words.tokens import COMMA, DASH, HYPHEN, LOWER, NUMBER, SPACE, START, TITLE, UPPER, tokenize

NAME, LOCATION, ORG = "NAME", "LOCATION", "ORG"
FREE, KEPT, TAKEN = range(3)
"""A token is open, identifies nobody, or is decided already by another detector."""

_BREAKS = (START, DASH)
_PAUSES = (START, COMMA, DASH)
_JOINTS = (SPACE, HYPHEN)
_NAMES_NOBODY = voc.CAPITAL | voc.KEEP | voc.STATE
_LISTED = voc.NAME | voc.PLACE
_ALSO_A_WORD = voc.AMBIGUOUS | voc.PLACE_WORD
_ONLY_A_WORD = voc.WORD | _LISTED | voc.ORG

_WHEREABOUTS = frozenset(
    {"at", "from", "to", "by", "in", "into", "outside", "near", "past", "behind", "over", "with", "called", "opposite"}
)
_SHOUT = 3
_LONGEST_WORD = 45  # letters; longer tokens are no words
_LONGEST_PHRASE = 8  # tokens
_SHORTEST_STEM = 3  # letters
_MANY = 0.5
_SURE = 3  # times that a name of the caller's or of the client's other sessions counts as seen


class Reading:
    """Parallel lists over the session's tokens, for the rules to read and to write.

    `at` has where each look-up form stands, `letters` where tokens of one character do, `raised` those of a shape other
    than lower case, `numbers` those of figures, `hyphens` those after one and `dashes` those after a dash.
    `flag` is what the lists know (`vocabulary`), `flags` the same by form (`enriched` are the tokens that differ),
    `shape` the capitals as far as they mean something, `status` one of `FREE`, `KEPT`, `TAKEN`; `label` ("", NAME,
    LOCATION, ORG) and `rule` are the decision.
    `memory` maps a token's look-up form to the type that the session, or the client's others, are sure of; `phrases`
    does so for several words; `caller` are the forms that the caller named; `codes` are structured identifiers that a
    model added to those of the rules, per turn.
    `sightings` counts how often each form was decided to be a name; `slips` are the tokens at which a cased session
    seems to write a name of its own without its capital; `begun` are words that were broken off; `judged` is what was
    known, and what came of it, when a token was last weighed.
    """

    def __init__(
        self,
        turns: Sequence[str],
        known: Mapping[str, str],
        phrases: Mapping[str, str],
        taken: Sequence[Sequence[Span]],
        caller: frozenset[str],
        *,
        strict: bool,
    ) -> None:
        self.vocab = voc.vocabulary()
        self.turns = list(turns)
        self.caller = caller
        self.strict = strict
        tokens = self.tokens = tokenize(self.turns)
        self.low, self.before, self.suffix = tokens.low, tokens.before, tokens.suffix
        self.count = len(tokens.low)
        self.at: defaultdict[str, list[int]] = defaultdict(list)
        for i, low in enumerate(tokens.low):
            self.at[low].append(i)
        self.letters = self.where({low for low in self.at if len(low) == 1})
        self.flags = {low: self._flag(low) for low in self.at}
        self.flag = [self.flags[low] for low in tokens.low]
        self.enriched: set[int] = set()
        self.status = bytearray(self.count)
        self.label = [""] * self.count
        self.rule = [""] * self.count
        self.codes: list[list[Span]] = [[] for _ in self.turns]
        self.cased = self._is_cased()
        self.shape = self._shapes()
        self.raised = [i for i, shape in enumerate(self.shape) if shape != LOWER]
        self.numbers = [i for i in self.raised if self.shape[i] == NUMBER]
        self.hyphens = [i for i, gap in enumerate(self.before) if gap == HYPHEN]
        self.dashes = [i for i, gap in enumerate(self.before) if gap == DASH]
        self.memory = dict(known)
        self.phrases = dict(phrases)
        self.sightings: Counter[str] = Counter(dict.fromkeys(known, _SURE))
        self.slips: set[int] = set()
        self.judged: dict[int, tuple[tuple[Any, ...], tuple[str, float, str]]] = {}
        self.beginnings: set[str] = set()
        self.begun: set[int] = set()
        self._take(taken)

    def _flag(self, low: str) -> int:
        table = self.vocab.flags
        flag = table.get(low)
        if flag is not None or len(low) > _LONGEST_WORD:
            return flag or 0
        if low[-1] == "s" and len(low) > _SHORTEST_STEM:
            for stem in (low[:-1], low[:-2] if low.endswith("es") else ""):
                if found := table.get(stem):
                    return found & ~(voc.ORG_HEAD | voc.SPEECH | voc.TITLE)
        stem, _, ending = low.partition("'")
        if ending in context.CONTRACTED and stem in table:
            return voc.WORD | voc.CAPITAL  # not Vi'let, not Ka'ena
        if (low.endswith("in") and low + "g" in table) or derived_word(low, table):
            return voc.WORD
        return 0

    def _is_cased(self) -> bool:
        """Whether capitals mean something: most sentences start with one, and not most words are all capitals."""
        shapes = self.tokens.shape
        words = self.count - shapes.count(NUMBER)
        starts = [shape for shape, gap in zip(shapes, self.before, strict=True) if gap == START and shape != NUMBER]
        capitals = len(starts) - starts.count(LOWER)
        return bool(words) and capitals >= len(starts) * _MANY and shapes.count(UPPER) < words * _MANY

    def _shapes(self) -> list[int]:
        """The tokens' shapes; where capitals mean nothing (whole session, shouted turn) all words count as lower."""
        shapes = self.tokens.shape
        if not self.cased:
            return [NUMBER if shape == NUMBER else LOWER for shape in shapes]
        first = self.tokens.first
        changed = list(shapes)
        for a, b in pairwise(first):
            loud = shapes[a:b].count(UPPER)
            if loud >= _SHOUT and loud > (b - a) * _MANY:
                changed[a:b] = [NUMBER if shape == NUMBER else LOWER for shape in shapes[a:b]]
        return changed

    def _take(self, taken: Sequence[Sequence[Span]]) -> None:
        start, end, first = self.tokens.start, self.tokens.end, self.tokens.first
        for turn, spans in enumerate(taken):
            k, stop = first[turn], first[turn + 1]
            for span in spans:
                while k < stop and end[k] <= span.start:
                    k += 1
                while k < stop and start[k] < span.end:
                    self.status[k] = TAKEN
                    k += 1

    # -- questions the rules ask ---------------------------------------------------------------------------------

    def where(self, forms: AbstractSet[str]) -> list[int]:
        """The tokens whose look-up form is one of `forms`, in order."""
        return sorted(i for low in self.at.keys() & forms for i in self.at[low])

    def flagged(self, fits: Callable[[int], object]) -> list[int]:
        """The tokens whose flag `fits`, in order; the flag of most is that of their form, so that is asked once."""
        of_form = self.where({low for low, flag in self.flags.items() if fits(flag)})
        return sorted({*of_form} - self.enriched | {i for i in self.enriched if fits(self.flag[i])})

    def decided(self) -> Iterator[int]:
        """The tokens with a label, in order; those that get one meanwhile are met, too, if they are yet to come."""
        return compress(range(self.count), self.label)

    def capital(self, i: int) -> bool:
        """Whether token i has a capital that means something."""
        return self.shape[i] in (TITLE, UPPER)

    @property
    def careless(self) -> bool:
        """Whether names lose their capitals in a session that has capitals."""
        return len(self.slips) > 1

    def inside(self, i: int) -> bool:
        """Whether token i follows its neighbour inside a sentence."""
        return self.before[i] not in _BREAKS

    def ends(self, i: int) -> bool:
        """Whether a pause, the sentence or the turn ends after token i."""
        return i + 1 >= self.count or self.before[i + 1] in _PAUSES

    def joined(self, i: int) -> bool:
        """Whether only a space or a hyphen stands between tokens i - 1 and i, and no possessive ending."""
        return i > 0 and self.before[i] in _JOINTS and not self.suffix[i - 1]

    def wordy(self, i: int) -> bool:
        """Whether token i is an ordinary word, too: then a name needs evidence in its place."""
        f = self.flag[i]
        return bool(f & _ALSO_A_WORD) or f & _ONLY_A_WORD == voc.WORD

    def solid(self, i: int) -> bool:
        """Whether token i is on a name or place list and is no ordinary word."""
        return bool(self.flag[i] & _LISTED) and not self.wordy(i) and not self.barred(i)

    def barred(self, i: int) -> bool:
        """Whether token i identifies nobody by itself."""
        return bool(self.status[i] or self.flag[i] & _NAMES_NOBODY)

    def mark(self, a: int, b: int, kind: str, rule: str) -> None:
        """Decide on tokens a to b (exclusive), unless another detector has one of them."""
        if TAKEN in self.status[a:b]:
            return
        self.label[a:b] = [kind] * (b - a)
        self.rule[a:b] = [rule] * (b - a)

    def enrich(self, i: int, flag: int) -> None:
        """Let token i be more than the lists know of its form: the last word of a phrase."""
        self.flag[i] |= flag
        self.enriched.add(i)

    def mark_code(self, a: int, b: int, kind: str, rule: str) -> None:
        """Decide that the free tokens a to b (exclusive) of one turn are a structured identifier."""
        self.status[a:b] = bytes([TAKEN]) * (b - a)
        self.codes[self.tokens.turn[a]].append(Span(self.tokens.start[a], self.tokens.end[b - 1], kind, rule))

    def remember(self) -> None:
        """Keep what is decided: every token of a name, the rare tokens and the phrases of places and organisations."""
        memory, low, decided = self.memory, self.low, list(self.decided())
        self.sightings |= Counter(low[i] for i in decided if self.label[i] == NAME)
        for i in decided:
            kind = self.label[i]
            if len(low[i]) == 1 or self.shape[i] == NUMBER or low[i] in context.FUNCTION:
                continue
            if kind == NAME and self.rule[i] == "phrase" and self.flag[i] & voc.CAPITAL:
                continue  # half of Mai See
            if kind == NAME or (len(low[i]) > _SHORTEST_STEM and not self.flag[i] & (voc.WORD | voc.ORG_HEAD)):
                memory.setdefault(low[i], kind)
                self.beginnings.update(low[i][:k] for k in range(_SHORTEST_STEM, min(len(low[i]), _LONGEST_WORD)))
        for kind, a, b in self.runs():
            vague = low[a] == "the" and b - a == 2 and not self.cased and self.wordy(a + 1)  # noqa: PLR2004 - the hill
            if kind != NAME and 1 < b - a <= _LONGEST_PHRASE and not vague:
                self.phrases.setdefault(" ".join(low[a:b]), kind)

    def runs(self) -> list[tuple[str, int, int]]:
        """Stretches of tokens that make one identifier: (type, first token, end)."""
        runs: list[tuple[str, int, int]] = []
        label, turn = self.label, self.tokens.turn
        for k in self.decided():
            kind = label[k]
            if (
                k > 0
                and kind == label[k - 1]
                and turn[k] == turn[k - 1]
                and (self.joined(k) or (kind != NAME and self.before[k] == SPACE and self._one_name(k)))
            ):
                runs[-1] = (kind, runs[-1][1], k + 1)
            else:
                runs.append((kind, k, k + 1))
        return runs

    def _one_name(self, k: int) -> bool:
        """Whether token k goes on with the possessive before it: O'Hara's Tavern."""
        return self.capital(k) or self.rule[k] == self.rule[k - 1] or self.rule[k - 1] == "owner"

    # -- results -------------------------------------------------------------------------------------------------

    def spans(self) -> list[list[Span]]:
        """The decisions as spans, per turn."""
        start, end, turn = self.tokens.start, self.tokens.end, self.tokens.turn
        out = [list(codes) for codes in self.codes]
        for kind, a, b in self.runs():
            stop = end[b - 1]
            if self.rule[b - 1].startswith("initial") and self.turns[turn[a]][stop : stop + 1] == ".":
                stop += 1
            if self.suffix[b - 1] == "s" and self._shop(kind, a, b):
                stop += 2  # a shop's own possessive: "at Pimentel's, I ..."
            text = self.turns[turn[a]]
            while text[stop : stop + 1].isdigit():
                stop += 1  # a user name's figures: DustyBoots72
            out[turn[a]].append(Span(start[a], stop, kind, self.rule[a]))
        return out

    def _shop(self, kind: str, a: int, b: int) -> bool:
        if self.low[a] in ("st", "saint") and b - a > 1:
            return True
        if not self.ends(b - 1) and self.low[b] not in context.FUNCTION | context.WEEKDAYS:
            return False
        alone = self.before[a] == START and (b >= self.count or self.before[b] == START)
        if alone and not self.flag[a] & voc.GIVEN:
            return True  # my name is on the glass. Whitlock's.
        person = kind == NAME and self.flag[a] & voc.NAME == voc.GIVEN
        if person and not all(self.suffix[k] for k in self.at[self.low[a]]):
            return False  # somebody's home: at Destiny's
        first = a - 1 if a > 1 and self.low[a - 1] == "the" else a
        told = self.before[a] == COMMA and any(low in context.PREMISES for low in self.low[max(0, a - 4) : a])
        return kind == ORG or told or (b - a == 1 and first > 0 and self.low[first - 1] in _WHEREABOUTS)

    def survey(self) -> Survey:
        """The forms that this session is sure of."""
        gender = self.vocab.gender
        places: dict[str, list[int]] = {}
        phrases: Counter[tuple[str, str]] = Counter()
        for kind, a, b in self.runs():
            if kind != NAME:
                phrases[" ".join(low for low in self.low[a:b]), kind] += 1
                continue
            for k in range(a, b):
                if len(self.low[k]) > 1 and self.low[k] not in context.FUNCTION:  # Mr. He says nothing of every he
                    places.setdefault(self.low[k], []).append(k)
        forms = []
        for form, at in sorted(places.items()):
            kinds = {self._kind_of(k) for k in at} - {"either"}
            kind = kinds.pop() if len(kinds) == 1 else "either"
            forms.append(SurveyForm(form, NAME, len(at), kind, gender.get(form, ""), any(self.wordy(k) for k in at)))
        return Survey((*forms, *(SurveyForm(form, kind, n) for (form, kind), n in sorted(phrases.items()))))

    def _kind_of(self, k: int) -> Kind:
        """Whether a name's token stands as a given name or as a surname; hyphens make one word of several."""
        a = b = k
        while self.before[a] == HYPHEN and self._named(a - 1):
            a -= 1
        while self._named(b + 1) and self.before[b + 1] == HYPHEN:
            b += 1
        after = self.joined(a) and self._named(a - 1)
        leads = self._named(b + 1) and self.joined(b + 1)
        if leads != after:
            return "given" if leads else "surname"
        if a and self.joined(a) and self.low[a - 1] in context.SURNAME_TITLES:
            return "surname"
        listed = self.flag[k] & voc.NAME
        return "given" if listed == voc.GIVEN else "surname" if listed == voc.SURNAME else "either"

    def _named(self, k: int) -> bool:
        return 0 <= k < self.count and self.label[k] == NAME
