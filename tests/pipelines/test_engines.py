"""Engines: workers, nodes and drivers that die lose nothing, double nothing, and change no byte."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from corpora.errors import CorporaError, UsageError
from pipelines.engines import WORTH_A_WORKER, open_engine, prepare
from pipelines.engines.pool import Pool
from pipelines.pipeline import Pipeline
from pipelines.recipe import RECIPES, load_recipe
from pipelines.stages import Sample, Split
from pipelines.stages.read import SAMPLE

pytestmark = pytest.mark.slow
needs_ray = pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="the ray extra is not installed")


@pytest.fixture
def deadly(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent), prepend=os.pathsep)
    import deadly

    return deadly


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Five of the sample's files: three of one client."""
    folder = tmp_path_factory.mktemp("in")
    for path in sorted(SAMPLE.iterdir())[:5]:
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


@pytest.fixture(scope="module")
def calm(tmp_path_factory, folder, key_file):
    """The build that nothing disturbed; a stage over all examples left some of them out."""
    built = pipeline(folder).run(tmp_path_factory.mktemp("calm") / "out", "serial", key_file=key_file)
    examples = built.manifest["accounting"]["examples"]
    assert examples["kept"] == {"kept": 30}
    assert examples["dropped"]["not_sampled"] == examples["seen"] - 30 > 0
    return built.out


def pipeline(folder, *more):
    stages = load_recipe(RECIPES / "build.toml", {"read": {"input": folder}, "windows": {"min_words": 20}}).stages
    at = next(number for number, stage in enumerate(stages) if isinstance(stage, Split))
    return Pipeline([stages[0], *more, *stages[1:at], Sample(size=30), *stages[at:]])


def test_a_pool_of_workers_writes_the_same_bytes(tmp_path, folder, key_file, calm, published):
    out = pipeline(folder).run(tmp_path / "out", "local", 2, key_file).out
    assert published(out) == published(calm)


def test_a_task_whose_worker_dies_is_done_by_the_next_one(deadly, tmp_path):
    tasks = [(number, 2 if number == 3 else 0, str(tmp_path)) for number in range(8)]
    with Pool(2) as pool:
        assert sorted(pool.run(deadly.double_after_deaths, tasks)) == [2 * number for number in range(8)]


def test_a_task_that_kills_three_workers_is_given_up_and_only_that_one(deadly, tmp_path):
    tasks = [(number, 9 if number == 3 else 0, str(tmp_path)) for number in range(8)]
    with Pool(2) as pool:
        results = list(pool.run(deadly.double_after_deaths, tasks, lambda task: ("lost", task[0])))
    assert sorted(map(str, results)) == sorted(map(str, [0, 2, 4, ("lost", 3), 8, 10, 12, 14]))
    assert len(list(tmp_path.iterdir())) == 3
    with Pool(2) as pool, pytest.raises(CorporaError, match="died 3 times"):
        list(pool.run(deadly.double_after_deaths, tasks))


def test_a_build_survives_a_worker_and_gives_up_a_unit_that_kills_three(deadly, tmp_path, folder, key_file, calm):
    marks = tmp_path / "marks"
    marks.mkdir()
    once = pipeline(folder, deadly.Deadly(session="st-101-2", marks=str(marks), deaths=1))
    manifest = once.run(tmp_path / "once", "local", 2, key_file).manifest
    assert manifest["accounting"] == json.loads((calm / "manifest.json").read_text())["accounting"]
    assert len(list(marks.iterdir())) == 1
    always = deadly.Deadly(session="st-101-2", marks=str(marks), deaths=99)
    built = pipeline(folder, always).run(tmp_path / "always", "local", 2, key_file)
    aside = [json.loads(line) for line in built.quarantine.read_text().splitlines()]
    assert [(Path(entry["origin"]["path"]).stem, entry["reason"]) for entry in aside] == [
        ("st-101-2", "workers_died_in_survey")
    ]
    assert built.manifest["accounting"]["files"] == {
        "seen": 5,
        "kept": {"kept": 4},
        "dropped": {},
        "quarantined": {"workers_died_in_survey": 1},
    }
    mended = pipeline(folder, deadly.Deadly(session="", marks=str(marks), deaths=0))
    again = mended.run(tmp_path / "always", "serial", key_file=key_file)
    assert again.manifest["accounting"]["files"]["kept"] == {"kept": 5}, "what killed once is tried again"


