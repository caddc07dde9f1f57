"""Fixtures of all tests: no connection leaves the machine, keys are thrown away, commands run as a user's would."""

import hashlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

NETWORK = Path(__file__).parent / "network"
ROOT = Path(__file__).parents[1]
ENCODER = "CORPORA_ENCODER"
SHARED = ROOT.parent / "shared"


def pytest_configure():
    """Block the network in this process too, and run commands without the sentence encoder where no test asks for it.

    Its start takes most of a small build; `tests/anonymize` and whatever makes a pipeline itself run with it.
    """
    os.environ[ENCODER] = "off"
    spec = importlib.util.spec_from_file_location("no_egress", NETWORK / "sitecustomize.py")
    spec.loader.exec_module(importlib.util.module_from_spec(spec))


@pytest.fixture(autouse=True)
def _own_config(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
    monkeypatch.setenv("HF_HOME", str(tmp_path_factory.mktemp("hf")))
    for name in [name for name in os.environ if name.startswith("CORPORA_") and name != ENCODER]:
        monkeypatch.delenv(name)


@pytest.fixture
def corpora_command(tmp_path):
    """Run `corpora ARGS` in a process of its own, in a fresh folder, with the network blocked; returns the result."""

    def run(*arguments, cwd=None, env=None, check=False):
        egress = tmp_path / "egress.log"
        environment = {**os.environ, "PYTHONPATH": str(NETWORK), "CORPORA_TEST_EGRESS_LOG": str(egress), **(env or {})}
        command = [sys.executable, "-m", "pipelines.cli", *map(str, arguments)]
        result = subprocess.run(
            command, cwd=cwd or tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=600
        )
        assert not egress.exists(), f"a connection was tried: {egress.read_text()}"
        assert "Traceback" not in result.stderr
        if check:
            assert result.returncode == 0, result.stderr
        return result

    return run


COVERED = (
    "README.md",
    "croissant.json",
    "dataset_dict.json",
    "SHA256SUMS",
    "*/*.arrow",
    "*/state.json",
    "*/dataset_info.json",
)


@pytest.fixture(scope="session")
def published():
    """Digests of everything in a build's folder that the promise of equal bytes covers."""

    def digests(out):
        files = sorted(path for pattern in COVERED for path in out.glob(pattern))
        return {path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

    return digests


@pytest.fixture(scope="session")
def key_file(tmp_path_factory):
    """A fixed key, so that builds can be compared."""
    path = tmp_path_factory.mktemp("key") / "key"
    path.write_bytes(bytes(range(32)))
    path.chmod(0o600)
    return path


@pytest.fixture
def shared():
    """The development data beside the checkout; tests that use it are skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("no development data beside this checkout")
    return SHARED
