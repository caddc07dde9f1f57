"""A loopback server: a real one with a real model, and one of ours that fails in every way a server can."""

import json
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from corpora.errors import CorporaError, PrivacyError
from synth import endpoint
from synth.backend import Job, Sampling
from synth.checks import parse
from synth.endpoint import EndpointBackend, loopback
from synth.grammar import Shape
from synth.paraphrase import Paraphraser
from synth.prompts import load_prompt

SHAPE = Shape(min_words=40, max_words=50)
JOBS = [Job(f"Rewrite page {at}.", at, at, 0) for at in range(4)]
GOOD = {"choices": [{"message": {"content": "Client: a.\nTherapist: b."}, "finish_reason": "stop"}]}


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.0.0.1:8080/v1/", "http://127.0.0.1:8080"),
        ("http://127.9.8.7", "http://127.9.8.7"),
        ("https://[::1]:9/api", "https://[::1]:9/api"),
    ],
)
def test_literal_loopback_addresses_are_taken(url, clean):
    assert loopback(url) == clean


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8080",
        "http://example.org",
        "http://10.0.0.1",
        "http://0.0.0.0:80",
        "http://127.0.0.1@example.org",
        "http://user:pass@127.0.0.1",
        "http://127.0.0.1.example.org",
        "http://[::ffff:127.0.0.1]",
        "http://[fe80::1]",
        "http://127.0.0.1\\@example.org",
        "http://0127.0.0.1",
        "http://2130706433",
        "http://127.0.0.1:99999",
        "ftp://127.0.0.1",
        "127.0.0.1:8080",
        "",
    ],
)
def test_every_other_address_is_refused_before_a_socket_opens(url, monkeypatch):
    monkeypatch.setattr(socket, "socket", None)
    with pytest.raises(PrivacyError, match="sent nowhere else") as refused:
        EndpointBackend(url)
    assert refused.value.exit_code == 4


class Script(BaseHTTPRequestHandler):
    """Answers each request by the next step of the server's script, then well."""

    def do_GET(self):
        self._send(200, json.dumps({"data": [{"id": "/home/someone/models/tiny.gguf"}]}))

    def do_POST(self):
        self.server.bodies.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        status, body, headers = self.server.steps.popleft() if self.server.steps else (200, json.dumps(GOOD), {})
        if status == "hang":
            time.sleep(body)
            return
        if status == "cut":
            self.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n" + body)
            return
        self._send(status, body, headers)

    def _send(self, status, body, headers=None):
        self.send_response(status)
        for name, value in {"content-length": len(body.encode()), **(headers or {})}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(endpoint, "FIRST_PAUSE", 0.01)
    made = ThreadingHTTPServer(("127.0.0.1", 0), Script)
    made.daemon_threads, made.steps, made.bodies = True, deque(), []
    made.url = f"http://127.0.0.1:{made.server_port}"
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()


def answered(server, jobs=JOBS, **options):
    backend = EndpointBackend(server.url, parallel=2, **options)
    return list(backend.answers(deque(jobs), SHAPE))


def test_every_job_is_asked_once_with_its_seed_and_grammar(server):
    answers = answered(server)
    assert sorted(answer.job.page for answer in answers) == [0, 1, 2, 3]
    assert sorted(body["seed"] for body in server.bodies) == [0, 1, 2, 3]
    assert {body["grammar"] for body in server.bodies} == {SHAPE.grammar()}


@pytest.mark.parametrize(
    "step",
    [
        (429, "", {"retry-after": "0"}),
        (500, "out of order", {}),
        (503, "", {"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}),
        (200, '{"choices": [{"message": {"cont', {}),
        (200, '{"unknown": 1}', {}),
        (200, "[]", {}),
        ("cut", b'{"choices"', {}),
        ("hang", 1.0, {}),
    ],
    ids=["429", "500", "503", "cut_json", "other_json", "list", "cut_body", "time_out"],
)
def test_a_busy_or_failing_server_is_asked_again(server, step):
    server.steps.extend([step, step])
    assert len(answered(server, timeout=0.3)) == 4
    assert len(server.bodies) == 6


def test_a_server_that_keeps_failing_ends_in_one_line_without_text(server):
    server.steps.extend([(500, "Rewrite page 0 failed", {})] * 50)
    with pytest.raises(CorporaError, match=r"status 500.*finished answers are kept") as failed:
        answered(server, tries=3)
    assert "Rewrite" not in str(failed.value)


def test_a_request_the_server_refuses_is_not_repeated(server):
    server.steps.extend([(400, "", {})] * 4)
    with pytest.raises(CorporaError, match="status 400"):
        answered(server, JOBS[:1])
    assert len(server.bodies) == 1


def test_no_redirect_is_followed(server):
    server.steps.append((307, "", {"location": "http://example.org/v1/chat/completions"}))
    with pytest.raises(PrivacyError, match="redirect"):
        answered(server)


def test_proxy_variables_are_ignored(server, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://192.0.2.1:3128")
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert len(answered(server)) == 4


def test_the_models_path_stays_on_the_machine(server):
    assert EndpointBackend(server.url).identity["model"] == "tiny.gguf"


def test_a_server_that_is_not_there_is_one_line(server):
    url = server.url
    server.shutdown()
    server.server_close()
    with pytest.raises(CorporaError, match=r"does not answer .ConnectError"):
        list(EndpointBackend(url, tries=2).answers(deque(JOBS), SHAPE))


@pytest.fixture(scope="module")
def llama_server(model):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "llama_cpp.server", "--model", str(model), "--host", "127.0.0.1"]
    command += ["--port", str(port), "--n_ctx", "4096", "--n_threads", "1", "--verbose", "false"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    yield f"http://127.0.0.1:{port}", process
    process.kill()
    process.wait()


@pytest.mark.slow
def test_a_real_server_writes_well_formed_answers_and_may_die_in_the_middle(
    llama_server, sessions, settings, tmp_path, monkeypatch
):
    from dataclasses import replace

    from synth.answers import Answers

    url, process = llama_server
    settings = replace(settings, sampling=Sampling(1.0), attempts=1)
    backend = EndpointBackend(url, settings.sampling, parallel=1, tries=9)
    assert backend.identity["model"] == "tiny.gguf"
    seen = []

    def watch(state):
        seen.append(state)
        if state.answers == 2:
            process.kill()
            process.wait()
            monkeypatch.setattr(backend, "_tries", 2)

    with Answers(tmp_path / "a") as answers:
        paraphraser = Paraphraser(backend, load_prompt("round"), settings, answers, progress=watch)
        pages = paraphraser.pages(sessions[0])[:4]
        with pytest.raises(CorporaError, match="finished answers are kept"):
            paraphraser.rewrite(pages)
        keys = [paraphraser.key(paraphraser.render(page)) for page in pages]
        kept = [found["text"] for key in keys if (found := answers.get(key, 0))]
    assert len(kept) == 2
    for text in kept:
        assert [len(said.split()) >= 40 for _, said in parse(text)] == [True, True]
