"""Writes what replies hold to the store: all of a process in one transaction, twice a second.

Endings go as soon as the store is free; those that come meanwhile go together the next time. A
store that fails is asked again: nothing is announced before it is kept.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from roleplay.streaming.reply import Ending, Reply, Snapshot

log = logging.getLogger(__name__)

# Stores both in one transaction and answers with the keys that are no longer ours to write.
Keep = Callable[[list[Snapshot], list[Ending]], set[str]]

RETRY_SECONDS = 0.5
LEASE_RENEWAL_SECONDS = 5.0  # well within any lease


class Keeper:
    def __init__(
        self,
        keep: Keep,
        every: float,
        replies: Mapping[str, Reply],
        after_each: Callable[[set[str]], None],
    ) -> None:
        self._keep = keep
        self._every = every
        self._replies = replies
        self._after_each = after_each
        self._endings: list[tuple[Ending, asyncio.Future[bool]]] = []
        self._task: asyncio.Task[None] | None = None
        self._called = asyncio.Event()
        # One thread, so that the store's connection is opened once and writers never meet.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="keeper")

    def awake(self, loop: asyncio.AbstractEventLoop) -> None:
        """Work until nothing runs any more."""
        if self._task is None or self._task.done():
            self._called = asyncio.Event()
            self._task = loop.create_task(self._work())

    async def end(self, ending: Ending) -> bool:
        """Returns when this ending is kept; True if the reply was no longer ours."""
        kept = asyncio.get_running_loop().create_future()
        self._endings.append((ending, kept))
        self._called.set()
        return await asyncio.shield(kept)

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        next_checkpoint = loop.time() + self._every
        while self._replies or self._endings:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._called.wait(), max(0, next_checkpoint - loop.time()))
            self._called.clear()
            due = loop.time() >= next_checkpoint
            if due:
                next_checkpoint = loop.time() + self._every
            await self._flush(self._changed(loop.time()) if due else [])

    def _changed(self, now: float) -> list[Reply]:
        """Replies with news, and those whose lease wants renewing."""
        return [
            reply
            for reply in tuple(self._replies.values())
            if reply.number != reply.kept_number or now - reply.kept_at > LEASE_RENEWAL_SECONDS
        ]

    async def _flush(self, replies: list[Reply]) -> None:
        snapshots = [reply.snapshot() for reply in replies]
        endings, self._endings = self._endings, []
        lost: set[str] = set()
        if snapshots or endings:
            try:
                lost = await self._stored(snapshots, [ending for ending, _ in endings])
            except Exception:
                log.exception("the store failed; %d endings wait", len(endings))
                self._endings = endings + self._endings
                self._after_each(set())  # limits of time hold, whatever the store does
                await asyncio.sleep(RETRY_SECONDS)
                self._called.set()
                return
        now = asyncio.get_running_loop().time()
        for reply, snapshot in zip(replies, snapshots, strict=True):
            reply.kept_number, reply.kept_at = snapshot.number, now
        for ending, kept in endings:
            kept.set_result(ending.snapshot.key in lost)
        self._after_each(lost)

    async def _stored(self, snapshots: list[Snapshot], endings: list[Ending]) -> set[str]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._keep, snapshots, endings)
