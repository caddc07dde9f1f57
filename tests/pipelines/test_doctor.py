"""`corpora doctor`: what it finds well, and what it says to do."""

import json
import subprocess
import sys

from anonymize.keys import key_id
from pipelines import doctor
from pipelines.versions import package_versions


def test_an_installation_is_looked_at_and_nothing_is_made(corpora_command, tmp_path):
    result = corpora_command("doctor", "--key-file", tmp_path / "key", check=True)
    assert "the first build makes one" in result.stdout
    assert "missing: none" in result.stdout
    assert f"polars {package_versions()['polars']}" in result.stdout
    assert all(f"extra {name}: " in result.stdout for name in ("paraphrase", "synth", "finetune", "evaluate", "ray"))
    assert "datasets.config says HF_UPDATE_DOWNLOAD_COUNTS: False" in result.stdout
    assert "usage_stats_enabled: False" in result.stdout
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


def test_a_build_under_another_key_or_other_versions_is_said(key_file, tmp_path):
    out = tmp_path / "out"
    out.mkdir(mode=0o700)
    versions = {**package_versions(), "polars": "0.1"}
    manifest = out / "manifest.json"
    manifest.write_text(json.dumps({"key_id": key_id(key_file.read_bytes()), "packages": versions}))
    manifest.chmod(0o600)
    seen = {check.what: check for check in doctor._build(out, key_file)}
    assert f"polars 0.1 -> {package_versions()['polars']}" in seen[f"versions of {out}"].seen
    assert not any(check.fix for check in seen.values())
    seen = {check.what: check for check in doctor._build(out, tmp_path / "no-key")}
    assert "--key-file" in seen[f"key of {out}"].fix


def test_what_is_not_installed_is_named_with_the_command(monkeypatch):
    monkeypatch.setattr(doctor, "requires", lambda _: ["pyarrow>=1000", 'no-such; extra == "ray"', "no-core"])
    packages, *extras = doctor._packages()
    assert packages.fix == "pip install -c constraints.txt no-core 'pyarrow>=1000'"
    assert "no-such" in next(check.seen for check in extras if check.what == "extra ray")
    assert "no-such" not in next(check.seen for check in extras if check.what == "extra synth")


def test_a_library_that_does_not_heed_its_switch_is_to_be_fixed():
    program = (
        "from pipelines import doctor, egress; egress.SWITCHES['HF_UPDATE_DOWNLOAD_COUNTS'] = '1';"
        "egress.close_egress(); print([check.what for check in doctor._egress() if check.fix])"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout == "['egress HF_UPDATE_DOWNLOAD_COUNTS']\n"
