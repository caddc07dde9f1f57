"""Ray without a shared folder: what tasks read and write travels encrypted, and leaves nothing behind."""

import hashlib
import importlib.util
import os
import re
import secrets
import shutil
import stat
import subprocess
import sys
import threading
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from benchmarks.generate import transcripts, write_csv
from corpora.errors import CorporaError, UsageError
from corpora.files import private_folder
from corpora.remote import cache_folder
from pipelines.engines import open_engine
from pipelines.engines.parcels import Courier, _scratch, _scratches, sweep
from pipelines.engines.storage import MARK, Storage, open_storage
from pipelines.pipeline import Pipeline
from pipelines.recipe import RECIPES, load_recipe
from pipelines.stages.read import SAMPLE

needs_ray = pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="the ray extra is not installed")
FILES = ("st-101-1", "st-101-2", "st-102-1", "st-203-1")


@pytest.fixture
def storage(tmp_path):
    storage = Storage(f"file://{tmp_path}/bucket/{secrets.token_hex(8)}", os.urandom(32))
    storage.make()
    return storage


def test_what_is_put_comes_back_and_the_storage_sees_neither_text_nor_names(storage, tmp_path):
    told = tmp_path / "what-she-told.txt"
    told.write_bytes(b"she told me about the harbour. " * 1000)
    brought = storage.put_file(told, told)
    storage.get_file(brought, tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == told.read_bytes()
    (kept,) = (tmp_path / "bucket" / storage.run).iterdir()
    assert re.fullmatch(r"[0-9a-f]{32}", kept.name)
    assert b"harbour" not in kept.read_bytes()
    assert storage.put(b"twice") != storage.put(b"twice")
    assert "key" not in repr(storage)
    storage.clear()
    assert list((tmp_path / "bucket").iterdir()) == []


def test_what_is_gone_or_changed_or_put_in_anothers_place_is_an_error(storage, tmp_path):
    one, two = storage.put(b"one"), storage.put(b"two")
    folder = tmp_path / "bucket" / storage.run
    shutil.copy(folder / one, folder / two)
    with pytest.raises(CorporaError, match="was changed"):
        storage.get(two)
    sealed = bytearray((folder / one).read_bytes())
    sealed[-1] ^= 1
    (folder / one).write_bytes(sealed)
    with pytest.raises(CorporaError, match="was changed"):
        storage.get(one)
    (folder / one).write_bytes(b"")
    with pytest.raises(CorporaError, match="was changed"):
        storage.get(one)
    (folder / one).unlink()
    with pytest.raises(CorporaError, match="lacks what was put there"):
        storage.get(one)


def test_a_run_that_was_killed_is_cleared_by_the_next(tmp_path):
    url = f"file://{tmp_path}/bucket"
    left = Storage(f"{url}/left", bytes(32))
    left.make()
    left.put(b"left")
    home = tmp_path / "work"
    home.mkdir()
    (home / MARK).write_text(left.url)
    with open_storage(url, home) as storage:
        storage.put(b"here")
        assert [folder.name for folder in (tmp_path / "bucket").iterdir()] == [storage.run]
    assert list((tmp_path / "bucket").iterdir()) == list(home.iterdir()) == []


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("gs://bucket/folder", "pip install gcsfs"),
        ("nowhere://x", "cannot be reached"),
        ("bucket/folder", "takes a URL"),
        ("sftp://me:secret@host/folder", "without a password"),
    ],
)
def test_a_storage_that_cannot_be_used_is_refused_in_one_line(url, why, tmp_path):
    with pytest.raises(UsageError, match=why) as said, open_engine("ray", 1, 1, 1, ray_storage=url, shared=tmp_path):
        pass
    assert "secret" not in str(said.value)
    with (
        pytest.raises(UsageError, match="--engine ray"),
        open_engine("serial", 1, 1, 1, ray_storage=url, shared=tmp_path),
    ):
        pass


@dataclass(frozen=True)
class Joining:
    """Joins what stands in a folder's files and in one of its own, and writes that to `target`."""

    model: Path
    own: Path
    target: Path
    done: bool = False

    def files(self):
        return [self.model], [self.own]

    def finished(self):
        return "done before" if self.done else None


def join(task):
    everything = [path.read_text() for path in sorted(task.model.rglob("*.txt"))] + [task.own.read_text()]
    text = "".join(everything)
    part = task.target / f"key-{hashlib.sha256(text.encode()).hexdigest()[:16]}.txt"
    part.write_text(text)
    return [part, (str(part), stat.S_IMODE(task.own.stat().st_mode))]


@pytest.fixture
def joining(tmp_path, storage, scratch):  # noqa: ARG001 - it stands before anything is fetched
    """Who carries such a task, and a task."""
    for name, text in (("model/a.txt", "one "), ("model/deep/b.txt", "two "), ("own.txt", "three")):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    courier = Courier(storage, tmp_path / "work")
    yield courier, Joining(tmp_path / "model", tmp_path / "own.txt", tmp_path / "work" / "parts")
    courier.close()


