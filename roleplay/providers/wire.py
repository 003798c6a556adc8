"""One client for one upstream host: sends a request, gives back the objects of the answer.

httpx over aiohttp's transport, which holds five hundred streams on a core where the stock one
collapses. The body is read from the transport's own stream: each layer between would be paid for with
every delta. No cookies are kept, since a shared jar would hand one person's to the next; redirects
are not followed and the environment's proxies are not used, so a key goes where it was meant to.
"""

import asyncio
import contextlib
import functools
import json
import ssl
import weakref
from collections.abc import AsyncIterator, Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from roleplay.providers import base
from roleplay.providers.answer import TROUBLE, Answer, fault
from roleplay.providers.base import ProviderError
from roleplay.providers.faults import from_status
from roleplay.providers.patience import Limits
from roleplay.providers.strict_json import read_json

CLOSING_SECONDS = 0.3
BENEATH = "aiohttp_response"


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
        answer = Answer(response.extensions[BENEATH], self.limits)
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


class Transport(AiohttpTransport):
    """Gives the answer of aiohttp along, in the place where httpx has transports put such things."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response: httpx.Response = await super().handle_async_request(request)
        response.extensions[BENEATH] = response.stream._aiohttp_response  # type: ignore[union-attr]
        return response


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
        transport=Transport(verify=_trust(), trust_env=False, client=session),
        cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])),
        follow_redirects=False,
        trust_env=False,
        # The transport's "pool" covers the name look-up as well as the connection.
        timeout=httpx.Timeout(
            limits.silence, connect=limits.connect, pool=limits.connect + 5, read=limits.silence
        ),
        headers={"User-Agent": "Lamplight", "Accept-Encoding": "identity"},
    )
