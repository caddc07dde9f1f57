"""Builds that are hit while they run: run again, they end in the same bytes, or say in one line why they will not.

`make chaos` hits a hundred; by default the first few harms hit one each.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipelines.stages.read import SAMPLE

pytestmark = pytest.mark.slow
ROUNDS = int(os.environ.get("CORPORA_CHAOS", "3"))
SMALL_DISK = (16, 320)
"""KiB: such a build needs more than the middle of these, and may end on the largest."""


class Place:
    """Where one build happens, and how it is started."""

    def __init__(self, folder, key_file, home, draw, span):
        self.folder, self.key_file, self.draw, self.span = folder, key_file, draw, span
        self.home = home
        self.out, self.work = home / "out", home / "out.work"

    def start(self):
        command = [sys.executable, "-m", "pipelines.cli", "build", "--input", str(self.folder), "--out", str(self.out)]
        command += ["--key-file", str(self.key_file), "--min-words", "20", "--workers", "2"]
        return subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
        )

    def run(self):
        """A whole build: its exit code; whatever it says is one clear line."""
        return ended(self.start())

    def wait_a_while(self):
        time.sleep(self.draw.uniform(0.05, 0.95) * self.span)

    def interrupted(self):
        """A build whose driver is killed on the way."""
        build = self.start()
        self.wait_a_while()
        os.killpg(build.pid, signal.SIGKILL)
        build.communicate()

    def a_file(self, *patterns):
        """One of the files that an interrupted or finished build left behind."""
        files = sorted(path for pattern in patterns for path in self.work.glob(pattern) if path.is_file())
        return self.draw.choice(files) if files else None


def ended(build):
    said = build.communicate()[1]
    assert "Traceback" not in said
    if build.returncode:
        assert [line for line in said.splitlines() if line.startswith("corpora: ")], "a refusal says why"
    return build.returncode


def driver_killed(place):
    place.interrupted()


def worker_killed(place):
    build = place.start()
    place.wait_a_while()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            number, session = int(path.parent.name), int(path.read_text().rsplit(")", 1)[1].split()[3])
            if session == build.pid and number != build.pid and place.draw.random() < 0.7:
                os.kill(number, signal.SIGKILL)
        except (OSError, ValueError):
            continue
    ended(build)


def parts_damaged(place):
    place.run() if place.draw.random() < 0.5 else place.interrupted()
    for _ in range(3):
        if path := place.a_file("survey/*", "examples/*", "audit/*", "rosters/*", "corpus/*"):
            data = path.read_bytes()
            at = place.draw.randrange(len(data) + 1)
            path.write_bytes(data[:at] + (b"" if place.draw.random() < 0.5 else b"\xff" + data[at + 1 :]))


def ledger_damaged(place):
    place.run()
    for path in (place.work / "audit.jsonl", place.work / "quarantine" / "quarantine.jsonl", place.work / "lock"):
        path.write_bytes(b"\x00not what was here\xff")


def two_at_once(place):
    first, second = place.start(), place.start()
    codes = [ended(first), ended(second)]
    assert 0 in codes


def disk_full(place):
    on_disk(place, f"size={place.draw.randint(*SMALL_DISK)}k")


def disk_read_only(place):
    assert on_disk(place, "ro") != 0


def on_disk(place, options):
    """A build on a disk of its own, which comes back as an ordinary folder; returns the exit code."""
    place.home.mkdir(exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place.home)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only root may mount a small disk")
    try:
        return place.run()
    finally:
        kept = place.home.with_name("kept")
        shutil.copytree(place.home, kept)
        subprocess.run(["umount", str(place.home)], check=True)
        shutil.copytree(kept, place.home, dirs_exist_ok=True)


HARMS = (worker_killed, parts_damaged, disk_full, ledger_damaged, two_at_once, disk_read_only, driver_killed)


@pytest.fixture(scope="module")
def calm(tmp_path_factory, key_file, published):
    """Of an undisturbed build: its input, its digests, its seconds."""
    home = tmp_path_factory.mktemp("calm")
    folder = home / "in"
    folder.mkdir()
    for path in sorted(SAMPLE.iterdir())[:4]:
        shutil.copy(path, folder)
    began = time.monotonic()
    place = Place(folder, key_file, home, random.Random(0), 0)
    assert place.run() == 0
    return folder, published(place.out), time.monotonic() - began


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_build_that_was_hit_ends_in_the_same_bytes_when_it_is_run_again(number, tmp_path, calm, key_file, published):
    folder, expected, span = calm
    harm = HARMS[number % len(HARMS)]
    home = tmp_path / "home"
    home.mkdir()
    place = Place(folder, key_file, home, random.Random(number), span)
    harm(place)
    assert place.run() == 0
    assert published(place.out) == expected
    assert not list(home.rglob("*.part"))
