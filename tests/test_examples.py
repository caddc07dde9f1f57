"""The examples work as their README says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"


def test_a_package_that_is_installed_adds_its_source(tmp_path, corpora_command):
    site = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    source = tmp_path / "diaries_source"  # a copy, since building leaves files behind
    source.mkdir()
    for path in (EXAMPLES / "diaries_source").iterdir():
        if path.is_file():
            (source / path.name).write_bytes(path.read_bytes())
    subprocess.run([*pip, "--target", str(site), str(source)], check=True)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "x.tsv").write_text("C\tI slept.\nnonsense\nT\tHow was it?\n")
    network = Path(__file__).parent / "network"
    environment = {"PYTHONPATH": f"{network}:{site}"}
    assert "diaries\n" in corpora_command("sources", env=environment, check=True).stdout
    parsed = corpora_command("parse", "--source", "diaries", "in", env=environment, check=True)
    assert [turn["role"] for turn in json.loads(parsed.stdout)["turns"]] == ["client", "therapist"]
    assert "malformed_line" in parsed.stderr


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """Run an example program as its docstring says, under the usual umask, with the network blocked; its result."""
    folder = tmp_path_factory.mktemp("examples")
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parent / "network"),
        "CORPORA_TEST_EGRESS_LOG": str(folder / "egress.log"),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "OMP_NUM_THREADS": "1",
    }

    def run(name, *arguments):
        command = [sys.executable, str(EXAMPLES / name), *map(str, arguments)]
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False, umask=0o022
        )
        assert done.returncode == 0, done.stderr
        assert not (folder / "egress.log").exists()
        return folder, done

    return run


@pytest.mark.slow
def test_a_stage_of_ones_own_builds_a_corpus_that_a_loop_of_ones_own_trains_on(example):
    folder, built = example("build_with_a_stage.py", "out")
    manifest = json.loads((folder / "out" / "manifest.json").read_text())
    left_out = manifest["accounting"]["sessions"]["dropped"]["therapist_hardly_speaks"]
    assert 0 < left_out < manifest["accounting"]["sessions"]["seen"]
    assert built.stdout.startswith(f"{manifest['examples']['total']} examples")
    private = [folder / "out", folder / "out.work", *(folder / "out.work").rglob("*")]
    assert [path for path in private if path.stat().st_mode & 0o077] == []
    losses = re.search(r"(\d\.\d\d) -> (\d\.\d\d)", example("train_on_shards.py", "out")[1].stdout)
    assert float(losses[2]) < float(losses[1]) - 1


@pytest.mark.integration
def test_a_name_that_only_the_last_note_makes_certain_is_masked_in_all(example):
    folder, nothing = example("mask_notes.py", ".")
    assert nothing.stdout == ""
    (folder / "notes").mkdir()
    (folder / "notes" / "7-1.txt").write_text("The thing with Wren happened again.\nCall her on 503-555-0142.\n")
    (folder / "notes" / "7-2.txt").write_text("Her sister Wren Kowalczyk came along. I spoke to Wren.\n")
    _, masked = example("mask_notes.py", "notes")
    notes = [json.loads(line) for line in masked.stdout.splitlines()]
    assert len(notes) == 2
    assert len({note["client"] for note in notes}) == 1
    assert not re.search("Wren|Kowalczyk|0142", masked.stdout + masked.stderr)
    assert "'PHONE': 1" in masked.stderr
