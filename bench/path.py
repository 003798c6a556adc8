"""What one delta costs on its way: `python -m bench.path` prints CPU time for each part of it.

Upstream, runner, server and readers share one process and one loop, with real sockets between them.
In each round every reply is sent one delta, and the round is over when all have arrived; the figure
is that of the quietest tenth of the rounds, so that other work on the machine hardly shows. "sockets"
is the upstream read by nobody but a counter: what the other two figures hold of the bench itself.
There is no chat and no database here: bench.replies measures the whole.
"""

import argparse
import asyncio
import gc
import os
import socket
import time
from io import BytesIO
from typing import Any

import django
import uvicorn
import uvloop

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "roleplay.settings")
django.setup(set_prefix=False)

# Django must be set up before these are read.
from django.core.handlers.asgi import ASGIRequest  # noqa: E402

from bench.upstream import HEAD, chunk, frame  # noqa: E402
from roleplay.http import EventStreamResponse  # noqa: E402
from roleplay.providers.base import CharacterSheet, PersonaSheet, Prompt, Turn  # noqa: E402
from roleplay.providers.openai_compatible import OpenAICompatibleProvider  # noqa: E402
from roleplay.providers.retrying import with_retries  # noqa: E402
from roleplay.serving.pooled import PooledHandler  # noqa: E402
from roleplay.streaming.memory_log import MemoryEventLog  # noqa: E402
from roleplay.streaming.runner import Limits, Runner  # noqa: E402

PROMPT = Prompt(CharacterSheet("Mei"), PersonaSheet("bench"), (Turn("user", "hello"),))
DELTA = frame({"delta": {"content": "and then "}, "finish_reason": None})
END = frame({"delta": {}, "finish_reason": "stop"}) + chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n"


class Upstream(asyncio.Protocol):
    """Begins to answer whoever connects, and says the same to all."""

    def __init__(self, lines: list[asyncio.Transport]) -> None:
        self._lines = lines

    def connection_made(self, transport: Any) -> None:
        self._line = transport

    def data_received(self, data: bytes) -> None:
        if data.startswith(b"POST"):
            self._line.write(HEAD)
            self._lines.append(self._line)


class Count:
    """How many deltas arrived in this round, and a call when it is all of them."""

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self.begin()

    def begin(self) -> None:
        self._here, self._all = 0, asyncio.Event()

    def add(self, number: int) -> None:
        self._here += number
        if self._here >= self.wanted:
            self._all.set()

    async def wait(self) -> None:
        await asyncio.wait_for(self._all.wait(), 20)


class Reader(asyncio.Protocol):
    def __init__(self, request: bytes, count: Count) -> None:
        self._request, self._count = request, count

    def connection_made(self, transport: Any) -> None:
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._count.add(data.count(b"data:"))


class CountingLog(MemoryEventLog):
    count: Count

    def append(self, key: str, kind: str, data: Any) -> int:
        self.count.add(kind == "delta")
        return super().append(key, kind, data)


class Stage:
    """Replies from one upstream in this loop, and the ASGI application that reads them."""

    def __init__(self, upstream: int, log: MemoryEventLog) -> None:
        self.provider = OpenAICompatibleProvider(f"http://127.0.0.1:{upstream}", model="bench")
        self.log = log
        self.runner = Runner(log, lambda *_: set(), Limits(at_once=10_000), every=60)
        self.handler = PooledHandler(1)
        self.runner.attach(asyncio.get_running_loop())

    def begin(self, key: str) -> None:
        body = self.provider.body(PROMPT)
        self.runner.start(key, lambda: with_retries(self.provider, body, PROMPT))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        key = scope["path"]
        self.begin(key)
        reader = self.log.reader(key, 0)
        assert reader is not None
        response = EventStreamResponse(ASGIRequest(scope, BytesIO()), reader, lambda: True)
        await self.handler.send_response(response, send)


def listener() -> socket.socket:
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    found.bind(("127.0.0.1", 0))
    found.listen(2048)
    return found


class Bench:
    def __init__(self, replies: int, rounds: int) -> None:
        self.replies, self.rounds = replies, rounds
        self.lines: list[asyncio.Transport] = []
        self.count = Count(replies)

    async def run(self, names: list[str]) -> None:
        loop, sockets = asyncio.get_running_loop(), listener()
        server = await loop.create_server(lambda: Upstream(self.lines), sock=sockets)
        for name in names:
            self.lines.clear()
            await getattr(self, name)(sockets.getsockname()[1])
        server.close()

    async def sockets(self, port: int) -> None:
        await self._read(port, lambda number: b"POST / HTTP/1.1\r\n\r\n")
        await self._measure("sockets")
        for line in self.lines:
            line.close()

    async def reading(self, port: int) -> None:
        log = CountingLog()
        log.count = self.count
        stage = Stage(port, log)
        for number in range(self.replies):
            stage.begin(str(number))
        await self._measure("reading")
        await self._end(stage)

    async def whole(self, port: int) -> None:
        stage, door = Stage(port, MemoryEventLog()), listener()
        config = uvicorn.Config(stage, lifespan="off", log_level="warning", access_log=False)
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[door]))
        await self._read(door.getsockname()[1], lambda n: b"GET /%d HTTP/1.1\r\n\r\n" % n)
        await self._measure("reading and writing")
        await self._end(stage)
        server.should_exit = True
        await serving

    async def _read(self, port: int, request: Any) -> None:
        loop = asyncio.get_running_loop()
        for number in range(self.replies):
            made = Reader(request(number), self.count)
            await loop.create_connection(lambda made=made: made, "127.0.0.1", port)

    async def _measure(self, name: str) -> None:
        while len(self.lines) < self.replies:
            await asyncio.sleep(0.05)
        spent = sorted([await self._round() for _ in range(self.rounds)])
        tenth = spent[: max(1, self.rounds // 10)]
        each = [1000 * sum(some) / len(some) / self.replies for some in (tenth, spent)]
        print(f"{name}: {each[0]:.4f} ms of CPU a delta (all rounds: {each[1]:.4f})", flush=True)

    async def _round(self) -> float:
        self.count.begin()
        began = time.thread_time()
        for line in self.lines:
            line.write(DELTA)
        await self.count.wait()
        return time.thread_time() - began

    async def _end(self, stage: Stage) -> None:
        for line in self.lines:
            line.write(END)
        while stage.runner.running():
            await asyncio.sleep(0.05)
        await stage.provider.aclose()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("names", nargs="*", default=["sockets", "reading", "whole"])
    options.add_argument("--replies", type=int, default=200)
    options.add_argument("--rounds", type=int, default=300)
    given = options.parse_args()
    gc.set_threshold(50_000, 20, 20)  # as the server has it
    uvloop.run(Bench(given.replies, given.rounds).run(given.names))


if __name__ == "__main__":
    main()
