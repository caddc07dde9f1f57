"""`corpora validate` on corpora of ours and of others."""

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def row(number, answer="Tell me more about how that week went for you and what helped you most", **more):
    said = [{"role": "user", "content": f"I did not sleep well again, night {number}"}]
    said += [{"role": "assistant", "content": f"{answer}, in night {number}"}]
    return {"messages": said, **more}


@pytest.fixture
def theirs(tmp_path):
    """Write rows of others as JSON lines."""

    def write(rows, name="train.jsonl"):
        path = tmp_path / "theirs" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(json.dumps(one) + "\n" for one in rows))
        return path.parent

    return write


def outcomes(result):
    return {o["expectation"]: o for o in json.loads(result.stdout)["expectations"]}


def test_clean_rows_of_others_pass_and_what_was_not_measured_is_said(theirs, corpora_command):
    folder = theirs([row(n) for n in range(20)])
    result = corpora_command("validate", folder, "--json", check=True)
    document = json.loads(result.stdout)
    assert document["passed"]
    assert {"no_roster_name", "no_caller_name", "other_hits_rate"} == set(document["unmeasured"])
    assert "no_structured_identifier" in outcomes(result)
    assert list(folder.iterdir()) == [folder / "train.jsonl"]


@pytest.mark.parametrize(
    ("defect", "expectation"),
    [
        (row(3, "Call me at 212-555-0187 or write to ann@harrow-clinic.com, will you"), "no_structured_identifier"),
        ({"messages": row(3)["messages"][:1]}, "one_completion"),
        ({"messages": [*row(3)["messages"][:1], *row(3)["messages"]]}, "role_order_ok"),
        (row(3, ""), None),
    ],
)
def test_a_defect_of_theirs_ends_with_3_and_is_told_by_its_row_alone(theirs, corpora_command, defect, expectation):
    result = corpora_command("validate", theirs([*(row(n) for n in range(3)), defect]), "--json", "--min-words", "6")
    assert result.returncode == 3
    found = outcomes(result)[expectation or "min_words_transcript"]
    assert (found["passed"], found["rows"]) == (False, ["theirs#3"])
    assert "harrow" not in result.stdout + result.stderr


def test_columns_of_any_name_and_a_client_in_two_splits(theirs, corpora_command):
    def renamed(number, client):
        question, answer = row(number)["messages"]
        return {"Context": question["content"], "Response": answer["content"], "who": client}

    theirs([renamed(n, f"c{n}") for n in range(10)])
    folder = theirs([renamed(20, "c1")], "test.jsonl")
    columns = ["--columns", "prompt=Context,completion=Response", "--columns", "client_id=who"]
    result = corpora_command("validate", folder, *columns, "--suite", "splits", "--json")
    assert result.returncode == 3
    assert not outcomes(result)["client_in_one_split"]["passed"]
    assert {o["suite"] for o in outcomes(result).values()} == {"splits"}


def test_a_suite_of_ones_own_with_its_expectation_is_run_and_said_as_a_sentence(theirs, corpora_command, tmp_path):
    suite = ROOT / "examples" / "own_suite" / "turns.py"
    folder = theirs([row(n) for n in range(3)])
    result = corpora_command("validate", folder, "--suite", suite, "--docs", tmp_path / "docs", check=True)
    assert "A prompt goes from client to client." in " ".join(result.stdout.replace("│", " ").split())
    page = (tmp_path / "docs" / "expectations" / "turns.html").read_text()
    assert "prompt_messages values must be odd." in page
    longer = [{"role": "user", "content": "Good morning"}, *row(1)["messages"]]
    assert corpora_command("validate", theirs([{"messages": longer}]), "--suite", suite).returncode == 3


@pytest.mark.parametrize(
    ("suite", "content", "message"),
    [
        ("mine", None, "there is no suite 'mine'; ours are structure"),
        ("mine.py", None, "no such Python file"),
        ("mine.py", "x = 1", "it needs a function expectations"),
        ("mine.py", "import nothing_like_it", "ModuleNotFoundError"),
    ],
)
def test_a_suite_that_is_none_is_a_usage_error(theirs, corpora_command, tmp_path, suite, content, message):
    if content:
        (tmp_path / suite).write_text(content)
    result = corpora_command("validate", theirs([row(1)]), "--suite", suite, cwd=tmp_path)
    assert result.returncode == 2
    assert message in result.stderr


@pytest.mark.integration
def test_a_build_is_held_to_its_own_bounds_and_a_changed_one_is_read_again(corpora_command, tmp_path):
    recipe = (ROOT / "pipelines" / "recipes" / "build.toml").read_text()
    suite = ROOT / "examples" / "own_suite" / "turns.py"
    (tmp_path / "mine.toml").write_text(f"{recipe}\nown_suites = [{str(suite)!r}]\n")
    corpora_command("run", tmp_path / "mine.toml", "--out", "out", "--engine", "serial", check=True)
    built = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert "odd_prompt" in {o["expectation"] for o in built["gate"]["expectations"]}
    assert str(ROOT) not in json.dumps(built)
    result = corpora_command("validate", "out", "--json", check=True)
    assert outcomes(result)["no_roster_name"]["passed"]
    assert json.loads(result.stdout)["unmeasured"] == ["other_hits_rate"]
    page = tmp_path / "out" / "report" / "index.html"
    before = page.read_text()
    page.unlink()
    corpora_command("report", "out", check=True)
    assert page.read_text() == before
    corpora_command("report", "out", "--with-samples", "--samples", "2", check=True)
    assert page.read_text().count("<strong>assistant</strong>") >= 2
    assert "<strong>assistant</strong>" not in before
    (tmp_path / "out" / "README.md").write_text("changed")
    again = corpora_command("validate", "out", "--json")
    assert "no_roster_name" in json.loads(again.stdout)["unmeasured"]


def test_what_is_made_for_the_benchmark_is_sound(tmp_path):
    from benchmarks.rows import write_corpus
    from pipelines.validation import measure_corpus

    write_corpus(tmp_path / "made", 300)
    metrics = measure_corpus(tmp_path / "made", {}).metrics
    assert metrics.height == 300
    assert all(metrics[name].all() for name in ("schema_ok", "words_match", "role_order_ok", "one_completion"))
    assert metrics["client_splits"].max() == metrics["id_count"].max() == metrics["response_splits"].max() == 1


def test_a_report_needs_a_build(corpora_command, tmp_path):
    (tmp_path / "old").mkdir()
    assert corpora_command("report", "nothing").returncode == 2
    (tmp_path / "old" / "manifest.json").write_text("{}")
    result = corpora_command("report", "old")
    assert (result.returncode, "build again" in result.stderr) == (2, True)
