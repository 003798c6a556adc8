"""The line itself: what it keeps, what it refuses, and how fast it lets go."""

import asyncio
import time
import traceback
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace

import pytest

from roleplay.providers.base import (
    Delta,
    Interrupted,
    Pause,
    Piece,
    ProviderError,
    RateLimited,
    Rejected,
    TimedOut,
    Turn,
    Unreachable,
)
from roleplay.providers.base import (
    Upstream as UpstreamFailed,
)
from roleplay.providers.retrying import with_retries
from tests.doubles.cases import CHAT, FLAVOURS, OPENAI
from tests.doubles.talk import REPLY
from tests.doubles.upstream import Upstream, in_thread
from tests.providers.test_faulty_upstream import KEY, PROMPT, Heard, provider_for

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with Upstream() as server:
        yield server
        assert server.faults == []


@pytest.mark.parametrize("flavour", FLAVOURS)
async def test_closing_the_iterator_closes_the_line(upstream: Upstream, flavour: str) -> None:
    provider = provider_for(flavour, upstream.url_of("stop_me"), reply_seconds=30)
    async with aclosing(provider.stream(provider.body(PROMPT), PROMPT)) as pieces:
        async for piece in pieces:
            if isinstance(piece, Delta):
                break
    left = time.monotonic()
    asked = upstream.last
    await upstream.wait_for(lambda: asked.gone)
    assert asked.gone is not None and asked.gone - left < 0.5
    await provider.aclose()


@pytest.mark.parametrize("case", ["stop_me", "silence_before", "silence_after"])
async def test_cancelling_closes_the_line_and_is_not_swallowed(
    upstream: Upstream, case: str
) -> None:
    provider = provider_for(CHAT, upstream.url_of(case), reply_seconds=30)
    listening = asyncio.ensure_future(Heard().listen(provider))
    await upstream.wait_for(lambda: upstream.asked)
    await asyncio.sleep(0)
    left = time.monotonic()
    listening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await listening
    asked = upstream.last
    await upstream.wait_for(lambda: asked.gone)
    assert asked.gone is not None and asked.gone - left < 0.5
    await provider.aclose()


async def test_silence_is_noticed_whichever_task_waits_for_the_next_piece(
    upstream: Upstream,
) -> None:
    provider = provider_for(CHAT, upstream.url_of("silence_after"), silence_seconds=0.2)
    with pytest.raises(TimedOut):
        async with (
            asyncio.timeout(10),
            aclosing(provider.stream(provider.body(PROMPT), PROMPT)) as pieces,
        ):
            while True:
                await asyncio.create_task(anext(pieces))  # type: ignore[arg-type]
    await provider.aclose()


async def test_no_cookie_comes_back_on_another_ones_call(upstream: Upstream) -> None:
    provider = provider_for(OPENAI, upstream.url_of("set_cookie"))
    for _ in range(2):
        heard = await Heard().listen(provider)
        assert heard.text == REPLY
    assert [asked.headers.get("cookie") for asked in upstream.asked] == [None, None]
    await provider.aclose()


async def test_a_good_line_is_used_again(upstream: Upstream) -> None:
    provider = provider_for(CHAT, upstream.url)
    for _ in range(3):
        await Heard().listen(provider)
    assert (len(upstream.asked), upstream.connections) == (3, 1)
    await provider.aclose()


async def test_many_replies_run_side_by_side_over_one_client(upstream: Upstream) -> None:
    provider = provider_for(CHAT, upstream.url + "/pace/100/tokens/10")
    heard = await asyncio.gather(*(Heard().listen(provider) for _ in range(150)))
    assert {one.text for one in heard} == {"".join(f"t{n:04d} " for n in range(1, 11))}
    await provider.aclose()


async def test_a_redirect_is_not_followed(upstream: Upstream) -> None:
    provider = provider_for(CHAT, upstream.url_of("redirect"))
    heard = await Heard().listen(provider)
    assert isinstance(heard.error, Rejected)
    assert len(upstream.asked) == 1
    await provider.aclose()


@pytest.mark.parametrize("case", ["key_echo", "not_http", "cut_error", "reset_before", "bad_chunk"])
async def test_no_trace_of_an_error_holds_the_key_or_the_engines_words(
    upstream: Upstream, case: str
) -> None:
    provider = provider_for(CHAT, upstream.url_of(case), silence_seconds=0.3)
    heard = await Heard().listen(provider)
    assert heard.error is not None
    told = "".join(traceback.format_exception(heard.error)) + repr(heard.error.__cause__)
    assert KEY not in told and "SSH" not in told
    await provider.aclose()


@pytest.mark.parametrize(
    ("base_url", "kind"),
    [
        ("http://127.0.0.1:9", Unreachable),
        ("http://no-such-host.invalid", Unreachable),
        ("ftp://127.0.0.1", Rejected),
        ("not an address", Rejected),
        ("http://", Rejected),
        ("http://127.0.0.1:99999", Rejected),
        ("http://[::1", Rejected),
        ("http://127.0.0.1:9/\x07", Rejected),
        ("", Rejected),
    ],
)
async def test_an_address_without_a_service_says_so(
    base_url: str, kind: type[ProviderError]
) -> None:
    provider = provider_for(OPENAI, base_url)
    heard = await Heard().listen(provider)
    assert type(heard.error) is kind
    await provider.aclose()


