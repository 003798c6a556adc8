"""What goes to OpenAI's relatives."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest

from roleplay.providers.base import (
    CharacterSheet,
    Delta,
    PersonaSheet,
    Prompt,
    Tool,
    ToolCall,
    Turn,
)
from roleplay.providers.openai_compatible import OpenAICompatibleProvider, chat_address
from tests.doubles.talk import REPLY
from tests.doubles.upstream import Upstream

pytestmark = pytest.mark.anyio

HELLO = Prompt(
    CharacterSheet("Wren", description="A calm lighthouse keeper.", language="en"),
    PersonaSheet("u-1"),
    (Turn("assistant", "Evening."), Turn("user", "Hello")),
)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with Upstream() as server:
        yield server
        assert server.faults == []


def body_of(prompt: Prompt = HELLO, **options: Any) -> dict[str, Any]:
    return OpenAICompatibleProvider("http://model.test", "", "lamp-1", options=options).body(prompt)


@pytest.mark.parametrize(
    ("base_url", "address"),
    [
        ("http://h:11434", "http://h:11434/v1/chat/completions"),
        ("http://h:11434/", "http://h:11434/v1/chat/completions"),
        ("http://h/v1", "http://h/v1/chat/completions"),
        ("http://h/v1//", "http://h/v1/chat/completions"),
        ("https://h/compatible-mode/v1", "https://h/compatible-mode/v1/chat/completions"),
        ("https://h/api/paas/v4/", "https://h/api/paas/v4/chat/completions"),
        ("https://h/v1beta/openai", "https://h/v1beta/openai/chat/completions"),
        ("https://h/v1/chat/completions", "https://h/v1/chat/completions"),
        ("https://h/proxy", "https://h/proxy/v1/chat/completions"),
    ],
)
def test_the_address_is_found_from_whatever_was_entered(base_url: str, address: str) -> None:
    assert chat_address(base_url) == address


@pytest.mark.parametrize("stream", [True, False])
async def test_a_reply_comes_whole_in_both_modes(upstream: Upstream, stream: bool) -> None:
    provider = OpenAICompatibleProvider(
        upstream.url, "", "lamp-1", {"top_p": 0.5}, {"stream": stream}
    )
    async with aclosing(provider.stream(provider.body(HELLO), HELLO)) as pieces:
        text = "".join([piece.text async for piece in pieces if isinstance(piece, Delta)])
    await provider.aclose()
    assert text == REPLY
    asked = upstream.last
    assert asked.path == "/v1/chat/completions"
    assert "authorization" not in asked.headers
    assert (asked.body["model"], asked.body["top_p"], asked.body["stream"]) == (
        "lamp-1",
        0.5,
        stream,
    )
    assert asked.body.get("stream_options") == ({"include_usage": True} if stream else None)


def test_the_system_message_says_who_how_where_and_to_whom() -> None:
    prompt = replace(
        HELLO,
        character=replace(HELLO.character, traits="Never shouts.", sex="female"),
        persona=PersonaSheet("u-1", "Sam", "A sailor."),
        scenario="A storm.",
        examples=(Turn("user", "Is it late?"), Turn("assistant", "Always.")),
    )
    system, *turns = body_of(prompt)["messages"]
    assert system["content"] == (
        "You are Wren. Always speak as Wren, and never for the other person.\n\n"
        "A calm lighthouse keeper.\nSex: female\n\n"
        "Always keep to this:\nNever shouts.\n\n"
        "Scene:\nA storm.\n\n"
        "The person you are talking to:\nSam\nA sailor.\n\n"
        "Example dialogue. It only shows the way of speaking and has not happened:\n"
        "Sam: Is it late?\nWren: Always."
    )
    assert turns == [
        {"role": "assistant", "content": "Evening."},
        {"role": "user", "content": "Hello"},
    ]


def test_usage_is_not_asked_for_where_a_server_refuses_the_question() -> None:
    assert "stream_options" not in body_of(include_usage=False)


def test_tools_and_their_answers_go_as_openai_has_them() -> None:
    call = ToolCall("c1", "lamp", '{"on":true}')
    prompt = replace(
        HELLO,
        tools=(Tool("lamp", "Switch the lamp", {"type": "object"}),),
        turns=(Turn("assistant", "", (call,)), Turn("tool", "done", tool_call_id="c1")),
    )
    body = body_of(prompt)
    function = {"name": "lamp", "description": "Switch the lamp", "parameters": {"type": "object"}}
    assert body["tools"] == [{"type": "function", "function": function}]
    asked = {"name": "lamp", "arguments": '{"on":true}'}
    assert body["messages"][1:] == [
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"id": "c1", "type": "function", "function": asked}],
        },
        {"role": "tool", "content": "done", "tool_call_id": "c1"},
    ]


def test_a_partial_reply_goes_last_only_for_servers_that_go_on_from_it() -> None:
    prompt = replace(HELLO, start_of_reply="The sea")
    started = {"role": "assistant", "content": "The sea"}
    assert body_of(prompt, prefill=True)["messages"][-1] == started
    assert body_of(prompt)["messages"][-2] == started
    assert body_of(prompt)["messages"][-1]["role"] == "user"
