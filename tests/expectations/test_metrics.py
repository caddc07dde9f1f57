import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpora.records import count_words
from expectations.distributions import distributions
from expectations.metrics import by_shard, by_split, measure, whole


def test_measures_a_clean_table_one_row_an_example(examples):
    rows = measure(examples())
    assert rows["example_id"].to_list() == [f"e{number:04}" for number in range(40)]
    assert rows.select(pl.all_horizontal("schema_ok", "role_order_ok", "words_match", "one_completion").all()).item()
    fourth = rows.row(3, named=True)
    assert fourth["counted_words"] == 53
    assert fourth["prompt_words"] == 7 * 5
    assert fourth["prompt_messages"] == 7
    assert fourth["characters"] == 7 * len("turn 0 of context 3") + 53 * len("word3 ") - 1
    assert rows["crisis"].arg_true().to_list() == [7]
    assert rows["id_count"].max() == rows["client_splits"].max() == rows["response_splits"].max() == 1


def test_no_text_of_a_message_is_in_the_table(examples):
    rows = measure(examples(lambda rows: rows[0]["completion"][0].update(content="Rosalind Quuxworth called")))
    assert "Quuxworth" not in rows.write_csv()


@pytest.mark.parametrize(
    ("roles", "order", "starts", "ends"),
    [
        ("user", True, True, True),
        ("system,user,assistant,user", True, True, True),
        ("assistant,user", True, False, True),
        ("user,assistant", True, True, False),
        ("user,user", False, True, True),
        ("user,system,user", False, True, True),
        ("user,therapist,user", False, True, True),
        ("system,system,user", False, False, True),
        ("", True, False, False),
    ],
)
def test_role_flags(examples, roles, order, starts, ends):
    messages = [{"role": role, "content": "text"} for role in roles.split(",") if role]
    row = measure(examples(lambda rows: rows[0].update(prompt=messages))).row(0, named=True)
    assert (row["role_order_ok"], row["starts_with_user"], row["ends_with_user"]) == (order, starts, ends)


@pytest.mark.parametrize("roles", [[], ["user"], ["assistant", "assistant"]])
def test_a_completion_is_one_assistant_message(examples, roles):
    messages = [{"role": role, "content": "text"} for role in roles]
    assert not measure(examples(lambda rows: rows[0].update(completion=messages)))["one_completion"][0]


@pytest.mark.parametrize("empty", ["", " \t\n", " ", None])
def test_messages_without_a_visible_character_are_empty(examples, empty):
    rows = measure(examples(lambda rows: rows[0]["prompt"][0].update(content=empty)))
    assert rows["empty_texts"].to_list()[:2] == [1, 0]


@given(texts=st.lists(st.text(), min_size=1, max_size=20))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])  # the fixture is a pure function
def test_words_are_counted_as_the_records_count_them(examples, texts):
    def spoil(rows):
        for row, text in zip(rows, texts, strict=True):
            row["completion"][0]["content"] = text

    rows = measure(examples(spoil, count=len(texts)))
    assert rows["counted_words"].to_list() == [count_words(text) for text in texts]


def test_a_missing_column_or_another_type_is_a_schema_fault_and_the_rest_still_measured(examples):
    for spoilt in (examples().drop("topic"), examples().with_columns(pl.col("session_no").cast(pl.Int64))):
        rows = measure(spoilt)
        assert not rows["schema_ok"].any()
        assert rows["words_match"].all()
        assert rows.height == 40


def test_an_undeclared_column_is_a_schema_fault(examples):
    assert not measure(examples().with_columns(path=pl.lit("x")))["schema_ok"].any()


def test_nulls_in_required_columns_are_counted(examples):
    rows = measure(examples(lambda rows: rows[2].update(client_id=None, split=None)))
    assert rows["missing_values"].to_list()[:4] == [0, 0, 2, 0]


def test_what_stands_in_two_splits_is_seen_on_each_of_its_rows(examples):
    rows = measure(examples(lambda rows: rows[0].update(split="test")))
    assert rows["client_splits"].to_list()[:11] == [2] * 10 + [1]
    assert rows["group_splits"].to_list()[:11] == [2] * 10 + [1]


def test_the_same_response_in_two_splits_is_seen(examples):
    rows = measure(examples(lambda rows: rows[39].update(completion=rows[0]["completion"])))
    assert rows["response_splits"].to_list() == [2, *[1] * 38, 2]


def test_no_example_at_all_is_measured_as_no_row(examples):
    rows = measure(examples(list.clear))
    assert rows.height == 0
    assert by_split(rows).height == 0


def test_by_split_folds_counts_and_rates(examples):
    table = by_split(measure(examples(lambda rows: rows[35].update(other_hits=3))))
    assert table["split"].to_list() == ["test", "train", "validation"]
    assert table["examples"].to_list() == [10, 20, 10]
    assert table["clients"].to_list() == [1, 2, 1]
    words, rate = table["words"][0], table["other_hits_per_1000"][0]
    assert rate == pytest.approx(3000 / words)


def test_the_whole_corpus_folds_to_one_row_with_its_largest_shares(examples):
    def spoil(rows):
        for row, topic in zip(rows, ["grief", "grief", "work"], strict=False):
            row["topic"] = topic

    row = whole(measure(examples(spoil))).row(0, named=True)
    assert (row["examples"], row["clients"], row["sessions"]) == (40, 4, 4)
    assert (row["largest_client_share"], row["largest_source_share"]) == (0.25, 1.0)
    assert row["largest_topic_share"] == pytest.approx(2 / 3)
    assert whole(measure(examples()))["largest_topic_share"].to_list() == [None]


def test_frames_are_measured_as_the_whole_is(examples):
    table = examples(lambda rows: rows[39].update(rows[0])).collect()
    pieces = [table.slice(start, 7) for start in range(0, 40, 7)]
    assert measure(pieces).equals(measure(table.lazy()))


def test_examples_are_counted_for_the_report(examples):
    found = distributions(
        measure(examples(lambda rows: [row.update(topic=f"t{n % 20}") for n, row in enumerate(rows)]))
    )
    assert len(found["topics"]) + found["topics_besides"] == 20
    assert found["crisis"] == 1
    lengths = found["lengths"]["response_words"]
    assert (lengths["least"], lengths["most"], sum(lengths["counts"])) == (50, 89, 40)
    assert found["lengths"]["sessions_per_client"]["counts"] == [4]
    assert [row["split"] for row in found["splits"]] == ["test", "train", "validation"]
    assert distributions(measure(examples(list.clear)))["lengths"] == {}


def test_shards_are_cut_as_they_are_written(examples, monkeypatch):
    monkeypatch.setattr("expectations.metrics.SHARD_ROWS", 8)
    rows = measure(examples())
    shards = by_shard(rows)
    assert dict(shards.select("shard_id", "examples").iter_rows()) == {
        "test 0": 8, "test 1": 2, "train 0": 8, "train 1": 8, "train 2": 4, "validation 0": 8, "validation 1": 2,
    }  # fmt: skip
    first = rows.filter(pl.col("split") == "train").head(8)["counted_words"].mean()
    found = shards.row(by_predicate=pl.col("shard_id") == "train 0", named=True)
    assert found["mean_response_words"] == first
    assert found["length_ratio"] == pytest.approx(first / rows["counted_words"].mean())


def test_of_people_nothing_is_asked_that_is_asked_of_models(examples):
    rows = measure(examples())
    assert rows.select("made", "made_count", "opener").unique().row(0) == (False, 0, None)
    assert rows["maker_named"].all()
    assert whole(rows).select("made_share", "largest_opener_share").row(0) == (0.0, None)
