"""`corpora evaluate` as a user runs it, on a tiny run."""

import json
import re


def test_a_run_is_evaluated(corpora_command, run, split_corpus, tmp_path):
    (tmp_path / "own.txt").write_text("Why do I wake at four?\nHow does one stop counting sheep?\n")
    out = tmp_path / "evaluation"
    arguments = ["evaluate", run, "--corpus", split_corpus, "--questions", tmp_path / "own.txt", "--out", out,
                 "--max-new-tokens", "6", "--batch", "16", "--prompt", "none", "--prompt", "minimal"]  # fmt: skip
    result = corpora_command(*arguments, check=True)
    assert result.stdout.strip() == str(out / "report.html")
    document = json.loads((out / "evaluation.json").read_text())
    assert document["split"] == "test"
    assert list(document["conditions"]) == ["none", "minimal"]
    found = document["conditions"]["none"]
    assert (found["held-out"]["items"], found["questions"]["items"]) == (24, 2)
    assert found["held-out"]["degenerate"]["fine-tuned"]["responses"] == 24
    assert "therapist elsewhere" in found["held-out"]["measures"]
    page, latex = (out / "report.html").read_text(), (out / "tables.tex").read_text()
    assert page.index("Degenerate output") < page.index("Behaviour") < page.index("Overlap and meaning")
    assert not re.search(r"(?:https?:)?//[a-z]|<script", page)
    assert latex.count(r"\begin{tabular}") == latex.count(r"\end{tabular}") == page.count("<table>")
    texts = [
        json.loads(line) for line in (tmp_path / "evaluation.work" / "side-by-side-none.jsonl").read_text().splitlines()
    ]
    assert all(text["therapist"] not in page for text in texts if text["therapist"])
    assert (tmp_path / "evaluation.work").stat().st_mode & 0o077 == 0
    before = (out / "evaluation.json").read_bytes()
    corpora_command(*arguments, check=True)
    assert (out / "evaluation.json").read_bytes() == before


def test_wrong_calls_get_one_line(corpora_command, tmp_path, run):
    result = corpora_command("evaluate", tmp_path)
    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
    result = corpora_command("evaluate", run, "--prompt", "unheard")
    assert result.returncode == 2
    assert "neither one of none, minimal" in result.stderr
