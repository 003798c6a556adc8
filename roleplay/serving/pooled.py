"""Django under ASGI with one thread hop a request.

Django's own ASGI handler runs each synchronous middleware and view in a thread of its own making,
and opens the database anew in it. Ours are all synchronous: so the whole of a request runs in one
of a few lasting threads, whose database connections last too, and only what streams is
asynchronous.
"""

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor
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
        response = await self._viewed(request)
        if isinstance(response, LaterResponse):
            response = await self._made(response)
        response._handler_class = self.__class__  # type: ignore[attr-defined]
        return response

    async def send_response(self, response: HttpResponseBase, send: Any) -> None:
        """Streams of events go out as they are, past the wrappers that other streams need."""
        if not isinstance(response, EventStreamResponse):
            await super().send_response(response, send)
            return
        headers = [(n.lower().encode(), v.encode("latin-1")) for n, v in response.items()]
        try:
            await send(
                {"type": "http.response.start", "status": response.status_code, "headers": headers}
            )
            async with aclosing(response.parts) as parts:
                async for part in parts:
                    await send({"type": "http.response.body", "body": part, "more_body": True})
            await send({"type": "http.response.body"})
        finally:
            # A generator that was never begun does not see its own end.
            response.leave()

    async def _viewed(self, request: HttpRequest) -> HttpResponseBase:
        """What the view answers. A thread cannot be stopped: it goes on when the client has left."""
        working = self._pool.submit(self._answer, request)
        try:
            return await asyncio.wrap_future(working)
        except asyncio.CancelledError:
            working.add_done_callback(self._close_unread)
            raise

    def _close_unread(self, working: Future[HttpResponseBase]) -> None:
        if not working.cancelled() and not working.exception():
            self._pool.submit(working.result().close)

    async def _made(self, placeholder: LaterResponse) -> HttpResponse:
        """The answer that was waited for, with what the middleware said of its placeholder."""
        try:
            response = await self._answered(placeholder)
        except asyncio.CancelledError:
            self._pool.submit(placeholder.close)
            raise
        for name, value in placeholder.items():
            if name not in ("Content-Type", "Content-Length"):
                response.headers.setdefault(name, value)
        response["Content-Length"] = str(len(response.content))
        response._resource_closers += placeholder._resource_closers  # type: ignore[attr-defined]
        return response

    async def _answered(self, placeholder: LaterResponse) -> HttpResponse:
        """Heard in the event loop, but made in a thread: a long answer takes a while to read."""
        loop = asyncio.get_running_loop()
        try:
            heard = await placeholder.hear()
            return await loop.run_in_executor(self._pool, placeholder.answer, heard)
        except Exception as error:
            return placeholder.fail(error)

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        close_old_connections()
        reset_queries()
        assert isinstance(request, ASGIRequest)
        set_script_prefix(get_script_prefix(request.scope))
        return self.get_response(request)
