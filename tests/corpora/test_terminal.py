from corpora.plots import binned
from corpora.terminal import bars, columns, encodable


def test_columns_are_as_high_as_their_counts():
    lines = list(columns(binned({1: 1, 2: 2, 3: 4}), "words", height=1))
    assert lines[0] == f"{4:>9} ▂▂▄▄██"
    assert lines[1].split() == ["1", "3", "words"]


def test_a_count_of_one_is_seen_beside_a_million_and_none_is_not():
    top, *rest = columns(binned({1: 1, 3: 1_000_000}), "words", height=5)
    assert top.startswith("1,000,000")
    assert rest[-2].endswith("▁▁  ██")


def test_bars_line_up_and_name_their_counts():
    assert list(bars({"grief": 10, "sleeping": 5, "none": 0}, width=4)) == [
        "grief            10  ████",
        "sleeping          5  ██",
        "none              0",
    ]
    assert list(bars({})) == []


def test_a_terminal_without_blocks_gets_signs():
    assert encodable(["a ▂█"], "ascii") == ["a ##"]
    assert encodable(["a ▂█"], None) == ["a ##"]
    assert encodable(["a ▂█"], "utf-8") == ["a ▂█"]
