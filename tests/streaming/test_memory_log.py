import asyncio
import threading

import pytest

from roleplay.streaming.events import Event, encode_events
from roleplay.streaming.memory_log import MemoryEventLog

pytestmark = pytest.mark.anyio

DONE = {"status": "done", "kind": "", "retry_after": None}


def a_finished_log(*words: str) -> MemoryEventLog:
    log = MemoryEventLog()
    log.open("reply")
    for word in words:
        log.append("reply", "delta", {"t": word})
    log.append("reply", "end", DONE)
    return log


async def everything(log: MemoryEventLog, after: int | None) -> list[Event]:
    reader = log.reader("reply", after)
    assert reader is not None
    return [event async for batch in reader for event in batch]


async def test_a_late_reader_gets_everything_in_order():
    events = await everything(a_finished_log("Once", " upon"), 0)
    assert [(e.id, e.kind, e.data.get("t")) for e in events] == [
        (1, "delta", "Once"),
        (2, "delta", " upon"),
        (3, "end", None),
    ]


async def test_a_reader_that_comes_back_gets_only_the_rest():
    events = await everything(a_finished_log("Once", " upon", " a time"), 2)
    assert [e.id for e in events] == [3, 4]


@pytest.mark.parametrize("number", [None, 99, -1])
async def test_a_number_the_log_never_gave_is_answered_with_the_whole_text(number):
    events = await everything(a_finished_log("Once", " upon"), number)
    assert [(e.kind, e.data.get("t")) for e in events] == [("replace", "Once upon"), ("end", None)]


async def test_text_that_stood_before_is_part_of_the_whole():
    log = MemoryEventLog()
    log.open("reply", "Once")
    log.append("reply", "delta", {"t": " upon"})
    log.append("reply", "end", DONE)
    events = await everything(log, None)
    assert events[0].data["t"] == "Once upon"


async def test_two_readers_each_miss_nothing_while_it_is_written():
    log = MemoryEventLog()
    log.open("reply")
    readers = [asyncio.create_task(everything(log, 0)) for _ in range(2)]
    for number in range(50):
        log.append("reply", "delta", {"t": str(number)})
        await asyncio.sleep(0)
    log.append("reply", "end", DONE)
    for events in await asyncio.gather(*readers):
        assert [e.id for e in events] == list(range(1, 52))


async def test_a_writer_in_another_thread_wakes_the_reader():
    log = MemoryEventLog()
    log.open("reply")
    reading = asyncio.create_task(everything(log, 0))
    await asyncio.sleep(0)

    def write() -> None:
        log.append("reply", "delta", {"t": "hello"})
        log.append("reply", "end", DONE)

    await asyncio.to_thread(write)
    assert [e.kind for e in await asyncio.wait_for(reading, 2)] == ["delta", "end"]


def test_a_plain_reader_in_a_thread_gets_the_same():
    log = MemoryEventLog()
    log.open("reply")
    heard: list[Event] = []
    listening = threading.Event()

    def listen() -> None:
        reader = log.reader("reply", 0)
        assert reader is not None
        listening.set()
        for batch in reader:
            heard.extend(batch)

    thread = threading.Thread(target=listen)
    thread.start()
    listening.wait(2)
    log.append("reply", "delta", {"t": "hello"})
    log.append("reply", "end", DONE)
    thread.join(2)
    assert [e.kind for e in heard] == ["delta", "end"]


def test_a_log_that_ended_is_forgotten_after_a_while():
    log = MemoryEventLog(kept_seconds=0)
    log.open("old")
    log.append("old", "end", DONE)
    log.close("old")
    log.open("new")
    assert log.reader("old", 0) is None
    assert log.reader("new", 0) is not None


def test_neighbouring_deltas_travel_as_one_under_the_last_number():
    events = [
        Event(1, "delta", {"t": "海"}),
        Event(2, "delta", {"t": "梦"}),
        Event(3, "replace", {"t": "x"}),
        Event(4, "delta", {"t": "y"}),
    ]
    assert encode_events(events).decode() == (
        'id: 2\ndata: {"t":"海梦"}\n\nid: 3\nevent: replace\ndata: {"t":"x"}\n\n'
        'id: 4\ndata: {"t":"y"}\n\n'
    )


@pytest.mark.parametrize(
    "text", ["a\nb", "a\r\nb", "a\rb", "\n\ndata: x\n\n", "\u2028", "\x00", "\\"]
)
def test_no_text_breaks_the_framing(text):
    import json

    frame = encode_events([Event(1, "delta", {"t": text})]).decode()
    head, data, *rest = frame.split("\n")
    assert head == "id: 1"
    assert rest == ["", ""]
    assert json.loads(data.removeprefix("data: ")) == {"t": text}


async def test_a_text_that_was_withdrawn_is_neither_kept_nor_sent():
    log = MemoryEventLog()
    log.open("reply")
    log.append("reply", "delta", {"t": "secret"})
    log.append("reply", "replace", {"t": "No."})
    log.append("reply", "delta", {"t": " Never."})
    log.append("reply", "end", DONE)
    for after in (0, 1, 2):
        events = await everything(log, after)
        assert "secret" not in str(events)
        assert [e.id for e in events] == sorted({e.id for e in events})
    assert [e.kind for e in await everything(log, 1)] == ["replace", "delta", "end"]


async def test_a_reader_of_a_forgotten_log_is_let_go():
    log = MemoryEventLog()
    log.open("reply")
    log.append("reply", "delta", {"t": "Once"})
    reading = asyncio.create_task(everything(log, 0))
    await asyncio.sleep(0)
    log.forget("reply")
    assert [e.kind for e in await asyncio.wait_for(reading, 2)] == ["delta"]


async def test_a_reader_looks_around_while_nothing_comes_and_still_hears_what_comes(monkeypatch):
    monkeypatch.setattr("roleplay.streaming.memory_log.LOOK_AROUND_SECONDS", 0.02)
    log = MemoryEventLog()
    log.open("reply")
    reader = log.reader("reply", 0)
    assert reader is not None
    batches = aiter(reader)
    async with asyncio.timeout(5):
        assert [await anext(batches), await anext(batches)] == [[], []]
        log.append("reply", "end", DONE)
        while not (events := await anext(batches)):
            pass
        assert events == [Event(1, "end", DONE)]
        assert [batch async for batch in batches] == []


async def test_what_comes_while_a_reader_is_busy_waits_for_it_as_one_batch():
    log = MemoryEventLog()
    log.open("reply")
    log.append("reply", "delta", {"t": "Once"})
    reader = log.reader("reply", 0)
    assert reader is not None
    batches = aiter(reader)
    first = await anext(batches)
    log.append("reply", "delta", {"t": " upon"})
    log.append("reply", "end", DONE)
    rest = [batch async for batch in batches]
    assert ([e.id for e in first], [[e.id for e in batch] for batch in rest]) == ([1], [[2, 3]])
