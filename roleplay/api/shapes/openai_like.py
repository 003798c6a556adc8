"""The OpenAI-compatible door, and the vendor's newer `chat/completions`. Names are snake_case."""

from typing import Annotated, Any, Literal

from pydantic import Field

from roleplay.api.shapes.base import CLEANED, POINTED, Label, SnakeShape, Words
from roleplay.api.shapes.chat import BotProfile, Memory, Scenario, UserProfile
from roleplay.api.shapes.completions import (
    AskedCall,
    MadeCall,
    TokenUsage,
    ToolChoice,
    ToolDefinition,
)


class Part(SnakeShape):
    """A piece of content; only text is read."""

    type: Label = "text"
    text: Words = ""


class Message(SnakeShape):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: Words | Annotated[list[Part], Field(max_length=256)] = ""
    name: Label = ""
    tool_calls: Annotated[list[AskedCall], Field(max_length=128)] = []
    tool_call_id: Label = ""


class StreamOptions(SnakeShape):
    include_usage: bool = False


class ChatCompletionRequest(SnakeShape):
    model: Annotated[str, Field(max_length=200), CLEANED] = ""
    messages: Annotated[list[Message], Field(min_length=1, max_length=10_000)]
    stream: bool = False
    stream_options: StreamOptions = StreamOptions()
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    seed: Annotated[int, Field(ge=-(2**63), le=2**63 - 1), POINTED] | None = None
    max_tokens: Annotated[int, Field(ge=1, le=1_000_000), POINTED] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1, le=1_000_000), POINTED] | None = None
    stop: Label | Annotated[list[Label], Field(max_length=16)] | None = None
    n: Annotated[int, Field(ge=1, le=4), POINTED] = 1
    user: Annotated[str, Field(max_length=200), CLEANED] = ""
    tools: Annotated[list[ToolDefinition], Field(max_length=128)] = []
    tool_choice: Literal["none", "auto", "required"] | ToolChoice = "auto"


class RoleAca(SnakeShape):
    """The role fields of the vendor's `chat/completions`, as role chat spells them."""

    bot_profile: Annotated[BotProfile | None, Field(alias="botProfile")] = None
    user_profile: Annotated[UserProfile | None, Field(alias="userProfile")] = None
    scenario: Scenario = Scenario()
    memory: Memory = Memory()


class RoleCompletionRequest(ChatCompletionRequest):
    """`chat/completions`: an OpenAI-like body, with the role under `aca`."""

    aca: RoleAca = RoleAca()


# What is answered


class AnsweredMessage(SnakeShape):
    role: str
    content: str | None
    tool_calls: list[MadeCall] | None = None


class Choice(SnakeShape):
    index: int
    message: AnsweredMessage
    finish_reason: str


class ChatCompletion(SnakeShape):
    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[Choice]
    usage: TokenUsage


class Model(SnakeShape):
    id: str
    object: Literal["model"]
    created: int
    owned_by: str
    name: str


class ModelList(SnakeShape):
    object: Literal["list"]
    data: list[Model]


class Fault(SnakeShape):
    message: str
    type: str
    param: Any = None
    code: str | None = None


class FaultBody(SnakeShape):
    error: Fault
