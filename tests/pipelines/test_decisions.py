"""Approving, rejecting and verifying: what was signed holds for these rows only, and nothing is changed unseen."""

import json
import shutil

import pyarrow as pa
import pytest

from anonymize.keys import key_id
from corpora.errors import CorporaError, GateError, UsageError
from corpora.records import Example, Message, Provenance, example_schema
from corpora.shards import write_dataset_dict, write_split, write_sums
from pipelines.decisions import LOG, approval_warning, build_key, faults, permit, read_log, record, standing, withdrawn
from pipelines.versions import TOOL
from pipelines.workplace import Workplace

KEY = bytes(range(32))


def row(number):
    return Example(
        example_id=f"e{number}",
        session_id=f"s{number}",
        client_id=f"c{number}",
        group_id=f"c{number}",
        source="fiction",
        prompt=(Message("user", "The kettle was on again."),),
        completion=(Message("assistant", f"And you counted to {number}."),),
        response_words=5,
        context_turns=1,
        kind="transcript",
        provenance=Provenance("h", 0, 1, 2, ("read/1",)),
    ).row()


def rows_at(folder, count):
    shutil.rmtree(folder / "train", ignore_errors=True)
    write_split(folder, "train", pa.Table.from_pylist([row(n) for n in range(count)], schema=example_schema()))
    write_dataset_dict(folder, ["train"])
    (folder / "README.md").write_text("card")
    manifest = {
        "tool": TOOL,
        "key_id": key_id(KEY),
        "sums_sha256": write_sums(folder),
        "examples": {"total": count, "by_split": {"train": {"examples": count}}},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.fixture
def build(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    rows_at(out, 3)
    return out


def test_an_approval_holds_for_these_rows_and_is_void_for_others(build):
    assert standing(build, KEY).state == "undecided"
    record(build, KEY, "approve", "M. Adeyemi", "read the report")
    assert standing(build, KEY).state == "approved"
    assert permit(build, KEY, required=True) is None
    record(build, KEY, "reject", "M. Adeyemi", "the wrong sessions")
    assert standing(build, KEY).state == "rejected"
    with pytest.raises(GateError, match="rejected by M"):
        permit(build, KEY, required=True)
    assert "the wrong sessions" in permit(build, KEY, required=False)
    record(build, KEY, "approve", "M. Adeyemi")
    rows_at(build, 4)
    assert standing(build, KEY).state == "void"
    with pytest.raises(GateError, match="corpora approve"):
        permit(build, KEY, required=True)
    assert [entry["decision"] for entry in read_log(build)] == ["approve", "reject", "approve"]


def test_without_the_key_nobody_is_believed(build):
    record(build, KEY, "approve", "M. Adeyemi")
    assert standing(build, None).state == "unchecked"
    with pytest.raises(GateError, match="--key-file"):
        permit(build, None, required=True)


@pytest.mark.parametrize(
    ("tamper", "said"),
    [
        (lambda lines: [lines[0].replace("reject", "approve"), *lines[1:]], "entry 1 was changed"),
        (lambda lines: [lines[0].replace("Adeyemi", "Nobody"), *lines[1:]], "entry 1 was changed"),
        (lambda lines: lines[1:], "does not follow"),
        (lambda lines: [lines[0], lines[2]], "does not follow"),
        (lambda lines: [lines[1], lines[0], lines[2]], "does not follow"),
        (lambda lines: [*lines, lines[0]], "does not follow"),
    ],
)
def test_tampering_shows(build, tamper, said):
    for decision in ("reject", "approve", "reject"):
        record(build, KEY, decision, "M. Adeyemi", "note")
    log = build / LOG
    log.write_text("\n".join(tamper(log.read_text().splitlines())) + "\n")
    assert said in " ".join(faults(read_log(build), KEY))
    with pytest.raises(GateError):
        permit(build, KEY, required=False)
    with pytest.raises(CorporaError, match="nothing was added"):
        record(build, KEY, "approve", "M. Adeyemi")


def test_an_entry_forged_with_another_key_is_not_believed(build):
    record(build, bytes(32), "approve", "Mallory")
    assert "another key" in " ".join(faults(read_log(build), KEY))
    with pytest.raises(GateError, match="another key"):
        permit(build, KEY, required=False)


def test_what_is_no_build_of_ours_needs_no_approval_unless_one_is_required(tmp_path):
    assert approval_warning(tmp_path, None, required=False) is None
    with pytest.raises(GateError, match="no steward"):
        approval_warning(tmp_path, None, required=True)


def test_a_damaged_line_is_named(build):
    record(build, KEY, "approve", "M. Adeyemi")
    (build / LOG).write_text((build / LOG).read_text() + "{}\n")
    with pytest.raises(CorporaError, match="line 2"):
        read_log(build)


def test_only_the_builds_own_key_signs(build, tmp_path):
    other = tmp_path / "other"
    other.write_bytes(bytes(32))
    other.chmod(0o600)
    with pytest.raises(UsageError, match="not the key"):
        build_key(build, other)
    with pytest.raises(UsageError, match="not there"):
        build_key(build, tmp_path / "none")
    assert build_key(build, None) is None
    assert "nobody approved" in approval_warning(build, None, required=False)
    assert not (tmp_path / "none").exists()
    with pytest.raises(UsageError, match="--by"):
        record(build, KEY, "approve", "  ")


def test_the_log_is_carried_into_the_next_build(tmp_path):
    out = tmp_path / "out"
    for count in (1, 2, 2):
        place = Workplace(out)
        with place.locked():
            rows_at(place.fresh_staging(), count)
            (place.staging / "report").mkdir()
            place.publish(json.loads((place.staging / "manifest.json").read_text()))
        if count == 1:
            record(out, KEY, "forget", "M. Adeyemi", clients=["c9"], sessions=["s9"])
            record(out, KEY, "approve", "M. Adeyemi")
    assert [entry["decision"] for entry in read_log(out)] == ["forget", "approve"]
    assert standing(out, KEY).state == "void"
    assert withdrawn(out) == {"c9", "s9"}


def test_the_commands_sign_verify_and_find_what_was_changed(build, corpora_command, key_file):
    signing = ("--by", "M. Adeyemi", "--key-file", key_file)
    assert "nobody approved it" in corpora_command("verify", build, "--key-file", key_file, check=True).stdout
    shown = corpora_command("approve", build, *signing, "--note", "read it", check=True).stdout
    head = shown.split()[-1]
    held = corpora_command("verify", build, "--key-file", key_file, "--head", head, check=True).stdout
    assert "5 files are as they were published" in held
    assert "approved by M. Adeyemi" in held
    blind = corpora_command("verify", build, check=True)
    assert "were not checked" in blind.stderr
    (build / LOG).unlink()
    assert "the log was cut" in corpora_command("verify", build, "--head", head).stderr
    assert corpora_command("reject", build, *signing).returncode == 2
    shard = build / "train" / "data-00000-of-00001.arrow"
    shard.write_bytes(shard.read_bytes()[:-100])
    for refused in (corpora_command("verify", build), corpora_command("approve", build, *signing)):
        assert refused.returncode == 1
        assert "changed after the build" in refused.stderr
    write_sums(build)
    assert "not the one that the manifest names" in corpora_command("verify", build).stderr


def test_shards_are_opened_and_counted(build, corpora_command):
    def sums():
        manifest = json.loads((build / "manifest.json").read_text())
        manifest["sums_sha256"] = write_sums(build)
        (build / "manifest.json").write_text(json.dumps(manifest))
        return corpora_command("verify", build).stderr

    shutil.rmtree(build / "train")
    write_split(build, "train", pa.Table.from_pylist([row(1), row(1)], schema=example_schema()))
    said = sums()
    assert "train has 2 rows, the manifest says 3" in said
    assert "1 example ids stand more than once" in said
    (build / "train" / "data-00000-of-00001.arrow").write_bytes(b"nothing")
    assert "is no Arrow stream" in sums()


def test_training_waits_for_an_approval_where_one_is_required(build, corpora_command, tmp_path):
    refused = corpora_command("finetune", build, "--model", "none", "--out", tmp_path / "run", "--require-approval")
    assert refused.returncode == 3
    assert "corpora approve" in refused.stderr
    assert not (tmp_path / "run").exists()
