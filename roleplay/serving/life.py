"""How a serving process begins, looks after itself, and leaves."""

import asyncio
import gc
import logging
import sys

from asgiref.sync import sync_to_async
from django.conf import settings

from roleplay import wiring
from roleplay.conversations.keeping import close_orphans

log = logging.getLogger(__name__)

REAP_SECONDS = 10.0
# Many small lasting objects made the default thresholds cost latency at the tail (docs/decisions.md).
GC_THRESHOLDS = (50_000, 20, 20)

# Threads that answer pages hand the interpreter back to the streams after a millisecond.
SWITCH_SECONDS = 0.001

_reaper: asyncio.Task[None] | None = None


async def begin_life() -> None:
    """Replies run in the server's own loop; replies of dead processes are closed now and then."""
    global _reaper
    wiring.runner().attach(asyncio.get_running_loop())
    await sync_to_async(close_orphans)()
    _reaper = asyncio.create_task(_reap())
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    sys.setswitchinterval(SWITCH_SECONDS)


async def end_life(seconds: float | None = None) -> None:
    """Take no more replies; give those that run their grace time, and end the rest with their text."""
    await wiring.runner().drain(settings.DRAIN_SECONDS if seconds is None else seconds)
    await wiring.close_engines()
    if _reaper:
        _reaper.cancel()


async def _reap() -> None:
    while True:
        await asyncio.sleep(REAP_SECONDS)
        try:
            await sync_to_async(close_orphans)()
        except Exception:
            # The database may be away for a while; the next round asks again.
            log.exception("could not look for orphaned replies")
