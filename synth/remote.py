"""Any server that speaks OpenAI's chat protocol, through the `openai` library: one pool of connections, many requests.

Requests that a server is too busy for, that time out or whose connection breaks are sent again after a pause that
grows and is drawn at random; what the server will never take ends the run at once. Nothing here is for transcripts:
prompts, topics and synthetic text alone are sent. On this machine proxy variables are ignored, and no redirect is
followed anywhere, so that the key and the text go where they were meant to go.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import deque
from collections.abc import Mapping, Sequence
from itertools import chain, cycle, repeat
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from corpora.errors import CorporaError, PrivacyError, UsageError
from synth.asking import Books, Question, Ticket
from synth.endpoint import BUSY, REDIRECTS, loopback
from synth.pacing import Pacing, wanted_pause

if TYPE_CHECKING:
    import openai
    from tenacity import AsyncRetrying

TRIES = 8
_POOL = 32  # requests of one pool of connections
_APART = 0.004  # seconds between the first requests: replies that come all at once would wait for one another
_FIRST_PAUSE, _LONGEST_JITTER = 0.25, 20.0
_NO_MONEY = ("insufficient_quota", "billing_hard_limit_reached")
_KEYS = ("CORPORA_API_KEY", "OPENAI_API_KEY")


class RemoteWriter:
    """Questions to a server, `parallel` at a time."""

    def __init__(
        self,
        model: str,
        endpoint: str | None = None,
        *,
        parallel: int = 64,
        pacing: Pacing | None = None,
        timeout: float = 120.0,
        tries: int = TRIES,
    ) -> None:
        """Check the address and the key; nothing is sent yet.

        Args:
            model: the name that the server knows it by.
            endpoint: the server's base URL, with or without `/v1`; None for the library's own.
            parallel: requests at once.
            pacing: requests and tokens a minute.
            timeout: seconds after which a request is given up and sent again.
            tries: how often a request is sent at most.

        Raises:
            UsageError: no key, an address that is none or not encrypted, or the libraries are not installed.
        """
        try:
            import openai  # noqa: F401 - whether it is there
            import tenacity  # noqa: F401
        except ImportError:
            raise UsageError("a server's model needs openai: pip install 'therapy-corpora[synth]'") from None
        self.model, self.parallel, self.timeout, self.tries = model, parallel, timeout, tries
        self.pacing = pacing or Pacing()
        self._url, self._local = base_url(endpoint)
        self._key = next((os.environ[name] for name in _KEYS if os.environ.get(name)), "none" if self._local else "")
        if not self._key:
            raise UsageError(f"the server's key is missing: set {_KEYS[0]} (or {_KEYS[1]}) in the environment")
        self._limit_name = "max_tokens" if endpoint else "max_completion_tokens"
        self._last_reply = 0.0
        self._runner = asyncio.Runner()
        self._clients: list[openai.AsyncOpenAI] = []

    @property
    def identity(self) -> Mapping[str, Any]:
        """The model's name; a server tells neither hash nor quantisation."""
        return {"model": self.model, "sha256": None, "quantisation": None}

    def write(self, questions: Sequence[Question], books: Books) -> None:
        """Have the questions answered, as far as the budget goes; replies are on disk before they are read.

        Raises:
            CorporaError: the server cannot be used or stopped answering; replies that came are kept.
            PrivacyError: the server sent a redirect.
        """
        self._runner.run(self._write(deque(questions), books))

    def close(self) -> None:
        """Close the connections."""
        for client in self._clients:
            self._runner.run(client.close())
        self._clients.clear()
        self._runner.close()

    async def _write(self, queue: deque[Question], books: Books) -> None:
        clients = cycle(self._pools())
        starts = chain((_APART * at for at in range(self.parallel)), repeat(0.0))
        running: set[asyncio.Task[tuple[Ticket, str] | None]] = set()
        came: list[tuple[Ticket, str]] = []
        failed: BaseException | None = None
        try:
            while True:
                while queue and not failed and len(running) < self.parallel and (ticket := books.begin(queue[0])):
                    queue.popleft()
                    running.add(asyncio.create_task(self._answered(next(clients), ticket, books, next(starts))))
                if came:  # others are on their way while the disk works
                    await asyncio.to_thread(books.ledger.sync)
                    books.settle(came)
                    came = []
                    continue
                if not running:
                    break
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                failed = failed or next((error for task in done if (error := task.exception())), None)
                came = [answer for task in done if not task.exception() and (answer := task.result())]
                if came:
                    self._last_reply = time.monotonic()
                    books.write(came)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
        if failed:
            raise failed
        books.exhausted |= bool(queue)

    def _pools(self) -> list[openai.AsyncOpenAI]:
        """Clients that share the requests: a pool looks at all its connections for each, so that none gets too many."""
        import httpx2
        from openai import AsyncOpenAI

        if not self._clients:
            verify = httpx2.create_ssl_context(trust_env=not self._local)
            limits = httpx2.Limits(max_connections=None, max_keepalive_connections=None)
            self._clients = [
                AsyncOpenAI(
                    api_key=self._key,
                    base_url=self._url,
                    max_retries=0,
                    http_client=httpx2.AsyncClient(
                        verify=verify,
                        trust_env=not self._local,
                        follow_redirects=False,
                        limits=limits,
                        timeout=httpx2.Timeout(self.timeout),
                    ),
                )
                for _ in range(-(-self.parallel // _POOL))
            ]
        return self._clients

    async def _answered(
        self, client: openai.AsyncOpenAI, ticket: Ticket, books: Books, wait: float
    ) -> tuple[Ticket, str] | None:
        """The raw reply; None where the budget has no room for another try, or none of them brought a reply."""
        await asyncio.sleep(wait)
        question, began = ticket.question, time.monotonic()
        current: Ticket | None = ticket
        try:
            async for attempt in self._tries():
                with attempt:
                    current = current or books.begin(question)
                    if current is None:
                        books.exhausted = True
                        return None
                    sent, current = current, None
                    return sent, await self._sent(client, sent, books)
        except _AgainError as error:
            if self._last_reply < began:
                raise CorporaError(
                    f"the server does not answer ({error}); look at it and run the same command again: replies are kept"
                ) from None
            books.give_up(ticket)
        return None

    def _tries(self) -> AsyncRetrying:
        from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

        return AsyncRetrying(
            stop=stop_after_attempt(self.tries),
            wait=wait_random_exponential(multiplier=_FIRST_PAUSE, max=_LONGEST_JITTER),
            retry=retry_if_exception_type(_AgainError),
            reraise=True,
        )

    async def _sent(self, client: openai.AsyncOpenAI, ticket: Ticket, books: Books) -> str:
        """Send one request once.

        Raises:
            _AgainError: it is worth another try.
            CorporaError: it is not.
        """
        import httpx2
        import openai

        await self.pacing.turn(ticket.worst.all)
        try:
            response = await client.post("/chat/completions", cast_to=httpx2.Response, body=self._body(ticket.question))
        except openai.APITimeoutError:
            books.lost(ticket, "timeout")
            raise _AgainError("time-out") from None
        except openai.APIConnectionError as error:
            reason = type(error.__cause__ or error).__name__
            if reason in ("ConnectError", "ConnectTimeout"):
                books.refused(ticket, "no_connection")
            else:
                books.lost(ticket, "connection_broken")
            raise _AgainError(reason) from None
        except openai.APIStatusError as error:
            books.refused(ticket, f"status_{error.status_code}")
            raise self._judged(error) from None
        return response.content.decode("utf-8", "replace")

    def _body(self, question: Question) -> dict[str, Any]:
        return {
            "model": self.model,
            "messages": [{"role": message.role, "content": message.content} for message in question.messages],
            "temperature": question.temperature,
            "top_p": question.top_p,
            "seed": question.seed,
            self._limit_name: question.max_tokens,
        }

    def _judged(self, error: openai.APIStatusError) -> Exception:
        """Whether a refusal is worth another try, and what to say where it is not."""
        status = error.status_code
        if status in REDIRECTS:
            return PrivacyError("the server sent a redirect, which is not followed; name its target with --endpoint")
        if status in BUSY and error.code not in _NO_MONEY:
            pause = wanted_pause(error.response.headers.get("retry-after"))
            if pause:
                self.pacing.pause(pause)
            return _AgainError(f"status {status}")
        hint = _HINTS.get(status, "the request itself is at fault")
        return CorporaError(f"the server refuses (status {status}): {hint}; replies that came are kept")


_HINTS = {
    400: "look at --model and its limits on the length of prompts and answers",
    401: "the key is not taken",
    402: "there is no money left on the account",
    403: "the key may not use this model",
    404: "no such model or address; look at --model and --endpoint",
    429: "there is no money left on the account",
}


class _AgainError(Exception):
    """A try that failed in a way that may pass."""


def base_url(endpoint: str | None) -> tuple[str | None, bool]:
    """The server's base URL as the library wants it (None for its own), and whether it is on this machine.

    Raises:
        UsageError: the address is none, holds a user or password, or is neither https nor a literal loopback address.
    """
    endpoint = endpoint or os.environ.get("OPENAI_BASE_URL") or None
    if endpoint is None:
        return None, False
    try:
        return f"{loopback(endpoint)}/v1", True
    except PrivacyError:
        parts = urlsplit(endpoint)
    if parts.scheme != "https" or not parts.hostname or "@" in parts.netloc:
        raise UsageError(
            "--endpoint takes https://HOST/v1, or a literal address of this machine such as http://127.0.0.1:8080"
        )
    return endpoint.rstrip("/"), False