def carried(courier, task, work=join):
    return list(courier.unpacked(function(item) for function, item in courier.packed(work, [task])))


def test_a_task_finds_its_files_elsewhere_and_what_it_wrote_comes_back_by_its_name(joining, tmp_path, scratch):
    courier, task = joining
    old = tmp_path / "work" / "parts" / "key-0000000000000000.txt"
    old.parent.mkdir(parents=True)
    old.touch()
    umask = os.umask(0o077)
    [[part, (there, mode)]] = carried(courier, task)
    os.umask(umask)
    assert part.read_text() == "one two three"
    assert list(part.parent.iterdir()) == [part], "and takes the place of an older one"
    assert (Path(there).is_relative_to(scratch), there.endswith(str(part)), mode) == (True, True, 0o600)
    assert {path.name for path in left_in(scratch)} == {"a.txt", "b.txt"}, "what other tasks read stays until the end"
    assert carried(courier, replace(task, done=True)) == ["done before"]
    sweep(next(scratch.glob("*/*")).name)
    assert list(scratch.rglob("*.txt")) == []


def named(task):
    return str(task.own)


def test_what_the_driver_cannot_read_is_worked_on_by_the_driver(joining):
    courier, task = joining
    gone = replace(task, own=task.own.with_name("gone.txt"))
    assert carried(courier, gone, named) == [str(gone.own)]
    assert carried(courier, task, named) != [str(task.own)]


def test_a_node_cannot_write_outside_the_work_folder(joining, tmp_path):
    courier, task = joining
    [(function, item)] = courier.packed(join, [task])
    returned = function(item)
    (brought,) = returned.files
    for path in (tmp_path / "elsewhere.txt", tmp_path / "work" / ".." / "elsewhere.txt"):
        escaping = replace(returned, files=(replace(brought, path=path),))
        with pytest.raises(CorporaError, match="stop trusting that node"):
            list(courier.unpacked([escaping]))
    assert not (tmp_path / "elsewhere.txt").exists()


@pytest.mark.usefixtures("scratch")
def test_a_scratch_folder_that_nobody_holds_is_swept_once_it_is_old():
    held, left = _scratch("held"), private_folder(_scratches() / "left-1")
    sweep()
    assert left.exists()
    for folder in (held, left):
        os.utime(folder, (0, 0))
    sweep()
    assert (held.exists(), left.exists()) == (True, False)


@pytest.fixture
def scratch(tmp_path, monkeypatch):
    """Where this machine's nodes keep what they fetch."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return cache_folder().with_name("nodes")


def left_in(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.slow
@needs_ray
def test_a_cluster_that_sees_no_folder_of_the_driver_and_loses_a_node_writes_the_same_bytes(
    tmp_path, key_file, published, scratch, monkeypatch
):
    here, marks, bucket = tmp_path / "here", tmp_path / "marks", tmp_path / "bucket"
    for folder in (here / "in", marks):
        folder.mkdir(parents=True)
    for name in FILES:
        shutil.copy(SAMPLE / f"{name}.txt", here / "in")
    monkeypatch.setenv("CORPORA_TEST_WALL", os.pathsep.join([str(os.getpid()), str(here)]))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent), prepend=os.pathsep)
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    from walled import Walled

    stages = load_recipe(RECIPES / "build.toml", {"read": {"input": here / "in"}, "windows": {"min_words": 20}}).stages
    pipeline = Pipeline([stages[0], Walled(marks=str(marks)), *stages[1:]])
    calm = pipeline.run(tmp_path / "calm", "serial", key_file=key_file).out
    words = {word for path in (here / "in").iterdir() for word in re.findall(rb"\w{6,}", path.read_bytes())}
    stored = []

    import ray
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    second = cluster.add_node(num_cpus=1)

    def stopping(name, done, _total, *_note):
        if (name, done) == ("survey", 1):
            assert left_in(bucket)
            raise KeyboardInterrupt

    def watching(name, done, _total, *_note):
        if name in ("survey", "de-identify") and done:
            sealed = [path.read_bytes() for path in left_in(bucket)]
            stored.append(len(sealed))
            assert not [word for word in words if any(word in data for data in sealed)]
            assert not [path for path in left_in(bucket) if not re.fullmatch(r"[0-9a-f]{32}", path.name)]
        if (name, done) == ("survey", 2):  # the first was done before the interruption
            cluster.remove_node(second, allow_graceful=False)

    try:
        with pytest.raises(CorporaError, match=r"PermissionError at walled.py"):
            pipeline.run(here / "seen", "ray", key_file=key_file, ray_address=cluster.address)  # the wall stands
        options = {"key_file": key_file, "ray_address": cluster.address, "ray_storage": f"file://{bucket}"}
        with pytest.raises(KeyboardInterrupt):
            pipeline.run(here / "out", "ray", progress=stopping, **options)
        assert left_in(bucket) == left_in(scratch) == []
        assert len(list((here / "out.work" / "survey").iterdir())) < len(FILES)
        out = pipeline.run(here / "out", "ray", progress=watching, **options).out
    finally:
        ray.shutdown()
        cluster.shutdown()
    assert published(out) == published(calm)
    assert len(words) > 500
    assert max(stored) > len(FILES)
    assert list(marks.iterdir()), "it stood where the sessions were worked on"
    assert left_in(bucket) == left_in(scratch) == []


@contextmanager
def ftp_server(folder):
    """A server on loopback that anybody may write to, for as long as the test takes; yields its URL."""
    from pyftpdlib.authorizers import DummyAuthorizer
    from pyftpdlib.handlers import FTPHandler
    from pyftpdlib.servers import ThreadedFTPServer

    class Handler(FTPHandler):
        authorizer = DummyAuthorizer()

    Handler.authorizer.add_anonymous(str(folder), perm="elradfmw")
    server = ThreadedFTPServer(("127.0.0.1", 0), Handler)
    serving = threading.Thread(target=server.serve_forever, kwargs={"handle_exit": False})
    serving.start()
    try:
        yield f"ftp://127.0.0.1:{server.address[1]}/corpora"
    finally:
        server.close_all()
        serving.join()


RECIPE = """
[[stage]]
use = "read"
source = "alexander-street"
input = "talks.zip"
clients = "clients.csv"

