"""Every source has a page, whose example runs as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from corpora.sources import _OURS, get_source

PAGES = Path(__file__).parents[2] / "docs" / "sources"


@pytest.mark.parametrize("name", sorted(_OURS))
def test_the_pages_example_runs(name, tmp_path, monkeypatch, capsys):
    page = (PAGES / f"{name}.md").read_text()
    [example] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    exec(compile(example, name, "exec"), {})  # noqa: S102 - our own page
    shown = capsys.readouterr().out
    assert "client" in shown
    assert "therapist" in shown
    assert f"({name}.md)" in (PAGES / "README.md").read_text()
    assert get_source(name).license
    assert get_source(name).consent
