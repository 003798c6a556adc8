"""The three dialects a model service may speak, as the faulty upstream speaks them."""

import json
import time
import uuid
from dataclasses import dataclass
from typing import Any

CHAT, COMPLETIONS, OPENAI = "chat", "completions", "openai"


def dumps(value: Any) -> str:
    """JSON with Chinese as Chinese, the way most services write it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def event(value: Any, head: str = "") -> bytes:
    """One server-sent event with this object (or text) as data."""
    text = value if isinstance(value, str) else dumps(value)
    return f"{head}data:{text}\n\n".encode()


@dataclass(frozen=True)
class Trouble:
    """An error as each vendor words it. `number` and `key` are the platform's."""

    status: int
    code: str
    message: str
    number: int = 400
    key: str = "aca.error.invalid.request"
    openai_status: int = 0


TROUBLES = {
    "internal": Trouble(500, "InternalError", "An internal error has occurred.", 500, ""),
    "token": Trouble(
        400, "invalid_api_key", "Unauthorized user! apikey is invalid.",
        400, "aca.error.invalid.token", openai_status=401,
    ),
    "permission": Trouble(403, "PermissionDenied", "No Permission", 403, "aca.error.no.permission"),
    "agreement": Trouble(
        400, "AccessDenied.Agreement", "Not yet agreed", 410, "aca.error.not.accept.agreement.usage"
    ),
    "inspection": Trouble(
        400, "data_inspection_failed",
        "Input or output data may contain inappropriate content.", 400, "DataInspectionFailed",
    ),
    "arrears": Trouble(
        400, "Arrearage", "Access denied, please make sure your account is in good standing.",
        400, "Arrearage",
    ),
    "no_quota": Trouble(
        429, "insufficient_quota", "You exceeded your current quota.", 429, "insufficient_quota"
    ),
    "free_tier": Trouble(
        403, "AllocationQuota.FreeTierOnly", "The free tier of the model has been exhausted.",
        403, "AllocationQuota.FreeTierOnly",
    ),
    "throttled": Trouble(
        429, "Throttling.RateQuota", "Requests rate limit exceeded.", 429, "Throttling.RateQuota"
    ),
    "allocation": Trouble(
        429, "Throttling.AllocationQuota", "Allocated quota exceeded.",
        429, "Throttling.AllocationQuota",
    ),
    "too_long": Trouble(
        400, "context_length_exceeded", "The maximum context length is 8192 tokens.",
        400, "context_length_exceeded",
    ),
    "input_range": Trouble(
        400, "InvalidParameter", "Range of input length should be [1, 30720]",
        400, "aca.error.invalid.param",
    ),
    "no_model": Trouble(
        404, "model_not_found", "The model lamp-1 does not exist.", 404, "aca.error.notfound"
    ),
    "parameter": Trouble(
        400, "invalid_request_error", "Invalid Param", 400, "aca.error.invalid.param"
    ),
    "duplicate": Trouble(400, "Duplicate", "Data Duplicate", 401, "aca.error.data.duplicate"),
    "overloaded": Trouble(503, "overloaded_error", "The service is overloaded.", 503, ""),
}  # fmt: skip


