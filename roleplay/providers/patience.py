"""How long and how much: the limits of a reply, and the watch over a silent line."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from roleplay.providers.wording import MOST_CHARACTERS

CONNECT_SECONDS = 10.0
SILENCE_SECONDS = 60.0
REPLY_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much. Seconds; `silence` is the wait for bytes, `reply` the whole reply."""

    connect: float = CONNECT_SECONDS
    silence: float = SILENCE_SECONDS
    reply: float = REPLY_SECONDS
    characters: int = MOST_CHARACTERS

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> "Limits":
        """From a connection's options: `connect_seconds`, `silence_seconds`, `reply_seconds` and
        `most_characters`. What is no positive number counts as not given."""
        return cls(
            connect=_positive(options.get("connect_seconds"), CONNECT_SECONDS),
            silence=_positive(options.get("silence_seconds"), SILENCE_SECONDS),
            reply=_positive(options.get("reply_seconds"), REPLY_SECONDS),
            characters=int(_positive(options.get("most_characters"), MOST_CHARACTERS)),
        )


def _positive(value: Any, default: float) -> float:
    good = isinstance(value, int | float) and not isinstance(value, bool) and value > 0
    return float(value) if good else default


class Watch:
    """Breaks a wait for bytes that takes too long.

    The client's own timer is not enough: after some broken chunks it never wakes its reader. One
    timer for an answer, since one for each chunk would cost more than reading the chunk.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._task: asyncio.Task[Any] | None = None
        self._cancelled_before = 0
        self._since = 0.0
        self._broke = False
        self._timer = self._loop.call_later(seconds, self._look)

    def hurry(self, seconds: float) -> None:
        """Be less patient from now on."""
        self.seconds = seconds
        self.release()
        self._timer = self._loop.call_later(seconds, self._look)

    def release(self) -> None:
        self._timer.cancel()

    async def over(self, raw: AsyncIterator[bytes]) -> bytes:
        """The next chunk. Raises TimeoutError."""
        self._task = task = asyncio.current_task()
        assert task is not None
        self._cancelled_before = task.cancelling()
        self._since = self._loop.time()
        try:
            return await anext(raw)
        except asyncio.CancelledError:
            # Somebody else's cancellation goes first, and is never swallowed.
            if self._broke and task.uncancel() <= self._cancelled_before:
                raise TimeoutError from None
            raise
        finally:
            self._task = None

    def _look(self) -> None:
        left = self.seconds
        if self._task is not None:
            left += self._since - self._loop.time()
            if left <= 0:
                self._broke = True
                self._task.cancel()
                return
        self._timer = self._loop.call_later(left, self._look)
