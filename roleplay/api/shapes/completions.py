"""`completions`: the assistant with tools (xingchen-api.md, section 7). All names are snake_case."""

from typing import Annotated, Literal

from pydantic import Field

from roleplay.api.shapes.base import CLEANED, POINTED, Label, Schema, SnakeShape, Words


class CalledFunction(SnakeShape):
    """`arguments` is JSON text, as the model wrote it."""

    name: Label = ""
    arguments: Words = ""


class AskedCall(SnakeShape):
    id: Label = ""
    type: Label = "function"
    function: CalledFunction = CalledFunction()


class CompletionMessage(SnakeShape):
    role: Literal["system", "user", "assistant", "tool"]
    content: Words = ""
    name: Label = ""
    tool_calls: Annotated[list[AskedCall], Field(max_length=128)] = []
    tool_call_id: Label = ""


class ToolFunction(SnakeShape):
    name: Annotated[str, Field(min_length=1, max_length=200), CLEANED]
    description: Annotated[str, Field(max_length=8_000), CLEANED] = ""
    parameters: Schema = {}


class ToolDefinition(SnakeShape):
    """A tool. Its `id` comes back as the id of every call of it; without one its name does."""

    id: Label = ""
    type: Literal["function"] = "function"
    function: ToolFunction


class NamedTool(SnakeShape):
    name: Label = ""


class ToolChoice(SnakeShape):
    type: Label = "function"
    function: NamedTool = NamedTool()


class CompletionRequest(SnakeShape):
    model: Annotated[str, Field(max_length=120), CLEANED] = ""
    messages: Annotated[list[CompletionMessage], Field(min_length=1, max_length=10_000)]
    user: Annotated[str, Field(max_length=200), CLEANED] = ""
    max_tokens: Annotated[int, Field(ge=1, le=100_000), POINTED] | None = None
    stream: bool = False
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    seed: Annotated[int, Field(ge=0, le=2**63 - 1), POINTED] | None = None
    stop: Label | Annotated[list[Label], Field(max_length=16)] | None = None
    tools: Annotated[list[ToolDefinition], Field(max_length=128)] = []
    tool_choice: Literal["none", "auto", "required"] | ToolChoice = "auto"


# What is answered


class CallFunction(SnakeShape):
    name: str
    arguments: str


class MadeCall(SnakeShape):
    id: str
    type: str
    function: CallFunction


class AnsweredMessage(SnakeShape):
    role: str
    content: str
    tool_calls: list[MadeCall]


class CompletionChoice(SnakeShape):
    index: int
    finish_reason: str
    message: AnsweredMessage


class TokenUsage(SnakeShape):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class CompletionAnswer(SnakeShape):
    """The whole body of a plain answer, and each frame of a stream; there is no envelope."""

    id: str
    created: int
    model: str
    choices: list[CompletionChoice]
    usage: TokenUsage
    stop: bool
