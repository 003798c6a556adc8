"""Whatever objects an engine makes of our words for things, a reader ends in a reply or our error."""

import contextlib
import dataclasses
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roleplay.providers.base import CharacterSheet, PersonaSheet, Piece, Prompt, ProviderError, Turn
from roleplay.providers.faults import from_event, from_status
from roleplay.providers.openai_compatible import CompletionReading
from roleplay.providers.patience import Limits
from roleplay.providers.xingchen import ChatReading

PROMPT = Prompt(CharacterSheet("海梦"), PersonaSheet("u"), (Turn("user", "你好"),))
NAMES = st.sampled_from(
    [
        "choices",
        "messages",
        "message",
        "delta",
        "content",
        "role",
        "finish_reason",
        "stopReason",
        "finishReason",
        "stop",
        "usage",
        "inputTokens",
        "outputTokens",
        "prompt_tokens",
        "completion_tokens",
        "context",
        "requestId",
        "answerId",
        "modelName",
        "id",
        "model",
        "index",
        "tool_calls",
        "function",
        "name",
        "arguments",
        "functionCall",
        "apiCallList",
        "apiName",
        "parameters",
        "data",
        "code",
        "success",
        "error",
        "errorCode",
        "errorMessage",
        "httpStatusCode",
        "status",
        "type",
        "refusal",
        "text",
        "detail",
    ]
)
LEAVES = st.sampled_from(
    [None, True, False, 0, 1, -1, 200, 429, 2**62, 0.5, "", "null", "stop", "length", "好", "\ud83c",
     "\x00", "weather", "{}", "401", "content_filter", "x" * 300]
)  # fmt: skip
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=25,
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=6)
EVENTS = st.sampled_from(["", "message", "error", "execute", "result"])
FRAMES = st.lists(st.tuples(EVENTS, OBJECTS), max_size=5)


def readings() -> list[Any]:
    limits = Limits(characters=100)
    chat = {"input": {}, "parameters": {"incrementalOutput": True}}
    return [
        ChatReading(chat, PROMPT, limits),
        ChatReading({"input": {}}, PROMPT, limits),
        ChatReading({}, PROMPT, limits),
        CompletionReading(PROMPT, limits),
    ]


@settings(max_examples=300)
@given(FRAMES)
def test_only_pieces_and_our_own_errors_come_out(frames: list[tuple[str, dict[str, Any]]]) -> None:
    for reading in readings():
        found: list[Piece] = []
        with contextlib.suppress(ProviderError):
            for event, fields in frames:
                found += reading.take(event, fields)
            calls = reading.calls() if callable(reading.calls) else reading.calls
            found += reading.end(calls, whole=True, seen=len(frames))
        for piece in found:
            for value in dataclasses.astuple(piece):
                assert "\x00" not in str(value)
                str(value).encode()  # no half characters


@given(VALUES, st.integers(300, 599), st.text(max_size=20))
def test_every_error_body_is_some_error_of_ours(body: Any, status: int, wait: str) -> None:
    for platform in (True, False):
        for error in (
            from_status(status, {"retry-after": wait}, body, platform),
            from_event(body, platform),
        ):
            assert isinstance(error, ProviderError) and type(error) is not ProviderError
            assert error.retry_after is None or 0 <= error.retry_after <= 86_400


@pytest.mark.parametrize("wait", ["٣", "1e9", "inf", "nan", "-1", "0x10", "1 2", "Mon", "１２"])
def test_a_wait_that_is_no_number_of_seconds_is_not_said(wait: str) -> None:
    assert from_status(429, {"retry-after": wait}).retry_after is None
