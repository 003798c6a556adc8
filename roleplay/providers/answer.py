"""An upstream's answer: its bytes unpacked, cut into events, and read as objects, all within limits."""

import contextlib
import time
import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiohttp
import httpx
from aiohttp.http_exceptions import HttpProcessingError

from roleplay.providers import base
from roleplay.providers.base import Nonsense, ProviderError, TooMuch
from roleplay.providers.faults import from_event
from roleplay.providers.frames import BOM, Frame, FrameParser
from roleplay.providers.patience import Limits, Watch
from roleplay.providers.strict_json import read_json

LARGEST_BODY = 8 << 20
LARGEST_STREAM = 256 << 20
LARGEST_ERROR = 64 << 10
INFLATED_AT_ONCE = 64 << 10
WHITE = b" \t\r\n"
TROUBLE = (
    httpx.HTTPError,
    httpx.InvalidURL,
    aiohttp.ClientError,
    HttpProcessingError,
    OSError,
    TimeoutError,
    ValueError,
    RuntimeError,
)


def fault(error: Exception, answered: bool) -> ProviderError:
    """Our error for a client's; `answered`: the beginning of an answer had come.

    The transport's own mapping calls a reset a time-out: what aiohttp said is asked first. The
    client's error is not kept as cause, since it holds the key and words of the engine's.
    """
    cause = next((link for link in _chain(error) if isinstance(link, aiohttp.ClientError)), error)
    name = type(cause).__name__
    if isinstance(cause, aiohttp.ConnectionTimeoutError | aiohttp.ClientConnectorError):
        return base.Unreachable(name)
    if isinstance(cause, TimeoutError | httpx.TimeoutException):
        return base.TimedOut(name)
    if isinstance(cause, httpx.InvalidURL | httpx.UnsupportedProtocol | aiohttp.InvalidURL):
        return base.Rejected(name)
    if isinstance(cause, aiohttp.ClientResponseError):
        return Nonsense(name)
    return base.Interrupted(name) if answered else base.Unreachable(name)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


