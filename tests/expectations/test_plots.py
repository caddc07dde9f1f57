import re
from xml.etree import ElementTree as ET

import pytest

from expectations import plots


def elements(svg, tag=None):
    return list(ET.fromstring(svg).iter(tag))  # noqa: S314  a drawing of ours


def bars(svg, colour):
    return [path for path in elements(svg, "path") if path.get("fill") == colour]


def test_the_same_numbers_give_the_same_bytes():
    assert plots.histogram("a", [1, 2, 2, 9], "words") == plots.histogram("a", [1, 2, 2, 9], "words")


@pytest.mark.parametrize(("values", "count"), [([5], 1), ([1, 2, 3, 3], 3), (list(range(24)), 24)])
def test_a_histogram_has_one_bar_a_value_while_they_fit(values, count):
    assert len(bars(plots.histogram("a", values, "words"), plots.KEPT)) == count


def test_a_long_range_is_put_into_bins():
    assert len(bars(plots.histogram("a", [1, 5000], "words", bins=10), plots.KEPT)) == 10


def test_shares_draw_each_part_in_its_colour():
    svg = plots.shares("flow", {"files": (8, 1, 1), "turns": (70, 30, 0)})
    assert {c: len(bars(svg, c)) for c in (plots.KEPT, plots.DROPPED)} == {plots.KEPT: 2, plots.DROPPED: 2}
    assert {"files", "turns"} <= {text.text for text in elements(svg, "text")}


def test_a_drawing_fetches_nothing_styles_nothing_and_keeps_its_ids_to_itself():
    svg = plots.histogram("mine", [1, 2, 3], "words")
    assert not re.search(r"http|xmlns|style|<script|<metadata|<!DOCTYPE", svg)
    ids = [element.get("id") for element in elements(svg) if element.get("id")]
    assert ids
    assert all(name.startswith("mine-") for name in ids)
    assert set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', svg)) <= {(i, "") for i in ids} | {("", i) for i in ids}
