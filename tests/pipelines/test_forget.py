"""Withdrawal on a real build: no row, no word and no id of theirs is left, and they do not come back."""

import json
import shutil

import pytest

from anonymize.keys import load_key
from corpora.errors import UsageError
from corpora.shards import verify_shards, verify_sums
from pipelines.commands.export import terms_of
from pipelines.decisions import read_log, record, standing, withdrawn
from pipelines.diffing import changes_since, diff
from pipelines.forgetting import forget, purge_work
from pipelines.stages.read import SAMPLE

pytestmark = pytest.mark.integration
NAMES = ("st-101-1", "st-101-2", "st-102-1", "st-203-1", "st-308")


def run(out, raw, key_file, least):
    from pipelines import Pipeline
    from pipelines.recipe import RECIPES, load_recipe

    recipe = load_recipe(RECIPES / "build.toml", {"read": {"input": raw}, "windows": {"min_words": least}})
    return Pipeline(recipe.stages).run(out, engine="serial", key_file=key_file, keep_map=True)


@pytest.fixture(scope="module")
def twice_built(tmp_path_factory, key_file):
    folder = tmp_path_factory.mktemp("forget")
    raw = folder / "raw"
    raw.mkdir()
    for name in NAMES:
        shutil.copy(SAMPLE / f"{name}.txt", raw)
    run(folder / "out", raw, key_file, 30)
    run(folder / "out", raw, key_file, 20)
    return folder


@pytest.fixture
def built(twice_built, tmp_path):
    shutil.copytree(twice_built, tmp_path / "all")
    return tmp_path / "all"


def words_of(folder, name):
    """Long runs of words of a transcript that stand in files of the folder, as they would in any of our formats."""
    lines = [line.split(":", 1)[-1].strip() for line in (SAMPLE / f"{name}.txt").read_text().splitlines()]
    probes = [line[:40].encode() for line in lines if len(line) > 60 and line.isascii() and '"' not in line[:40]]
    assert probes
    files = [path for path in folder.rglob("*") if path.is_file() and "raw" not in path.parts]
    return [path for path in files if any(probe in path.read_bytes() for probe in probes)]


def adds_up(accounting):
    return all(
        entry["seen"] == sum(sum(entry[end].values()) for end in ("kept", "dropped", "quarantined"))
        for entry in accounting.values()
    )


@pytest.mark.parametrize(("wanted", "gone"), [("101", {"st-101-1", "st-101-2"}), ("st-308.txt", {"st-308"})])
def test_nothing_of_theirs_is_left_and_they_stay_out(built, key_file, wanted, gone):
    out, key = built / "out", load_key(key_file)
    record(out, key, "approve", "M. Adeyemi")
    assert all(words_of(built, name) for name in gone)
    before = json.loads((out / "manifest.json").read_text())
    done = forget(out, wanted, key, "M. Adeyemi", "asked on the phone")
    after = json.loads((out / "manifest.json").read_text())
    assert done["rows"] > 0
    assert done["sessions"] == len(gone)
    assert not any(words_of(built, name) for name in gone)
    assert list(verify_sums(out)) == list(verify_sums(built / "out.previous")) == []
    counts = {split: entry["examples"] for split, entry in after["examples"]["by_split"].items()}
    assert list(verify_shards(out, counts)) == []
    assert after["examples"]["total"] == before["examples"]["total"] - after["withdrawn"]["examples"]
    assert adds_up(after["accounting"])
    assert standing(out, key).state == "void"
    assert [entry["decision"] for entry in read_log(out)] == ["approve", "forget"]
    rebuilt = run(out, built / "raw", key_file, 20).manifest
    assert rebuilt["examples"]["total"] == after["examples"]["total"]
    assert rebuilt["accounting"]["sessions"]["dropped"]["withdrawn"] == len(gone)
    assert rebuilt["changes"]["added"]["count"] == rebuilt["changes"]["removed"]["count"] == 0
    assert set(rebuilt["changes"]["changed"]["why"]) <= {"split: another place"}  # where theirs was the last of a split
    assert not any(words_of(built, name) for name in gone)  # though the input still has them
    assert adds_up(rebuilt["accounting"])
    assert withdrawn(out)


def test_without_the_work_folder_the_key_still_finds_them(built, key_file):
    key = load_key(key_file)
    shutil.rmtree(built / "out.work")
    assert forget(built / "out", "101", key, "M. Adeyemi", "")["sessions"] == 2


def test_who_is_not_there_changes_nothing_and_the_work_folder_goes_when_asked(built, key_file):
    out, key = built / "out", load_key(key_file)
    sums = (out / "SHA256SUMS").read_bytes()
    with pytest.raises(UsageError, match="nothing was changed"):
        forget(out, "nobody", key, "M. Adeyemi", "")
    assert (out / "SHA256SUMS").read_bytes() == sums
    assert purge_work(out, key, "M. Adeyemi", "the time is over") > 10
    assert not (built / "out.work").exists()
    assert read_log(out)[-1]["decision"] == "purge"
    assert terms_of(out)


def test_a_diff_says_what_changed_and_why(built, key_file, corpora_command):
    old, new = built / "out.previous", built / "out"
    found = diff(old, new)
    assert found["recipe"] == ["windows.min_words: 30 → 20"]
    assert found["added"]["why"] == {"recipe: windows.min_words: 30 → 20": found["added"]["count"]}
    assert found["added"]["count"] > 0
    assert found["removed"]["count"] == 0
    changes = json.loads((new / "manifest.json").read_text())["changes"]  # what the build itself said of the one before
    assert changes["since_sums"] == json.loads((old / "manifest.json").read_text())["sums_sha256"]
    assert (changes["recipe"], changes["same"], changes["added"]["why"]) == (
        found["recipe"], found["same"], found["added"]["why"],
    )  # fmt: skip
    assert changes["added"]["examples"] == [row["example_id"] for row in found["added"]["rows"]][:20]
    back = diff(new, old)
    assert back["removed"]["why"] == {"recipe: windows.min_words": found["added"]["count"]}
    shutil.copytree(new, built / "before")
    forget(new, "101", load_key(key_file), "M. Adeyemi", "")
    gone = diff(built / "before", new)
    assert gone["removed"]["why"] == {"decision: withdrawn": gone["removed"]["count"]}
    assert (gone["added"]["count"], gone["changed"]["count"]) == (0, 0)
    assert gone["same"] == json.loads((new / "manifest.json").read_text())["examples"]["total"]
    shown = corpora_command("diff", built / "before", new, check=True).stdout
    assert "decision: withdrawn" in shown
    as_json = json.loads(corpora_command("diff", built / "before", new, "--json", check=True).stdout)
    assert len(as_json["removed"]["rows"]) == gone["removed"]["count"]


def test_builds_under_other_keys_are_not_compared(built):
    manifest = json.loads((built / "out" / "manifest.json").read_text())
    (built / "out" / "manifest.json").write_text(json.dumps(manifest | {"key_id": "00000000"}))
    with pytest.raises(UsageError, match="different keys"):
        diff(built / "out.previous", built / "out")
    said = changes_since(built / "out.previous", built / "out", manifest | {"key_id": "00000000"})
    assert list(said) == ["not_compared"]
    assert "another key" in said["not_compared"]
    (built / "out.previous" / "manifest.json").write_text("{")
    said = changes_since(built / "out.previous", built / "out", manifest)
    assert said == {"not_compared": "its files are damaged, or of another form"}