class Answer:
    """The body of an answer, as the objects in it.

    `seen` counts them; `plain` says that the body was one JSON object and no stream.
    """

    def __init__(self, response: httpx.Response, limits: Limits) -> None:
        self.status = response.status_code
        self.headers = response.headers
        self.seen = 0
        self.plain = False
        self._response = response
        self._deadline = time.monotonic() + limits.reply
        self._hurried = False
        self._watch = Watch(limits.silence)

    def hurry(self, seconds: float) -> None:
        """The reply is complete: wait only so long for what may follow, and call silence the end."""
        if not self._hurried:
            self._hurried = True
            self._watch.hurry(seconds)

    def release(self) -> None:
        """Stop the clock."""
        self._watch.release()

    async def objects(self) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        """Pairs of event name and object: those of a stream, or the one of a plain answer.

        What the body is shows in its first character; content types lie. Ends at `[DONE]`.

        Raises:
            ProviderError: TimedOut, Interrupted, Nonsense or TooMuch.
        """
        chunks = self._chunks()
        start = b""
        async for chunk in chunks:
            start += chunk
            if sign := start.removeprefix(BOM).lstrip(WHITE)[:1]:
                break
            if len(start) > LARGEST_ERROR:
                raise TooMuch("nothing but white space")
        else:
            return
        if sign == b"<":
            raise Nonsense("a page instead of a reply")
        if sign in b"{[":
            self.plain = True
            yield "", await self._whole(start, chunks)
            return
        parser = FrameParser()
        frames = parser.feed(start)
        repeats = Repeats()
        while True:
            for frame in frames:
                if frame.id and repeats.has(frame):
                    continue
                if frame.data == "[DONE]":
                    return
                for value in self._objects_in(frame):
                    yield frame.event, value
            try:
                frames = parser.feed(await anext(chunks))
            except StopAsyncIteration:
                break
        for frame in parser.finish():
            if frame.data != "[DONE]":
                for value in self._objects_in(frame, cut=True):
                    yield frame.event, value

    def _objects_in(self, frame: Frame, cut: bool = False) -> list[dict[str, Any]]:
        try:
            found = read_objects(frame.data, cut)
        except Nonsense:
            if frame.event.lower() != "error":
                raise
            raise from_event(frame.data) from None
        self.seen += len(found)
        return found

    async def beginning(self) -> str:
        """The first 64 KiB of the body as text, or what of it could be had."""
        found = b""
        self.hurry(5.0)
        with contextlib.suppress(ProviderError):
            async for chunk in self._chunks():
                found += chunk
                if len(found) >= LARGEST_ERROR:
                    break
        return found[:LARGEST_ERROR].decode("utf-8-sig", "replace")

    async def _whole(self, start: bytes, chunks: AsyncIterator[bytes]) -> dict[str, Any]:
        pieces, size = [start], len(start)
        async for chunk in chunks:
            pieces.append(chunk)
            size += len(chunk)
            if size > LARGEST_BODY:
                raise TooMuch(f"a body of more than {LARGEST_BODY} bytes")
        value = read_json(b"".join(pieces).decode("utf-8-sig", "replace"))
        if not isinstance(value, dict):
            raise Nonsense("JSON, but no object")
        self.seen += 1
        return value

    async def _chunks(self) -> AsyncIterator[bytes]:
        """The bytes of the body, inflated where they came packed although nobody asked for it."""
        raw = self._response.aiter_raw()
        inflate = inflater(self.headers.get("content-encoding", ""))
        size = 0
        while True:
            try:
                chunk = await self._next(raw)
            except StopAsyncIteration:
                return
            if time.monotonic() > self._deadline:
                raise base.TimedOut("the whole reply took too long")
            for piece in inflate(chunk) if inflate else (chunk,):
                size += len(piece)
                if size > LARGEST_STREAM:
                    raise TooMuch(f"a stream of more than {LARGEST_STREAM} bytes")
                yield piece

    async def _next(self, raw: AsyncIterator[bytes]) -> bytes:
        try:
            return await self._watch.over(raw)
        except TROUBLE as error:
            if self._hurried:
                raise StopAsyncIteration from None
            raise fault(error, answered=True) from None


class Repeats:
    """Notices an event that was sent twice under one number, where events are numbered at all."""

    def __init__(self) -> None:
        self._last: Frame | None = None
        self._numbered = False

    def has(self, frame: Frame) -> bool:
        last, self._last = self._last, frame
        if last is not None and last.id != frame.id:
            self._numbered = True
        return self._numbered and frame == last


def read_objects(data: str, cut: bool = False) -> list[dict[str, Any]]:
    """The object in an event's data; several, where a server forgot the blank lines between.

    `cut`: the body ended in this event, so that broken JSON is an answer that broke off.
    """
    if not data.strip():
        return []
    try:
        value = read_json(data)
    except Nonsense as error:
        lines = [line for line in data.split("\n") if line.strip()]
        if len(lines) > 1:
            return [value for line in lines for value in read_objects(line, cut)]
        if data.strip() == "[DONE]":
            return []
        raise (base.Interrupted("cut in an event") if cut else error) from None
    if not isinstance(value, dict):
        raise Nonsense("JSON, but no object")
    return [value]


def inflater(encoding: str) -> Any:
    """A function from packed bytes to pieces of at most 64 KiB, or None where nothing is packed."""
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return None
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise Nonsense("an encoding that was not asked for")
    machine = zlib.decompressobj(47 if "gzip" in encoding else zlib.MAX_WBITS)

    def inflate(packed: bytes) -> Iterator[bytes]:
        try:
            while packed:
                yield machine.decompress(packed, INFLATED_AT_ONCE)
                packed = machine.unconsumed_tail
        except zlib.error:
            raise Nonsense("bytes that do not unpack") from None

    return inflate
