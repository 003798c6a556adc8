"""Who hangs up early is noticed, wherever the call was: an answer that nobody reads is not written."""

import asyncio

import pytest

from roleplay.conversations.models import Generation
from tests.api.conftest import STREAM, to_the_end
from tests.api.visits import PATIENCE, Gate, Visit, pages

CHAT = "/v2/api/chat/send"
both_ways = pytest.mark.parametrize("headers", [{}, STREAM], ids=["plain", "stream"])


@pytest.fixture
def gate(settings):
    """Every call goes through it. The demo engine takes its time: no answer ends by itself."""
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "tests.api.visits.Gate"]
    settings.DEMO_PACE = 20
    yield Gate
    Gate.opened.set()


@pytest.fixture
def long(custom):
    custom["input"]["messages"] = [{"role": "user", "content": "/demo long"}]
    return custom


def the_answer():
    """Status and failure of the only answer there was, once it has ended."""
    generation = to_the_end(Generation.objects.get())
    return generation.status, generation.error_kind


async def left_in_its_thread(handler, gate, visit):
    """The call is in its thread when the program hangs up, and goes on there afterwards."""
    going = asyncio.create_task(visit(handler, CHAT))
    assert await asyncio.to_thread(gate.entered.wait, PATIENCE)
    visit.hang_up()
    await going
    gate.opened.set()
    assert await asyncio.to_thread(gate.closed.wait, PATIENCE)


@both_ways
def test_an_answer_is_not_written_for_who_left_while_it_was_asked_for(headers, caller, long, gate):
    gate.stand(opened=False)
    visit = Visit(caller.headers | headers, long)
    with pages() as handler:
        asyncio.run(left_in_its_thread(handler, gate, visit))
    assert visit.sent == []
    assert the_answer() == ("stopped", "")


@both_ways
def test_who_takes_the_body_along_when_leaving_is_no_fault_of_ours(
    headers, caller, long, gate, caplog
):
    gate.stand(opened=False, reads=False)
    with pages() as handler:
        asyncio.run(left_in_its_thread(handler, gate, Visit(caller.headers | headers, long)))
    assert not Generation.objects.exists()
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


def test_a_call_that_still_waits_for_its_thread_is_never_begun(caller, long, gate):
    gate.stand(opened=False)

    async def story(handler):
        first, second = (Visit(caller.headers, long) for _ in range(2))
        tasks = [asyncio.create_task(visit(handler, CHAT)) for visit in (first, second)]
        assert await asyncio.to_thread(gate.entered.wait, PATIENCE)
        for visit in (first, second):
            visit.hang_up()
        await asyncio.gather(*tasks)
        gate.opened.set()
        assert await asyncio.to_thread(gate.closed.wait, PATIENCE)

    with pages() as handler:
        asyncio.run(story(handler))
    assert the_answer() == ("stopped", "")


def test_an_answer_is_not_written_for_who_left_before_its_first_word(caller, long, gate):
    gate.stand(opened=True)

    async def story(handler):
        visit = Visit(caller.headers | STREAM, long, hangs_at="http.response.start")
        going = asyncio.create_task(visit(handler, CHAT))
        await asyncio.wait_for(visit.hanging.wait(), PATIENCE)
        visit.hang_up()
        await going

    with pages() as handler:
        asyncio.run(story(handler))
    assert the_answer() == ("stopped", "")


def test_what_hangs_on_a_plain_answer_is_closed_with_it(caller, custom, gate, settings):
    settings.DEMO_PACE = 0
    gate.stand(opened=True)

    async def story(handler):
        return await Visit(caller.headers, custom)(handler, CHAT)

    with pages() as handler:
        visit = asyncio.run(story(handler))
    assert (visit.status, the_answer()) == (200, ("done", ""))
    assert gate.closed.is_set()


def test_what_hangs_on_a_plain_answer_is_closed_when_nobody_waits(caller, long, gate):
    gate.stand(opened=True)

    async def story(handler):
        visit = Visit(caller.headers, long)
        going = asyncio.create_task(visit(handler, CHAT))
        assert await asyncio.to_thread(gate.answered.wait, PATIENCE)
        visit.hang_up()
        await going
        assert await asyncio.to_thread(gate.closed.wait, PATIENCE)

    with pages() as handler:
        asyncio.run(story(handler))
    assert the_answer() == ("stopped", "")
