"""No people's names may be worse protected than others': recall by origin, on sentences of our own with names of each.

Every origin's names stand in the same sentences, so that only the names differ. Names that are words as well ("Hope")
are left in: the share of them differs between origins, and that is part of the question. Only names that no sentence
alone tells are left out: single letters, words of kinship ("Son"), the commonest words of all ("On", "To", "Do").
"""

import random
from collections import Counter
from itertools import islice

import pytest

from anonymize import Deidentifier
from anonymize.words import vocabulary as voc
from anonymize.words.origins import GROUPS, names_of, origin_of

RULES = Deidentifier(bytes(32), encoder="off")
TOLERATED = 0.03
SHORTFALL = {"vietnamese": 0.06}
"""What is not met yet without capitals: names of one syllable that are English words, too (Thu, Hang, Dat, Sung)."""

NAMES = 200
COMMONEST = frozenset(islice(voc._dictionary(), 1000))

GIVEN = (
    "So I told {} about it and that was that.",
    "My sister {} came by on the weekend.",
    "It was {} who drove me home.",
    "I had lunch with {} before I came here.",
    "And I said, {}, what are you doing?",
    "{} called me again last night, and I let it ring.",
    "Her name is {}.",
    "We went over to {}'s place after work.",
)
FULL = (
    "I went to school with {}.",
    "My boss, {}, walked in.",
    "Then {} wrote me a letter.",
    "They gave it to {} instead of me.",
)
FILL = "And then we talked about it for a while, and it was fine, and I went home, I guess."


def tellable(name):
    return len(name) > 1 and name not in COMMONEST and not voc.vocabulary().flags.get(name, 0) & voc.KIN


def recall(group, case):
    """Share of names caught, each in a session of its own so that none helps another."""
    draw = random.Random(f"fairness {group}")
    given, surnames = ([name for name in names if tellable(name)] for names in names_of(group))
    caught = Counter()
    for number in range(NAMES):
        name = draw.choice(given).title()
        sentence = GIVEN[number % len(GIVEN)]
        if surnames and number % 3 == 2:
            name, sentence = f"{name} {draw.choice(surnames).title()}", FULL[number % len(FULL)]
        text = case(sentence.format(name))
        at = sentence.index("{}")
        spans = RULES.find([case(FILL), text, case(FILL)])[1]
        covered = {place for span in spans for place in range(span.start, span.end)}
        caught[{at + step for step, letter in enumerate(name) if letter.isalpha()} <= covered] += 1
    return caught[True] / NAMES


@pytest.mark.parametrize("case", [str, str.lower, str.upper], ids=["cased", "lower", "UPPER"])
def test_no_origin_falls_more_than_three_points_under_the_mean(case):
    by_origin = {group: recall(group, case) for group in GROUPS}
    mean = sum(by_origin.values()) / len(by_origin)
    allowed = {group: TOLERATED if case is str else SHORTFALL.get(group, TOLERATED) for group in GROUPS}
    behind = {group: round(mean - share, 3) for group, share in by_origin.items() if share < mean - allowed[group]}
    assert not behind, f"mean {mean:.3f}; behind it: {behind}"


def test_every_origin_has_names_of_its_own():
    for group in GROUPS:
        given, surnames = names_of(group)
        assert len(given) + len(surnames) >= 80, group
        assert sum(origin_of(name) == group for name in given) >= 0.9 * len(given), group
