"""One answer of the faulty upstream, and the request it answers."""

import asyncio
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.doubles.dialects import OPENAI, Dialect, dumps, event

REPLY = "（抬起头）“你好呀！”今天的海很蓝，我们出去玩吧？🌊"
NO_LINGER = struct.pack("ii", 1, 0)


@dataclass(eq=False)
class Asked:
    """A request as it arrived. Times are `time.monotonic()`; `gone` is when the client left."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    dialect: str = ""
    case: str = ""
    arrived: float = field(default_factory=time.monotonic)
    gone: float | None = None
    ended: float | None = None
    sent: int = 0

    def summary(self) -> dict[str, Any]:
        return {
            name: getattr(self, name)
            for name in ("method", "path", "dialect", "case", "arrived", "gone", "ended", "sent")
        }


class Talk:
    """One answer while it is given. `memory` is the server's, for cases that change when repeated."""

    def __init__(
        self,
        asked: Asked,
        dialect: Dialect,
        writer: asyncio.StreamWriter,
        pace: float = 0,
        tokens: int = 0,
        memory: dict[str, int] | None = None,
    ) -> None:
        self.memory = memory if memory is not None else {}
        self.asked = asked
        self.dialect = dialect
        self.writer = writer
        self.pace, self.tokens = pace, tokens
        self.said = ""
        self.keep = True
        self._begun = False
        self._due = 0.0

    def pieces(self) -> Iterator[str]:
        """What this reply says: numbered words if a count was given, else the usual reply."""
        if self.tokens:
            return (f"t{number:04d} " for number in range(1, self.tokens + 1))
        return (REPLY[start : start + 2] for start in range(0, len(REPLY), 2))

    async def head(self, status: int = 200, length: int | None = None, **headers: str) -> None:
        """The status line and headers; without a length the body is chunked."""
        self._begun = True
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if not any(name.lower() == "content-type" for name in named):
            named["Content-Type"] = "text/event-stream;charset=UTF-8"
        framing = {"Transfer-Encoding": "chunked"} if length is None else {"Content-Length": length}
        lines = [f"HTTP/1.1 {status} Told"]
        lines += [f"{name}: {value}" for name, value in (named | framing).items() if value != ""]
        self.writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))

    async def send(self, data: bytes) -> None:
        """A piece of the body, in a chunk of its own."""
        if not self._begun:
            await self.head()
        if data:
            self.writer.write(b"%x\r\n%b\r\n" % (len(data), data))

    async def flushed(self) -> None:
        """Wait until the client has taken what was written, or nearly."""
        await self.writer.drain()

    async def rest(self) -> None:
        """Until the next token is due."""
        if not self.pace:
            return
        loop = asyncio.get_running_loop()
        self._due = max(self._due + 1 / self.pace, loop.time() - 1.0)
        await asyncio.sleep(max(self._due - loop.time(), 0))

    async def say(self, piece: str) -> None:
        """A token, the way the request asked for."""
        self.asked.sent += 1
        self.said += piece
        if self.dialect.streams:
            await self.send(self.dialect.frame(piece if self.dialect.incremental else self.said))

    async def say_all(self) -> None:
        """The whole reply at its pace, without its end."""
        for piece in self.pieces():
            await self.rest()
            await self.say(piece)

    async def finish(self, finish: str = "stop", usage: Any = "honest") -> None:
        """The end of a good stream, or all of a plain answer."""
        if not self.dialect.streams:
            await self.page(200, dumps(self.dialect.whole(self.said, finish)), "application/json")
            return
        for closing in self.dialect.closing(self.said, finish, usage):
            await self.send(event(closing))
        await self.end()

    async def end(self) -> None:
        """The end of the body."""
        if not self._begun:
            await self.head()
        if self.dialect.name == OPENAI and self.dialect.streams and self.said:
            await self.send(b"data: [DONE]\n\n")
        await self.stop_here()

    async def stop_here(self) -> None:
        """The end of the body, without another word."""
        if not self._begun:
            await self.head()
        self.writer.write(b"0\r\n\r\n")
        await self.flushed()

    async def page(self, status: int, text: str | bytes, kind: str, **headers: str) -> None:
        """A plain answer of any kind."""
        data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
        await self.head(status, len(data), Content_Type=kind, **headers)
        self.writer.write(data)
        await self.flushed()

    async def refuse(self, name: str, **headers: str) -> None:
        """An error with its status and its vendor's body."""
        status = self.dialect.status(name)
        await self.page(status, dumps(self.dialect.error(name)), "application/json", **headers)

    async def cut(self) -> None:
        """Close the line in the middle, once what was said has arrived."""
        await self.flushed()
        await asyncio.sleep(0.05)
        self.keep = False

    async def reset(self) -> None:
        """Throw the line away with a TCP reset."""
        self.keep = False
        line = self.writer.get_extra_info("socket")
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        self.writer.transport.abort()

    async def silence(self) -> None:
        """Nothing more, until the client gives up."""
        await self.flushed()
        await asyncio.Event().wait()
