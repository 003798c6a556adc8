"""Chat completions as OpenAI's many relatives speak them: frames, whole answers, and the vendor's
newer `chat/completions`, which is the same with a role beside it."""

import time
from collections.abc import Sequence
from typing import Any

from django.http.response import HttpResponseBase
from django.utils.translation import gettext_noop as _

from roleplay.accounts.models import User
from roleplay.api import casting
from roleplay.api.answering import Reply, answer_reply, begun
from roleplay.api.completions import check_asked, tools_of
from roleplay.api.dialects import dumped
from roleplay.api.door import Call
from roleplay.api.errors import InvalidParam
from roleplay.api.route import Route
from roleplay.api.shapes.completions import CompletionMessage
from roleplay.api.shapes.openai_like import (
    ChatCompletion,
    ChatCompletionRequest,
    Message,
    RoleCompletionRequest,
)
from roleplay.api.talk import turns_of
from roleplay.conversations import replying
from roleplay.prompting.build import alternating
from roleplay.providers.base import CharacterSheet, PersonaSheet, Prompt, Sampling, ToolCall, Turn
from roleplay.text import language_of

DEFAULT_MODEL = "xingchen-plus-latest"


def role_chat(call: Call) -> HttpResponseBase:
    """The vendor's `chat/completions`: pieces only, where it streams."""
    asked = call.read(RoleCompletionRequest)
    replying.check_limits(call.user)
    prompt = prompt_of(call.user, asked)
    count = 1 if call.streams else asked.n
    generations = begun(call, prompt, count)
    call.request_id = generations[0].key.hex
    writing = ChunkWriting(call.request_id, asked.model or DEFAULT_MODEL, asked)
    return answer_reply(call, generations, writing)


def prompt_of(owner: User, asked: RoleCompletionRequest) -> Prompt:
    """The prompt for the role that the body describes, or for whoever its system message says."""
    system, turns = parted(asked.messages)
    aca = asked.aca
    persona = PersonaSheet(casting.opaque_user(owner, asked.user))
    sheet = CharacterSheet(
        name="",
        kind="assistant",
        description=system,
        language=language_of(system + "".join(turn.text for turn in turns[-1:])) or "zh-Hans",
    )
    scene = aca.scenario.description
    if aca.bot_profile:
        if aca.bot_profile.character_id:
            raise InvalidParam("name a character of this site in chat/send, or as a model of /v1")
        sheet = casting.sheet_of(aca.bot_profile)
        scene = "\n".join(text for text in (scene, system) if text.strip())
    if aca.user_profile:
        persona = casting.persona_of(owner, aca.user_profile)
    return casting.fitted(
        Prompt(
            character=sheet,
            persona=persona,
            turns=alternating(turns),
            scenario=scene,
            tools=tools_of(asked.tools, asked.tool_choice),
            memory=casting.memory_of(aca.memory),
            sampling=sampling_of(asked),
        )
    )


def parted(messages: Sequence[Message]) -> tuple[str, list[Turn]]:
    """What the system says, and the talk. Raises InvalidParam: nobody says anything."""
    system = [text_of(one) for one in messages if one.role in ("system", "developer")]
    talk = [_plain(one) for one in messages if one.role not in ("system", "developer")]
    check_asked(talk)
    return "\n".join(text for text in system if text.strip()), turns_of(talk)


def text_of(message: Message) -> str:
    """The text of a message, whose other parts are not read."""
    if isinstance(message.content, str):
        return message.content
    return "".join(part.text for part in message.content if part.type == "text")


def sampling_of(asked: ChatCompletionRequest) -> Sampling:
    stop = [asked.stop] if isinstance(asked.stop, str) else asked.stop or []
    return Sampling(
        temperature=asked.temperature,
        top_p=asked.top_p or None,
        seed=asked.seed,
        max_tokens=asked.max_completion_tokens or asked.max_tokens,
        stop=tuple(text for text in stop if text),
    )


class ChunkWriting:
    """One chat completion. A stream's first chunk bears the role, its last ones the reason, the
    counts where they were asked for, and `[DONE]`."""

    repeats = False

    def __init__(self, answer_id: str, model: str, asked: ChatCompletionRequest) -> None:
        self._id = f"chatcmpl-{answer_id}"
        self._model = model
        self._counts = asked.stream_options.include_usage
        self._begun = False

    def frame(self, reply: Reply) -> str:
        return self._chunk(self._delta(content=reply.new), None)

    def last(self, reply: Reply) -> list[str]:
        calls = [{"index": place, **_call(call)} for place, call in enumerate(reply.calls)]
        frames = []
        if calls:
            frames.append(self._chunk(self._delta(tool_calls=calls), None))
        frames.append(self._chunk(self._delta() if not self._begun else {}, _reason(reply)))
        if self._counts:
            frames.append(
                dumped(
                    {**self._head("chat.completion.chunk"), "choices": [], "usage": _usage([reply])}
                )
            )
        return [*frames, "[DONE]"]

    def whole(self, replies: Sequence[Reply]) -> dict[str, Any]:
        return {
            **self._head("chat.completion"),
            "choices": [
                {"index": place, "message": _message(reply), "finish_reason": _reason(reply)}
                for place, reply in enumerate(replies)
            ],
            "usage": _usage(replies),
        }

    def _delta(self, **delta: Any) -> dict[str, Any]:
        if self._begun:
            return delta
        self._begun = True
        return {"role": "assistant", "content": "", **delta}

    def _chunk(self, delta: dict[str, Any], reason: str | None) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        return dumped({**self._head("chat.completion.chunk"), "choices": [choice]})

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": self._id, "object": kind, "created": int(time.time()), "model": self._model}


def _plain(message: Message) -> CompletionMessage:
    return CompletionMessage.model_construct(
        role=message.role,
        content=text_of(message),
        name=message.name,
        tool_calls=message.tool_calls,
        tool_call_id=message.tool_call_id,
    )


def _message(reply: Reply) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": reply.text or None}
    if reply.calls:
        return {**message, "tool_calls": [_call(call) for call in reply.calls]}
    return {**message, "content": reply.text}


def _call(call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.id, "type": "function", "function": function}


def _reason(reply: Reply) -> str:
    if reply.calls:
        return "tool_calls"
    return "length" if reply.finish_reason == "length" else "stop"


def _usage(replies: Sequence[Reply]) -> dict[str, int]:
    read, written = replies[0].input_tokens, sum(reply.output_tokens for reply in replies)
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}


ROUTES = [
    Route(
        "chat/completions",
        role_chat,
        scope="chat",
        service="aca-chat-completions",
        summary=_("Role chat in OpenAI's form"),
        asks=RoleCompletionRequest,
        answers=ChatCompletion,
        stream="body",
        bare=True,
    ),
]
