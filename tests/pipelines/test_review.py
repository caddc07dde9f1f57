"""The steward's loop: build, review, decide, build again; canaries and the audit file of the same builds."""

import csv
import json
import stat

import pytest

from anonymize.proof.review import Review

pytestmark = pytest.mark.integration

TALK = """THERAPIST: {ask} I ask since you said last time that it was hard, and I would like to hear more of it now.
CLIENT: {say} It was fine, I guess, and then we talked about it, and I went home and slept, and that was the week.
"""
LINES = [
    ("How was the week with Oluchi?", "Oluchi and I went to the quillhaven again. I was ready."),
    ("And the garden?", "My brother Zbigniew called from Poughkeepsie. He met Wrenfeather there."),
    ("What did you say?", "I said no to Oluchi. Call me at 614-555-0142."),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("in")
    for number in range(3):
        text = "".join(TALK.format(ask=ask, say=say) for ask, say in LINES * 3)
        (folder / f"talk-{number}.txt").write_text(text, encoding="utf-8")
    return folder


def build(command, folder, key_file, *options):
    done = command(
        "build", "--input", folder, "--out", "out", "--min-words", 5, "--engine", "serial", "--key-file", key_file,
        "--json", *options, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)


def published_text(tmp_path):
    from datasets import load_from_disk

    rows = load_from_disk(str(tmp_path / "out"))
    return json.dumps([row for split in rows.values() for row in split.to_list()], ensure_ascii=False)


def test_the_loop(corpora_command, folder, key_file, tmp_path):
    first = build(corpora_command, folder, key_file, "--canaries", 2)
    work = tmp_path / "out.work"

    # canaries: counted in the manifest and the report, in no file
    assert first["canaries"]["overall"]["of"] == 2 * 19
    assert first["canaries"]["overall"]["rate"] > 0.8
    assert "canaries were caught" in (tmp_path / "out/report/index.html").read_text()
    planted = ("brightmail", "larkmont", "quietriver", "wrenhollow", "555-01")
    for path in (*work.rglob("*"), *(tmp_path / "out").rglob("*")):
        if path.is_file() and path.parent.name != "survey":
            assert not [word for word in planted[:4] if word in path.read_bytes().decode("latin-1").lower()], path.name

    # the audit file: private, counts and offsets, no word
    trail = work / "audit.jsonl"
    assert stat.S_IMODE(trail.stat().st_mode) == 0o600
    text = trail.read_text()
    assert len(text.splitlines()) == 3
    for word in ("luchi", "bigniew", "oughkeepsie", "0142", "talk-"):
        assert word not in text
    line = json.loads(text.splitlines()[0])
    assert sum(line["counts"].values()) == len(line["spans"])
    assert len({span[5] for span in line["spans"] if span[3] == "PHONE"}) == 1
    assert first["recapture"]["words"]["first"] > 0

    # what to look at
    assert "Left in the text" in corpora_command("review", "out", check=True).stdout
    with (work / "review/review.csv").open(encoding="utf-8") as file:
        assert csv.DictReader(file).fieldnames[-3:] == ["decision", "who", "when"]
    assert stat.S_IMODE((work / "review/review.csv").stat().st_mode) == 0o600
    assert "quillhaven" in published_text(tmp_path)

    # decisions, by hand and by list
    assert "--by NAME" in corpora_command("review", "out", "--mask", "quillhaven").stderr
    corpora_command("review", "out", "--mask", "quillhaven", "--by", "A. Steward", check=True)
    (tmp_path / "filled.csv").write_text("token,decision\nOluchi,keep\nother,\n")
    told = corpora_command("review", "out", "--record", "filled.csv", "--by", "B. Steward", check=True).stdout
    assert "0 to mask, 1 to keep" in told
    decisions = work / "review/decisions.csv"
    with decisions.open(encoding="utf-8") as file:
        assert [(row["token"], row["who"], row["when"][:2]) for row in csv.DictReader(file)][-1] == (
            "Oluchi",
            "B. Steward",
            "20",
        )

    # a sample that a person read
    corpora_command("review", "out", "--sample", 10, check=True)
    sample = (work / "review/sample.csv").read_text(encoding="utf-8")
    assert "luchi" not in sample
    assert all(row["text"].startswith("> ") for row in csv.DictReader(sample.splitlines()))
    (tmp_path / "read.csv").write_text(sample.replace(",\n", ",no\n"))
    told = corpora_command("review", "out", "--record", "read.csv", "--by", "A. Steward", check=True).stdout
    assert "0 of 10 passages held a leak: at 95 % confidence at most 25.89 %" in told

    # the next build follows
    second = build(corpora_command, folder, key_file, "--decisions", decisions)
    text = published_text(tmp_path)
    assert "quillhaven" not in text
    assert "Oluchi" in text
    assert second["reviewed_sample"]["read"] == 10
    assert second["reviewed_sample"]["same_rows"] is False
    assert second["recipe_hash"] != first["recipe_hash"]
    assert "Oluchi" not in json.dumps(second)
    assert "Steward" not in json.dumps(second)


def test_a_class_may_stay_by_the_recipe(corpora_command, folder, key_file, tmp_path):
    build(corpora_command, folder, key_file, "--keep", "LOCATION")
    text = published_text(tmp_path)
    assert "Poughkeepsie" in text
    assert "Zbigniew" not in text
    assert "left in the text by the recipe (LOCATION)" in (tmp_path / "out/report/index.html").read_text()


def test_wrong_calls(corpora_command, tmp_path):
    assert "holds no audit.jsonl" in corpora_command("review", "nowhere").stderr
    assert corpora_command("review", "nowhere").returncode == 2
    (tmp_path / "d.csv").write_text("token,decision,who,when\nQuillon,burn,A,2026\n")
    refused = corpora_command("build", "--decisions", "d.csv")
    assert refused.returncode == 2
    assert "line 2" in refused.stderr
    assert "Quillon" not in refused.stderr
    assert "--keep" in corpora_command("build", "--keep", "NAME").stderr


def test_a_passage_in_a_table_starts_no_formula():
    review = Review()
    review.add(["=cmd|' /C calc'!A0 and the blorptask was there", "@SUM(1) blorptask"], [[], []])
    contexts = [context for finding in review.findings() for context in finding.contexts]
    assert any("=cmd" in context for context in contexts)
    assert all(context.startswith("... ") for context in contexts)