def test_a_worker_ends_with_its_driver(tmp_path):
    script = tmp_path / "driver.py"
    script.write_text(
        f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from deadly import sleep_and_tell
from pipelines.engines.pool import Pool
if __name__ == "__main__":
    with Pool(1) as pool:
        list(pool.run(sleep_and_tell, [({str(tmp_path)!r}, 600)]))
"""
    )
    driver = subprocess.Popen([sys.executable, str(script)], start_new_session=True)
    while not (started := list(tmp_path.glob("started-*"))):
        assert driver.poll() is None
        time.sleep(0.05)
    worker = int(started[0].name.split("-")[1])
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    while True:  # ends by itself, or the test's own limit ends it
        try:
            os.kill(worker, 0)
        except ProcessLookupError:
            break
        if Path(f"/proc/{worker}/stat").read_text().split()[2] == "Z":
            break
        time.sleep(0.05)


def test_what_a_pool_shares_is_loaded_ahead_only_where_there_will_be_one(tmp_path, monkeypatch):
    started = []
    monkeypatch.setattr("pipelines.engines.pool.start_server", started.append)
    files = [tmp_path / "a", tmp_path / "b"]
    for path in files:
        path.write_bytes(b"few words")
    prepare("local", None, files, "small")  # not worth a worker
    prepare("local", 2, files[:1], "alone")
    prepare("serial", 2, files, "serial")
    prepare("local", 2, files, None)
    assert not started
    prepare("local", 2, files, "asked")
    files[0].write_bytes(bytes(WORTH_A_WORKER * 2))
    prepare("local", 2, files[:1], "large")
    assert started == ["asked", "large"]


def test_an_address_without_its_engine_is_refused():
    with (
        pytest.raises(UsageError, match="--engine ray"),
        open_engine("local", 2, 9, 9, ray_address="auto"),
    ):
        pass


@needs_ray
def test_a_cluster_that_loses_a_node_in_mid_run_writes_the_same_bytes(tmp_path, folder, key_file, calm, published):
    import ray
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    second = cluster.add_node(num_cpus=1)
    seen = []

    def killing(name, done, _total, *_note):
        seen.append((name, done))
        if (name, done) == ("survey", 1):
            assert len(ray.nodes()) == 2
            cluster.remove_node(second, allow_graceful=False)

    try:
        out = (
            pipeline(folder)
            .run(tmp_path / "out", "ray", key_file=key_file, ray_address=cluster.address, progress=killing)
            .out
        )
    finally:
        ray.shutdown()
        cluster.shutdown()
    assert published(out) == published(calm)
    assert ("survey", 1) in seen


@needs_ray
def test_ray_gives_up_a_task_that_kills_three_workers_and_refuses_what_a_node_cannot_see(deadly, tmp_path):
    tasks = [(number, 9 if number == 1 else 0, str(tmp_path)) for number in range(3)]
    with open_engine("ray", 1, 3, 1, shared=tmp_path) as run:
        results = list(run(deadly.double_after_deaths, tasks, lambda task: ("lost", task[0])))
    assert sorted(map(str, results)) == sorted(map(str, [0, ("lost", 1), 4]))
    assert len([path for path in tmp_path.iterdir() if path.name.startswith("1-")]) == 3
    with pytest.raises(UsageError, match="no Ray cluster answers"), open_engine("ray", 1, 1, 1, ray_address="auto"):
        pass
