"""What is released: an sdist, the wheel made of it, and a build of the sample where only that wheel is installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[1]
ROOMS = ("corpora", "anonymize", "synth", "expectations", "finetune", "pipelines")
BUILD = "import sys; from setuptools import build_meta as b; getattr(b, sys.argv[1])(sys.argv[2])"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def build(what, tree, target):
    """Run one hook of the build backend in `tree`, as pip does; the file it leaves in `target`."""
    subprocess.run([sys.executable, "-c", BUILD, what, str(target)], cwd=tree, check=True, capture_output=True)
    [made] = target.iterdir()
    return made


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of the sdist of a copy of this tree; building it leaves nothing in the checkout."""
    folder = tmp_path_factory.mktemp("package")
    litter = shutil.ignore_patterns("__pycache__", "*.egg-info", ".*", "build", "site", "corpora-out")
    shutil.copytree(ROOT, folder / "tree", ignore=litter)
    with tarfile.open(build("build_sdist", folder / "tree", folder / "sdist")) as archive:
        archive.extractall(folder, filter="data")
    tree = folder / f"therapy_corpora-{PROJECT['version']}"
    assert (tree / "constraints.txt").is_file()
    assert (tree / "docs" / "privacy.md").is_file()
    return build("build_wheel", tree, folder / "wheel")


def test_the_wheel_holds_every_file_of_the_rooms_and_nothing_else(wheel):
    there = {
        path.relative_to(ROOT).as_posix()
        for room in ROOMS
        for path in (ROOT / room).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert names == there


def test_the_version_stands_in_the_changelog():
    first = next(line for line in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines() if "## " in line)
    assert PROJECT["version"] in first


def test_the_sample_builds_where_only_the_wheel_is_installed(wheel, tmp_path):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", "venv"], cwd=tmp_path, check=True)
    place, python = next(tmp_path.glob("venv/lib/*/site-packages")), tmp_path / "venv" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, str(wheel)], check=True)
    others = [path for path in sys.path if path.endswith("site-packages")]
    (place / "dependencies.pth").write_text("\n".join(others))  # theirs; no .pth in there is read, so not our checkout
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "tests" / "network"),
        "CORPORA_TEST_EGRESS_LOG": str(tmp_path / "egress.log"),
    }

    def run(*command):
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    where = "import corpora, pipelines; print(corpora.__file__, pipelines.__file__)"
    assert all(path.startswith(str(place)) for path in run(str(python), "-c", where).split())
    manifest = json.loads(run("venv/bin/corpora", "build", "--engine", "serial", "--out", "out", "--json"))
    assert manifest["version"] == PROJECT["version"]
    assert manifest["examples"]["total"] > 50
    assert "0 of them open to others" in run("venv/bin/corpora", "doctor", "out")
    asked = ("synth", "--n", "40", "--model", "none", "--endpoint", "http://127.0.0.1:9", "--out", "made", "--dry-run")
    assert "40 dialogues" in run("venv/bin/corpora", *asked)
    assert not (tmp_path / "egress.log").exists()
