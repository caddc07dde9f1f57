"""The sources by name, and the front door `read_source`."""

from __future__ import annotations

import subprocess
import sys

import pytest

from corpora import read_source
from corpora.errors import UsageError
from corpora.sources import get_source, source_names


def test_our_sources_are_there_under_their_names():
    assert {"alexander-street", "annomi"} <= set(source_names())
    for name in ("alexander-street", "annomi"):
        source = get_source(name)
        assert (source.name, source.modality) == (name, "spoken")
        assert source.license
        assert source.consent


@pytest.mark.parametrize(
    ("typed", "meant"), [("alexander_street", "alexander-street"), ("anomi", "annomi"), ("AnnoMI", "annomi")]
)
def test_a_near_miss_names_the_nearest(typed, meant):
    with pytest.raises(UsageError, match=f"did you mean '{meant}'"):
        get_source(typed)


def test_an_unknown_name_lists_what_there_is():
    with pytest.raises(UsageError, match=r"there are: .*annomi"):
        get_source("zzz")


def test_an_installed_package_adds_a_source(tmp_path, monkeypatch):
    (tmp_path / "theirs.py").write_text("from corpora.sources.alexander_street import AlexanderStreet as Theirs\n")
    info = tmp_path / "theirs-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[corpora.sources]\ntheirs = theirs:Theirs\nbroken = nowhere:Nothing\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert {"theirs", "broken"} <= set(source_names())
    (tmp_path / "x.txt").write_text("T: Hello.\nC: Hi.\nT: How are you?\nC: Well.\n")
    assert [len(session.turns) for session in read_source("theirs", tmp_path / "x.txt")] == [4]
    with pytest.raises(UsageError, match=r"broken.*nowhere"):
        get_source("broken")


@pytest.mark.parametrize("name", ["alexander-street", "annomi"])
def test_nothing_to_read_is_said_at_once(name, tmp_path):
    with pytest.raises(UsageError, match="no such file or folder"):
        read_source(name, tmp_path / "missing")
    (tmp_path / "notes.md").write_text("x")
    (tmp_path / ".hidden.txt").write_text("x")
    with pytest.raises(UsageError, match="holds no"):
        read_source(name, tmp_path)


def test_files_are_read_in_order_and_named_by_their_path(tmp_path):
    (tmp_path / "b").mkdir()
    for path in ("b/2.txt", "b/1.TXT", "a.txt"):
        (tmp_path / path).write_text("T: Hello.\nC: Hi.\nT: How are you?\nC: Well.\n")
    assert [session.session_id for session in read_source("alexander-street", tmp_path)] == ["a", "b/1", "b/2"]


def test_importing_corpora_stays_light():
    heavy = ["pyarrow", "polars", "datasets", "spacy", "charset_normalizer", "pandas", "matplotlib"]
    code = f"import sys, corpora, corpora.sources.alexander_street; sys.exit(any(m in sys.modules for m in {heavy}))"
    subprocess.run([sys.executable, "-c", code], check=True)
