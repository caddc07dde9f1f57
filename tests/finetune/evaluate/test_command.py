"""`corpora evaluate` as a user runs it, on a tiny run."""

import json
import re
import shutil
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from benchmarks.random_model import SMALL, write_model
from finetune.evaluate.judging import CRITERIA, METRICS


def test_a_run_is_evaluated_on_the_corpus_it_was_trained_on(corpora_command, run, tmp_path):
    (tmp_path / "own.txt").write_text("Why do I wake at four?\nHow does one stop counting sheep?\n")
    out = tmp_path / "evaluation"
    arguments = ["evaluate", run, "--questions", tmp_path / "own.txt", "--out", out,
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
    assert page.count('class="plot"') == page.count("<figure>") == 2 * 3 + 2 * 3
    assert latex.count(r"\begin{tabular}") == latex.count(r"\end{tabular}") == page.count("<table>") - 1
    texts = [
        json.loads(line) for line in (tmp_path / "evaluation.work" / "side-by-side-none.jsonl").read_text().splitlines()
    ]
    assert all(text["therapist"] not in page for text in texts if text["therapist"])
    assert (tmp_path / "evaluation.work").stat().st_mode & 0o077 == 0
    before = (out / "evaluation.json").read_bytes()
    corpora_command(*arguments, check=True)
    assert (out / "evaluation.json").read_bytes() == before


def test_rows_that_may_have_been_seen_are_said(corpora_command, run, corpus, tmp_path):
    (tmp_path / "own.txt").write_text("Why do I wake at four?\n")
    arguments = ["evaluate", run, "--questions", tmp_path / "own.txt", "--max-new-tokens", "2", "--limit", 0]
    result = corpora_command(*arguments, "--corpus", corpus, "--out", "other", check=True)
    assert "trained on other rows than those of corpus" in result.stderr
    alone = shutil.copytree(run, tmp_path / "moved" / "run")
    result = corpora_command("evaluate", alone, *arguments[2:], check=True)
    assert "not where it was (--corpus)" in result.stderr
    document = json.loads((alone / "evaluation" / "evaluation.json").read_text())
    assert list(document["conditions"]["none"]) == ["sha256", "left_out", "prompts_cut", "questions"]


def test_wrong_calls_get_one_line(corpora_command, tmp_path, run):
    result = corpora_command("evaluate", tmp_path)
    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
    result = corpora_command("evaluate", run, "--prompt", "unheard")
    assert result.returncode == 2
    assert "neither one of none, minimal" in result.stderr


class _Panel(BaseHTTPRequestHandler):
    """Gives every answer the same verdict, in the form that the prompt asks for."""

    def do_POST(self):
        prompt = json.loads(self.rfile.read(int(self.headers["content-length"])))["messages"][0]["content"]
        metrics = CRITERIA if "Answer A:" in prompt else METRICS
        verdict = {metric.key: "A" if metrics is CRITERIA else 7 for metric in metrics} | {
            "explanation": "So it reads."
        }
        self.server.asked += 1
        body = json.dumps(
            {
                "id": "r",
                "object": "chat.completion",
                "created": 0,
                "model": "m",
                "choices": [
                    {
                        "index": 0,
                        "message": {"role": "assistant", "content": json.dumps(verdict)},
                        "finish_reason": "stop",
                    }
                ],
                "usage": {"prompt_tokens": 5, "completion_tokens": 5, "total_tokens": 10},
            }
        ).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def panel():
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Panel)
    server.asked = 0
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


def test_a_judge_scores_and_compares_and_is_asked_once(corpora_command, run, tmp_path, panel):
    (tmp_path / "own.txt").write_text("Why do I wake at four?\nHow does one stop counting sheep?\n")
    out = tmp_path / "evaluation"
    arguments = ["evaluate", run, "--questions", tmp_path / "own.txt", "--out", out, "--max-new-tokens", "6",
                 "--judge", "stern", "--endpoint", f"http://127.0.0.1:{panel.server_port}"]  # fmt: skip
    corpora_command(*arguments, check=True)
    document = json.loads((out / "evaluation.json").read_text())
    found = document["conditions"]["none"]["questions"]
    assert "stern" in json.dumps(found)
    asked = panel.asked
    assert asked > 0
    corpora_command(*arguments, check=True)
    assert panel.asked == asked


