"""Calls to the pooled handler by programs that hang up, and a gate that holds their views open."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from roleplay.serving.pooled import PooledHandler

PATIENCE = 10.0


class Gate:
    """Middleware. While the gate is shut a call stays in its thread; its body is read or is not."""

    reads = True
    entered = threading.Event()
    opened = threading.Event()
    answered = threading.Event()
    closed = threading.Event()

    def __init__(self, get_response: Any) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        assert not self.reads or request.body
        self.entered.set()
        assert self.opened.wait(PATIENCE)
        response: HttpResponseBase = self._get_response(request)
        self.answered.set()
        response._resource_closers.append(self.closed.set)  # type: ignore[attr-defined]
        return response

    @classmethod
    def stand(cls, opened: bool, reads: bool = True) -> None:
        """Open or shut it, and forget who went through."""
        cls.reads = reads
        for event in (cls.entered, cls.opened, cls.answered, cls.closed):
            event.clear()
        if opened:
            cls.opened.set()


@contextmanager
def pages() -> Iterator[PooledHandler]:
    """A handler with one thread, which leaves no connection behind."""
    handler = PooledHandler(1)
    yield handler
    handler._pool.submit(connections.close_all).result(PATIENCE)
    handler._pool.shutdown()


class Visit:
    """One call in the running loop. `hangs_at` names a message at which the line stands still."""

    def __init__(self, headers: dict[str, str], body: Any, hangs_at: str = "") -> None:
        self.sent: list[dict[str, Any]] = []
        self.hanging = asyncio.Event()
        self._hangs_at = hangs_at
        self._headers = [(b"host", b"testserver")]
        self._headers += [(k.lower().encode(), v.encode()) for k, v in headers.items()]
        self._parts = [json.dumps(body).encode()]
        self._left = asyncio.Event()

    async def __call__(self, handler: PooledHandler, path: str) -> "Visit":
        scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "query_string": b"",
            "headers": self._headers,
        }
        await asyncio.wait_for(handler(scope, self._receive, self._send), PATIENCE)
        return self

    def hang_up(self) -> None:
        self._left.set()

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def text(self) -> str:
        return b"".join(message.get("body", b"") for message in self.sent).decode()

    async def _receive(self) -> dict[str, Any]:
        if self._parts:
            return {"type": "http.request", "body": self._parts.pop(), "more_body": False}
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        if message["type"] == self._hangs_at:
            self.hanging.set()
            await asyncio.Event().wait()
        self.sent.append(message)
