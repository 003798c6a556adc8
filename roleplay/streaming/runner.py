"""Keeps replies running: outside any request, in one event loop, until each has one ending.

The order that everything rests on: text is kept first and announced after. Whoever reloads on
"end" finds the text stored.
"""

import asyncio
import contextlib
import contextvars
import logging
import threading
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any

from roleplay.providers.base import (
    Delta,
    Empty,
    Interrupted,
    Pause,
    Piece,
    ProviderError,
    Receipt,
    Replacement,
    TimedOut,
    ToolCall,
    TooMuch,
    Usage,
)
from roleplay.streaming.events import EventLog
from roleplay.streaming.keeper import Keep, Keeper
from roleplay.streaming.reply import Ending, Reply

log = logging.getLogger(__name__)

LAST_WORDS_SECONDS = 5.0
# An engine's own clock for silence goes first: it knows more of what happened.
GRACE_SECONDS = 2.0

Pieces = Callable[[], AsyncGenerator[Piece, None]]


class Full(Exception):
    """No more replies can run now: in this process, or for this person (`personal`)."""

    def __init__(self, personal: bool) -> None:
        super().__init__("personal" if personal else "process")
        self.personal = personal


class Draining(Exception):
    """This process takes no more replies: it is about to leave."""


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Room that is held for a reply of this person until it starts."""

    person: str


@dataclass(frozen=True, slots=True)
class Limits:
    """For each process and person how many at once; for each reply how much and how long."""

    at_once: int = 1000
    at_once_per_person: int = 5
    chars: int = 200_000
    seconds: float = 900
    silence: float = 60


class Runner:
    """`keep` stores snapshots and endings in one transaction; keeper.py says when it is called."""

    def __init__(
        self,
        events: EventLog,
        keep: Keep,
        limits: Limits | None = None,
        every: float = 0.4,
    ) -> None:
        self.limits = limits or Limits()
        self.events = events
        self.draining = False
        self._replies: dict[str, Reply] = {}
        self._held: set[Place] = set()
        self._counting = threading.Lock()
        self._keeper = Keeper(keep, every, self._replies, self._look_after)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._starting = threading.Lock()
        self._aside: set[asyncio.Task[None]] = set()

    # The loop

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Run replies in this loop, the server's own, where readers need no thread to be woken."""
        self._loop = loop

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        with self._starting:
            if self._loop is None or self._loop.is_closed():
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="replies", daemon=True).start()
        return self._loop

    # From any thread

    def start(
        self,
        key: str,
        pieces: Pieces,
        *,
        person: str = "",
        base: str = "",
        silence: float | None = None,
        on_end: Callable[[Ending], None] | None = None,
        place: Place | None = None,
    ) -> None:
        """Let this reply run, in the `place` that was held for it.

        `pieces` is called in the loop; `on_end` too, once all is kept.
        """
        reply = Reply(key, person, base, silence=silence)
        self.events.open(key, base)
        with self._counting:
            if place:
                self._held.discard(place)
            self._replies[key] = reply
        self.loop.call_soon_threadsafe(self._launch, reply, pieces, on_end)

    @contextlib.contextmanager
    def place(self, person: str) -> Iterator[Place]:
        """Hold room for one reply of this person; it is free again if none has started by the end.

        Counted and held in one step: of many at once, none is over the limits. Raises Full or
        Draining.
        """
        with self._counting:
            self.check_room(person)
            place = Place(person)
            self._held.add(place)
        try:
            yield place
        finally:
            with self._counting:
                self._held.discard(place)

    def check_room(self, person: str) -> None:
        """Raise Full or Draining if a reply of this person cannot start now."""
        if self.draining:
            raise Draining
        if len(self._replies) + len(self._held) >= self.limits.at_once:
            raise Full(personal=False)
        if person and self.running_for(person) >= self.limits.at_once_per_person:
            raise Full(personal=True)

    def running_for(self, person: str) -> int:
        """How many replies of this person run here, or are about to."""
        running = sum(reply.person == person for reply in tuple(self._replies.values()))
        return running + sum(place.person == person for place in tuple(self._held))

    def stop(self, key: str, status: str = "stopped", kind: str = "") -> bool:
        """End this reply with what it has; False if it does not run here."""
        reply = self._replies.get(key)
        if reply is None:
            return False
        self.loop.call_soon_threadsafe(self._end, reply, status, kind)
        return True

    def running(self) -> list[str]:
        return list(self._replies)

    # In the loop

    def aside(self, work: Coroutine[Any, Any, None]) -> None:
        """Let something small run beside the replies; the runner holds on to it until it is done."""
        self.loop.call_soon_threadsafe(self._begin_aside, work)

    def _begin_aside(self, work: Coroutine[Any, Any, None]) -> None:
        task = self.loop.create_task(work, context=contextvars.Context())
        self._aside.add(task)
        task.add_done_callback(self._aside.discard)

    def _launch(
        self,
        reply: Reply,
        pieces: Pieces,
        on_end: Callable[[Ending], None] | None,
    ) -> None:
        # A context of its own: a request's context holds Django's thread-sensitive state.
        reply.task = self.loop.create_task(
            self._run(reply, pieces, on_end), context=contextvars.Context()
        )
        self._keeper.awake(self.loop)

    def _end(self, reply: Reply, status: str, kind: str) -> None:
        if reply.ordered_end is None and reply.key in self._replies and reply.task:
            reply.ordered_end = (status, kind)
            # A task that is cancelled before its first step never runs, and nothing would end.
            if reply.reading:
                reply.task.cancel()

    async def _run(
        self,
        reply: Reply,
        pieces: Pieces,
        on_end: Callable[[Ending], None] | None,
    ) -> None:
        ending = await self._read(reply, pieces)
        # From here on nothing can be ordered to end; the keeper must have its word.
        del self._replies[reply.key]
        lost = await self._keeper.end(ending)
        if lost:
            # Whoever closed it had the last word: readers are sent to the store, where it stands.
            self.events.forget(reply.key)
        else:
            self._announce(ending)
            self.events.close(reply.key)
        if on_end:
            on_end(ending)

    async def _read(self, reply: Reply, pieces: Pieces) -> Ending:
        if reply.ordered_end:
            return self._ending(reply, *reply.ordered_end)
        reply.reading = True
        try:
            stream = pieces()
            try:
                async for piece in stream:
                    self._take(reply, piece)
            finally:
                await stream.aclose()
            if not reply.length and not reply.tool_calls:
                raise Empty
            return self._ending(reply, "done")
        except asyncio.CancelledError:
            status, kind = reply.ordered_end or ("interrupted", "broke_off")
            return self._ending(reply, status, kind)
        except Interrupted as error:
            return self._ending(reply, "interrupted", error.kind, error.retry_after)
        except ProviderError as error:
            log.warning("reply %s failed: %s: %s", reply.key, error.kind, error)
            return self._ending(reply, "failed", error.kind, error.retry_after)
        except Exception:
            log.exception("reply %s failed", reply.key)
            return self._ending(reply, "failed", "upstream")

    def _take(self, reply: Reply, piece: Piece) -> None:
        reply.heard = time.monotonic()
        match piece:
            case Delta(text):
                if text:
                    reply.add(text)
                    reply.number = self.events.append(reply.key, "delta", {"t": text})
            case Replacement(text):
                reply.rewrite(text)
                reply.number = self.events.append(reply.key, "replace", {"t": reply.text})
            case ToolCall(id, name, arguments):
                reply.tool_calls.append(piece)
                call = {"id": id, "name": name, "arguments": arguments}
                reply.number = self.events.append(reply.key, "tool", call)
            case Pause(seconds, kind):
                reply.heard += seconds
                pause = {"seconds": seconds, "kind": kind}
                reply.number = self.events.append(reply.key, "wait", pause)
            case Receipt():
                reply.receipt = piece
            case Usage():
                reply.usage = piece
        if reply.length > self.limits.chars:
            raise TooMuch("the reply grew past REPLY_MAX_CHARS")

    def _ending(
        self, reply: Reply, status: str, kind: str = "", retry_after: float | None = None
    ) -> Ending:
        return Ending(
            reply.snapshot(), status, kind, retry_after, tuple(reply.tool_calls), reply.usage
        )

    def _announce(self, ending: Ending) -> None:
        data = {
            "status": ending.status,
            "kind": ending.kind,
            "retry_after": ending.retry_after,
            **_told(ending.usage),
        }
        self.events.append(ending.snapshot.key, "end", data)

    def _look_after(self, lost: set[str]) -> None:
        """After each checkpoint: let go of replies that another owner has, end the silent ones."""
        now = time.monotonic()
        for reply in tuple(self._replies.values()):
            if reply.key in lost:
                self._end(reply, "interrupted", "broke_off")
            elif now - reply.heard > (reply.silence or self.limits.silence) + GRACE_SECONDS:
                self._end(reply, "failed", TimedOut.kind)
            elif now - reply.started > self.limits.seconds:
                self._end(reply, "failed", TooMuch.kind)

    # Leaving

    async def drain(self, seconds: float) -> None:
        """Take nothing new, let what runs run for so long, end the rest as interrupted."""
        self.draining = True
        tasks = {reply.task for reply in self._replies.values() if reply.task}
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)
        for reply in tuple(self._replies.values()):
            self._end(reply, "interrupted", "restart")
        if waiting := tasks | self._aside:
            await asyncio.wait(waiting, timeout=max(seconds, LAST_WORDS_SECONDS))


def _told(usage: Usage | None) -> dict[str, Any]:
    """What the engine said of its reply, for whoever reads to the end."""
    if usage is None:
        return {}
    counts = {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens}
    return {**counts, "finish_reason": usage.finish_reason}
