"""Role chat's answers: the data of a plain one, and the frames of a stream (sections 5 and 6)."""

import time
import uuid
from collections.abc import Sequence
from typing import Any

from roleplay.api.answering import Reply
from roleplay.api.casting import arguments_of
from roleplay.api.dialects import dumped
from roleplay.api.door import Call
from roleplay.prompting.budget import estimated_tokens

MODEL = "xingchen-plus-v2"
TEXT = uuid.uuid4().hex  # stands for the text in a frame that is written once; nobody can guess it


def usage(reply: Reply, asked: str = "") -> dict[str, int]:
    """Token counts; `asked` is what the person said last."""
    return {
        "outputTokens": reply.output_tokens,
        "inputTokens": reply.input_tokens,
        "userTokens": estimated_tokens(asked) if asked else 0,
        "pluginTokens": 0,
    }


def context(
    call: Call,
    biz_user: str = "",
    model: str = "",
    answer_id: str = "",
    character: str = "",
    **more: Any,
) -> dict[str, Any]:
    """`context` of an answer. Without a character it is a role in words, and nothing is saved."""
    now = time.time_ns() // 1_000_000
    return {
        "answerId": answer_id or uuid.uuid4().hex,
        "enableDataInspection": call.inspects,
        "isSave": False,
        "requestId": call.request_id,
        "modelRequestId": str(uuid.uuid4()),
        "modelName": model or MODEL,
        "origin": "pass_v2",
        "bizSrc": "PAAS",
        "ext": "chat",
        "isRegenerate": False,
        "bizUserId": biz_user,
        "usePlatformChatHistory": True,
        "chatLockKey": f"chat_{uuid.uuid4().hex}_{biz_user}_{character or 'null'}_{now}",
        "resultCount": 1,
        **more,
    }


class ChatWriting:
    """One answer of role chat. `asked` is what the person said, `speaker` a group's member."""

    def __init__(
        self, context: dict[str, Any], asked: str, incremental: bool, speaker: str = ""
    ) -> None:
        self._context = context
        self._asked = asked
        self._incremental = incremental
        self._speaker = speaker
        self.repeats = not incremental
        self._before, self._after = dumped(self._going_on()).split(dumped(TEXT))

    def frame(self, reply: Reply) -> str:
        text = reply.new if self._incremental else reply.text
        return f"{self._before}{dumped(text)}{self._after}"

    def last(self, reply: Reply) -> list[str]:
        text = "" if self._incremental else reply.text
        return [dumped(self._data([self._choice(reply, text)], usage(reply, self._asked)))]

    def whole(self, replies: Sequence[Reply]) -> dict[str, Any]:
        choices = [self._choice(reply, reply.text) for reply in replies]
        spent = usage(replies[0], self._asked)
        spent["outputTokens"] = sum(reply.output_tokens for reply in replies)
        return {
            "requestId": self._context["requestId"],
            "code": 200,
            "data": self._data(choices, spent),
            "success": True,
        }

    def _going_on(self) -> dict[str, Any]:
        message = self._message(TEXT, "null")
        return {
            "requestId": self._context["requestId"],
            "choices": [{"messages": [message], "stopReason": "null"}],
            "context": self._context,
            "stop": False,
        }

    def _data(self, choices: list[dict[str, Any]], spent: dict[str, int]) -> dict[str, Any]:
        return {
            "requestId": self._context["requestId"],
            "choices": choices,
            "usage": spent,
            "context": self._context,
            "stop": True,
        }

    def _choice(self, reply: Reply, text: str) -> dict[str, Any]:
        reason = "length" if reply.finish_reason == "length" else "stop"
        message = {
            **self._message(text, reason),
            "functionMessage": bool(reply.calls),
            "validMessage": True,
        }
        if reply.calls:
            calls = [
                {"apiName": call.name, "parameters": arguments_of(call)} for call in reply.calls
            ]
            message["functionCall"] = {"thought": "", "apiCallList": calls}
        return {"messages": [message], "stopReason": reason}

    def _message(self, text: str, reason: str) -> dict[str, Any]:
        name = {"name": self._speaker} if self._speaker else {}
        return {"role": "assistant", **name, "content": text, "finishReason": reason}