async def test_a_plain_line_under_a_tls_address_is_unreachable(upstream: Upstream) -> None:
    provider = provider_for(OPENAI, upstream.url.replace("http:", "https:"), connect_seconds=0.3)
    heard = await Heard().listen(provider)
    assert isinstance(heard.error, Unreachable)
    await provider.aclose()


def test_a_provider_serves_one_event_loop_after_another() -> None:
    with in_thread() as upstream:
        provider = provider_for(CHAT, upstream.url)
        for _ in range(2):
            heard = asyncio.run(Heard().listen(provider))
            assert heard.text == REPLY
        assert upstream.wait(lambda: len(upstream.asked)) == 2


async def test_a_case_can_be_typed_into_the_message(upstream: Upstream) -> None:
    prompt = replace(PROMPT, turns=(Turn("user", "hi [[case:good tokens=3 pace=0]]"),))
    heard = await Heard().listen(provider := provider_for(OPENAI, upstream.url), prompt)
    assert heard.text == "t0001 t0002 t0003 "
    await provider.aclose()


# --- asking again


class Naps:
    """A sleep that only writes down how long it would have been."""

    def __init__(self) -> None:
        self.taken: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)


async def asked_again(
    upstream: Upstream, case: str, **options: float
) -> tuple[list[Piece], ProviderError | None, Naps]:
    provider, naps, found = provider_for(CHAT, upstream.url_of(case), **options), Naps(), []
    error = None
    try:
        async with aclosing(with_retries(provider, provider.body(PROMPT), PROMPT, naps)) as pieces:
            async for piece in pieces:
                found.append(piece)
    except ProviderError as caught:
        error = caught
    await provider.aclose()
    return found, error, naps


async def test_a_busy_engine_is_asked_again_when_it_said(upstream: Upstream) -> None:
    pieces, error, naps = await asked_again(upstream, "busy_once")
    assert error is None and naps.taken == [0.05]
    assert pieces[0] == Pause(0.05, "rate_limited")
    assert "".join(piece.text for piece in pieces if isinstance(piece, Delta)) == REPLY


@pytest.mark.parametrize(
    ("case", "kind"),
    [
        ("rate_limit", RateLimited),
        ("status_503", UpstreamFailed),
        ("close_before", Unreachable),
        ("event_internal", UpstreamFailed),
    ],
)
async def test_it_is_asked_three_times_and_no_more(
    upstream: Upstream, case: str, kind: type[ProviderError]
) -> None:
    pieces, error, naps = await asked_again(upstream, case)
    assert type(error) is kind
    assert len(upstream.asked) == 3
    assert naps.taken == [1.0, 4.0]
    assert pieces == [Pause(1.0, kind.kind), Pause(4.0, kind.kind)]


async def test_it_is_asked_after_the_seconds_of_its_header(upstream: Upstream) -> None:
    _, _, naps = await asked_again(upstream, "rate_limit_seconds")
    assert naps.taken == [7.0, 7.0]


async def test_nobody_waits_longer_than_half_a_minute(upstream: Upstream) -> None:
    pieces, error, naps = await asked_again(upstream, "rate_limit_absurd")
    assert isinstance(error, RateLimited) and error.retry_after == 86_400
    assert (pieces, naps.taken, len(upstream.asked)) == ([], [], 1)


@pytest.mark.parametrize("case", ["middle_internal", "cut_between"])
async def test_it_is_never_asked_again_once_a_word_was_shown(upstream: Upstream, case: str) -> None:
    _, error, naps = await asked_again(upstream, case)
    assert isinstance(error, UpstreamFailed | Interrupted)
    assert (naps.taken, len(upstream.asked)) == ([], 1)


@pytest.mark.parametrize("case", ["error_token", "silence_before", "empty", "error_inspection"])
async def test_what_would_not_get_better_is_not_asked_again(upstream: Upstream, case: str) -> None:
    _, error, naps = await asked_again(upstream, case, silence_seconds=0.2)
    assert error is not None and not isinstance(error, RateLimited)
    assert (naps.taken, len(upstream.asked)) == ([], 1)


async def test_the_wait_can_be_cancelled(upstream: Upstream) -> None:
    provider = provider_for(CHAT, upstream.url_of("rate_limit_seconds"))
    waiting = asyncio.Event()

    async def listen() -> None:
        async with aclosing(with_retries(provider, provider.body(PROMPT), PROMPT)) as pieces:
            async for piece in pieces:
                assert isinstance(piece, Pause)
                waiting.set()

    listening = asyncio.ensure_future(listen())
    await waiting.wait()
    listening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await listening
    assert len(upstream.asked) == 1
    await provider.aclose()


async def test_leaving_a_retried_reply_closes_its_line(upstream: Upstream) -> None:
    provider = provider_for(CHAT, upstream.url_of("stop_me"), reply_seconds=30)
    async with aclosing(with_retries(provider, provider.body(PROMPT), PROMPT)) as pieces:
        async for piece in pieces:
            if isinstance(piece, Delta):
                break
    left, asked = time.monotonic(), upstream.last
    await upstream.wait_for(lambda: asked.gone)
    assert asked.gone is not None and asked.gone - left < 0.5
    await provider.aclose()
