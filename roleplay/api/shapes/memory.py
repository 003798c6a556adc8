"""Memory and persona drafts (xingchen-api.md, sections 10.6 and 11)."""

from typing import Annotated, Literal

from pydantic import AliasChoices, Field

from roleplay.api.shapes.base import CLEANED, Label, Shape
from roleplay.api.shapes.chat import (
    MOST_MESSAGES,
    AnswerContext,
    ChatMessage,
    ChatUsage,
    Parameters,
)


class TaskRequest(Shape):
    """How the work is done. Python and Go spell the field differently."""

    model_parameter: Parameters = Field(
        default=Parameters(),
        validation_alias=AliasChoices("modelParameter", "modelParameters"),
        serialization_alias="modelParameter",
    )


class KvMemoryConfig(Shape):
    """Something to look for, in words: `memory_text` is the key that comes back."""

    enabled: bool = True
    memory_text: Annotated[str, Field(max_length=200), CLEANED] = ""


class SummaryRequest(TaskRequest):
    messages: Annotated[list[ChatMessage], Field(min_length=1, max_length=MOST_MESSAGES)]


class KvRequest(SummaryRequest):
    kv_memory_configs: Annotated[list[KvMemoryConfig], Field(max_length=100)] = []


class DescriptionRequest(TaskRequest):
    """`file_url` and `file_name` belong to type `file`, which this site does not take."""

    type: Literal["text", "file"] = "text"
    text: Annotated[str, Field(max_length=200_000), CLEANED] = ""
    file_url: Annotated[str, Field(max_length=2_000), CLEANED] = ""
    file_name: Label = ""


# What is answered


class KvSchema(Shape):
    """What was said of `key`; `role` is that of whom it is about, as in the messages."""

    role: str
    key: str
    value: list[str]


class KvAnswer(Shape):
    schemas: list[KvSchema]
    usage: ChatUsage
    context: AnswerContext


class MemoryResult(Shape):
    content: str


class SummaryAnswer(Shape):
    memory_results: list[MemoryResult]
    usage: ChatUsage
    context: AnswerContext


class DescriptionAnswer(Shape):
    content: str
    usage: ChatUsage
    context: AnswerContext
