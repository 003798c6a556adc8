"""The only place where settings meet rooms: engines, the event log and the runner are made here."""

import json
from functools import cache

from django.conf import settings

from roleplay.connections.models import Connection
from roleplay.conversations.keeping import keep
from roleplay.providers.base import Provider
from roleplay.providers.demo import DemoProvider
from roleplay.providers.openai_compatible import OpenAICompatibleProvider
from roleplay.providers.xingchen import XingchenProvider
from roleplay.streaming.events import EventLog
from roleplay.streaming.memory_log import MemoryEventLog
from roleplay.streaming.runner import Limits, Runner


def provider_for(connection: Connection | None) -> Provider:
    """The engine behind this connection; the demo engine where there is none."""
    if connection is None:
        return DemoProvider(pace=settings.DEMO_PACE)
    if connection.kind == "demo":
        options = connection.options
        return DemoProvider(options.get("pace", settings.DEMO_PACE), options.get("seed"))
    made = XingchenProvider if connection.kind == "xingchen" else OpenAICompatibleProvider
    return made(
        base_url=connection.base_url,
        key=connection.usable_key,
        model=connection.model,
        parameters=connection.parameters,
        options={"silence_seconds": settings.REPLY_SILENCE_SECONDS, **connection.options},
    )


# Engines that replies share: each keeps its lines to its host open between them.
_engines: dict[str, Provider] = {}
MOST_ENGINES = 64


def engine_for(connection: Connection | None) -> Provider:
    """The one engine of this connection as it is now, for replies that run in the runner's loop."""
    told = connection and (
        connection.kind,
        connection.base_url,
        connection.usable_key,
        connection.model,
        json.dumps([connection.parameters, connection.options], sort_keys=True),
    )
    key = repr(told)
    if key not in _engines:
        if len(_engines) >= MOST_ENGINES:  # connections that were changed many times
            runner().aside(_engines.pop(next(iter(_engines))).aclose())
        _engines[key] = provider_for(connection)
    return _engines[key]


async def close_engines() -> None:
    for engine in list(_engines.values()):
        await engine.aclose()
    _engines.clear()


@cache
def events() -> EventLog:
    return MemoryEventLog()


@cache
def runner() -> Runner:
    limits = Limits(
        at_once=settings.REPLIES_AT_ONCE,
        at_once_per_person=settings.REPLIES_AT_ONCE_PER_PERSON,
        chars=settings.REPLY_MAX_CHARS,
        seconds=settings.REPLY_MAX_SECONDS,
        silence=settings.REPLY_SILENCE_SECONDS,
    )
    return Runner(events(), keep, limits, every=settings.CHECKPOINT_SECONDS)
