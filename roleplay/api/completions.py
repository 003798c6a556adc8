"""`completions`: an assistant with tools, answered bare in both modes (section 7)."""

import time
from collections.abc import Sequence
from typing import Any

from django.http.response import HttpResponseBase
from django.utils.translation import gettext_noop as _

from roleplay.accounts.models import User
from roleplay.api.answering import Reply, answer_reply
from roleplay.api.casting import fitted, opaque_user
from roleplay.api.dialects import dumped
from roleplay.api.door import Call
from roleplay.api.errors import InvalidParam
from roleplay.api.frames import MODEL
from roleplay.api.route import Route
from roleplay.api.shapes.completions import (
    CompletionAnswer,
    CompletionMessage,
    CompletionRequest,
    ToolChoice,
    ToolDefinition,
)
from roleplay.api.talk import turns_of
from roleplay.conversations import replying
from roleplay.prompting.build import alternating
from roleplay.providers.base import CharacterSheet, PersonaSheet, Prompt, Sampling, Tool, ToolCall
from roleplay.text import language_of


def complete(call: Call) -> HttpResponseBase:
    """The assistant's next message."""
    asked = call.read(CompletionRequest)
    replying.check_limits(call.user)
    generation = replying.answer_once(call.user, prompt_of(call.user, asked), call.key)
    call.request_id = generation.key.hex
    names = {tool.function.name: tool.id for tool in asked.tools if tool.id}
    writing = CompletionWriting(call.request_id, asked.model or MODEL, names)
    return answer_reply(call, [generation], writing)


def prompt_of(owner: User, asked: CompletionRequest) -> Prompt:
    """The prompt for an assistant that the system message describes."""
    system = [message for message in asked.messages if message.role == "system"]
    direction = "\n".join(message.content for message in system if message.content.strip())
    definitions = {tool.id or tool.function.name: tool.function.name for tool in asked.tools}
    talk = [message for message in asked.messages if message.role != "system"]
    check_asked(talk)
    said = "".join(message.content for message in asked.messages[-1:])
    prompt = Prompt(
        character=CharacterSheet(
            name=next((message.name for message in system if message.name), ""),
            kind="assistant",
            description=direction,
            language=language_of(direction + said) or "zh-Hans",
        ),
        persona=PersonaSheet(opaque_user(owner, asked.user)),
        turns=alternating(turns_of(talk, definitions)),
        tools=tools_of(asked.tools, asked.tool_choice),
        sampling=sampling_of(asked),
    )
    return fitted(prompt)


def check_asked(talk: Sequence[CompletionMessage]) -> None:
    """Raise InvalidParam where there is neither a word of the user's nor a tool's result."""
    if not any(one.role in ("user", "tool") and one.content.strip() for one in talk):
        raise InvalidParam("messages hold nothing to answer")


def sampling_of(asked: CompletionRequest) -> Sampling:
    stop = [asked.stop] if isinstance(asked.stop, str) else asked.stop or []
    return Sampling(
        temperature=asked.temperature,
        top_p=asked.top_p,
        seed=asked.seed,
        max_tokens=asked.max_tokens,
        stop=tuple(text for text in stop if text),
    )


def tools_of(tools: Sequence[ToolDefinition], choice: str | ToolChoice) -> tuple[Tool, ...]:
    """The tools that may be asked for; a named one alone, where one is named."""
    if choice == "none":
        return ()
    if isinstance(choice, ToolChoice) and choice.function.name:
        tools = [tool for tool in tools if tool.function.name == choice.function.name]
    return tuple(
        Tool(
            tool.function.name,
            tool.function.description,
            tool.function.parameters,
            tool.id or tool.function.name,
        )
        for tool in tools
    )


class CompletionWriting:
    """One completion. `ids` are those of the definitions, by name: calls repeat them."""

    repeats = True

    def __init__(self, request_id: str, model: str, ids: dict[str, str]) -> None:
        self._id = request_id
        self._model = model
        self._ids = ids

    def frame(self, reply: Reply) -> str:
        return dumped(self._body(reply, "null", [], (0, 0)))

    def last(self, reply: Reply) -> list[str]:
        return [dumped(self.whole([reply]))]

    def whole(self, replies: Sequence[Reply]) -> dict[str, Any]:
        (reply,) = replies
        calls = [self._call(call) for call in reply.calls]
        reason = "length" if reply.finish_reason == "length" else "stop"
        return self._body(reply, reason, calls, (reply.input_tokens, reply.output_tokens))

    def _body(
        self, reply: Reply, reason: str, calls: list[dict[str, Any]], tokens: tuple[int, int]
    ) -> dict[str, Any]:
        message = {"role": "assistant", "content": reply.text, "tool_calls": calls}
        return {
            "id": self._id,
            "created": int(time.time()),
            "model": self._model,
            # The vendor counts from one.
            "choices": [{"index": 1, "finish_reason": reason, "message": message}],
            "usage": {
                "prompt_tokens": tokens[0],
                "completion_tokens": tokens[1],
                "total_tokens": sum(tokens),
            },
            "stop": reason != "null",
        }

    def _call(self, call: ToolCall) -> dict[str, Any]:
        function = {"name": call.name, "arguments": call.arguments}
        return {"id": self._ids.get(call.name, call.name), "type": "function", "function": function}


ROUTES = [
    Route(
        "completions",
        complete,
        scope="chat",
        service="aca-completion",
        summary=_("An assistant with tools"),
        asks=CompletionRequest,
        answers=CompletionAnswer,
        stream="body",
        bare=True,
    ),
]
