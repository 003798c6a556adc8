"""One client for one upstream host: sends a request, gives back the objects of the answer.

aiohttp, read without layers between: each of them is paid for with every delta. No cookies are kept,
since a shared jar would hand one person's to the next; redirects are not followed and the
environment's proxies are not used, so a key goes where it was meant to.
"""

import asyncio
import contextlib
import functools
import json
import ssl
import weakref
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp
import certifi
from yarl import URL

from roleplay.providers import base
from roleplay.providers.answer import TROUBLE, Answer, fault
from roleplay.providers.base import ProviderError
from roleplay.providers.faults import from_status
from roleplay.providers.patience import Limits
from roleplay.providers.strict_json import read_json

CLOSING_SECONDS = 0.3


class Wire:
    """The line to one upstream. Holds a session for each event loop that has used it.

    `platform`: error numbers in the answers are the Xingchen platform's own.
    """

    def __init__(self, limits: Limits, platform: bool = False) -> None:
        self.limits = limits
        self.platform = platform
        self._sessions: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, aiohttp.ClientSession]
        self._sessions = weakref.WeakKeyDictionary()

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
            if response.status != 200:
                raise await self._refusal(answer)
            yield answer
        finally:
            answer.release()
            # An upstream that never reads our body must not hold up whoever closes.
            with contextlib.suppress(*TROUBLE):
                async with asyncio.timeout(CLOSING_SECONDS):
                    response.release()
                    await response.wait_for_close()

    async def aclose(self) -> None:
        session = self._sessions.pop(asyncio.get_running_loop(), None)
        if session is not None:
            await session.close()

    async def _send(
        self, url: str, body: Mapping[str, Any], headers: Mapping[str, str]
    ) -> aiohttp.ClientResponse:
        try:
            content = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
            address = URL(url)
            known = address.scheme in ("http", "https") and address.host
            if not known or not url.isprintable():
                raise ValueError("the address is not a web address")
        except (ValueError, TypeError):
            raise base.Rejected("the request cannot be written") from None
        try:
            async with asyncio.timeout(self.limits.connect + self.limits.silence + 5):
                return await self._session().post(
                    address,
                    data=content.encode("utf-8", "replace"),
                    headers=headers,
                    allow_redirects=False,
                )
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

    def _session(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        if loop not in self._sessions:
            self._sessions[loop] = new_session(self.limits)
        return self._sessions[loop]


@functools.cache
def _trust() -> ssl.SSLContext:
    # Reading the list of authorities takes tens of milliseconds: once is enough.
    return ssl.create_default_context(cafile=certifi.where())


def new_session(limits: Limits) -> aiohttp.ClientSession:
    """A session that keeps nothing of anybody; it belongs to the running event loop."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ssl=_trust()),
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        # What comes packed is unpacked by us, within limits.
        auto_decompress=False,
        # `connect` covers the name look-up as well as the connection.
        timeout=aiohttp.ClientTimeout(
            total=None,
            connect=limits.connect + 5,
            sock_connect=limits.connect,
            sock_read=limits.silence,
        ),
        headers={"User-Agent": "Lamplight", "Accept-Encoding": "identity"},
    )
