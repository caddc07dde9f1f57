import polars as pl

from expectations.quasi import SMALL, k_anonymity


def rows(*clients):
    """One row an example: (client, age_range, gender, symptoms)."""
    data = [
        {
            "client_id": client,
            "age_range": age,
            "gender": gender,
            "symptoms": symptoms,
            "topic": None,
            "emotion": None,
            "approach": None,
        }
        for client, age, gender, symptoms in clients
    ]
    strings = dict.fromkeys(("client_id", "age_range", "gender", "topic", "emotion", "approach"), pl.String)
    return pl.LazyFrame(data, {**strings, "symptoms": pl.List(pl.String)})


def test_clients_are_counted_by_their_combination_not_by_their_examples():
    found = k_anonymity(
        rows(
            ("a", "30-39", "f", ["sleep", "worry"]),
            ("a", "30-39", "f", ["worry", "sleep"]),
            ("b", "30-39", "f", ["worry", "sleep"]),
            ("c", "40-49", "f", None),
        )
    )
    assert found == {
        "columns": ["age_range", "gender", "symptoms"],
        "clients": 3,
        "combinations": 2,
        "smallest": 1,
        "alone": 1,
        "in_small_groups": 3,
        "small": SMALL,
        "alone_by_column": {"age_range": 1, "gender": 0, "symptoms": 0},
    }


def test_a_crowd_hides_its_members():
    found = k_anonymity(rows(*((f"c{n}", "20-29", "m", None) for n in range(SMALL))))
    assert (found["smallest"], found["alone"], found["in_small_groups"]) == (SMALL, 0, 0)


def test_nothing_known_singles_out_nobody():
    for frame in (rows(("a", None, None, None)), rows()):
        found = k_anonymity(frame)
        assert (found["columns"], found["smallest"], found["alone"]) == ([], None, 0)
