"""The five steps, against engines that are well and engines that are not."""

import asyncio
import socket

import pytest

from roleplay.connections.models import Connection
from roleplay.probing import words
from roleplay.probing.probe import STEPS, Step, probe, sample_prompt
from roleplay.probing.running import all_steps
from roleplay.providers import base
from roleplay.providers.base import Delta, Receipt, Usage
from roleplay.wiring import provider_for
from tests.doubles.upstream import running

pytestmark = pytest.mark.anyio


class Engine:
    """Says its lines at its times; raises what stands among them. Remembers that it was stopped."""

    name = "double"
    model = "m"

    def __init__(self, *lines):
        self.lines = lines
        self.stopped = None

    def body(self, prompt):
        return {"turns": len(prompt.turns)}

    async def stream(self, body, prompt):
        for line in self.lines:
            if isinstance(line, Exception):
                raise line
            if isinstance(line, float):
                await asyncio.sleep(line)
            else:
                yield line

    async def stop(self, request_id, shown):
        self.stopped = (request_id, shown)

    async def aclose(self):
        pass


class Clock:
    """Time that passes only when told to, a little at every look."""

    def __init__(self, *jumps):
        self.now, self.jumps = 0.0, list(jumps)

    def __call__(self):
        self.now += self.jumps.pop(0) if self.jumps else 0.001
        return self.now


async def states(engine, clock=None):
    found = {}
    async for step in probe(engine, "", "en", *([clock] if clock else [])):
        found[step.name] = (step.state, step.cause)
    return found


async def test_an_engine_that_speaks_in_pieces_passes_all_five():
    engine = Engine(Receipt("r1"), Delta("Good "), 0.03, Delta("evening."), Usage(3, 2))
    assert await states(engine) == dict.fromkeys(STEPS, ("ok", ""))
    assert engine.stopped is None


@pytest.mark.parametrize(
    ("error", "step"),
    [
        (base.Unauthorized(), "key"),
        (base.OutOfMoney(), "key"),
        (base.ModelGone(), "model"),
        (base.RateLimited(), "replies"),
        (base.Refused(), "replies"),
        (base.TooLong(), "replies"),
        (base.Rejected(), "replies"),
        (base.Upstream(), "replies"),
        (base.Nonsense(), "replies"),
        (base.TooMuch(), "replies"),
        (base.Empty(), "replies"),
        (base.Interrupted(), "replies"),
        (base.Unreachable(), "key"),
        (base.TimedOut(), "key"),
    ],
)
async def test_each_error_fails_the_step_it_belongs_to_and_no_later_one_is_told(error, step):
    found = await states(Engine(error))
    assert list(found) == list(STEPS[: STEPS.index(step) + 1])
    assert found.pop(step) == ("failed", error.kind)
    assert set(found.values()) == {("ok", "")}


async def test_a_reply_that_breaks_off_after_its_first_words_does_reply_but_does_not_stream():
    found = await states(Engine(Receipt("r"), Delta("Good"), base.Interrupted()))
    assert found["replies"] == ("ok", "")
    assert found["streams"] == ("failed", "broke_off")


async def test_an_answer_without_a_word_fails_as_an_empty_one():
    found = await states(Engine(Receipt("r"), Usage(3, 0)))
    assert found["model"] == ("ok", "")
    assert found["replies"] == ("failed", "empty")


async def test_words_that_come_in_one_piece_are_told_as_such():
    found = await states(Engine(Delta("Good evening."), Usage()))
    assert found["streams"] == ("slow", "one_piece")


async def test_many_pieces_at_one_moment_after_a_wait_mean_a_proxy_that_gathers():
    clock = Clock(0.0, 0.0, 2.0)
    found = await states(Engine(*[Delta("a ")] * 6, Usage()), clock)
    assert found["streams"] == ("slow", "gathered")


async def test_a_late_first_word_is_slow_and_not_failed():
    clock = Clock(0.0, 0.0, 9.0, 1.0)
    found = await states(Engine(Delta("At "), Delta("last."), Usage()), clock)
    assert found["replies"] == ("slow", "slow_reply")


async def test_a_long_reply_is_stopped_once_it_has_proved_itself():
    engine = Engine(Receipt("r7"), *[Delta("and ")] * 100, Usage())
    await states(engine)
    assert engine.stopped == ("r7", "and " * 12)


async def test_every_cause_that_can_be_told_has_words_of_its_own():
    kinds = {e.kind for e in base.ProviderError.__subclasses__()}
    told = [words.cause_of(Step("replies", "failed", kind)) for kind in sorted(kinds)]
    assert len(set(told)) == len(kinds) == 14
    lines = ["name", "refused", "no_line", "certificate", "tls", "network", "slow_line"]
    assert len({words.cause_of(Step("reachable", "failed", cause)) for cause in lines}) == 7


async def test_a_port_where_nothing_listens_is_refused_and_nothing_is_asked():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    engine = Engine(Delta("never"))
    steps = [step async for step in probe(engine, f"http://127.0.0.1:{port}")]
    assert [(step.name, step.state, step.cause) for step in steps] == [
        ("reachable", "failed", "refused")
    ]


async def test_a_plain_server_behind_https_has_no_secure_line():
    async def plain(reader, writer):
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(plain, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        steps = [step async for step in probe(Engine(), f"https://127.0.0.1:{port}")]
    assert (steps[-1].state, steps[-1].cause) == ("failed", "tls")


def connection(kind, url, **fields):
    made = Connection(name="Main", kind=kind, base_url=url, model="storyteller", **fields)
    made.enter_key("sk-some-long-key")
    return made


async def outcome(made):
    provider = provider_for(made)
    try:
        steps = [step async for step in probe(provider, made.base_url)]
    finally:
        await provider.aclose()
    return steps[-1].name, steps[-1].state, steps[-1].cause


@pytest.mark.parametrize("kind", ["xingchen", "openai"])
async def test_a_real_server_that_is_well_passes_over_the_wire(kind):
    async with running(pace=50) as upstream:
        assert await outcome(connection(kind, upstream.url)) == ("streams", "ok", "")
        assert len(upstream.asked) == 1


@pytest.mark.parametrize("kind", ["xingchen", "openai"])
@pytest.mark.parametrize(
    ("case", "step", "cause"),
    [
        ("status_401", "key", "unauthorized"),
        ("status_404", "model", "model_gone"),
        ("status_429", "replies", "rate_limited"),
        ("status_500", "replies", "upstream"),
        ("html_error", "replies", None),
    ],
)
async def test_a_real_server_that_misbehaves_fails_the_right_step(kind, case, step, cause):
    async with running() as upstream:
        name, state, found = await outcome(connection(kind, upstream.url_of(case)))
    assert (name, state) == (step, "failed")
    assert cause is None or found == cause


def test_the_demo_engine_passes_without_an_address():
    steps = all_steps(Connection(name="Demo", kind="demo", options={"pace": 0, "seed": 1}))
    assert [step.name for step in steps] == list(STEPS)
    assert {step.state for step in steps} == {"ok"}
    assert steps[-1].said


def test_the_greeting_is_in_the_operators_language():
    assert sample_prompt("en").turns[0].text.startswith("Hello")
    assert sample_prompt("zh-Hans").turns[0].text.startswith("你好")
