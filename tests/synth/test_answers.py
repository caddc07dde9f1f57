import stat
from dataclasses import replace

import pytest

from corpora.errors import CorporaError
from synth.answers import Answers, answer_key
from synth.backend import Answer, Job

ANSWER = Answer(Job("prompt", 1, 0, 0), "Client: a.\nTherapist: b.", "stop", 9, 20)


def test_answers_are_found_again_under_their_key_and_attempt(tmp_path):
    path = tmp_path / "answers.sqlite"
    with Answers(path) as answers:
        answers.put("k", ANSWER)
        answers.put("k", replace(ANSWER, job=replace(ANSWER.job, attempt=1), text="second"))
    with Answers(path) as answers:
        assert answers.get("k", 0) == {"text": ANSWER.text, "finish": "stop", "tokens": 9, "prompt_tokens": 20}
        assert answers.get("k", 1)["text"] == "second"
        assert answers.get("k", 2) is None
        assert answers.get("other", 0) is None
    assert {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()} == {0o600}


def test_the_digest_depends_on_what_was_used_and_not_on_its_order(tmp_path):
    def digest(name, *entries):
        with Answers(tmp_path / name) as answers:
            for key, text in entries:
                answers.put(key, replace(ANSWER, text=text))
            return answers.digest()

    assert digest("a", ("x", "1"), ("y", "2")) == digest("b", ("y", "2"), ("x", "1"))
    assert digest("a") != digest("b", ("x", "1"))
    assert digest("c", ("x", "1")) != digest("d", ("x", "2"))


def test_a_key_depends_on_every_part():
    base = {"model": "a", "page": "p", "parallel": 4}
    assert answer_key(**base) == answer_key(**dict(reversed(base.items())))
    assert len({answer_key(**base | {name: "z"}) for name in base} | {answer_key(**base)}) == 4


def test_a_file_that_is_no_cache_is_refused(tmp_path):
    (tmp_path / "x").write_bytes(b"something else" * 100)
    with pytest.raises(CorporaError, match="answer cache"):
        Answers(tmp_path / "x")


def test_a_full_disk_is_one_line_and_what_was_kept_stays(tmp_path):
    with Answers(tmp_path / "full") as answers:
        answers.put("k", ANSWER)
        (pages,) = answers._base.execute("PRAGMA page_count").fetchone()
        answers._base.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(CorporaError, match="make room and run the same command again"):
            answers.put("big", replace(ANSWER, text="x" * 100_000))
        assert answers.get("k", 0)
