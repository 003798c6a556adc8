"""What the API says, in the form that our stories compare: bodies without ids, times and counts."""

import re
from dataclasses import dataclass
from typing import Any

from django.apps import apps

from roleplay.accounts.models import ApiKey, AuditEntry, Persona, Usage, User
from roleplay.api.dialects import OPENAI
from roleplay.api.route import Route
from roleplay.conversations.models import Conversation, Generation, Message
from tests.clients.masks import Mask

SHELVED = ("characters.Character", "characters.CharacterVersion")
STREAM_TYPE = "text/event-stream;charset=UTF-8"


@dataclass(frozen=True)
class Fault:
    """An error as the vendor's clients are told of it. `status` is the HTTP one."""

    status: int
    number: int
    name: str
    key: str
    words: str
    advice: str = ""

    def __call__(self, detail: str = "", retry_after: float | None = None) -> dict[str, Any]:
        """The body, with the detail behind the words, and when to come back where that is known."""
        told = detail or self.advice
        words = f"{self.words}: {told}" if told else self.words
        if told and self.words.endswith("."):
            words = f"{self.words} {told[0].upper()}{told[1:]}"
        later = {} if retry_after is None else {"retryAfter": retry_after}
        return later | {
            "requestId": "requestId",
            "code": self.number,
            "errorCode": self.number,
            "errorName": self.name,
            "errorMessage": words,
            "errorMessageKey": f"aca.error.{self.key}",
            "httpStatusCode": self.status,
            "success": False,
        }


INVALID = Fault(400, 400, "InvalidParam", "invalid.param", "Invalid Param")
UNREADABLE = Fault(
    400, 400, "Unreadable", "invalid.request.params.unreadable", "Request Params Unreadable"
)
WRONG_METHOD = Fault(400, 400, "WrongMethod", "invalid.request.method", "Invalid Request Method")
NO_KEY = Fault(
    401,
    400,
    "InvalidToken",
    "invalid.token",
    "Unauthorized user! apikey is invalid.",
    advice="send Authorization: Bearer <key>",
)
NO_PERMISSION = Fault(400, 403, "NoPermission", "no.permission", "No Permission")
NOT_FOUND = Fault(400, 404, "NotFound", "notfound", "Not Found")
CHAT_CLOSED = Fault(400, 413, "ChatClosed", "no.permission.open.chat", "No Permission to open chat")
API_CLOSED = Fault(400, 414, "ApiClosed", "no.permission.open.api", "No Permission to open api")
NOT_OFFERED = Fault(400, 415, "NotOffered", "service.not.offered", "Service Not Offered")
REFUSED = Fault(
    400,
    416,
    "Refused",
    "data.inspection",
    "DataInspectionFailed: Input or output data may contain inappropriate content.",
)
TOO_LONG = Fault(400, 417, "TooLong", "input.too.long", "Input Too Long")
BUSY = Fault(409, 409, "Busy", "chat.busy", "Chat Busy")
THROTTLED = Fault(429, 429, "Throttled", "throttling", "Throttling.RateQuota")
BROKEN = Fault(500, 500, "Broken", "system", "System Error")
SERVICE = Fault(502, 502, "ServiceFault", "service.fault", "Service Fault")
UNAVAILABLE = Fault(503, 503, "Unavailable", "service.unavailable", "Service Unavailable")
TIMED_OUT = Fault(504, 504, "TimedOut", "service.timeout", "Service Timeout")


def whole(data: Any) -> dict[str, Any]:
    """A plain answer that went well."""
    return {"requestId": "requestId", "code": 200, "data": data, "success": True}


def context(**more: Any) -> dict[str, Any]:
    """`context` of an answer for a role in words, masked."""
    return {
        "answerId": "answerId",
        "enableDataInspection": False,
        "isSave": False,
        "requestId": "requestId",
        "modelRequestId": "modelRequestId",
        "modelName": "xingchen-plus-v2",
        "origin": "pass_v2",
        "bizSrc": "PAAS",
        "ext": "chat",
        "isRegenerate": False,
        "bizUserId": "u-1",
        "usePlatformChatHistory": True,
        "chatLockKey": "chat_chatLockKey_u-1_null_now",
        "resultCount": 1,
        **more,
    }


SPENT = {
    "outputTokens": "count",
    "inputTokens": "count",
    "userTokens": "count",
    "pluginTokens": 0,
}
SPOKEN = {
    "role": "assistant",
    "content": "words",
    "finishReason": "stop",
    "functionMessage": False,
    "validMessage": True,
}
GOING_ON = {"role": "assistant", "content": "words", "finishReason": "null"}


def answered(message: dict[str, Any] = SPOKEN, count: int = 1, **more: Any) -> dict[str, Any]:
    """`data` of a whole answer, and a stream's last frame, masked."""
    choice = {"messages": [message], "stopReason": message["finishReason"]}
    return {
        "requestId": "requestId",
        "choices": [choice] * count,
        "usage": SPENT,
        "context": context(**more),
        "stop": True,
    }


def going_on(message: dict[str, Any] = GOING_ON, **more: Any) -> dict[str, Any]:
    """A frame in the middle, masked."""
    return {
        "requestId": "requestId",
        "choices": [{"messages": [message], "stopReason": "null"}],
        "context": context(**more),
        "stop": False,
    }


def masked(value: Any) -> Any:
    return Mask()(value)


def text_of(data: dict[str, Any], place: int = 0) -> str:
    """The words of a role chat answer or frame."""
    return str(data["choices"][place]["messages"][0]["content"])


def path_of(route: Route) -> str:
    """The path below the host; in the place of a step that may be anything stands an unknown id."""
    root = "/v1/" if route.dialect is OPENAI else "/v2/api/"
    return root + re.sub(r"\{\w+\}", "0" * 32, route.path)


def rows() -> dict[str, int]:
    """How many rows of everything that calls could add to."""
    models = [User, ApiKey, AuditEntry, Persona, Usage, Conversation, Generation, Message]
    models += [apps.get_model(name) for name in SHELVED]
    return {model.__name__: model._base_manager.count() for model in models}
