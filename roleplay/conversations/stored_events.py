"""Reads a reply's events from the store, where this process has no log of it."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async

from roleplay.conversations.models import Generation
from roleplay.streaming.events import Event

LOOK_SECONDS = 1.0


class StoredReader:
    """Polls the checkpoints: the text as last kept, and in the end how the reply ended."""

    def __init__(self, generation: Generation, after: int | None) -> None:
        self._pk = generation.pk
        self._after = after

    def _look(self) -> list[Event]:
        found = (
            Generation.objects.select_related("message").defer("prompt").filter(pk=self._pk).first()
        )
        if found is None:
            return [Event(0, "end", {"status": "failed", "kind": "", "retry_after": None})]
        events = []
        if self._after != found.last_number:
            text = found.message.text if found.message else ""  # outside of a chat none is kept
            events.append(Event(found.last_number, "replace", {"t": text}))
            self._after = found.last_number
        if not found.is_running:
            data = {
                "status": found.status,
                "kind": found.error_kind,
                "retry_after": found.retry_after,
                "input_tokens": found.input_tokens,
                "output_tokens": found.output_tokens,
                "finish_reason": found.finish_reason or "stop",
            }
            events.append(Event(found.last_number, "end", data))
        return events

    async def __aiter__(self) -> AsyncIterator[list[Event]]:
        while True:
            events = await sync_to_async(self._look)()
            yield events
            if events and events[-1].kind == "end":
                return
            await asyncio.sleep(LOOK_SECONDS)

    def __iter__(self) -> Iterator[list[Event]]:
        while True:
            events = self._look()
            yield events
            if events and events[-1].kind == "end":
                return
            time.sleep(LOOK_SECONDS)
