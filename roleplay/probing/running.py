"""Runs a probe for pages and commands, which are synchronous, outside of any request's loop."""

import asyncio
import queue
import threading
from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse
from django.template.loader import render_to_string
from django.utils.translation import get_language, override

from roleplay import wiring
from roleplay.connections.models import Connection
from roleplay.probing.probe import STEPS, Step, probe

# What a script asks for to be told of each step as it comes: HTML, one list item a line.
LIVE_TYPE = "text/html+steps"


def untried() -> list[Step]:
    return [Step(name) for name in STEPS]


def steps_of(connection: Connection, language: str = "en") -> Iterator[Step]:
    """The steps as they come. Who stops reading stops nothing: the probe ends by itself."""
    found: queue.SimpleQueue[Step | BaseException | None] = queue.SimpleQueue()
    greeting = "en" if language.startswith("en") else "zh-Hans"

    async def run() -> None:
        provider = wiring.provider_for(connection)
        try:
            async for step in probe(provider, connection.base_url, greeting):
                found.put(step)
        finally:
            await provider.aclose()

    def work() -> None:
        try:
            asyncio.run(run())
        except BaseException as error:  # handed to the reader, who raises it
            found.put(error)
        found.put(None)

    threading.Thread(target=work, name="probe", daemon=True).start()
    while (step := found.get()) is not None:
        if isinstance(step, BaseException):
            raise step
        yield step


def all_steps(connection: Connection) -> list[Step]:
    """All five, those that were not tried included."""
    known = {step.name: step for step in steps_of(connection, get_language() or "en")}
    return [known.get(name, Step(name)) for name in STEPS]


def live_steps(request: HttpRequest, connection: Connection) -> StreamingHttpResponse:
    """One list item a line. Under ASGI a plain generator would be gathered whole first."""
    lines = _lines(connection, get_language() or "zh-hans")
    chosen = _later(lines) if isinstance(request, ASGIRequest) else lines
    response = StreamingHttpResponse(chosen, content_type=f"{LIVE_TYPE}; charset=utf-8")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def _lines(connection: Connection, language: str) -> Iterator[bytes]:
    for step in steps_of(connection, language):
        with override(language):
            item = render_to_string("admin/connections/_step.html", {"step": step})
        yield " ".join(item.split()).encode() + b"\n"


async def _later(lines: Iterator[bytes]) -> AsyncIterator[bytes]:
    take = sync_to_async(lambda: next(lines, None))
    while (line := await take()) is not None:
        yield line
