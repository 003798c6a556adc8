"""The runner with a store that only remembers, and engines that say their lines."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Any

import pytest

from roleplay.providers.base import (
    HEARTBEAT,
    Delta,
    Interrupted,
    Pause,
    Piece,
    RateLimited,
    Receipt,
    Replacement,
    ToolCall,
    Usage,
)
from roleplay.streaming.memory_log import MemoryEventLog
from roleplay.streaming.reply import Ending, Snapshot
from roleplay.streaming.runner import Draining, Full, Limits, Runner

pytestmark = pytest.mark.anyio


class Shelf:
    """A store: what was kept of each reply, and how it ended."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.endings: dict[str, Ending] = {}
        self.foreign: set[str] = set()
        self.broken = 0

    def keep(self, snapshots: list[Snapshot], endings: list[Ending]) -> set[str]:
        if self.broken:
            self.broken -= 1
            raise OSError("the disk is full")
        for snapshot in [*snapshots, *(ending.snapshot for ending in endings)]:
            if snapshot.key not in self.foreign:
                self.texts[snapshot.key] = snapshot.text
        for ending in endings:
            if ending.snapshot.key not in self.foreign:
                self.endings[ending.snapshot.key] = ending
        keys = {s.key for s in snapshots} | {ending.snapshot.key for ending in endings}
        return keys & self.foreign


class Stage:
    """A runner in this test's own loop, and a reader that waits for the end."""

    def __init__(self, **limits: Any) -> None:
        self.shelf = Shelf()
        self.events = MemoryEventLog()
        self.runner = Runner(self.events, self.shelf.keep, Limits(**limits), every=0.02)
        self.runner.attach(asyncio.get_running_loop())

    def plays(self, *lines: Piece | Exception | asyncio.Event, **how: Any) -> None:
        self.runner.start("reply", scripted(*lines), **how)

    async def to_the_end(self) -> list[tuple[str, Any]]:
        reader = self.events.reader("reply", 0)
        assert reader is not None
        async with asyncio.timeout(5):
            return [(e.kind, e.data) async for batch in reader for e in batch]


def scripted(
    *lines: Piece | Exception | asyncio.Event,
) -> Callable[[], AsyncGenerator[Piece, None]]:
    async def speak() -> AsyncGenerator[Piece, None]:
        for line in lines:
            if isinstance(line, asyncio.Event):
                await line.wait()
            elif isinstance(line, Exception):
                raise line
            else:
                yield line

    return speak


def end(
    status: str, kind: str = "", retry_after: float | None = None, usage: Usage | None = None
) -> tuple[str, Any]:
    told = (
        {
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "finish_reason": usage.finish_reason,
        }
        if usage
        else {}
    )
    return ("end", {"status": status, "kind": kind, "retry_after": retry_after, **told})


async def test_a_reply_is_numbered_stored_and_then_announced():
    stage = Stage()
    stage.plays(Receipt("r1"), Delta("Once"), Delta(" upon"), Usage(3, 2))
    assert await stage.to_the_end() == [
        ("delta", {"t": "Once"}),
        ("delta", {"t": " upon"}),
        end("done", usage=Usage(3, 2)),
    ]
    ending = stage.shelf.endings["reply"]
    assert (ending.snapshot.text, ending.snapshot.receipt.request_id) == ("Once upon", "r1")
    assert ending.usage == Usage(3, 2)


async def test_stopping_keeps_what_was_already_said():
    stage, curtain = Stage(), asyncio.Event()
    stage.plays(Delta("Once upon"), curtain, Delta(" a time"))
    await until(lambda: stage.shelf.texts.get("reply") == "Once upon")
    assert stage.runner.stop("reply")
    assert (await stage.to_the_end())[-1] == end("stopped")
    assert stage.shelf.texts["reply"] == "Once upon"
    assert not stage.runner.stop("reply")


async def test_a_reply_that_is_stopped_before_it_began_ends_all_the_same():
    stage = Stage()
    stage.plays(Delta("Once"))
    stage.runner.stop("reply")
    assert await stage.to_the_end() == [end("stopped")]
    assert stage.runner.running() == []


async def test_text_is_kept_while_it_is_still_being_written():
    stage, curtain = Stage(), asyncio.Event()
    stage.plays(Delta("Once upon"), curtain)
    await until(lambda: stage.shelf.texts.get("reply") == "Once upon")
    assert stage.shelf.endings == {}
    curtain.set()
    await stage.to_the_end()


async def test_a_reply_that_broke_off_is_interrupted_and_keeps_its_text():
    stage = Stage()
    stage.plays(Delta("Once"), Interrupted())
    assert (await stage.to_the_end())[-1] == end("interrupted", "broke_off")
    assert stage.shelf.texts["reply"] == "Once"


async def test_a_failure_says_which_and_when_to_come_back():
    stage = Stage()
    stage.plays(Pause(2, "rate_limited"), RateLimited("busy", retry_after=12))
    assert await stage.to_the_end() == [
        ("wait", {"seconds": 2, "kind": "rate_limited"}),
        end("failed", "rate_limited", 12),
    ]


async def test_a_fault_of_our_own_is_an_ending_too(caplog):
    stage = Stage()
    stage.plays(Delta("Once"), ZeroDivisionError("oops"))
    assert (await stage.to_the_end())[-1] == end("failed", "upstream")
    assert "ZeroDivisionError" in caplog.text


