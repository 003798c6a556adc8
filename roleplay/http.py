"""Small HTTP things: the typed request, and the responses that wait for a reply."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
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


Encode = Callable[[list[Event]], bytes]


class EventStreamResponse(StreamingHttpResponse):
    """Streams what a reader gives, in the colour the server wants.

    Under ASGI a plain generator would be gathered whole before its first byte, under WSGI an
    asynchronous one; so this class looks at the request and chooses. `may_read` is asked every ten
    seconds, and the stream ends when it says no. `encode` writes events for the wire, `opening`
    goes before them, and `leave` is called once nobody reads on, at the end or before it.
    """

    def __init__(
        self,
        request: HttpRequest,
        reader: EventReader,
        may_read: Callable[[], bool],
        *,
        encode: Encode = encode_events,
        opening: bytes = RETRY,
        leave: Callable[[], object] | None = None,
    ) -> None:
        chosen: Any = _later if isinstance(request, ASGIRequest) else _now
        self.parts = chosen(reader, may_read, encode, opening, leave or _nothing)
        super().__init__(self.parts, content_type="text/event-stream; charset=utf-8")
        self["Cache-Control"] = "no-store"
        self["X-Accel-Buffering"] = "no"


class LaterResponse(HttpResponse):
    """Stands for an answer that is made once a reply has ended, without a thread that waits.

    The server awaits `made` and sends what it gives in this one's place; a client that leaves
    meanwhile cancels it.
    """

    def __init__(self, made: Callable[[], Awaitable[HttpResponse]]) -> None:
        super().__init__()
        self.made = made


def when_ended(
    request: HttpRequest,
    readers: Sequence[EventReader],
    answer: Callable[[list[list[Event]]], HttpResponse],
    leave: Callable[[], object],
) -> HttpResponse:
    """The answer that is made of all events of these replies, a list each, when all have ended.

    `leave` is called at the end, or when the client goes before it. Where requests have a thread
    each it waits here.
    """

    async def later() -> HttpResponse:
        try:
            heard = [[event async for batch in reader for event in batch] for reader in readers]
        finally:
            leave()
        return answer(heard)

    if isinstance(request, ASGIRequest):
        return LaterResponse(later)
    return answer([[event for batch in reader for event in batch] for reader in readers])


def _nothing() -> None:
    """Nobody cares that a reader left."""


class _Rhythm:
    """When to ping and when to ask again."""

    def __init__(self, encode: Encode) -> None:
        self.encode = encode
        self.sent = self.asked = time.monotonic()

    def bytes_for(self, events: list[Event]) -> bytes:
        now = time.monotonic()
        if events:
            self.sent = now
            return self.encode(events)
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


async def _later(
    reader: EventReader,
    may_read: Callable[[], bool],
    encode: Encode,
    opening: bytes,
    leave: Callable[[], object],
) -> AsyncIterator[bytes]:
    rhythm, ask = _Rhythm(encode), sync_to_async(may_read)
    try:
        yield opening
        async for events in reader:
            if rhythm.must_ask() and not await ask():
                return
            if part := rhythm.bytes_for(events):
                yield part
    finally:
        leave()


def _now(
    reader: EventReader,
    may_read: Callable[[], bool],
    encode: Encode,
    opening: bytes,
    leave: Callable[[], object],
) -> Iterator[bytes]:
    rhythm = _Rhythm(encode)
    try:
        yield opening
        for events in reader:
            if rhythm.must_ask() and not may_read():
                return
            if part := rhythm.bytes_for(events):
                yield part
    finally:
        leave()
