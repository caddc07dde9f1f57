"""The examples work as their README says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

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
