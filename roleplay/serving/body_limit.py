"""Requests that carry too much are turned away before anything of them is kept."""

from typing import Any

MOST_BYTES = 12 * 1024 * 1024
WORDS = b"This request is too large.\n"


class BodyLimit:
    """An ASGI application in front of another: answers 413 to a body beyond this many bytes."""

    def __init__(self, application: Any, most_bytes: int = MOST_BYTES) -> None:
        self._application = application
        self._most = most_bytes

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
        elif _announced(scope) > self._most:
            await _refuse(send)
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
            await _refuse(send)


def _announced(scope: Any) -> float:
    """The length that the request says it has; endless where the number itself is too long."""
    told = dict(scope["headers"]).get(b"content-length", b"")
    if not told.isdigit():
        return 0
    return int(told) if len(told) < 19 else float("inf")


async def _refuse(send: Any) -> None:
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(WORDS)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": WORDS})
