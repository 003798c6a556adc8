"""Asks a busy engine again, while nothing of the reply has been shown yet."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import Any

from roleplay.providers.base import (
    Delta,
    Pause,
    Piece,
    Prompt,
    Provider,
    RateLimited,
    Replacement,
    ToolCall,
    Unreachable,
    Upstream,
)

# Not a time-out: whoever waited a minute for nothing should not wait another unasked.
WORTH_IT = (RateLimited, Unreachable, Upstream)
WAITS = (1.0, 4.0)
LONGEST_WAIT = 30.0


async def with_retries(
    provider: Provider,
    body: Mapping[str, Any],
    prompt: Prompt,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncGenerator[Piece, None]:
    """The provider's pieces, asked for again at most twice, with a `Pause` before each wait.

    A new attempt brings its own `Receipt`: the last one counts.

    Raises:
        ProviderError: the last attempt's; with `retry_after` where the engine wants more than 30 s.
    """
    begun = False
    for wait in (*WAITS, None):
        try:
            # Closed here and not by the collector: the line must not outlive whoever listened.
            async with contextlib.aclosing(provider.stream(body, prompt)) as pieces:
                async for piece in pieces:
                    begun = begun or isinstance(piece, Delta | Replacement | ToolCall)
                    yield piece
            return
        except WORTH_IT as error:
            pause = error.retry_after if error.retry_after is not None else wait
            if begun or wait is None or pause is None or pause > LONGEST_WAIT:
                raise
            kind = error.kind
        yield Pause(pause, kind)
        await sleep(pause)
