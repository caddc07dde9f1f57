"""`corpora doctor`: what it finds well, and what it says to do."""


def test_an_installation_is_looked_at_and_nothing_is_made(corpora_command, tmp_path):
    result = corpora_command("doctor", "--key-file", tmp_path / "key", check=True)
    assert "the first build makes one" in result.stdout
    assert "missing: none" in result.stdout
    assert "egress RAY_USAGE_STATS_ENABLED: 0" in result.stdout
    assert not (tmp_path / "key").exists()


def test_a_key_or_a_build_that_others_may_read_is_to_be_fixed(corpora_command, tmp_path):
    key, out = tmp_path / "key", tmp_path / "out"
    key.write_bytes(bytes(32))
    key.chmod(0o644)
    work = tmp_path / "out.work"
    for folder in (out, work):
        folder.mkdir(mode=0o700)
    raw = work / "raw.json"
    raw.touch()
    raw.chmod(0o604)
    result = corpora_command("doctor", out, "--key-file", key)
    assert result.returncode == 1
    assert f"do: chmod 600 {key}" in result.stdout
    assert f"do: chmod -R go= {work}" in result.stdout
    assert "2 to fix" in result.stderr
    key.chmod(0o600)
    raw.chmod(0o600)
    assert corpora_command("doctor", out, "--key-file", key).returncode == 0
    key.write_bytes(b"short")
    assert "restore it" in corpora_command("doctor", "--key-file", key).stdout
