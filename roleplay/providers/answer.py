"""An upstream's answer: its bytes unpacked, cut into events, and read as objects, all within limits."""

import contextlib
import time
import zlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
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
Inflate = Callable[[bytes], Iterator[bytes]]
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

    def __init__(self, response: aiohttp.ClientResponse, limits: Limits) -> None:
        self.status = response.status
        self.headers = response.headers
        self.seen = 0
        self.plain = False
        self._content = response.content
        self._encoding = encoding_of(response.headers)
        self._inflate: Inflate | None = None
        self._inflated: Iterator[bytes] = iter(())
        self._size = 0
        self._deadline = time.monotonic() + limits.reply
        self._done = False
        self._hurried = False
        self._watch = Watch(response.content, limits.silence)
        _without_timer(response)

    def hurry(self, seconds: float) -> None:
        """The reply is complete: wait only so long for what may follow, and call silence the end."""
        if not self._hurried:
            self._hurried = True
            self._watch.hurry(seconds)

    def release(self) -> None:
        """Stop the clock."""
        self._watch.release()

    async def objects(self) -> AsyncIterator[Iterator[tuple[str, dict[str, Any]]]]:
        """Pairs of event name and object: those of a stream, or the one of a plain answer.

        They come in batches, since what arrived together need not be waited for one by one; a batch
        is read, and raises, while it is taken, so take it to its end. What the body is shows in its
        first character; content types lie. Ends at `[DONE]`.

        Raises:
            ProviderError: TimedOut, Interrupted, Nonsense or TooMuch.
        """
        start = await self._start()
        sign = start.removeprefix(BOM).lstrip(WHITE)[:1]
        if not sign:
            return
        if sign == b"<":
            raise Nonsense("a page instead of a reply")
        if sign in b"{[":
            self.plain = True
            yield iter((("", await self._whole(start)),))
            return
        parser, repeats = FrameParser(), Repeats()
        chunk = start
        while chunk:
            yield self._objects_of(parser.feed(chunk), repeats)
            if self._done:
                return
            chunk = await self._chunk()
        yield self._objects_of(parser.finish(), repeats, cut=True)

    def _objects_of(
        self, frames: Iterator[Frame], repeats: "Repeats", cut: bool = False
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        for frame in frames:
            if frame.id and repeats.has(frame):
                continue
            if frame.data == "[DONE]":
                self._done = True
                return
            for value in self._objects_in(frame, cut):
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
            while len(found) < LARGEST_ERROR and (chunk := await self._chunk()):
                found += chunk
        return found[:LARGEST_ERROR].decode("utf-8-sig", "replace")

    async def _start(self) -> bytes:
        """The body up to the chunk in which something else than white space comes."""
        start = b""
        while chunk := await self._chunk():
            start += chunk
            if start.removeprefix(BOM).lstrip(WHITE):
                break
            if len(start) > LARGEST_ERROR:
                raise TooMuch("nothing but white space")
        return start

    async def _whole(self, start: bytes) -> dict[str, Any]:
        pieces, size = [start], len(start)
        while chunk := await self._chunk():
            pieces.append(chunk)
            size += len(chunk)
            if size > LARGEST_BODY:
                raise TooMuch(f"a body of more than {LARGEST_BODY} bytes")
        value = read_json(b"".join(pieces).decode("utf-8-sig", "replace"))
        if not isinstance(value, dict):
            raise Nonsense("JSON, but no object")
        self.seen += 1
        return value

    async def _chunk(self) -> bytes:
        """The next bytes, unpacked where they came packed although nobody asked; b"" at the end."""
        chunk = await (self._unpacked() if self._encoding else self._arrived())
        self._size += len(chunk)
        if self._size > LARGEST_STREAM:
            raise TooMuch(f"a stream of more than {LARGEST_STREAM} bytes")
        return chunk

    async def _unpacked(self) -> bytes:
        self._inflate = self._inflate or inflater(self._encoding)
        while not (chunk := next(self._inflated, b"")):
            packed = await self._arrived()
            if not packed:
                return b""
            self._inflated = self._inflate(packed)
        return chunk

    async def _arrived(self) -> bytes:
        """Whatever has come since the last time, or b"" at the end."""
        self._watch.since = time.monotonic()
        try:
            chunk = await self._content.readany()
        except TROUBLE as error:
            if self._hurried:
                return b""
            raise fault(error, answered=True) from None
        finally:
            self._watch.since = None
        if chunk and time.monotonic() > self._deadline:
            raise base.TimedOut("the whole reply took too long")
        return chunk


def _without_timer(response: aiohttp.ClientResponse) -> None:
    """Silence is looked after by our own watch: the client's timer is set anew with each chunk."""
    if response.connection is not None and response.connection.protocol is not None:
        response.connection.protocol.read_timeout = None


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
    try:
        value = read_json(data)
    except Nonsense as error:
        lines = [line for line in data.split("\n") if line.strip()]
        if len(lines) > 1:
            return [value for line in lines for value in read_objects(line, cut)]
        if data.strip() in ("", "[DONE]"):
            return []
        raise (base.Interrupted("cut in an event") if cut else error) from None
    if not isinstance(value, dict):
        raise Nonsense("JSON, but no object")
    return [value]


def encoding_of(headers: Mapping[str, str]) -> str:
    """How the body is packed, or "" where it is not."""
    encoding = headers.get("content-encoding", "").strip().lower()
    return "" if encoding == "identity" else encoding


def inflater(encoding: str) -> Inflate:
    """A function from packed bytes to pieces of at most 64 KiB.

    Raises:
        Nonsense: an encoding that is not known.
    """
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
