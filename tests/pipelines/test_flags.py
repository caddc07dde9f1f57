"""The policies on flagged examples: marked, left out or set aside, and never silently."""

import polars as pl
import pytest

from corpora.records import example_schema
from pipelines.stages import Flags

SAID = {
    "calm": "The bus was late and I read.",
    "now": "I want to kill myself.",
    "past": "I was suicidal years ago.",
    "pills": "They put me on Zoloft.",
}


def frame():
    import pyarrow as pa

    rows = []
    for name, text in SAID.items():
        row = dict.fromkeys(example_schema().names)
        row |= {
            "example_id": name,
            "session_id": f"s-{name}",
            "prompt": [{"role": "user", "content": text}],
            "completion": [{"role": "assistant", "content": "Say more about that."}],
            "flags": ["truncated_context"] if name == "now" else [],
        }
        rows.append(row)
    table = pl.from_arrow(pa.Table.from_pylist(rows, schema=example_schema()))
    return table.lazy().with_columns(
        pl.lit(None, pl.String).alias("dropped"), pl.lit(None, pl.String).alias("dropped_for")
    )


def ruled(**policies):
    stage = Flags(**policies)
    before = frame()
    after = stage.apply(before)
    rows = {row["example_id"]: (row["flags"], row["dropped"]) for row in after.collect().to_dicts()}
    return rows, stage.findings(before, after)["flags"]


def test_by_default_all_is_flagged_and_nothing_left_out():
    rows, found = ruled()
    assert rows == {
        "calm": ([], None),
        "now": (["truncated_context", "crisis", "suicidal_ideation"], None),
        "past": (["suicidal_ideation_history"], None),
        "pills": (["medication"], None),
    }
    assert found["examples"] == {"crisis": 1, "medication": 1, "suicidal_ideation": 1, "suicidal_ideation_history": 1}
    assert found["read"] == 4
    assert found["left_out"] == {}


def test_each_policy_does_what_it_says_and_is_counted():
    rows, found = ruled(suicidal_ideation="route", history="flag", medication="drop")
    assert rows["now"][1] == "routed_suicidal_ideation"
    assert rows["past"] == (["suicidal_ideation_history"], None)
    assert rows["pills"][1] == "risk_medication"
    assert found["left_out"] == {"risk_medication": 1, "routed_suicidal_ideation": 1}
    kept, counted = ruled(suicidal_ideation="keep")
    assert kept["now"] == (["truncated_context"], None)
    assert counted["examples"]["suicidal_ideation"] == 1, "kept without a flag, but never silently"
    assert ruled(suicidal_ideation="drop")[0]["past"][1] == "risk_suicidal_ideation_history"


@pytest.mark.integration
def test_a_build_routes_into_the_work_folder_and_its_sum_adds_up(tmp_path, key_file):
    from pipelines import Pipeline
    from pipelines.recipe import RECIPES, load_recipe

    talk = tmp_path / "raw"
    talk.mkdir()
    lines = [
        "THERAPIST: What brings you in?",
        "CLIENT: I want to kill myself.",
        "THERAPIST: " + "I hear you, go on. " * 12,
    ]
    (talk / "a.txt").write_text("\n".join(lines) + "\n")
    calm = ["THERAPIST: What now?", "CLIENT: The bread rose.", "THERAPIST: " + "And you were glad of that. " * 12]
    for name in "bcd":
        (talk / f"{name}.txt").write_text("\n".join([*calm, f"CLIENT: It was loaf {name}."]) + "\n")
    recipe = load_recipe(RECIPES / "build.toml", {"read": {"input": talk}, "flags": {"suicidal_ideation": "route"}})
    built = Pipeline(recipe.stages).run(tmp_path / "out", engine="serial", key_file=key_file)
    assert built.manifest["flags"]["left_out"] == {"routed_suicidal_ideation": 1}
    assert pl.scan_ipc(tmp_path / "out.work" / "corpus" / "routed.arrow").collect().height == 1
    assert built.manifest["examples"]["total"] == 3
    turns = built.manifest["accounting"]["turns"]
    assert turns["seen"] == sum(sum(turns[end].values()) for end in ("kept", "dropped", "quarantined"))
    assert turns["dropped"]["routed_suicidal_ideation"] == 2
