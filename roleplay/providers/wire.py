"""One client for one upstream host: sends a request, gives back the objects of the answer.

httpx over aiohttp's transport, which holds five hundred streams on a core where the stock one
collapses. No cookies are kept, since a shared jar would hand one person's to the next; redirects
are not followed and the environment's proxies are not used, so a key goes where it was meant to.
"""

import asyncio
import contextlib
import functools
import json
import ssl
import time
import weakref
import zlib
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import aiohttp
import httpx
from aiohttp.http_exceptions import HttpProcessingError
from httpx_aiohttp import AiohttpTransport

from roleplay.providers import base
from roleplay.providers.base import Nonsense, ProviderError, TooMuch
from roleplay.providers.faults import from_event, from_status
from roleplay.providers.frames import BOM, Frame, FrameParser
from roleplay.providers.strict_json import read_json
from roleplay.providers.wording import MOST_CHARACTERS

CONNECT_SECONDS = 10.0
SILENCE_SECONDS = 60.0
REPLY_SECONDS = 900.0
CLOSING_SECONDS = 0.3
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


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much. Seconds; `silence` is the wait for bytes, `reply` the whole reply."""

    connect: float = CONNECT_SECONDS
    silence: float = SILENCE_SECONDS
    reply: float = REPLY_SECONDS
    characters: int = MOST_CHARACTERS

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> "Limits":
        """From a connection's options: `connect_seconds`, `silence_seconds`, `reply_seconds` and
        `most_characters`. What is no positive number counts as not given."""
        return cls(
            connect=_positive(options.get("connect_seconds"), CONNECT_SECONDS),
            silence=_positive(options.get("silence_seconds"), SILENCE_SECONDS),
            reply=_positive(options.get("reply_seconds"), REPLY_SECONDS),
            characters=int(_positive(options.get("most_characters"), MOST_CHARACTERS)),
        )


def _positive(value: Any, default: float) -> float:
    good = isinstance(value, int | float) and not isinstance(value, bool) and value > 0
    return float(value) if good else default


class Wire:
    """The line to one upstream. Holds a client for each event loop that has used it.

    `platform`: error numbers in the answers are the Xingchen platform's own.
    """

    def __init__(self, limits: Limits, platform: bool = False) -> None:
        self.limits = limits
        self.platform = platform
        self._clients: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, httpx.AsyncClient]
        self._clients = weakref.WeakKeyDictionary()

    @contextlib.asynccontextmanager
    async def post(
        self, url: str, body: Mapping[str, Any], headers: Mapping[str, str]
    ) -> AsyncIterator["Answer"]:
        """The answer to this JSON body; leaving the block closes the line.

        Raises:
            ProviderError: no answer, or one whose status says that there is no reply.
        """
        response = await self._send(url, body, headers)
        answer = Answer(response, self.limits)
        try:
            if response.status_code != 200:
                raise await self._refusal(answer)
            yield answer
        finally:
            answer.release()
            # An upstream that never reads our body must not hold up whoever closes.
            with contextlib.suppress(*TROUBLE):
                async with asyncio.timeout(CLOSING_SECONDS):
                    await response.aclose()

    async def aclose(self) -> None:
        client = self._clients.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.aclose()

    async def _send(
        self, url: str, body: Mapping[str, Any], headers: Mapping[str, str]
    ) -> httpx.Response:
        try:
            content = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
            request = self._client().build_request(
                "POST", url, content=content.encode("utf-8", "replace"), headers=dict(headers)
            )
            if request.url.scheme not in ("http", "https") or not request.url.host:
                raise httpx.UnsupportedProtocol("the address is not a web address")
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, TypeError):
            raise base.Rejected("the request cannot be written") from None
        try:
            async with asyncio.timeout(self.limits.connect + self.limits.silence + 5):
                return await self._client().send(request, stream=True)
        except TROUBLE as error:
            raise fault(error, answered=False) from None

    async def _refusal(self, answer: "Answer") -> ProviderError:
        """What an answer other than 200 means."""
        status = answer.status
        if status in (204, 205):
            return base.Empty(f"HTTP {status}")
        text = await answer.beginning()
        body: Any = "" if text.lstrip()[:1] == "<" else text
        with contextlib.suppress(ProviderError):
            body = read_json(text)
        return from_status(status, answer.headers, body, self.platform)

    def _client(self) -> httpx.AsyncClient:
        loop = asyncio.get_running_loop()
        if loop not in self._clients:
            self._clients[loop] = new_client(self.limits)
        return self._clients[loop]


@functools.cache
def _trust() -> ssl.SSLContext:
    # Reading the list of authorities takes tens of milliseconds: once is enough.
    return httpx.create_ssl_context(trust_env=False)


def new_client(limits: Limits) -> httpx.AsyncClient:
    """A client that keeps nothing of anybody; it belongs to the running event loop."""

    def session() -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=_trust()),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
        )

    return httpx.AsyncClient(
        transport=AiohttpTransport(verify=_trust(), trust_env=False, client=session),
        cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])),
        follow_redirects=False,
        trust_env=False,
        # The transport's "pool" covers the name look-up as well as the connection.
        timeout=httpx.Timeout(
            limits.silence, connect=limits.connect, pool=limits.connect + 5, read=limits.silence
        ),
        headers={"User-Agent": "Lamplight", "Accept-Encoding": "identity"},
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


class Watch:
    """Breaks a wait for bytes that takes too long.

    The client's own timer is not enough: after some broken chunks it never wakes its reader. One
    timer for an answer, since one for each chunk would cost more than reading the chunk.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._task: asyncio.Task[Any] | None = None
        self._cancelled_before = 0
        self._since = 0.0
        self._broke = False
        self._timer = self._loop.call_later(seconds, self._look)

    def hurry(self, seconds: float) -> None:
        """Be less patient from now on."""
        self.seconds = seconds
        self.release()
        self._timer = self._loop.call_later(seconds, self._look)

    def release(self) -> None:
        self._timer.cancel()

    async def over(self, raw: AsyncIterator[bytes]) -> bytes:
        """The next chunk. Raises TimeoutError."""
        self._task = task = asyncio.current_task()
        assert task is not None
        self._cancelled_before = task.cancelling()
        self._since = self._loop.time()
        try:
            return await anext(raw)
        except asyncio.CancelledError:
            # Somebody else's cancellation goes first, and is never swallowed.
            if self._broke and task.uncancel() <= self._cancelled_before:
                raise TimeoutError from None
            raise
        finally:
            self._task = None

    def _look(self) -> None:
        left = self.seconds
        if self._task is not None:
            left += self._since - self._loop.time()
            if left <= 0:
                self._broke = True
                self._task.cancel()
                return
        self._timer = self._loop.call_later(left, self._look)


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
