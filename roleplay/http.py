"""Small HTTP things: the typed request, and the response that carries a stream of events."""

import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django_htmx.middleware import HtmxDetails

from roleplay.accounts.models import User
from roleplay.streaming.events import Event, EventReader, encode_events

RETRY = b"retry: 1000\n\n"
PING = b":\n\n"
PING_SECONDS = 15.0
CHECK_SECONDS = 10.0


class UserRequest(HttpRequest):
    """A request of somebody who is signed in."""

    user: User
    htmx: HtmxDetails


class CompressionMiddleware(GZipMiddleware):
    """Compresses pages, with Django's own guard against guessing secrets by size; never a stream."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        return response if response.streaming else super().process_response(request, response)


class EventStreamResponse(StreamingHttpResponse):
    """Streams what a reader gives, in the colour the server wants.

    Under ASGI a plain generator would be gathered whole before its first byte, under WSGI an
    asynchronous one; so this class looks at the request and chooses. `may_read` is asked every ten
    seconds, and the stream ends when it says no.
    """

    def __init__(
        self, request: HttpRequest, reader: EventReader, may_read: Callable[[], bool]
    ) -> None:
        chosen: Any = _later if isinstance(request, ASGIRequest) else _now
        self.parts = chosen(reader, may_read)
        super().__init__(self.parts, content_type="text/event-stream; charset=utf-8")
        self["Cache-Control"] = "no-store"
        self["X-Accel-Buffering"] = "no"


class _Rhythm:
    """When to ping and when to ask again."""

    def __init__(self) -> None:
        self.sent = self.asked = time.monotonic()

    def bytes_for(self, events: list[Event]) -> bytes:
        now = time.monotonic()
        if events:
            self.sent = now
            return encode_events(events)
        if now - self.sent < PING_SECONDS:
            return b""
        self.sent = now
        return PING

    def must_ask(self) -> bool:
        now = time.monotonic()
        if now - self.asked < CHECK_SECONDS:
            return False
        self.asked = now
        return True


async def _later(reader: EventReader, may_read: Callable[[], bool]) -> AsyncIterator[bytes]:
    rhythm, ask = _Rhythm(), sync_to_async(may_read)
    yield RETRY
    async for events in reader:
        if rhythm.must_ask() and not await ask():
            return
        if part := rhythm.bytes_for(events):
            yield part


def _now(reader: EventReader, may_read: Callable[[], bool]) -> Iterator[bytes]:
    rhythm = _Rhythm()
    yield RETRY
    for events in reader:
        if rhythm.must_ask() and not may_read():
            return
        if part := rhythm.bytes_for(events):
            yield part
