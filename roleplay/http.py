"""Small HTTP things: the typed request, and the responses that wait for a reply."""

import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from functools import cache
from typing import Any, Protocol

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


class Wire(Protocol):
    """Writes events for those who read them, and has the last word. `opening` goes before them."""

    @property
    def opening(self) -> bytes: ...

    def __call__(self, events: list[Event]) -> bytes: ...

    def close(self) -> bytes:
        """What is said where nothing more can be read, whether the reply has ended or not."""
        ...

    def fail(self, error: Exception) -> bytes:
        """What is said where reading or writing failed; or raises the error."""
        ...


class PageWire:
    """For pages: they see for themselves that there is no end, and ask again."""

    opening = RETRY

    def __call__(self, events: list[Event]) -> bytes:
        return encode_events(events)

    def close(self) -> bytes:
        return b""

    def fail(self, error: Exception) -> bytes:
        raise error


class EventStreamResponse(StreamingHttpResponse):
    """Streams what a reader gives, in the colour the server wants.

    Under ASGI a plain generator would be gathered whole before its first byte, under WSGI an
    asynchronous one; so this class looks at the request and chooses. `may_read` is asked every ten
    seconds, and the stream ends when it says no. `leave` is called once, when nobody reads on: at
    the end, before it, or where the response is closed without having been read.
    """

    def __init__(
        self,
        request: HttpRequest,
        reader: EventReader,
        may_read: Callable[[], bool],
        *,
        wire: Wire | None = None,
        leave: Callable[[], object] | None = None,
    ) -> None:
        self.leave = cache(leave or _nothing)  # so that it is called once
        chosen: Any = _later if isinstance(request, ASGIRequest) else _now
        self.parts = chosen(reader, may_read, wire or PageWire(), self.leave)
        super().__init__(self.parts, content_type="text/event-stream; charset=utf-8")
        self._resource_closers.append(self.leave)  # type: ignore[attr-defined]
        self["Cache-Control"] = "no-store"
        self["X-Accel-Buffering"] = "no"


Heard = list[list[Event]]


class LaterResponse(HttpResponse):
    """Stands for an answer that is made once replies have ended, without a thread that waits.

    The server awaits what `hear` gives, has a thread make the `answer` of it, or what `fail` says of
    an error on the way, and sends that in this one's place. `leave` is called once: when all is heard,
    when the client leaves meanwhile, or where this is closed without anybody having listened.
    """

    def __init__(
        self,
        readers: Sequence[EventReader],
        answer: Callable[[Heard], HttpResponse],
        fail: Callable[[Exception], HttpResponse],
        leave: Callable[[], object],
    ) -> None:
        super().__init__()
        self.answer = answer
        self.fail = fail
        self.leave = cache(leave)
        self._readers = readers
        self._resource_closers.append(self.leave)  # type: ignore[attr-defined]

    async def hear(self) -> Heard:
        """All events, a list for each reply, when the last one has ended."""
        try:
            return [
                [event async for batch in reader for event in batch] for reader in self._readers
            ]
        finally:
            self.leave()


def when_ended(
    request: HttpRequest,
    readers: Sequence[EventReader],
    answer: Callable[[Heard], HttpResponse],
    fail: Callable[[Exception], HttpResponse],
    leave: Callable[[], object],
) -> HttpResponse:
    """The answer that is made of all events of these replies, a list each, when all have ended.

    `leave` is called at the end, or when the client goes before it. Where requests have a thread
    each it waits here, and an error is raised; elsewhere `fail` makes the answer of it.
    """
    if isinstance(request, ASGIRequest):
        return LaterResponse(readers, answer, fail, leave)
    try:
        heard = [[event for batch in reader for event in batch] for reader in readers]
    finally:
        leave()
    return answer(heard)


def _nothing() -> None:
    """Nobody cares that a reader left."""


class _Rhythm:
    """When to ping and when to ask again."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.sent = self.asked = time.monotonic()

    def bytes_for(self, events: list[Event]) -> bytes:
        now = time.monotonic()
        if events:
            self.sent = now
            return self.wire(events)
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
    wire: Wire,
    leave: Callable[[], object],
) -> AsyncIterator[bytes]:
    rhythm, ask = _Rhythm(wire), sync_to_async(may_read)
    try:
        yield wire.opening
        async for events in reader:
            if rhythm.must_ask() and not await ask():
                break
            if part := rhythm.bytes_for(events):
                yield part
        if last := wire.close():
            yield last
    except Exception as error:
        yield wire.fail(error)
    finally:
        leave()


def _now(
    reader: EventReader,
    may_read: Callable[[], bool],
    wire: Wire,
    leave: Callable[[], object],
) -> Iterator[bytes]:
    rhythm = _Rhythm(wire)
    try:
        yield wire.opening
        for events in reader:
            if rhythm.must_ask() and not may_read():
                break
            if part := rhythm.bytes_for(events):
                yield part
        if last := wire.close():
            yield last
    except Exception as error:
        yield wire.fail(error)
    finally:
        leave()