[[stage]]
use = "read"
source = "annomi"
input = "table"
"""


@pytest.fixture
def private_place(tmp_path, key_file):
    """Run a build at the same place, each time on a small disk that nobody but its own process sees; returns all of it.

    The input is an archive, a table that is cut into units, and lists that stages name, all by relative paths.
    """
    inputs, place = tmp_path / "in", tmp_path / "place"
    for folder in (inputs / "table", place):
        folder.mkdir(parents=True)
    with zipfile.ZipFile(inputs / "talks.zip", "w") as archive:
        for name in FILES:
            archive.write(SAMPLE / f"{name}.txt", f"talks/{name}.txt")
    write_csv(transcripts(2_500), inputs / "table", 1)
    (inputs / "clients.csv").write_text("session_id,client_id\n" + "".join(f"talks/{name},one\n" for name in FILES))
    (inputs / "names.txt").write_text("Marigold Fenwick\n")
    (inputs / "recipe.toml").write_text(
        RECIPE + (RECIPES / "build.toml").read_text().partition('alexander-street"\n')[2]
    )
    if subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system lets nobody have a disk of their own")
    script = """
        set -e
        mount -t tmpfs none "$1" && cp -r "$2" "$1/in" && cd "$1" && shift 2 && target="$1" && shift
        "$@" && cp -r out out.work "$target"
    """

    def build(*options):
        target = tmp_path / f"copy-{len(list(tmp_path.glob('copy-*')))}"
        target.mkdir()
        command = [sys.executable, "-m", "pipelines.cli", "run", "in/recipe.toml", "--known-names", "in/names.txt"]
        command += ["--out", "out", "--key-file", str(key_file), "--min-words", "20", "--canaries", "1", *options]
        ran = subprocess.run(
            ["unshare", "-rm", "sh", "-c", script, "sh", str(place), str(inputs), str(target), *command],
            capture_output=True,
            text=True,
            check=False,
        )
        return ran, target

    return build


def parts(target):
    """Every part that workers wrote, by its name."""
    folders = [target / "out.work" / name for name in ("survey", "rosters", "examples", "audit")]
    return {path.relative_to(target): path.read_bytes() for folder in folders for path in folder.iterdir()}


@pytest.mark.slow
@needs_ray
def test_a_driver_alone_with_its_disk_builds_the_same_parts_through_a_server(
    tmp_path, private_place, published, scratch
):
    serial, calm = private_place("--engine", "serial")
    assert serial.returncode == 0, serial.stderr

    from ray.cluster_utils import Cluster

    bucket = tmp_path / "bucket"
    bucket.mkdir()
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 2, "include_dashboard": False})
    try:
        with ftp_server(bucket) as url:
            ray = ["--engine", "ray", "--ray-address", cluster.address]
            blind, _ = private_place(*ray)
            assert blind.returncode == 2
            assert "does not see" in blind.stderr
            built, target = private_place(*ray, "--ray-storage", url)
    finally:
        cluster.shutdown()
    assert built.returncode == 0, built.stderr
    assert published(target / "out") == published(calm / "out")
    assert parts(target) == parts(calm)
    assert len(list((calm / "out.work" / "survey").iterdir())) > len(FILES) + 1, "the table was cut"
    assert left_in(bucket) == left_in(scratch) == []
