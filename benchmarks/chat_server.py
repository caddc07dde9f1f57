"""A server on loopback that speaks the chat API, for tests and benchmarks: it writes fiction, and fails on order.

It answers the prompts of `synth.dialogues` with made-up sentences of the lengths that they ask for, takes a set time
for each answer, lets a set number of requests a second through, and injects faults by chance, drawn by a seed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

TRANSPORT = ("busy", "error", "reset", "hang", "cut_body", "half_body")
"""Faults of the server and the line: 429 and 500, a connection that ends without an answer or is never answered, a body
that ends too early, one that is half a JSON text."""
CONTENT = ("empty_choices", "malformed", "half_items", "one_short", "wrong_topic", "refusal", "too_short")
"""Faults of what the model wrote; all but the last kinds are charged like any answer."""
FAULTS = TRANSPORT + CONTENT

_LINE = re.compile(r"^(\d+) \| (.+?) \| ", re.MULTILINE)
_WORDS = re.compile(r"(\d+) to (\d+)(?: words)?")


def _list(text: str) -> list[str]:
    return text.split("|")


_OPENERS = _list(
    "Lately|Yesterday|Honestly|Perhaps|Usually|Sometimes|Mornings|Nobody|Everyone|Evenings|Since|Before|After|While"
    "|Although|Because|Somehow|Today|Again|Tonight|Whenever|Ever|Most|Sundays|Slowly|Suddenly|Still|Maybe|Once|Often"
)
_WHO = _list(
    "my brother|my mother|the woman next door|an old friend|my partner|the whole team|my daughter|our landlord|my uncle"
    "|the teacher|my neighbour|a colleague|the doctor|my flatmate|my son|the coach|my cousin|the manager|my father"
)
_DID = _list(
    "talked about|forgot|kept asking for|could not stand|laughed about|worried over|put away|argued over|remembered"
    "|waited for|complained about|hid|looked for|carried|walked past|painted|dreamed of|wrote down|counted|cleaned"
)
_WHAT = _list(
    "the garden|the bills|that phone call|the long drive|a broken window|the old photographs|our holidays|the noise"
    "|dinner|the empty room|a letter|the dog|the hospital visit|the birthday|the train|the kitchen table|the exam"
    "|the winter|the promise|the quiet|the argument|the new job|the stairs|the church|the boat|the neighbours"
)
_WHEN = _list(
    "before breakfast|late at night|in the car|at work|for the third time|without a word|last spring|on the way home"
    "|in front of everybody|when it rained|during lunch|after the meeting|at the weekend|in the middle of the night"
    "|by the river|over the phone|at the doctor's|in the hallway|on my birthday|at the end of the day"
)


@dataclass(frozen=True, slots=True)
class Script:
    """How the server behaves.

    `latency` are seconds an answer takes, `rate` requests a second that are let through (the others get 429),
    `fault_share` the part of requests that goes wrong in one of `faults`, `answer_words` the length of plain answers.
    """

    latency: float = 0.0
    rate: float | None = None
    fault_share: float = 0.0
    faults: tuple[str, ...] = FAULTS
    hang: float = 3.0
    seed: int = 0
    retry_after: float | None = None


@dataclass
class Seen:
    """What the server saw: requests by outcome, tokens that it charged for, times of accepted ones, connections."""

    outcomes: Counter[str] = field(default_factory=Counter)
    read: int = 0
    written: int = 0
    accepted: list[float] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    connections: int = 0
    most_at_once: int = 0


class ChatServer:
    """The server, on a thread of its own; use it in a `with` block."""

    def __init__(self, script: Script | None = None, *, keep_bodies: bool = True) -> None:
        """Prepare it; `keep_bodies` keeps every request's body in `seen`."""
        self.script, self.seen, self._keep = script or Script(), Seen(), keep_bodies
        self._draw = random.Random(self.script.seed)  # noqa: S311 - faults, no secrets
        self._tokens, self._refilled, self._now = 1.0, time.monotonic(), 0
        self._ready, self._loop = threading.Event(), asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._connection, "127.0.0.1", self.port))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.seen.connections += 1
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            while await self._request(reader, writer):
                pass
        writer.close()

    async def _request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; whether the connection stays open."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        body = json.loads(await reader.readexactly(int(headers.get("content-length", "0"))) or b"{}")
        if self._keep:
            self.seen.bodies.append(body)
            self.seen.headers.append(headers)
        self._now += 1
        self.seen.most_at_once = max(self.seen.most_at_once, self._now)
        try:
            return await self._answer(body, writer)
        finally:
            self._now -= 1

    async def _answer(self, body: dict[str, Any], writer: asyncio.StreamWriter) -> bool:
        script, fault = self.script, None
        if not self._let_through():
            pause = {} if script.retry_after is None else {"retry-after": str(script.retry_after)}
            return await self._send(writer, 429, b'{"error": {"message": "too many"}}', "limited", pause)
        if self._draw.random() < script.fault_share:
            fault = self._draw.choice(script.faults)
        if fault == "busy":
            return await self._send(writer, 429, b'{"error": {"message": "busy"}}', fault, {"retry-after": "0.05"})
        if fault == "error":
            return await self._send(writer, 500, b"oops", fault)
        if fault in ("reset", "hang"):
            self.seen.outcomes[fault] += 1
            await asyncio.sleep(script.hang if fault == "hang" else 0)
            return False
        self.seen.accepted.append(time.monotonic())
        if script.latency:
            await asyncio.sleep(script.latency)
        return await self._complete(body, writer, fault)

    async def _complete(self, body: dict[str, Any], writer: asyncio.StreamWriter, fault: str | None) -> bool:
        data = json.dumps(self._completion(body, fault)).encode()
        if fault == "half_body":
            data = data[: len(data) // 2]
        if fault == "cut_body":
            self.seen.outcomes[fault] += 1
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(data) + data[: len(data) // 3])
            await writer.drain()
            return False
        return await self._send(writer, 200, data, fault or "good")

    def _let_through(self) -> bool:
        if self.script.rate is None:
            return True
        now = time.monotonic()
        most = max(1.0, self.script.rate / 10)
        self._tokens = min(most, self._tokens + (now - self._refilled) * self.script.rate)
        self._refilled = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    async def _send(
        self,
        writer: asyncio.StreamWriter,
        status: int,
        data: bytes,
        outcome: str,
        headers: dict[str, str] | None = None,
    ) -> bool:
        self.seen.outcomes[outcome] += 1
        lines = [f"HTTP/1.1 {status} X", f"content-length: {len(data)}", "content-type: application/json"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + data)
        await writer.drain()
        return True

    def _completion(self, body: dict[str, Any], fault: str | None) -> dict[str, Any]:
        prompt = "\n".join(str(message["content"]) for message in body["messages"])
        text, finish = write_reply(prompt, fault, self._draw)
        read, written = len(prompt.split()) + 8, len(text.split()) + 1
        if fault != "half_body":
            self.seen.read += read
            self.seen.written += written
        choices = [{"message": {"role": "assistant", "content": text}, "finish_reason": finish}]
        return {
            "id": f"chatcmpl-{self._draw.getrandbits(48):012x}",
            "choices": [] if fault == "empty_choices" else choices,
            "usage": {"prompt_tokens": read, "completion_tokens": written},
        }


def write_reply(prompt: str, fault: str | None, draw: random.Random) -> tuple[str, str]:
    """A reply to a prompt of ours, gone wrong where a fault of `CONTENT` is given, and why it ended."""
    if fault == "refusal":
        return "I'm sorry, but as an AI I cannot assist with that request.", "stop"
    if fault == "malformed":
        return "Sure! Here is what you asked for, in my own words.", "stop"
    if '"safe"' in prompt:
        scores = {name: draw.randint(6, 10) for name in ("safe", "helpful", "natural", "complete")}
        return json.dumps({**scores, "reason": "none"}), "stop"
    if '"topics"' in prompt:
        wanted = int(prompt.split("Name ", 1)[-1].split(maxsplit=1)[0])
        return json.dumps({"topics": [f"{draw.choice(_WHO)} and {draw.choice(_WHAT)}" for _ in range(wanted)]}), "stop"
    lines = _LINE.findall(prompt)
    if not lines:
        low, high = map(int, _WORDS.findall(prompt.split("The answer is", 1)[-1])[0])
        text = said(draw, low if fault != "too_short" else 1, high)
        return (text[: len(text) // 2], "length") if fault == "half_items" else (text, "stop")
    items = [_item(prompt, int(number), topic, draw, short=fault == "too_short") for number, topic in lines]
    if fault == "one_short":
        items.pop(draw.randrange(len(items)))
    if fault == "wrong_topic":
        items[0]["topic"] = "Gardening"
    text = json.dumps({"items": items})
    return (text[: len(text) * 2 // 3], "length") if fault == "half_items" else (text, "stop")


def _item(prompt: str, number: int, topic: str, draw: random.Random, *, short: bool) -> dict[str, Any]:
    turned = re.search(r"has (?:(\d+) to )?(\d+) turns", prompt)
    if not turned:
        low, high = map(int, _WORDS.findall(prompt)[0])
        return {"number": number, "topic": topic, "message": said(draw, 1 if short else low, high)}
    bounds = re.findall(r"(?:turn has|counsellor's) (\d+) to (\d+)", prompt)
    turns: list[dict[str, str]] = []
    for _ in range(draw.randint(-(-int(turned[1] or turned[2]) // 2), int(turned[2]) // 2)):
        for speaker, (low, high) in zip(("client", "counsellor"), bounds, strict=True):
            turns.append({"speaker": speaker, "text": said(draw, int(low), min(int(high), int(low) + 40))})
    if short:
        del turns[2:]
    turns[1]["text"] = f"What thought came with it, and how do you feel? {turns[1]['text']}"
    if "they have had thoughts of not wanting to live" in prompt:
        turns[1]["text"] = "Do you think about suicide? You can call 988 at any hour."
    return {"number": number, "topic": topic, "turns": turns}


def said(draw: random.Random, low: int, high: int) -> str:
    """Made-up sentences of together `low` to `high` words."""
    wanted = draw.randint(low, max(low, min(high, low + max(10, low // 2)))) if high > 12 else low  # noqa: PLR2004
    words: list[str] = []
    while len(words) < wanted:
        words += _sentence(draw, first=not words)
    words = words[: max(low, wanted)]
    words[-1] = words[-1].rstrip(".,") + "."
    return " ".join(words)


def _sentence(draw: random.Random, *, first: bool) -> Sequence[str]:
    who, did, what, when = (draw.choice(words) for words in (_WHO, _DID, _WHAT, _WHEN))
    begun = f"{draw.choice(_OPENERS)} {who}" if first or draw.random() < 1 / 3 else who[0].upper() + who[1:]
    return f"{begun} {did} {what} {when}.".split()


def main() -> None:
    """Serve until the end of standard input; the address is printed first, what was seen last."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency", type=float, default=0.3)
    parser.add_argument("--rate", type=float)
    parser.add_argument("--fault-share", type=float, default=0.0)
    given = parser.parse_args()
    with ChatServer(Script(given.latency, given.rate, given.fault_share), keep_bodies=False) as server:
        print(server.url, flush=True)
        with contextlib.suppress(EOFError):
            while True:
                input()
        print(json.dumps({"outcomes": server.seen.outcomes, "accepted": server.seen.accepted}))


if __name__ == "__main__":
    main()
