import pytest

from corpora.records import META_KEYS, Origin, Session, Turn, example_schema, merged_sides


def test_undeclared_metadata_is_refused():
    with pytest.raises(ValueError, match="therapist_name"):
        Session("s", "test", None, [], {"therapist_name": "x"}, Origin("s.txt"))


def test_the_schema_names_its_version_and_holds_the_declared_columns():
    schema = example_schema()
    assert schema.metadata[b"schema_version"] == b"1"
    assert set(META_KEYS) - {"consent"} <= set(schema.names)
    assert schema.names[:5] == ["example_id", "session_id", "client_id", "group_id", "source"]


def test_sides_merge_all_but_the_therapist_into_the_client():
    roles = ["client", "other", "therapist", "therapist", "client"]
    turns = [Turn(index, role, "", str(index)) for index, role in enumerate(roles)]
    assert [(side, [turn.index for turn in run]) for side, run in merged_sides(turns)] == [
        ("user", [0, 1]),
        ("assistant", [2, 3]),
        ("user", [4]),
    ]