def test_a_budget_is_not_passed_and_what_it_left_out_is_said(corpora_command, run, tmp_path, panel):
    (tmp_path / "own.txt").write_text("Why do I wake at four?\nHow does one stop counting sheep?\n")
    (tmp_path / "prices.toml").write_text('["stern"]\ninput = 1.0\noutput = 2.0\n')
    arguments = ["evaluate", run, "--questions", tmp_path / "own.txt", "--limit", 0, "--max-new-tokens", "6",
                 "--judge", "stern", "--endpoint", f"http://127.0.0.1:{panel.server_port}"]  # fmt: skip
    refused = corpora_command(*arguments, "--budget", "1")
    assert (refused.returncode, panel.asked) == (2, 0)
    assert "--prices" in refused.stderr
    paid = ["--prices", tmp_path / "prices.toml", "--out", tmp_path / "out", "--budget"]

    def judged():
        document = json.loads((tmp_path / "out" / "evaluation.json").read_text())
        return document["conditions"]["none"]["questions"]["judges"]["stern"]

    result = corpora_command(*arguments, *paid, "0.0001", check=True)
    assert "stern reached its budget" in result.stderr
    assert panel.asked == 0
    assert judged()["account"] == {
        "tokens_read": 0, "tokens_written": 0, "cost_usd": 0.0, "budget_reached": True, "too_long": 0
    }  # fmt: skip
    assert judged()["bias"]["judged"] == 0
    result = corpora_command(*arguments, *paid, "1", check=True)
    assert "budget" not in result.stderr
    assert panel.asked > 0
    assert judged()["account"]["cost_usd"] == pytest.approx(15e-6 * panel.asked)


def test_a_file_judges_in_this_process_and_is_asked_once(corpora_command, run, tmp_path):
    (tmp_path / "own.txt").write_text("Why do I wake at four?\nHow does one stop counting sheep?\n")
    judge = write_model(tmp_path / "stern.gguf", ["The nights are long and the days are short."])
    arguments = ["evaluate", run, "--questions", tmp_path / "own.txt", "--limit", 0, "--max-new-tokens", "12",
                 "--judge", judge, "--out", tmp_path / "out"]  # fmt: skip
    corpora_command(*arguments, check=True)
    judged = json.loads((tmp_path / "out" / "evaluation.json").read_text())["conditions"]["none"]["questions"]["judges"]
    found = judged["stern"]
    assert found["failed"] == {"base": 0, "fine-tuned": 0}
    assert all(1 <= found["scores"]["base"][metric.key]["mean"] <= 10 for metric in METRICS)
    assert (found["account"]["cost_usd"], found["account"]["budget_reached"]) == (0.0, False)
    ledger = tmp_path / "out.work" / "judge-stern.jsonl"
    before = ledger.read_bytes()
    corpora_command(*arguments, check=True)
    assert ledger.read_bytes() == before
    page = (tmp_path / "out" / "report.html").read_text()
    assert "Scores by stern." in page
    short = write_model(tmp_path / "short.gguf", ["The nights are long."], replace(SMALL, context=256))
    arguments[-4:] = ["--judge", short, "--out", tmp_path / "other"]
    said = corpora_command(*arguments, check=True).stderr
    assert "the judge short cannot read" in said


def test_own_questions_go_to_no_other_machine(corpora_command, run, tmp_path):
    (tmp_path / "own.txt").write_text("Why do I wake at four?\n")
    result = corpora_command("evaluate", run, "--questions", tmp_path / "own.txt", "--judge", "m")
    assert result.returncode == 4
    assert "no other machine" in result.stderr
