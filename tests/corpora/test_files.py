import stat

import pytest

from corpora.files import replacing, write_atomic


def test_a_file_is_written_whole_and_private(tmp_path):
    path = tmp_path / "a.json"
    write_atomic(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.json"]


def test_only_what_is_compared_before_it_is_trusted_goes_to_disk_later(tmp_path, monkeypatch):
    flushed = []
    monkeypatch.setattr("corpora.files._fsync", flushed.append)
    write_atomic(tmp_path / "a", b"later", flushed=False)
    assert not flushed
    write_atomic(tmp_path / "b", b"now")
    assert len(flushed) == 2, "the file and its folder"
    assert (tmp_path / "a").read_bytes() + (tmp_path / "b").read_bytes() == b"laternow"


def test_a_failure_leaves_the_old_file_and_no_part(tmp_path):
    path = tmp_path / "a.json"
    write_atomic(path, b"old")

    def fail():
        with replacing(path) as part:
            part.write_bytes(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.json"]
