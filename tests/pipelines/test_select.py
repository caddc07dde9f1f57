"""Choosing sessions by their metadata, with tables joined by id, from the command line to the rows."""

from __future__ import annotations

import json

import pytest

from corpora.errors import UsageError
from corpora.records import Origin, Session, Turn
from pipelines.recipe import RECIPES, load_recipe
from pipelines.stages import Select


def session(**meta):
    return Session("a", "s", None, [Turn(0, "client", "C", "Hi.")], meta, Origin("a"))


@pytest.mark.parametrize(
    ("where", "fate"),
    [
        (["symptoms=anxiety"], None),
        (["symptoms=grief, Low Mood"], None),
        (["symptoms=mood", "gender=female"], None),
        (["gender=male"], "not_selected"),
        (["symptoms=anx"], "not_selected"),
        (["topic=work"], "selection_unknown"),
    ],
)
def test_conditions(where, fate):
    found = Select(where=tuple(where)).map(session(symptoms=["anxiety", "low mood"], gender="female", topic=None))
    assert getattr(found, "reason", None) == fate


def test_a_condition_on_an_unknown_key_is_refused():
    with pytest.raises(UsageError, match="KEY=VALUE"):
        load_recipe(RECIPES / "build.toml", {"select": {"where": ("therapist=Berg",)}})


@pytest.mark.integration
def test_tables_reach_the_rows_and_identifying_columns_do_not(tmp_path, corpora_command, key_file):
    from datasets import load_from_disk

    ids = ["st-101-1", "st-102-1", "st-203-1", "st-204", "st-205"]
    symptoms = ["Anxiety; [^] Irritability"] * 4 + ["Anger"]
    rows = [f"{name},Dr. Quillfeather,{known},2009" for name, known in zip(ids, symptoms, strict=True)]
    (tmp_path / "meta.csv").write_text("\n".join(["ID,Therapist,Symptoms,Publication_Year", *rows]))
    (tmp_path / "ratings.csv").write_text(
        "session_id,rater,rating\n" + "".join(f"{i},{r},4\n" for i in ids for r in "ab")
    )
    tables = ["--metadata", "meta.csv", "--ratings", "ratings.csv"]
    options = ["--where", "symptoms=irritability", "--min-words", "30", "--engine", "serial"]
    built = corpora_command("build", *tables, *options, "--key-file", key_file, "--out", "out", check=True)
    assert "Krippendorff's alpha" in built.stderr
    assert "selected: 5 of 17 sessions" in built.stdout
    rows = [row for split in load_from_disk(str(tmp_path / "out")).values() for row in split]
    assert {tuple(row["symptoms"]) for row in rows} == {("anxiety", "irritability")}
    assert "4" in {row["quality"] for row in rows}
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["accounting"]["sessions"]["dropped"]["not_selected"] == 12
    whole = "".join(p.read_text(errors="ignore") for p in (tmp_path / "out").rglob("*") if p.is_file())
    assert "Quillfeather" not in whole
