"""The command line as its users meet it: help, refusals, exit codes; never a traceback, never a transcript's words."""

import subprocess
import sys

import pytest

HEAVY = [
    "torch",
    "spacy",
    "presidio_analyzer",
    "great_expectations",
    "datasets",
    "polars",
    "pyarrow",
    "llama_cpp",
    "ray",
    "pandas",
    "matplotlib",
]
SECRET = "Zuleikha Vandersteen keeps bees in Saltcoats"


def test_help_imports_nothing_heavy():
    code = (
        "import sys; sys.argv = ['corpora', '--help']\n"
        "from pipelines.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("command", ["sources", "build", "run", "explain", "parse", "anonymize", "verify"])
def test_every_command_has_help(corpora_command, command):
    assert "Usage: " in corpora_command(command, "--help", check=True).stdout


def test_sources_lists_names_and_terms(corpora_command):
    shown = corpora_command("sources", check=True).stdout
    assert "alexander-street" in shown
    assert "annomi" in shown
    assert "licence: " in shown


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["build", "--input", "nowhere"], 2, "nowhere"),
        (["build", "--input", "empty"], 2, "empty"),
        (["build", "--source", "alexander-stret"], 2, "alexander-street"),
        (["build", "--source", "annomi"], 2, "--input"),
        (["build", "--min-words", "many"], 2, "min-words"),
        (["build", "--min-words", "-1"], 2, "min_words"),
        (["build", "--context-turns", "0"], 2, "context_turns"),
        (["build", "--split", "0.5,0.5"], 2, "ratios"),
        (["build", "--split", "a,b,c"], 2, "--split"),
        (["build", "--split", "0.5,0.4,0.3"], 2, "sum to 1"),
        (["build", "--engine", "slurm"], 2, "slurm"),
        (["build", "--nonsense"], 2, "nonsense"),
        (["build", "--out", "taken"], 2, "stays untouched"),
        (["build", "--key-file", "short.key"], 2, "short.key"),
        (["build", "--clients", "wrong.csv"], 2, "session_id"),
        (["build", "--folds", "wrong.csv"], 2, "split"),
        (["build", "--source", "annomi", "--input", "wrong.csv"], 2, "wrong.csv"),
        (["run", "missing.toml"], 2, "missing.toml"),
        (["explain", "empty"], 2, "not a build"),
        (["verify", "empty"], 2, "not a built corpus"),
        (["frobnicate"], 2, "frobnicate"),
    ],
)
def test_a_wrong_call_gets_one_helpful_line(corpora_command, tmp_path, arguments, code, said):
    (tmp_path / "empty").mkdir()
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "mine.txt").write_text("mine")
    (tmp_path / "short.key").write_bytes(b"short")
    (tmp_path / "short.key").chmod(0o600)
    (tmp_path / "wrong.csv").write_text("a,b\n1,2\n")
    result = corpora_command(*arguments)
    assert result.returncode == code, result.stderr
    assert said in result.stderr
    assert not (tmp_path / "corpora-out" / "alexander-street").exists()


def test_bad_files_are_set_aside_with_reasons_and_good_ones_built(corpora_command, tmp_path):
    from pipelines.stages.read import SAMPLE

    folder = tmp_path / "in"
    folder.mkdir()
    for path in list(SAMPLE.iterdir()):
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "image.txt").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00" + bytes(range(256)) * 20)
    (folder / "letter.txt").write_text(f"{SECRET} and nobody is labelled here.\n" * 5)
    (folder / "blank.txt").write_text("\n\n")
    (folder / "monolog.txt").write_text(f"THERAPIST: {SECRET}.\n" * 4)
    result = corpora_command("build", "--input", folder, check=True)
    shown = result.stdout + result.stderr
    reasons = (tmp_path / "corpora-out/alexander-street.work/quarantine/quarantine.jsonl").read_text()
    explained = corpora_command("explain", "corpora-out/alexander-street", "--json", check=True).stdout
    for text in (shown, reasons, explained):
        assert not [word for word in SECRET.split() if len(word) > 3 and word in text]
    for name in ("image.txt", "letter.txt", "monolog.txt"):
        assert name in reasons
    assert '"seen": 20' in explained


def test_what_a_stage_raises_never_shows_text():
    from corpora.errors import CorporaError
    from pipelines.engines import open_engine

    with open_engine("serial", None, 1, 1) as run, pytest.raises(CorporaError) as error:
        list(run(_leaky, [SECRET]))
    assert "Zuleikha" not in str(error.value)
    assert "ValueError at test_cli.py" in str(error.value)


def _leaky(text):
    raise ValueError(text)


def test_parse_and_anonymize(corpora_command, tmp_path):
    import json

    from pipelines.stages.read import SAMPLE

    parsed = corpora_command("parse", SAMPLE, check=True).stdout.splitlines()
    assert len(parsed) == 17
    corpora_command("anonymize", SAMPLE, "safe.jsonl", check=True)
    safe = [json.loads(line) for line in (tmp_path / "safe.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(safe) == 17
    assert all(session["deidentified"] for session in safe)
    assert "st-101" not in (tmp_path / "safe.jsonl").read_text(encoding="utf-8")


def test_the_environment_sets_flags_and_a_flag_wins(corpora_command):
    env = {"CORPORA_MIN_WORDS": "20"}
    assert "min_words = 20" in corpora_command("build", "--dry-run", env=env, check=True).stdout
    assert "min_words = 80" in corpora_command("build", "--dry-run", "--min-words", 80, env=env, check=True).stdout
