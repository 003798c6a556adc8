"""Requests that carry too much are turned away before anything of them is kept."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpResponse

# What to say to whoever is turned away, by path and headers; None: plain words.
Refusal = Callable[[str, Mapping[bytes, bytes]], HttpResponse | None]

MOST_BYTES = 12 * 1024 * 1024
WORDS = b"This request is too large.\n"


class BodyLimit:
    """An ASGI application in front of another: answers 413 to a body beyond this many bytes.

    `refusal` may know a better answer for some paths.
    """

    def __init__(
        self, application: Any, most_bytes: int = MOST_BYTES, refusal: Refusal | None = None
    ) -> None:
        self._application = application
        self._most = most_bytes
        self._refusal = refusal

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or not _has_body(scope):
            # Nothing to count: what is streamed to this reader goes out without a stop here.
            await self._application(scope, receive, send)
        elif _announced(scope) > self._most:
            await self._refuse(scope, send)
        else:
            await self._counted(scope, receive, send)

    async def _counted(self, scope: Any, receive: Any, send: Any) -> None:
        """Length may be unsaid or untrue: what arrives is counted too."""
        taken, begun = 0, False

        async def take() -> Any:
            nonlocal taken
            if taken <= self._most:
                message = await receive()
                taken += len(message.get("body", b""))
            # To the application the client has left: it lets go of what it has and answers nothing.
            return message if taken <= self._most else {"type": "http.disconnect"}

        async def tell(message: Any) -> None:
            nonlocal begun
            begun = True
            await send(message)

        await self._application(scope, take, tell)
        if taken > self._most and not begun:
            await self._refuse(scope, send)

    async def _refuse(self, scope: Any, send: Any) -> None:
        known = self._refusal and self._refusal(scope["path"], dict(scope["headers"]))
        status, kind, words = 413, b"text/plain; charset=utf-8", WORDS
        if known:
            status, words = known.status_code, known.content
            kind = known["Content-Type"].encode()
        headers = [
            (b"content-type", kind),
            (b"content-length", str(len(words)).encode()),
            (b"connection", b"close"),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": words})


def _has_body(scope: Any) -> bool:
    told = any(name in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"])
    return told or scope["method"] not in ("GET", "HEAD")


def _announced(scope: Any) -> float:
    """The length that the request says it has; endless where the number itself is too long."""
    told = dict(scope["headers"]).get(b"content-length", b"")
    if not told.isdigit():
        return 0
    return int(told) if len(told) < 19 else float("inf")