class Dialect:
    """How one request wants to be answered, and the objects of the answer."""

    def __init__(self, name: str, body: dict[str, Any], streams: bool, incremental: bool) -> None:
        self.name = name
        self.streams = streams
        self.incremental = incremental
        self.model = str(body.get("model") or "xingchen-plus-v2")
        self.id = uuid.uuid4().hex
        self.answer_id = uuid.uuid4().hex
        user = body.get("user") or ""
        if name == CHAT:
            user = body["input"]["aca"]["userProfile"]["userId"]
        self.user = str(user)
        mark = "\ue000"
        going_on = dumps(self.object(mark))
        self._head, self._tail = (part.encode() for part in going_on.split(dumps(mark)))

    def frame(self, content: str) -> bytes:
        """The event for text while more is to come; the hot path of a benchmark."""
        return b"data:" + self._head + dumps(content).encode() + self._tail + b"\n\n"

    def object(
        self, content: Any, finish: Any = None, tools: list[Any] | None = None
    ) -> dict[str, Any]:
        """A frame's object. `finish` None: going on, in the words of the dialect."""
        if self.name == CHAT:
            return self._chat(content, finish or "null", tools)
        if self.name == COMPLETIONS:
            return self._completion(content, finish or "null", tools)
        delta = {"content": content} | ({"tool_calls": tools} if tools else {})
        return self._chunk(delta, finish)

    def closing(self, said: str, finish: str = "stop", usage: Any = "honest") -> list[Any]:
        """The objects at the end of a stream."""
        whole = "" if self.incremental else said
        usage = self.usage(said) if usage == "honest" else usage
        if self.name == OPENAI:
            last = self._chunk({}, finish)
            return (
                [last]
                if usage is None
                else [last, {**self._chunk({}, None), "choices": [], "usage": usage}]
            )
        closing = self.object(whole, finish)
        closing.pop("usage", None)
        return [closing if usage is None else {**closing, "usage": usage}]

    def whole(self, said: str, finish: str = "stop") -> dict[str, Any]:
        """The plain answer."""
        if self.name == CHAT:
            data = {**self._chat(said, finish, None), "usage": self.usage(said)}
            return {"requestId": self.id, "code": 200, "data": data, "success": True}
        if self.name == COMPLETIONS:
            return {**self._completion(said, finish, None), "usage": self.usage(said)}
        message = {"role": "assistant", "content": said}
        choice = {"index": 0, "message": message, "finish_reason": finish}
        return {
            "id": self.id,
            "object": "chat.completion",
            "created": int(time.time()),
            "model": self.model,
            "choices": [choice],
            "usage": self.usage(said),
        }

    def usage(self, said: str) -> dict[str, Any]:
        """Seven tokens in, one out for each character."""
        if self.name == CHAT:
            return {"inputTokens": 7, "outputTokens": len(said), "userTokens": 3}
        return {
            "prompt_tokens": 7,
            "completion_tokens": len(said),
            "total_tokens": 7 + len(said),
        }

    def error(self, name: str) -> dict[str, Any]:
        """An error's body."""
        trouble = TROUBLES[name]
        if self.name == OPENAI:
            error = {
                "message": trouble.message,
                "type": "error",
                "code": trouble.code,
                "param": None,
            }
            return {"error": error}
        return {
            "requestId": self.id,
            "errorCode": trouble.number,
            "errorName": trouble.code,
            "errorMessage": trouble.message,
            "errorMessageKey": trouble.key,
            "httpStatusCode": trouble.status,
        }

    def error_event(self, name: str) -> bytes:
        """An error in the middle of a stream."""
        return event(self.error(name), "" if self.name == OPENAI else "event:error\n")

    def status(self, name: str) -> int:
        """The HTTP status this error comes with."""
        trouble = TROUBLES[name]
        return (self.name == OPENAI and trouble.openai_status) or trouble.status

    def tool_frame(self, calls: list[tuple[str, str, Any]]) -> list[dict[str, Any]]:
        """The objects in which (id, name, arguments) arrive whole."""
        if self.name == CHAT:
            found = [{"apiName": name, "parameters": json.loads(text)} for _, name, text in calls]
            made = self._chat("", "stop", None)
            made["choices"][0]["messages"][0]["functionCall"] = {
                "thought": "",
                "apiCallList": found,
            }
            return [made]
        listed = [
            {"id": id_, "type": "function", "function": {"name": name, "arguments": text}}
            for id_, name, text in calls
        ]
        if self.name == COMPLETIONS:
            return [self._completion("", "stop", listed)]
        numbered = [{"index": place, **call} for place, call in enumerate(listed)]
        return [
            self._chunk({"content": None, "tool_calls": numbered}, None),
            self._chunk({}, "tool_calls"),
        ]

    def _chat(self, content: Any, finish: str, tools: list[Any] | None) -> dict[str, Any]:
        message = {"role": "assistant", "content": content, "finishReason": finish}
        if tools:
            message["tool_calls"] = tools
        return {
            "requestId": self.id,
            "choices": [{"messages": [message], "stopReason": finish}],
            "context": {
                "answerId": self.answer_id,
                "requestId": self.id,
                "modelName": self.model,
                "bizUserId": self.user,
                "usePlatformChatHistory": False,
            },
            "stop": finish != "null",
        }

    def _completion(self, content: Any, finish: str, tools: list[Any] | None) -> dict[str, Any]:
        message = {"role": "assistant", "content": content, "tool_calls": tools or []}
        return {
            "id": self.id,
            "created": int(time.time()),
            "model": self.model,
            "choices": [{"index": 1, "finish_reason": finish, "message": message}],
            "usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
            "stop": finish != "null",
        }

    def _chunk(self, delta: dict[str, Any], finish: Any) -> dict[str, Any]:
        return {
            "id": f"chatcmpl-{self.id}",
            "object": "chat.completion.chunk",
            "created": int(time.time()),
            "model": self.model,
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        }
