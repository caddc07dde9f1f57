"""Questions and answers from an archive to the splits: no question stands in two of them."""

from __future__ import annotations

import csv
import io
import zipfile

import pytest


@pytest.mark.integration
def test_a_questions_answers_stay_together(tmp_path, corpora_command, key_file):
    from datasets import load_from_disk

    asked = [
        "I lie awake every night.",
        "My work is too much for me.",
        "I feel low in winter.",
        "We argue about money.",
    ]
    said = ["Tell me how that has been for you.", "What would you like to be different?", "That sounds hard to carry."]
    out = io.StringIO()
    csv.writer(out).writerows([["question", "answer"], *([ask, reply] for reply in said for ask in asked)])
    with zipfile.ZipFile(tmp_path / "forum.zip", "w") as archive:
        archive.writestr("forum/answers.csv", out.getvalue())
    options = ["--source", "auto", "--input", "forum.zip", "--min-words", "3", "--engine", "serial"]
    built = corpora_command("build", *options, "--out", "out", "--key-file", key_file, check=True)
    assert "source: pairs" in built.stderr
    splits = load_from_disk(str(tmp_path / "out"))
    rows = {name: list(split) for name, split in splits.items()}
    assert sum(map(len, rows.values())) == len(asked) * len(said)
    assert {row["kind"] for split in rows.values() for row in split} == {"qa"}
    groups = [{row["group_id"] for row in split} for split in rows.values()]
    assert sum(map(len, groups)) == len(set().union(*groups)) == len(asked)
    together = {row["group_id"]: set() for split in rows.values() for row in split}
    for split in rows.values():
        for row in split:
            together[row["group_id"]].add(row["completion"][0]["content"])
    assert all(len(answers) == len(said) for answers in together.values())
