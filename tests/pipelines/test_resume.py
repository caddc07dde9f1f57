"""Killed at any moment and run again: finished work is found, and the result is that of an undisturbed run."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from pipelines.stages.read import SAMPLE

pytestmark = pytest.mark.slow
KILLS = 5


def start(out, key_file, *options):
    command = [sys.executable, "-m", "pipelines.cli", "build", "--out", str(out), "--key-file", str(key_file), *options]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)


def test_a_build_killed_at_random_points_ends_in_the_same_bytes(tmp_path, key_file, published):
    began = time.monotonic()
    assert start(tmp_path / "calm", key_file).wait() == 0
    span = time.monotonic() - began
    out, draw = tmp_path / "out", random.Random(20)
    for _ in range(KILLS):
        build = start(out, key_file)
        time.sleep(draw.uniform(0.1, 0.95) * span)
        os.killpg(build.pid, signal.SIGKILL)
        build.wait()
    assert start(out, key_file).wait() == 0
    assert published(out) == published(tmp_path / "calm")
    assert not list((tmp_path / "out.work").rglob("*.part")), "no half-written file is left"


def test_finished_units_are_not_redone_and_a_new_file_adds_only_its_own(tmp_path, key_file):
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    files = sorted(SAMPLE.iterdir())
    for path in files[:-1]:
        (folder / path.name).write_bytes(path.read_bytes())

    def build():
        assert start(out, key_file, "--input", str(folder), "--engine", "serial").wait() == 0
        return {
            path: path.stat().st_mtime_ns
            for path in (tmp_path / "out.work").glob("*/*.*")
            if path.parent.name in ("survey", "examples")
        }

    first, again = build(), build()
    assert again == first
    (folder / files[-1].name).write_bytes(files[-1].read_bytes())
    added = build()
    assert {path: added[path] for path in first} == first
    assert len(added) == len(first) + 2


def test_a_changed_parameter_redoes_what_depends_on_it_only(tmp_path, key_file):
    out = tmp_path / "out"

    def parts(*options):
        assert start(out, key_file, "--engine", "serial", *options).wait() == 0
        return [len(list((tmp_path / "out.work" / name).iterdir())) for name in ("survey", "examples")]

    surveys, examples = parts()
    assert parts("--min-words", "20") == [surveys, 2 * examples]
