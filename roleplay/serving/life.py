"""How a serving process begins, looks after itself, and leaves."""

import asyncio
import gc
import logging
import sys
from collections.abc import Callable

from asgiref.sync import sync_to_async
from django.conf import settings

from roleplay import wiring
from roleplay.conversations.keeping import close_orphans
from roleplay.conversations.replying import stop_revoked
from roleplay.searching.index import index_waiting

log = logging.getLogger(__name__)

REAP_SECONDS = 10.0
# A key that was taken back ends its streams within about so long.
KEY_SECONDS = 1.0
# What was said goes into the search index soon after, and never while it is being written.
INDEX_SECONDS = 2.0
# Many small lasting objects made the default thresholds cost latency at the tail (docs/decisions.md).
GC_THRESHOLDS = (50_000, 20, 20)

# Threads that answer pages hand the interpreter back to the streams after a millisecond.
SWITCH_SECONDS = 0.001

_watches: list[asyncio.Task[None]] = []


async def begin_life() -> None:
    """Replies run in the server's own loop; those of dead processes and dead keys are closed."""
    wiring.runner().attach(asyncio.get_running_loop())
    await sync_to_async(close_orphans)()
    _watches.append(asyncio.create_task(_again(REAP_SECONDS, close_orphans)))
    _watches.append(asyncio.create_task(_again(KEY_SECONDS, _look_after_keys)))
    _watches.append(asyncio.create_task(_again(INDEX_SECONDS, index_waiting)))
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    sys.setswitchinterval(SWITCH_SECONDS)


async def end_life(seconds: float | None = None) -> None:
    """Take no more replies; give those that run their grace time, and end the rest with their text."""
    await wiring.runner().drain(settings.DRAIN_SECONDS if seconds is None else seconds)
    await wiring.close_engines()
    while _watches:
        _watches.pop().cancel()


def _look_after_keys() -> None:
    if wiring.runner().running():
        stop_revoked()


async def _again(seconds: float, look: Callable[[], object]) -> None:
    while True:
        await asyncio.sleep(seconds)
        try:
            await sync_to_async(look)()
        except Exception:
            # The database may be away for a while; the next round asks again.
            log.exception("%s could not look", look.__name__)
