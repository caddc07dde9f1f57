import re
from collections import Counter
from xml.etree import ElementTree as ET

import pytest

from corpora import plots


def elements(svg, tag=None):
    return list(ET.fromstring(svg).iter(tag))  # noqa: S314  a drawing of ours


def bars(svg, colour):
    return [path for path in elements(svg, "path") if path.get("fill") == colour]


def histogram(values, name="a"):
    return plots.histogram(name, plots.binned(Counter(values)), "words")


def test_the_same_numbers_give_the_same_bytes():
    assert histogram([1, 2, 2, 9]) == histogram([1, 2, 2, 9])


@pytest.mark.parametrize(("values", "count"), [([5], 1), ([1, 2, 3, 3], 3), (list(range(24)), 24)])
def test_a_histogram_has_one_bar_a_value_while_they_fit(values, count):
    assert len(bars(histogram(values), plots.KEPT)) == count


def test_a_long_range_is_put_into_bins_and_every_number_counted():
    bins = plots.binned({1: 7, 5000: 2, 2500: 4}, most=10)
    assert (bins.start, bins.width, sum(bins.counts)) == (1, 500, 13)
    assert (bins.counts[0], bins.counts[4], bins.counts[9]) == (7, 4, 2)


def test_bars_are_drawn_one_a_label_and_labels_are_text_whatever_they_hold():
    hostile = "<script>$x$</script> &"
    svg = plots.bars("topics", {hostile: 3, "a" * 90: 1, "grief": 9}, "examples")
    assert len(bars(svg, plots.KEPT)) == 3
    texts = {text.text for text in elements(svg, "text")}
    assert {hostile, "grief", "a" * 39 + "\u2026"} <= texts
    assert "<script" not in svg


def test_intervals_draw_each_rate_with_its_ends():
    svg = plots.intervals("recall", {"NAME": (90.0, 95.0, 99.0), "DATE": (10.0, 50.0, 90.0)}, "per cent")
    assert {"NAME", "DATE"} <= {text.text for text in elements(svg, "text")}
    assert len([path for path in elements(svg, "path") if path.get("stroke") == plots.DROPPED]) == 2


def test_series_keep_their_colour_and_form_whichever_is_missing():
    series = ("base", "tuned", "therapist")
    both = {"words": {"base": (1.0, 2.0, 3.0), "tuned": (2.0, 3.0, 4.0)}, "questions": {"base": (0.0, 0.0, 0.0)}}
    svg = plots.compared("a", series, both, "mean")
    assert {"words", "questions", "base", "tuned"} <= {text.text for text in elements(svg, "text")}
    assert "therapist" not in svg
    assert plots.KEPT in svg
    alone = plots.compared("a", series, {"words": {"therapist": (1.0, 2.0, 3.0)}}, "mean")
    assert plots.QUARANTINED in alone
    assert plots.KEPT not in alone
    with pytest.raises(ValueError, match="shorter"):
        plots.compared("a", list("abcdefg"), both, "mean")


def test_shares_draw_each_part_in_its_colour():
    svg = plots.shares("flow", {"files": (8, 1, 1), "turns": (70, 30, 0)})
    assert {c: len(bars(svg, c)) for c in (plots.KEPT, plots.DROPPED)} == {plots.KEPT: 2, plots.DROPPED: 2}
    assert {"files", "turns"} <= {text.text for text in elements(svg, "text")}


def test_a_flow_has_one_band_an_end_and_names_its_count():
    parts = [("kept", [("target", 1200), ("context", 70)], plots.KEPT), ("dropped", [("too short", 30)], plots.DROPPED)]
    svg = plots.flow("flow", "turns read", parts)
    bands = {colour: len(bars(svg, colour)) for colour in (plots.KEPT, plots.DROPPED, plots.QUARANTINED)}
    assert bands == {plots.KEPT: 6, plots.DROPPED: 4, plots.QUARANTINED: 0}  # a band and a node for each part and end
    said = {"turns read  1,300", "kept  1,270", "target  1,200", "context  70", "dropped  30", "too short  30"}
    assert said <= {text.text for text in elements(svg, "text")}


def test_a_flow_of_many_small_ends_stays_within_its_frame():
    ends = [(f"reason {n}", 1 + n % 2) for n in range(30)]
    svg = plots.flow(
        "flow", "turns read", [("kept", [("target", 90_000)], plots.KEPT), ("dropped", ends, plots.DROPPED)]
    )
    height = float(re.search(r'viewBox="0 0 [\d.]+ ([\d.]+)"', svg)[1])
    places = [float(y) for y in re.findall(r'<text[^>]*transform="translate\([\d.-]+ ([\d.-]+)\)', svg)]
    places += [float(text.get("y")) for text in elements(svg, "text") if text.get("y")]
    assert len(places) == 34
    assert all(0 < y < height for y in places)


def test_a_drawing_fetches_nothing_styles_nothing_and_keeps_its_ids_to_itself():
    svg = histogram([1, 2, 3], "mine")
    assert not re.search(r"http|xmlns|style|<script|<metadata|<!DOCTYPE", svg)
    ids = [element.get("id") for element in elements(svg) if element.get("id")]
    assert ids
    assert all(name.startswith("mine-") for name in ids)
    assert set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', svg)) <= {(i, "") for i in ids} | {("", i) for i in ids}
