import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from anonymize.keys import KEY_BYTES, key_id, keyed, keyed_unit, load_key
from corpora.errors import UsageError

KEY, OTHER = b"k" * 32, b"o" * 32


def test_a_missing_key_is_made_private_and_announced_once(tmp_path, capsys):
    path = tmp_path / "deep" / "key"
    key = load_key(path)
    assert len(key) == KEY_BYTES
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(path.parent.iterdir()) == [path]
    assert load_key(path) == key
    assert capsys.readouterr().err.splitlines() == [
        f"therapy-corpora: made a new key in {path}; keep it safe and private"
    ]


def test_processes_that_make_the_key_at_once_agree(tmp_path):
    code = "import sys, pathlib; from anonymize.keys import load_key; print(load_key(pathlib.Path(sys.argv[1])).hex())"
    path = tmp_path / "key"
    started = [
        subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(6)
    ]
    answers = [process.communicate() for process in started]
    assert {out.decode().strip() for out, _ in answers} == {path.read_bytes().hex()}
    assert sum(bool(err) for _, err in answers) == 1


def test_the_path_comes_from_the_option_then_the_environment_then_the_config_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    monkeypatch.delenv("CORPORA_KEY_FILE", raising=False)
    assert load_key() == (tmp_path / "xdg" / "therapy-corpora" / "key").read_bytes()
    monkeypatch.setenv("CORPORA_KEY_FILE", str(tmp_path / "named"))
    assert load_key() == (tmp_path / "named").read_bytes()
    assert load_key(tmp_path / "given") == (tmp_path / "given").read_bytes()
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.delenv("CORPORA_KEY_FILE")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert load_key() == (tmp_path / ".config" / "therapy-corpora" / "key").read_bytes()


@pytest.mark.parametrize("content", [b"", b"x" * 31, b"x" * 33])
def test_a_key_of_the_wrong_length_is_refused(tmp_path, content):
    path = tmp_path / "key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(UsageError, match="32 bytes"):
        load_key(path)


def test_a_key_that_others_may_read_is_refused(tmp_path):
    path = tmp_path / "key"
    path.write_bytes(KEY)
    path.chmod(0o640)
    with pytest.raises(UsageError, match="chmod 600"):
        load_key(path)


def test_a_folder_in_the_keys_place_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="key file"):
        load_key(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="--key-file"):
        load_key(Path(tmp_path / "file" / "key"))


def test_keyed_hashes_depend_on_every_boundary_and_on_the_key():
    assert keyed(KEY, "a", "b") == keyed(KEY, "a", "b")
    hashes = {keyed(KEY, "a", "b"), keyed(KEY, "ab"), keyed(KEY, "ab", ""), keyed(KEY), keyed(OTHER, "a", "b")}
    assert len(hashes) == 5
    assert all(len(h) == 32 and int(h, 16) >= 0 for h in hashes)


def test_keyed_units_spread_over_the_interval():
    units = [keyed_unit(KEY, "row", str(i)) for i in range(2000)]
    assert all(0 <= u < 1 for u in units)
    assert abs(sum(units) / len(units) - 0.5) < 0.03
    assert keyed_unit(KEY, "row", "1") != keyed_unit(OTHER, "row", "1")


def test_the_key_id_names_the_key():
    assert len(key_id(KEY)) == 8
    assert key_id(KEY) != key_id(OTHER)
    assert KEY.hex().find(key_id(KEY)) < 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_key_is_a_usage_error(tmp_path):
    path = tmp_path / "key"
    path.write_bytes(KEY)
    path.chmod(0)
    with pytest.raises(UsageError, match="--key-file"):
        load_key(path)
