import stat

import pytest

from corpora.files import replacing, write_atomic


def test_a_file_is_written_whole_and_private(tmp_path):
    path = tmp_path / "a.json"
    write_atomic(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.json"]


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
