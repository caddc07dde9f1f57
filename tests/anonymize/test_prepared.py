import stat

import pytest

from anonymize.words import prepared
from anonymize.words.vocabulary import vocabulary


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def fresh():
    return vocabulary.__wrapped__()


def test_the_kept_vocabulary_is_the_merged_one(cache):
    merged = fresh()
    (path,) = cache.rglob("*.json")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.stat().st_mtime_ns
    assert fresh() == merged
    assert list(cache.rglob("*.json")) == [path]
    assert path.stat().st_mtime_ns == before


@pytest.mark.parametrize("damage", [lambda data: data[:-1000], lambda data: data.replace(b":1", b":2"), lambda _: b""])
def test_a_damaged_vocabulary_is_made_again(cache, damage):
    tables = {"flags": dict.fromkeys("abc" * 200, 1)}
    prepared.write(tables)
    (path,) = cache.rglob("*.json")
    assert prepared.read() == tables
    path.write_bytes(damage(path.read_bytes()))
    assert prepared.read() is None


def test_no_writable_cache_is_no_error(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    prepared.write({"flags": {}})
    assert prepared.read() is None


def test_a_changed_list_is_read_anew(cache, monkeypatch):
    prepared.write({"flags": {}})
    assert list(cache.rglob("*.json"))
    monkeypatch.setattr(prepared, "_LAYOUT", b"another")
    assert prepared.read() is None
