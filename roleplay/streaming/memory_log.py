"""The event log of a single process: a list for each reply, and a wake-up for each reader."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any

from roleplay.streaming.events import Event, EventReader

KEPT_SECONDS = 60.0
LOOK_AROUND_SECONDS = 5.0


class _Track:
    """Everything known of one reply. Written by one thread; read by any."""

    def __init__(self, text: str) -> None:
        self.lock = threading.Lock()
        self.events: list[Event] = []
        self.parts = [text]
        # Events up to here were overtaken by a rewriting: their readers are given the whole text.
        self.overtaken = 0
        self.wakers: set[Callable[[], None]] = set()
        self.over = False
        self.forget_at = float("inf")

    def append(self, kind: str, data: Mapping[str, Any]) -> int:
        with self.lock:
            number = len(self.events) + 1
            if kind == "delta":
                self.parts.append(data["t"])
            elif kind == "replace":
                self.parts = [data["t"]]
                self._drop_texts()
                self.overtaken = number
            self.events.append(Event(number, kind, data))
            self.over = self.over or kind == "end"
        self.wake()
        return number

    def since(self, after: int | None) -> list[Event]:
        with self.lock:
            if after is not None and self.overtaken <= after <= len(self.events):
                return self.events[after:]
            if after is not None and 0 <= after < self.overtaken:
                return self.events[self.overtaken - 1 :]
            whole = Event(len(self.events), "replace", {"t": "".join(self.parts)})
            ended = [event for event in self.events[-1:] if event.kind == "end"]
            return [whole, *ended]

    def wake(self) -> None:
        for wake in tuple(self.wakers):
            wake()

    def _drop_texts(self) -> None:
        """A rewritten text is not kept once for every rewriting."""
        for place in range(max(self.overtaken - 1, 0), len(self.events)):
            event = self.events[place]
            if event.kind in ("delta", "replace"):
                self.events[place] = Event(event.id, "delta", {"t": ""})


class MemoryEventLog:
    """Readers may live in any thread or loop; each is woken in its own."""

    def __init__(self, kept_seconds: float = KEPT_SECONDS) -> None:
        self.kept_seconds = kept_seconds
        self._tracks: dict[str, _Track] = {}

    def open(self, key: str, text: str = "") -> None:
        self._forget_old()
        self._tracks[key] = _Track(text)

    def append(self, key: str, kind: str, data: Mapping[str, Any]) -> int:
        return self._tracks[key].append(kind, data)

    def reader(self, key: str, after: int | None) -> EventReader | None:
        track = self._tracks.get(key)
        return MemoryReader(track, after) if track else None

    def close(self, key: str) -> None:
        self._forget_old()
        if track := self._tracks.get(key):
            track.forget_at = time.monotonic() + self.kept_seconds

    def forget(self, key: str) -> None:
        if track := self._tracks.pop(key, None):
            track.over = True
            track.wake()

    def _forget_old(self) -> None:
        # Other threads open logs at the same time: look at a copy, and let the first one remove.
        now = time.monotonic()
        for key, track in list(self._tracks.items()):
            if track.forget_at < now:
                self._tracks.pop(key, None)


class MemoryReader:
    def __init__(self, track: _Track, after: int | None) -> None:
        self._track = track
        self._after = after

    def _take(self) -> list[Event]:
        events = self._track.since(self._after)
        if events:
            self._after = events[-1].id
        return events

    async def __aiter__(self) -> AsyncIterator[list[Event]]:
        bell, news = _Bell(), True
        self._track.wakers.add(bell.ring)
        try:
            while True:
                over = self._track.over
                events = self._take() if news else []
                if events or not news:
                    yield events
                elif over:
                    return
                news = over or await bell.wait()
        finally:
            self._track.wakers.discard(bell.ring)
            bell.release()

    def __iter__(self) -> Iterator[list[Event]]:
        news = threading.Event()
        self._track.wakers.add(news.set)
        try:
            while True:
                news.clear()
                over = self._track.over
                if events := self._take():
                    yield events
                elif over:
                    return
                elif not news.wait(LOOK_AROUND_SECONDS):
                    yield []
        finally:
            self._track.wakers.discard(news.set)


class _Bell:
    """Wakes one waiting task, cheaply from its own thread and safely from any other.

    One timer for all waits, since one for each wait would cost more than the wait.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._rung = False
        self._waiter: asyncio.Future[None] | None = None
        self._since = 0.0
        self._timer = self._loop.call_later(LOOK_AROUND_SECONDS, self._look)

    def ring(self) -> None:
        if threading.get_ident() == self._thread:
            self._hear()
        elif not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._hear)

    def release(self) -> None:
        """Stop the clock."""
        self._timer.cancel()

    async def wait(self) -> bool:
        """True once it was rung since the last time, False when five seconds went by without."""
        if not self._rung:
            self._waiter, self._since = self._loop.create_future(), time.monotonic()
            try:
                await self._waiter
            finally:
                self._waiter = None
        rung, self._rung = self._rung, False
        return rung

    def _hear(self) -> None:
        self._rung = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _look(self) -> None:
        left = LOOK_AROUND_SECONDS
        if self._waiter is not None and not self._waiter.done():
            left += self._since - time.monotonic()
            if left <= 0:
                self._waiter.set_result(None)
                left = LOOK_AROUND_SECONDS
        self._timer = self._loop.call_later(left, self._look)
