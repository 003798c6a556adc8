"""Django under ASGI with one thread hop a request.

Django's own ASGI handler runs each synchronous middleware and view in a thread of its own making,
and opens the database anew in it. Ours are all synchronous: so the whole of a request runs in one
of a few lasting threads, whose database connections last too, and only what streams is
asynchronous.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from typing import Any

from django.core.handlers.asgi import ASGIHandler, ASGIRequest, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, reset_queries
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

from roleplay.http import EventStreamResponse, LaterResponse


class PooledHandler(ASGIHandler):
    def __init__(self, threads: int) -> None:
        BaseHandler.__init__(self)
        self.load_middleware(is_async=False)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="pages")
        # Connections belong to the pool's threads and are looked after there.
        for signal in (request_started, request_finished):
            signal.disconnect(close_old_connections)
        request_started.disconnect(reset_queries)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.handle(scope, receive, send)

    async def run_get_response(self, request: HttpRequest) -> HttpResponseBase:
        loop = asyncio.get_running_loop()
        response = await loop.run_in_executor(self._pool, self._answer, request)
        if isinstance(response, LaterResponse):
            response = await _made(response)
        response._handler_class = self.__class__  # type: ignore[attr-defined]
        return response

    async def send_response(self, response: HttpResponseBase, send: Any) -> None:
        """Streams of events go out as they are, past the wrappers that other streams need."""
        if not isinstance(response, EventStreamResponse):
            await super().send_response(response, send)
            return
        headers = [(n.lower().encode(), v.encode("latin-1")) for n, v in response.items()]
        await send(
            {"type": "http.response.start", "status": response.status_code, "headers": headers}
        )
        async with aclosing(response.parts) as parts:
            async for part in parts:
                await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body"})

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        close_old_connections()
        reset_queries()
        assert isinstance(request, ASGIRequest)
        set_script_prefix(get_script_prefix(request.scope))
        return self.get_response(request)


async def _made(placeholder: LaterResponse) -> HttpResponse:
    """The answer that was waited for, with what the middleware said of its placeholder."""
    response = await placeholder.made()
    for name, value in placeholder.items():
        if name not in ("Content-Type", "Content-Length"):
            response.headers.setdefault(name, value)
    response["Content-Length"] = str(len(response.content))
    return response
