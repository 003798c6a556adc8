"""Numbered events of a running reply, and what a log of them must do."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, NamedTuple, Protocol


class Event(NamedTuple):
    """One step of a reply. `id` counts from 1 within a reply's log.

    kind     data
    delta    {"t": the next piece of text}
    replace  {"t": the whole text of the message}
    tool     {"id", "name", "arguments"}
    wait     {"seconds", "kind"}: the engine is busy and will be asked again
    end      {"status", "kind", "retry_after"}, and where the engine told them "input_tokens",
             "output_tokens" and "finish_reason": nothing follows
    moved    {}: this process is leaving; read on elsewhere
    """

    id: int
    kind: str
    data: Mapping[str, Any]


class EventReader(Protocol):
    """Gives batches of events, in order, none twice. An empty batch is a moment to look around.

    It ends after the batch that holds `end`. Iterate it plainly in a thread of its own, or
    asynchronously in any event loop.
    """

    def __aiter__(self) -> AsyncIterator[list[Event]]: ...

    def __iter__(self) -> Iterator[list[Event]]: ...


class EventLog(Protocol):
    """Where events of running replies are kept for whoever reads them, now or a little later."""

    def open(self, key: str, text: str = "") -> None:
        """Begin a log; `text` is what the message holds already."""
        ...

    def append(self, key: str, kind: str, data: Mapping[str, Any]) -> int:
        """Add an event and give its number."""
        ...

    def reader(self, key: str, after: int | None) -> EventReader | None:
        """Events after this number; None where nothing is known of the key.

        A number that the log never gave, or None, is answered with the whole text first.
        """
        ...

    def close(self, key: str) -> None:
        """Nothing follows: forget the log after a while."""
        ...

    def forget(self, key: str) -> None:
        """The log is no longer right: its readers end without an `end` and ask again elsewhere."""
        ...


def encode_events(events: list[Event]) -> bytes:
    """The events as text/event-stream. Neighbouring deltas travel as one, under the last number."""
    if len(events) == 1:  # as long as everybody keeps up
        return _encoded(events[0])
    return b"".join(map(_encoded, _joined(events)))


def _joined(events: list[Event]) -> Iterator[Event]:
    waiting: list[Event] = []
    for event in events:
        if event.kind == "delta":
            waiting.append(event)
            continue
        if waiting:
            yield _one_delta(waiting)
            waiting = []
        yield event
    if waiting:
        yield _one_delta(waiting)


def _one_delta(deltas: list[Event]) -> Event:
    if len(deltas) == 1:
        return deltas[0]
    return Event(deltas[-1].id, "delta", {"t": "".join(delta.data["t"] for delta in deltas)})


QUOTED = json.encoder.encode_basestring
ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _encoded(event: Event) -> bytes:
    # JSON holds no raw line end, so no text can break the framing.
    if event.kind == "delta":
        return f'id: {event.id}\ndata: {{"t":{QUOTED(event.data["t"])}}}\n\n'.encode()
    number = f"id: {event.id}\n" if event.id else ""
    return f"{number}event: {event.kind}\ndata: {ENCODE(event.data)}\n\n".encode()
