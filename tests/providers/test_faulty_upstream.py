"""Every misbehaviour of the faulty upstream, in every dialect, ends the way its table says."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest

from roleplay.providers.base import (
    CharacterSheet,
    Delta,
    PersonaSheet,
    Prompt,
    Provider,
    ProviderError,
    Receipt,
    Replacement,
    ToolCall,
    Turn,
    Usage,
)
from roleplay.providers.openai_compatible import OpenAICompatibleProvider
from roleplay.providers.xingchen import XingchenProvider
from tests.doubles.cases import CASES, CHAT, COMPLETIONS, CUMULATIVE, FLAVOURS, OPENAI, Case
from tests.doubles.upstream import Upstream

pytestmark = pytest.mark.anyio

KEY = "sk-canary-key-of-alice"
PROMPT = Prompt(
    character=CharacterSheet("海梦", description="爱笑的女孩。"),
    persona=PersonaSheet("opaque-1"),
    turns=(Turn("user", "你好"),),
)
QUICK = {"silence_seconds": 5, "connect_seconds": 5, "reply_seconds": 20, "most_characters": 20_000}
OPTIONS: dict[str, dict[str, Any]] = {
    CHAT: {"endpoint": "chat", "incremental": True},
    CUMULATIVE: {"endpoint": "chat", "incremental": False},
    COMPLETIONS: {"endpoint": "completions"},
    OPENAI: {},
}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with Upstream() as server:
        yield server
        assert server.faults == []


def provider_for(flavour: str, url: str, **options: Any) -> Provider:
    chosen = {**QUICK, **OPTIONS[flavour], **options}
    if flavour == OPENAI:
        return OpenAICompatibleProvider(url, KEY, "lamp-1", {}, chosen)
    return XingchenProvider(url, KEY, "", {}, chosen)


class Heard:
    """What came of a reply, as a reader of the pieces sees it."""

    def __init__(self) -> None:
        self.kind = "done"
        self.text = ""
        self.calls: list[ToolCall] = []
        self.receipts: list[Receipt] = []
        self.usage: Usage | None = None
        self.error: ProviderError | None = None

    async def listen(self, provider: Provider, prompt: Prompt = PROMPT) -> "Heard":
        try:
            async with (
                asyncio.timeout(15),
                aclosing(provider.stream(provider.body(prompt), prompt)) as pieces,
            ):
                async for piece in pieces:
                    self._take(piece)
        except ProviderError as error:
            self.kind, self.error = error.kind, error
        return self

    def _take(self, piece: object) -> None:
        assert self.usage is None, "something came after the closing usage"
        match piece:
            case Delta(text):
                assert text
                self.text += text
            case Replacement(text):
                self.text = text
            case ToolCall():
                self.calls.append(piece)
            case Receipt():
                self.receipts.append(piece)
            case Usage():
                self.usage = piece


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("case", CASES.values(), ids=lambda case: case.name)
async def test_every_case_ends_in_its_named_outcome(
    upstream: Upstream, case: Case, flavour: str
) -> None:
    quickly = "/pace/2000" if case.name == "kill_me" else ""
    provider = provider_for(flavour, upstream.url_of(case.name) + quickly, **case.options)
    heard = await Heard().listen(provider)
    await provider.aclose()
    expected = case.outcome(flavour)
    assert (heard.kind, repr(heard.error)) == (expected.kind, repr(heard.error))
    if expected.text is not None:
        assert heard.text == expected.text
    assert [(call.id, call.name, call.arguments) for call in heard.calls] == list(expected.calls)
    assert len(heard.receipts) <= 1
    assert (heard.usage is None) == (expected.kind != "done")
    if heard.usage is not None:
        assert heard.usage.finish_reason == expected.finish
        if expected.tokens is not None:
            assert (heard.usage.input_tokens, heard.usage.output_tokens) == expected.tokens
    if heard.error is not None:
        within(heard.error.retry_after, expected.retry_after)
        assert "canary" not in repr(heard.error) and "pwn" not in repr(heard.error)


def within(seconds: float | None, expected: tuple[float, float] | None) -> None:
    if expected is None:
        assert seconds is None
    else:
        assert seconds is not None and expected[0] <= seconds <= expected[1]


PLAIN = [
    name
    for name in CASES
    if name.startswith(
        ("good", "status_", "error_", "ok_", "rate_limit", "html_page", "plain_", "huge_json")
    )
] + [
    "empty_text",
    "whitespace_only",
    "close_before",
    "silence_before",
    "gzip_bomb_json",
    "long_reply",
]


@pytest.mark.parametrize("flavour", [CHAT, COMPLETIONS, OPENAI])
@pytest.mark.parametrize("name", PLAIN)
async def test_a_plain_answer_ends_in_its_named_outcome_too(
    upstream: Upstream, name: str, flavour: str
) -> None:
    case = CASES[name]
    options = {**case.options, "stream": False}
    provider = provider_for(flavour, upstream.url_of(name), **options)
    heard = await Heard().listen(provider)
    await provider.aclose()
    expected = case.outcome(flavour)
    assert heard.kind == expected.kind
    if expected.text is not None:
        assert heard.text == expected.text
    assert "x-aca-sse" not in upstream.last.headers
    assert upstream.last.body.get("stream") in (None, False)


def test_there_are_enough_cases_and_each_says_what_it_does() -> None:
    assert len(CASES) >= 260
    assert all(case.about for case in CASES.values())
    assert len({case.about for case in CASES.values()}) == len(CASES)