async def test_a_reply_without_a_word_is_empty():
    stage = Stage()
    stage.plays(Receipt("r1"), Delta(""), Usage())
    assert (await stage.to_the_end())[-1] == end("failed", "empty", usage=Usage())


async def test_a_tool_call_alone_is_not_empty():
    stage = Stage()
    stage.plays(ToolCall("001", "weather", "{}"), Usage())
    assert (await stage.to_the_end())[-1] == end("done", usage=Usage())
    assert stage.shelf.endings["reply"].tool_calls == (ToolCall("001", "weather", "{}"),)


async def test_a_rewritten_text_replaces_what_was_shown_and_stored():
    stage = Stage()
    stage.plays(Delta("secret"), Replacement("No."), base="Before. ")
    # Whoever comes late never sees what was withdrawn.
    assert (await stage.to_the_end())[0] == ("replace", {"t": "Before. No."})
    assert stage.shelf.texts["reply"] == "Before. No."


async def test_a_silent_engine_is_given_up(monkeypatch):
    monkeypatch.setattr("roleplay.streaming.runner.GRACE_SECONDS", 0)
    stage = Stage(silence=0.05)
    stage.plays(Delta("Once"), asyncio.Event())
    assert (await stage.to_the_end())[-1] == end("failed", "timed_out")
    assert stage.shelf.texts["reply"] == "Once"


async def test_a_reply_without_end_is_cut_at_its_limit():
    stage = Stage(chars=10)
    stage.plays(*[Delta("abcde")] * 100)
    assert (await stage.to_the_end())[-1] == end("failed", "too_much")


async def test_a_store_that_fails_is_asked_again_and_nothing_is_announced_before(monkeypatch):
    monkeypatch.setattr("roleplay.streaming.keeper.RETRY_SECONDS", 0.01)
    stage = Stage()
    stage.shelf.broken = 3
    stage.plays(Delta("Once"))
    assert (await stage.to_the_end())[-1] == end("done")
    assert stage.shelf.texts["reply"] == "Once"


async def test_a_reply_that_another_process_closed_is_let_go_in_silence():
    stage = Stage()
    stage.shelf.foreign.add("reply")
    closed = asyncio.Event()

    async def speak() -> AsyncGenerator[Piece, None]:
        try:
            yield Delta("Once")
            await asyncio.Event().wait()
        finally:
            closed.set()

    stage.runner.start("reply", speak)
    async with asyncio.timeout(2):
        await closed.wait()


async def test_a_full_process_says_so_at_once():
    stage, curtain = Stage(at_once=1), asyncio.Event()
    stage.plays(Delta("Once"), curtain, person="alice")
    with pytest.raises(Full) as refusal:
        stage.runner.check_room("bob")
    assert not refusal.value.personal
    curtain.set()
    await stage.to_the_end()
    stage.runner.check_room("bob")


async def test_one_person_cannot_take_every_place():
    stage, curtain = Stage(at_once_per_person=1), asyncio.Event()
    stage.plays(Delta("Once"), curtain, person="alice")
    stage.runner.check_room("bob")
    with pytest.raises(Full) as refusal:
        stage.runner.check_room("alice")
    assert refusal.value.personal
    curtain.set()
    await stage.to_the_end()


async def test_a_process_that_leaves_lets_a_short_reply_finish():
    stage, curtain = Stage(), asyncio.Event()
    stage.plays(Delta("Once"), curtain, Delta(" upon"))
    leaving = asyncio.create_task(stage.runner.drain(5))
    await asyncio.sleep(0)
    with pytest.raises(Draining):
        stage.runner.check_room("alice")
    curtain.set()
    await leaving
    assert stage.shelf.endings["reply"].status == "done"


async def test_a_process_that_leaves_keeps_the_text_of_a_long_reply():
    stage = Stage()
    stage.plays(Delta("Once"), asyncio.Event())
    await until(lambda: stage.shelf.texts.get("reply") == "Once")
    await stage.runner.drain(0.01)
    ending = stage.shelf.endings["reply"]
    assert (ending.status, ending.kind, ending.snapshot.text) == ("interrupted", "restart", "Once")


async def test_the_engine_is_told_only_after_all_is_kept():
    stage = Stage()
    told: list[str] = []
    stage.plays(Delta("Once"), on_end=lambda ending: told.append(stage.shelf.texts["reply"]))
    await stage.to_the_end()
    await until(lambda: bool(told))
    assert told == ["Once"]


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0.005)


async def test_an_engine_that_thinks_aloud_is_not_silent(monkeypatch):
    monkeypatch.setattr("roleplay.streaming.runner.GRACE_SECONDS", 0)
    stage = Stage(silence=0.2)

    async def speak() -> AsyncGenerator[Piece, None]:
        for _ in range(10):
            await asyncio.sleep(0.05)
            yield HEARTBEAT
        yield Delta("Thought.")

    stage.runner.start("reply", speak)
    assert await stage.to_the_end() == [("delta", {"t": "Thought."}), end("done")]


async def test_readers_of_a_reply_that_another_process_closed_are_sent_to_the_store():
    stage, curtain = Stage(), asyncio.Event()
    stage.shelf.foreign.add("reply")
    stage.plays(Delta("Once"), curtain)
    events = await stage.to_the_end()
    assert events == [("delta", {"t": "Once"})]
    assert stage.events.reader("reply", 0) is None
