"""The five steps of CONTRIBUTING.md, done as a reader would do them."""

import json
import re
from pathlib import Path

import pytest

CONTRIBUTING = Path(__file__).parents[1] / "CONTRIBUTING.md"


@pytest.mark.integration
def test_a_third_partys_source_is_listed_read_and_planned(corpora_command, tmp_path):
    text = CONTRIBUTING.read_text(encoding="utf-8")
    code = re.search(r"```python\n(.*?)```", text, re.DOTALL).group(1)
    entry = re.search(r'entry-points."corpora.sources"\]\s+(\w+) = "(my_package:\w+)"', text)
    package = tmp_path / "site"
    (package / "my_package-1.dist-info").mkdir(parents=True)
    (package / "my_package-1.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: my-package\nVersion: 1\n"
    )
    (package / "my_package-1.dist-info" / "entry_points.txt").write_text(
        f"[corpora.sources]\n{entry[1]} = {entry[2]}\n"
    )
    indent = re.match(r" *", code.splitlines()[0]).group()
    (package / "my_package.py").write_text("\n".join(line.removeprefix(indent) for line in code.splitlines()))
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "one.tsv").write_text("C\tI could not sleep.\nT\tWhat kept you up?\nX no label\n", encoding="utf-8")
    env = {"PYTHONPATH": f"{package}:{Path(__file__).parent / 'network'}"}
    assert "diaries" in corpora_command("sources", env=env, check=True).stdout
    parsed = corpora_command("parse", "--source", "diaries", folder, env=env, check=True)
    assert [turn["role"] for turn in json.loads(parsed.stdout)["turns"]] == ["client", "therapist"]
    assert "malformed_line" in parsed.stderr
    plan = corpora_command("build", "--source", "diaries", "--input", folder, "--dry-run", env=env, check=True)
    assert "1 sessions, 2 turns" in plan.stdout
