"""A server on this machine that speaks OpenAI's chat protocol (llama-server, say). It never leaves the machine.

Only a literal loopback address is taken, proxy variables are ignored and no redirect is followed: a host name could be
resolved to anywhere, and a client that reads `HTTP_PROXY` hands the prompt to the proxy even for 127.0.0.1.
"""

from __future__ import annotations

import ipaddress
import json
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from corpora.errors import CorporaError, PrivacyError, UsageError
from synth.asking import Reply, read_reply
from synth.backend import Answer, Job, Sampling
from synth.budget import Tokens
from synth.grammar import Shape
from synth.pacing import wanted_pause

if TYPE_CHECKING:
    import httpx2

TRIES = 6
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 20.0
"""Seconds before the second try, doubled each time up to the second figure."""
BUSY = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
"""Statuses of a server that may answer the same request later."""
REDIRECTS = range(300, 400)
_OK = 200
T = TypeVar("T")


def loopback(url: str) -> str:
    """The address, put together anew from its checked parts, without a trailing slash.

    Raises:
        PrivacyError: it is not http(s) to a literal 127.0.0.0/8 or ::1 address without user and password.
    """
    try:
        parts = urlsplit(url)
        host, port = ipaddress.ip_address(parts.hostname or ""), parts.port
    except ValueError:
        raise PrivacyError(_REFUSAL) from None
    local = host.is_loopback if isinstance(host, ipaddress.IPv4Address) else host == ipaddress.IPv6Address("::1")
    if parts.scheme not in ("http", "https") or not local or "@" in parts.netloc or "\\" in url:
        raise PrivacyError(_REFUSAL)
    shown = f"[{host}]" if host.version == 6 else str(host)  # noqa: PLR2004 - Internet protocol 6
    path = parts.path.rstrip("/").removesuffix("/v1")
    return f"{parts.scheme}://{shown}{f':{port}' if port else ''}{path}"


_REFUSAL = (
    "--endpoint must be a literal address of this machine, such as http://127.0.0.1:8080, without user and password: "
    "sessions are sent nowhere else"
)


class EndpointBackend:
    """Answers from a loopback server, several requests at once."""

    def __init__(
        self, url: str, sampling: Sampling | None = None, parallel: int = 16, timeout: float = 600.0, tries: int = TRIES
    ) -> None:
        """Check the address; nothing is sent yet.

        Args:
            url: the server's address, with or without `/v1`.
            sampling: how tokens are drawn.
            parallel: requests at once.
            timeout: seconds without a byte after which a request is given up.
            tries: how often a request is sent at most.

        Raises:
            PrivacyError: the address is not this machine's.
            UsageError: httpx2 is not installed.
        """
        self.url, self.sampling, self._parallel, self._tries = loopback(url), sampling or Sampling(), parallel, tries
        try:
            import httpx2
        except ImportError:
            raise UsageError("--endpoint needs httpx2: pip install 'therapy-corpora[paraphrase]'") from None
        self._client: httpx2.Client = httpx2.Client(trust_env=False, follow_redirects=False, timeout=timeout)

    @cached_property
    def identity(self) -> Mapping[str, Any]:
        """The model's name as the server tells it (of a path its last part); a server tells neither hash nor kind.

        Raises:
            CorporaError: the server does not answer.
        """
        name = self._asked("GET", "/v1/models", None, _model_name)
        name = name.replace("\\", "/").rpartition("/")[2]
        return {"model": name or "unknown", "sha256": None, "quantisation": None, "chat_template": "the server's"}

    @property
    def parallel(self) -> int:
        """Requests at once."""
        return self._parallel

    def fits(self, prompt: str, shape: Shape) -> bool:  # noqa: ARG002 - the protocol's signature
        """True: a server does not tell how much it sees."""
        return True

    def answers(self, jobs: deque[Job], shape: Shape) -> Iterator[Answer]:
        """Yield an answer a job, as they come; jobs that the caller appends meanwhile are taken, too.

        Raises:
            CorporaError: the server stopped answering; what was yielded before stands.
            PrivacyError: the server sent a redirect.
        """
        grammar, room = shape.grammar(), shape.answer_tokens()
        pool = ThreadPoolExecutor(self._parallel)
        running: set[Future[Answer]] = set()
        try:
            while jobs or running:
                while jobs and len(running) < self._parallel:
                    running.add(pool.submit(self._answer, jobs.popleft(), grammar, room))
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _answer(self, job: Job, grammar: str, room: int) -> Answer:
        body = {
            "messages": [{"role": "user", "content": job.prompt}],
            "temperature": self.sampling.temperature,
            "top_p": self.sampling.top_p,
            "top_k": self.sampling.top_k,
            "seed": job.seed,
            "max_tokens": room,
            "grammar": grammar,
        }
        reply = self._asked("POST", "/v1/chat/completions", body, _chat_reply)
        tokens = reply.tokens or Tokens()
        return Answer(job, reply.text, "stop" if reply.finish == "stop" else "length", tokens.written, tokens.read)

    def _asked(self, method: str, path: str, body: Mapping[str, Any] | None, read: Callable[[str], T | None]) -> T:
        """What `read` finds in a reply; asked again after a pause where the server is busy, fails or sends cut JSON."""
        import httpx2

        pause, why = FIRST_PAUSE, ""
        for attempt in range(self._tries):
            if attempt:
                time.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
            try:
                response = self._client.request(method, f"{self.url}{path}", json=body)
            except httpx2.HTTPError as error:
                why = type(error).__name__
                continue
            if response.status_code in REDIRECTS:
                raise PrivacyError(
                    "the server at --endpoint sent a redirect; sessions do not follow it. Name its target"
                )
            if response.status_code == _OK and (found := read(response.text)) is not None:
                return found
            why = f"status {response.status_code}" if response.status_code != _OK else "cut or unknown JSON"
            if response.status_code not in {_OK, *BUSY}:
                break
            pause = max(pause, wanted_pause(response.headers.get("retry-after")))
        raise CorporaError(
            f"the server at {self.url} does not answer ({why}); look at it and run the same command again: "
            "finished answers are kept"
        )


def _model_name(raw: str) -> str | None:
    """The first model's id in a server's list, empty where there is none; None where the list is cut."""
    try:
        return str(json.loads(raw)["data"][0]["id"])
    except ValueError:
        return None
    except (KeyError, IndexError, TypeError):
        return ""


def _chat_reply(raw: str) -> Reply | None:
    """The answer, which may be empty; None where the reply is cut or no chat completion."""
    reply = read_reply(raw)
    return None if reply.fault == "broken_body" else reply
