"""Frames of a stream, where they are not what a plain answer holds; and the body of an error.

For the reference alone: frames are written many times a second, and by hand (`frames`,
`openai_like`). Tests hold what is written against these shapes.
"""

from typing import Literal

from roleplay.api.shapes.base import Shape, SnakeShape
from roleplay.api.shapes.chat import AnswerContext, ChatUsage, FunctionCallMade
from roleplay.api.shapes.completions import CallFunction, TokenUsage


class FrameMessage(Shape):
    """`content` is the whole text so far, or a piece of it with `incrementalOutput`.

    What follows `finish_reason` stands in the last frame alone.
    """

    role: str
    name: str | None = None
    content: str
    finish_reason: str
    function_message: bool | None = None
    valid_message: bool | None = None
    function_call: FunctionCallMade | None = None


class FrameChoice(Shape):
    """`stop_reason` is the text "null" until the last frame."""

    messages: list[FrameMessage]
    stop_reason: str


class ChatFrame(Shape):
    """A frame of role chat. `stop` is true in the last one, which alone has `usage`."""

    request_id: str
    choices: list[FrameChoice]
    usage: ChatUsage | None = None
    context: AnswerContext
    stop: bool


class ChunkCall(SnakeShape):
    index: int
    id: str
    type: str
    function: CallFunction


class ChunkDelta(SnakeShape):
    """What came since the last frame. The first one bears the role."""

    role: str | None = None
    content: str | None = None
    tool_calls: list[ChunkCall] | None = None


class ChunkChoice(SnakeShape):
    index: int
    delta: ChunkDelta
    finish_reason: str | None


class ChatCompletionChunk(SnakeShape):
    """A frame of OpenAI's form. `[DONE]`, which is no JSON, follows the last one."""

    id: str
    object: Literal["chat.completion.chunk"]
    created: int
    model: str
    choices: list[ChunkChoice]
    usage: TokenUsage | None = None


class ErrorBody(Shape):
    """The vendor's body of an error, of both families of fields; also the data of `event:error`."""

    request_id: str
    code: int
    error_code: int
    error_name: str
    error_message: str
    error_message_key: str
    http_status_code: int
    success: Literal[False]
