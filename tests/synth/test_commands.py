"""`corpora build --paraphrase` and `corpora paraphrase` as a user runs them, on a real tiny model."""

import json
import sqlite3
from contextlib import closing

import pytest

from pipelines.stages.read import SAMPLE

pytestmark = pytest.mark.slow
EASY = ("--threads", 1, "--overlap", 0, "--variety", 0, "--attempts", 1, "--inventions", "flag", "--temperature", 1)
SHORT = ("--max-answer-words", 50, "--page-words", 200)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The beginnings of three of the sample's sessions."""
    made = tmp_path_factory.mktemp("in")
    for path in sorted(SAMPLE.glob("*.txt"))[:3]:
        lines = path.read_text(encoding="utf-8").splitlines()
        (made / path.name).write_text("\n".join(lines[:60]), encoding="utf-8")
    return made


def kept(cache):
    with closing(sqlite3.connect(cache)) as base:
        return base.execute("SELECT * FROM answers ORDER BY key, attempt").fetchall()


def test_a_build_with_paraphrases_adds_up_and_is_the_same_again_without_a_call(
    corpora_command, model, folder, key_file, tmp_path, published
):
    out = tmp_path / "out"
    command = (
        "build",
        "--input",
        folder,
        "--out",
        out,
        "--key-file",
        key_file,
        "--engine",
        "serial",
        "--min-words",
        20,
    )
    command += ("--paraphrase", model, *EASY, *SHORT, "--json")
    manifest = json.loads(corpora_command(*command, check=True).stdout)
    assert set(manifest["examples"]["by_kind"]) == {"paraphrase", "transcript"}
    assert manifest["paraphrase"]["examples"] == manifest["examples"]["by_kind"]["paraphrase"]
    assert manifest["paraphrase"]["linkage"]["by_embedding"]["original"]["rate"] == 1.0
    for level in manifest["accounting"].values():
        assert level["seen"] == sum(sum(level[end].values()) for end in ("kept", "dropped", "quarantined"))
    assert str(tmp_path) not in json.dumps(manifest)
    report = (out / "report" / "index.html").read_text(encoding="utf-8")
    assert "Found again from its paraphrase" in report

    first, cache = published(out), tmp_path / "out.work" / "paraphrase" / "answers.sqlite"
    before = kept(cache)
    again = json.loads(corpora_command(*command, check=True).stdout)
    assert published(out) == first
    assert kept(cache) == before
    assert again["paraphrase"] == manifest["paraphrase"]


def test_paraphrases_may_stand_alone(corpora_command, model, folder, key_file, tmp_path):
    command = ("build", "--input", folder, "--out", tmp_path / "out", "--key-file", key_file, "--engine", "serial")
    done = corpora_command(*command, "--paraphrase", model, "--paraphrase-only", *EASY, *SHORT, "--json", check=True)
    assert set(json.loads(done.stdout)["examples"]["by_kind"]) == {"paraphrase"}


@pytest.mark.parametrize(
    ("flags", "code", "said"),
    [
        (("--endpoint", "http://example.org:8080"), 4, "literal address of this machine"),
        (("--endpoint", "http://localhost:8080"), 4, "literal address of this machine"),
        (("--paraphrase", "MODEL", "--endpoint", "http://127.0.0.1:1"), 2, "not both"),
        (("--mode", "turns"), 2, "needs a model"),
        (("--paraphrase-only",), 2, "--paraphrase-only needs"),
        (("--paraphrase", "TEXT"), 2, "not a GGUF file"),
        (("--paraphrase", "MODEL", "--parallel", 0), 2, "paraphrase.parallel"),
        (("--paraphrase", "MODEL", "--chat-template", "unknown"), 2, "choose one of chatml"),
        (("--paraphrase", "MODEL", "--max-answer-words", 40), 2, "leaves no room"),
        (("--paraphrase", "MODEL", "--page-overlap", 300), 2, "less than --page-words"),
    ],
)
def test_what_cannot_be_is_said_before_anything_runs(corpora_command, model, tmp_path, flags, code, said):
    text = tmp_path / "text.gguf"
    text.write_text("no model")
    named = {"MODEL": model, "TEXT": text}
    result = corpora_command("build", "--out", tmp_path / "out", *(named.get(flag, flag) for flag in flags))
    assert result.returncode == code
    assert said in result.stderr
    assert not (tmp_path / "out.work" / "survey").exists()


def test_raw_sessions_are_refused_unless_named_and_anonymized_ones_are_taken(
    corpora_command, model, folder, key_file, tmp_path
):
    flags = ("--paraphrase", model, *EASY, *SHORT, "--key-file", key_file)
    refused = corpora_command("paraphrase", folder, tmp_path / "raw.jsonl", *flags)
    assert refused.returncode == 4
    assert "corpora anonymize" in refused.stderr
    remote = ("--endpoint", "http://192.0.2.1:80", "--allow-raw")
    assert corpora_command("paraphrase", folder, tmp_path / "raw.jsonl", *remote).returncode == 4
    assert not (tmp_path / "raw.jsonl").exists()

    safe = tmp_path / "safe.jsonl"
    corpora_command("anonymize", folder, safe, "--key-file", key_file, check=True)
    plan = corpora_command("paraphrase", safe, tmp_path / "out.jsonl", *flags, "--dry-run", "--json", check=True)
    expected = json.loads(plan.stdout)
    assert expected["seconds"] > 0
    done = corpora_command("paraphrase", safe, tmp_path / "out.jsonl", *flags, "--json", check=True)
    summary = json.loads(done.stdout)
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(rows) == summary["examples"] > 0
    assert summary["pages"] == expected["pages"]
    assert {row["kind"] for row in rows} == {"paraphrase"}
    assert corpora_command("paraphrase", safe, tmp_path / "out.jsonl", *flags).returncode == 2, "OUT is never replaced"


def test_a_line_that_is_no_session_is_named(corpora_command, model, tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_text('{"session_id": "x"}\n')
    result = corpora_command("paraphrase", path, tmp_path / "out.jsonl", "--paraphrase", model)
    assert result.returncode == 2
    assert "line 1" in result.stderr
