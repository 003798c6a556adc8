"""The faulty upstream: a real server on a loopback socket that plays a model service.

It speaks Xingchen's role chat and completions and OpenAI's chat completions, well by default, and
misbehaves in named ways: `cases.py` has the table. A case is chosen by the base URL,
`http://127.0.0.1:PORT/case/u2028`, or by typing `[[case:u2028]]` in the last user message.

Settings go the same two ways: `/case/kill_me/pace/50/tokens/100`, `[[case:good pace=50 tokens=9]]`
(`pace` in tokens a second, 0 for as fast as it goes; `tokens` to say numbered words instead of the
usual reply). On its own: `python -m tests.doubles.upstream --port 8801 --pace 20 --tokens 600`.
`GET /_requests` tells what was asked, as JSON.
"""

import argparse
import asyncio
import contextlib
import json
import re
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from tests.doubles.cases import CASES, play
from tests.doubles.dialects import CHAT, COMPLETIONS, OPENAI, Dialect, dumps
from tests.doubles.talk import Asked, Talk

MARK = re.compile(r"\[\[case:(\w+)((?:\s+\w+=\w+)*)\]\]")
SETTINGS = {"case": str, "pace": float, "tokens": int}


class Upstream:
    """The server. `pace` and `tokens` are the defaults of every answer; `case` of every request."""

    def __init__(self, pace: float = 0, tokens: int = 0, case: str = "good") -> None:
        self.pace, self.tokens, self.case = pace, tokens, case
        self.asked: list[Asked] = []
        self.stops: list[Asked] = []
        self.faults: list[Exception] = []
        self.memory: dict[str, int] = {}
        self.port = 0
        self.connections = 0
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()
        self._changed = threading.Condition()
        self._waiters: set[asyncio.Event] = set()

    @property
    def url(self) -> str:
        """The base URL of a service that behaves well."""
        return f"http://127.0.0.1:{self.port}"

    def url_of(self, case: str) -> str:
        """The base URL of a service that plays this case."""
        return f"{self.url}/case/{case}"

    @property
    def last(self) -> Asked:
        """The newest request for a reply."""
        return self.asked[-1]

    async def start(self, port: int = 0) -> "Upstream":
        self._server = await asyncio.start_server(
            self._connection, "127.0.0.1", port, limit=1 << 20, backlog=1024
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def aclose(self) -> None:
        assert self._server is not None
        self._server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    async def __aenter__(self) -> "Upstream":
        return await self.start() if self._server is None else self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def wait_for(self, holds: Callable[[], Any], seconds: float = 5.0) -> Any:
        """Until this holds, looked at whenever something happens here (same event loop)."""
        changed = asyncio.Event()
        self._waiters.add(changed)
        try:
            async with asyncio.timeout(seconds):
                while not (found := holds()):
                    await changed.wait()
                    changed.clear()
            return found
        finally:
            self._waiters.discard(changed)

    def wait(self, holds: Callable[[], Any], seconds: float = 5.0) -> Any:
        """The same for another thread. Raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(holds, seconds):
                raise TimeoutError("the faulty upstream waited in vain")
        return holds()

    def note(self) -> None:
        """Tell whoever waits that something happened."""
        with self._changed:
            self._changed.notify_all()
        for waiter in self._waiters:
            waiter.set()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.current_task()
        assert talk is not None
        self._talks.add(talk)
        self.connections += 1
        line = writer.get_extra_info("socket")
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            while (asked := await read_request(reader)) and await self._answer(
                asked, reader, writer
            ):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._talks.discard(talk)
            writer.close()

    async def _answer(
        self, asked: Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Plays the answer; whether the line may serve another request."""
        settings, path = settings_of(asked.path)
        if not (name := dialect_of(path)):
            await self._aside(asked, path, writer)
            return True
        settings |= settings_of_mark(asked.body)
        dialect = speak(name, asked)
        pace, tokens = settings.get("pace", self.pace), settings.get("tokens", self.tokens)
        talk = Talk(asked, dialect, writer, pace, tokens, self.memory)
        asked.dialect, asked.case = name, settings.get("case", self.case)
        self.asked.append(asked)
        self.note()
        return await self._play(talk, reader)

    async def _play(self, talk: Talk, reader: asyncio.StreamReader) -> bool:
        playing = asyncio.ensure_future(play(talk))
        # A client says nothing more until it is answered: a byte, or the end, is its leaving.
        leaving = asyncio.ensure_future(reader.read(1))
        try:
            await asyncio.wait({playing, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not playing.done():
                talk.asked.gone = time.monotonic()
                return False
            try:
                playing.result()
            except ConnectionError:
                return False
            except Exception as error:
                self.faults.append(error)
                raise
            talk.asked.ended = time.monotonic()
            return talk.keep and not leaving.done()
        finally:
            for task in (playing, leaving):
                task.cancel()
            await asyncio.gather(playing, leaving, return_exceptions=True)
            self.note()

    async def _aside(self, asked: Asked, path: str, writer: asyncio.StreamWriter) -> None:
        """Everything that is no reply: stop calls, the list of models, and our own window."""
        status = 404
        found: Any = {"errorCode": 404, "errorMessage": "Not Found"}
        if path.endswith("/chat/stop"):
            self.stops.append(asked)
            status, found = 200, {"requestId": "0", "code": 200, "data": True, "success": True}
        elif path.endswith("/models"):
            status, found = 200, {"object": "list", "data": [{"id": "lamp-1", "object": "model"}]}
        elif path == "/_requests":
            status, found = 200, [request.summary() for request in self.asked]
        data = dumps(found).encode()
        head = f"HTTP/1.1 {status} Told\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data)
        self.note()
        await writer.drain()


async def read_request(reader: asyncio.StreamReader) -> Asked | None:
    """The next request on this line, or None once the client has left."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    first, *lines = head[:-4].split("\r\n")
    method, path, _ = first.split(" ")
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    try:
        return Asked(method, path, headers, json.loads(body) if body else {})
    except ValueError:
        return Asked(method, path, headers, {})


def settings_of(path: str) -> tuple[dict[str, Any], str]:
    """The settings in front of a path, and the rest of it."""
    found: dict[str, Any] = {}
    steps = path.split("?")[0].split("/")[1:]
    while len(steps) > 1 and steps[0] in SETTINGS:
        found[steps[0]] = SETTINGS[steps[0]](steps[1])
        steps = steps[2:]
    return found, "/" + "/".join(steps)


def settings_of_mark(body: Any) -> dict[str, Any]:
    """The settings typed into the last user message."""
    messages = body.get("messages") or body.get("input", {}).get("messages") or []
    texts = [m.get("content") for m in messages if m.get("role") == "user"]
    found = MARK.search(texts[-1]) if texts and isinstance(texts[-1], str) else None
    if not found:
        return {}
    pairs = [pair.split("=") for pair in found[2].split()]
    return {"case": found[1]} | {n: SETTINGS[n](v) for n, v in pairs if n in SETTINGS}


def dialect_of(path: str) -> str:
    """Which dialect this path belongs to, or "" if to none."""
    if path.endswith("/chat/send"):
        return CHAT
    if path.endswith("/v2/api/completions"):
        return COMPLETIONS
    return OPENAI if path.endswith("/chat/completions") else ""


def speak(name: str, asked: Asked) -> Dialect:
    """The dialect in the mode that this request asks for."""
    body, headers = asked.body, asked.headers
    if name == CHAT:
        sse = headers.get("x-aca-sse") or headers.get("x-dashscope-sse")
        streams = sse == "enable" if sse else headers.get("x-fag-servicename", "").endswith("-sse")
        incremental = (body.get("parameters") or {}).get("incrementalOutput") is True
        return Dialect(name, body, streams, incremental)
    return Dialect(name, body, body.get("stream") is True, name == OPENAI)


@contextlib.contextmanager
def in_thread(upstream: Upstream | None = None) -> Iterator[Upstream]:
    """The server in a thread of its own, for tests that are not asynchronous."""
    upstream = upstream or Upstream()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(upstream.start(), loop).result(10)
        yield upstream
    finally:
        asyncio.run_coroutine_threadsafe(upstream.aclose(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


@contextlib.asynccontextmanager
async def running(**settings: Any) -> AsyncIterator[Upstream]:
    """The server in the running event loop."""
    async with Upstream(**settings) as upstream:
        yield upstream


async def serve(port: int, upstream: Upstream) -> None:
    await upstream.start(port)
    print(f"The faulty upstream listens on {upstream.url}", flush=True)
    await asyncio.Event().wait()


def main() -> None:
    arguments = argparse.ArgumentParser(description="A model service that misbehaves on request.")
    arguments.add_argument("--port", type=int, default=8801)
    arguments.add_argument("--pace", type=float, default=20, help="tokens a second; 0: no pauses")
    arguments.add_argument(
        "--tokens", type=int, default=0, help="numbered words; 0: the usual reply"
    )
    arguments.add_argument("--case", default="good", help="played where none is asked for")
    arguments.add_argument("--list", action="store_true", help="print the cases and go")
    chosen = arguments.parse_args()
    if chosen.list:
        for case in CASES.values():
            print(f"{case.name:32}{case.about}")
        return
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(chosen.port, Upstream(chosen.pace, chosen.tokens, chosen.case)))


if __name__ == "__main__":
    main()
