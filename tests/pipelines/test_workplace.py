import json
import stat

import pytest

from corpora.errors import CorporaError, UsageError
from corpora.shards import SUMS
from pipelines.versions import TOOL
from pipelines.workplace import MANIFEST, Workplace

OURS = {"tool": TOOL}


def stage(place, sums):
    (place.fresh_staging() / SUMS).write_text(sums)
    (place.staging / "report").mkdir()


def build(out, sums):
    place = Workplace(out)
    with place.locked():
        stage(place, sums)
        place.publish(OURS)


def sums_at(folder):
    return (folder / SUMS).read_text()


def test_a_second_build_moves_the_first_to_previous_and_a_third_drops_it(tmp_path):
    out = tmp_path / "out"
    for sums in ("one", "two", "three"):
        build(out, sums)
    assert (sums_at(out), sums_at(tmp_path / "out.previous")) == ("three", "two")


def test_a_rebuild_of_the_same_rows_leaves_the_previous_build_alone(tmp_path):
    out = tmp_path / "out"
    for sums in ("one", "two", "two"):
        build(out, sums)
        (out / "notes.txt").write_text("mine")
    assert (sums_at(out), sums_at(tmp_path / "out.previous")) == ("two", "one")
    assert (out / "notes.txt").exists(), "what a user put there stays"


@pytest.mark.parametrize("older", ["previous", "work/outgoing"])
def test_a_swap_that_was_cut_off_is_finished_by_the_next_run(tmp_path, older):
    out = tmp_path / "out"
    build(out, "one")
    place = Workplace(out)
    stage(place, "two")
    (place.staging / MANIFEST).write_text(json.dumps(OURS))
    out.rename(tmp_path / f"out.{older}")
    with place.locked():
        assert sums_at(out) == "two"
        assert not (place.work / "outgoing").exists()


def test_an_unfinished_staging_is_never_published(tmp_path):
    place = Workplace(tmp_path / "out")
    with place.locked():
        stage(place, "half")
    with place.locked():
        assert not place.out.exists()


@pytest.mark.parametrize("content", [{"notes.txt": "mine"}, {MANIFEST: "{}"}, {MANIFEST: "no json"}])
def test_a_folder_that_is_not_ours_is_never_touched(tmp_path, content):
    out = tmp_path / "out"
    out.mkdir()
    for name, text in content.items():
        (out / name).write_text(text)
    with pytest.raises(UsageError, match="stays untouched"):
        Workplace(out)
    assert {path.name: path.read_text() for path in out.iterdir()} == content


def test_an_empty_folder_is_taken(tmp_path):
    (tmp_path / "out").mkdir()
    build(tmp_path / "out", "one")
    assert sums_at(tmp_path / "out") == "one"


def test_two_builds_of_one_output_do_not_run_at_once(tmp_path):
    first, second = Workplace(tmp_path / "out").locked(), Workplace(tmp_path / "out").locked()
    with first, pytest.raises(CorporaError, match="another build"):
        second.__enter__()


def test_the_work_folder_is_its_owners_alone(tmp_path):
    place = Workplace(tmp_path / "out")
    with place.locked():
        folder = place.folder("survey")
    assert {stat.S_IMODE(path.stat().st_mode) for path in (place.work, folder)} == {0o700}


def test_a_work_folder_that_is_not_ours_is_never_touched(tmp_path):
    (tmp_path / "out.work").mkdir()
    (tmp_path / "out.work" / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError, match="no work folder"):
        Workplace(tmp_path / "out")


def test_a_kill_while_an_old_build_is_deleted_blocks_nothing(tmp_path, monkeypatch):
    out = tmp_path / "out"
    for sums in ("one", "two"):
        build(out, sums)

    def killed(path, **_kwargs):
        (path / MANIFEST).unlink()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("pipelines.workplace.shutil.rmtree", killed)
        place = Workplace(out)
        with pytest.raises(KeyboardInterrupt):
            place._discard(place.work if not place.previous.exists() else place.previous)
    build(out, "three")
    assert sums_at(out) == "three"


def test_an_output_that_is_a_link_is_followed(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "disk")
    build(tmp_path / "out", "one")
    assert sums_at(tmp_path / "disk") == "one"
