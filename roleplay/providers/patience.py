"""How long and how much: the limits of a reply, and the watch over a silent line."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

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
    """Breaks a wait for bytes that takes too long: whoever waits is given a TimeoutError.

    The client's own timer is not enough: after some broken chunks it never wakes its reader. One
    timer for an answer, since one for each chunk would cost more than reading the chunk.
    """

    def __init__(self, content: aiohttp.StreamReader, seconds: float) -> None:
        self.seconds = seconds
        # When the wait that goes on now began (seconds of the monotonic clock), or None.
        self.since: float | None = None
        self._content = content
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(seconds, self._look)

    def hurry(self, seconds: float) -> None:
        """Be less patient from now on."""
        self.seconds = seconds
        self.release()
        self._timer = self._loop.call_later(seconds, self._look)

    def release(self) -> None:
        self._timer.cancel()

    def _look(self) -> None:
        left = self.seconds
        if self.since is not None:
            left += self.since - time.monotonic()
            if left <= 0:
                self._content.set_exception(TimeoutError())
                return
        self._timer = self._loop.call_later(left, self._look)
