"""What was set aside is picked up after a fix, and nothing else is read again."""

from __future__ import annotations

import json
import shutil

import pytest

from pipelines.stages.read import SAMPLE


@pytest.mark.integration
def test_a_mended_file_is_picked_up(tmp_path, corpora_command, key_file):
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("st-101-1.txt", "st-203-1.txt", "st-307-1.txt"):
        shutil.copy(SAMPLE / name, folder)
    bad = folder / "bad.txt"
    bad.write_text("Anna: Yes.\nBella: No.\nAnna: Well.\nBella: Fine.\n")
    call = (
        "build",
        "--input",
        folder,
        "--out",
        "out",
        "--key-file",
        key_file,
        "--min-words",
        "3",
        "--engine",
        "serial",
    )
    refused = corpora_command(*call, "--retry-quarantine")
    assert (refused.returncode, "holds no quarantine" in refused.stderr) == (2, True)
    corpora_command(*call, check=True)
    quarantine = tmp_path / "out.work" / "quarantine" / "quarantine.jsonl"
    assert quarantine.stat().st_mode & 0o777 == 0o600
    [entry] = map(json.loads, quarantine.read_text().splitlines())
    assert (entry["reason"], entry["origin"]["end"]) == ("roles_unclear", bad.stat().st_size)
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "out.work" / "survey").iterdir()}
    bad.write_text("T: How are you?\nC: Not well.\nT: Tell me about that.\nC: Fine.\n")
    corpora_command(*call, "--retry-quarantine", check=True)
    assert quarantine.read_text() == ""
    after = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "out.work" / "survey").iterdir()}
    assert len(before.items() & after.items()) == 3
