"""Speaks Alibaba's Tongyi Xingchen API: role chat, and the assistant endpoint with tools."""

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncGenerator, Mapping
from typing import Any, ClassVar

from roleplay.providers.base import HEARTBEAT, Piece, Prompt, ToolCall
from roleplay.providers.faults import from_event, is_error
from roleplay.providers.patience import Limits
from roleplay.providers.reading import Reading, bearer, label, readable
from roleplay.providers.strict_json import first, mapping
from roleplay.providers.wire import Wire
from roleplay.providers.xingchen_body import chat_body, completions_body, wants_completions

ADDRESS = "https://nlp.aliyuncs.com"
MODEL = "xingchen-plus-v2"
# Event names that carry a reply; whatever else an engine names its events is not for us.
REPLY_EVENTS = {"", "message", "data", "result", "success", "stop", "length"}
AFTER_THE_END_SECONDS = 1.0
STOP_SECONDS = 3.0


class XingchenProvider:
    """The platform at `base_url`.

    `options`: `endpoint` (auto, chat, completions; auto takes completions when tools are in play),
    `stream`, `incremental`, `inspection` (each true unless said otherwise), and those of `Limits`.
    `parameters` go into the request under the names the endpoint knows.
    """

    name: ClassVar[str] = "xingchen"

    def __init__(
        self,
        base_url: str = "",
        key: str = "",
        model: str = "",
        parameters: Mapping[str, Any] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        options = options or {}
        self.model = model or MODEL
        self._root = re.sub(r"(?:/v2(?:/api)?)?/*\Z", "", (base_url or ADDRESS).strip())
        self._key = key
        self._parameters = dict(parameters or {})
        self._endpoint = options.get("endpoint", "auto")
        self._streams = bool(options.get("stream", True))
        self._incremental = bool(options.get("incremental", True))
        self._inspects = bool(options.get("inspection", True))
        self._limits = Limits.of(options)
        self._wire = Wire(self._limits, platform=True)

    def body(self, prompt: Prompt) -> dict[str, Any]:
        """The request body; with `input` in it it is one for role chat, else for completions."""
        if self._endpoint == "completions" or (
            self._endpoint != "chat" and wants_completions(prompt)
        ):
            return completions_body(prompt, self.model, self._parameters, self._streams)
        return chat_body(prompt, self.model, self._parameters, self._streams, self._incremental)

    async def stream(self, body: Mapping[str, Any], prompt: Prompt) -> AsyncGenerator[Piece, None]:
        """The pieces of the reply to this body.

        Raises:
            ProviderError: see the family in base.py.
        """
        reading = ChatReading(body, prompt, self._limits)
        path, headers = self._way(body)
        async with self._wire.post(self._root + path, body, headers) as answer:
            async for objects in answer.objects():
                for event, fields in objects:
                    for piece in reading.take(event, fields) or (HEARTBEAT,):
                        yield piece
                if reading.finish:
                    answer.hurry(AFTER_THE_END_SECONDS)
        for piece in reading.end(reading.calls, answer.plain, answer.seen):
            yield piece

    async def stop(self, request_id: str, shown: str) -> None:
        """Tell the platform that nobody reads on. Takes 3 s at most, and never raises."""
        if not request_id:
            return
        body = {"requestId": request_id, "content": shown}
        with contextlib.suppress(Exception):
            async with asyncio.timeout(STOP_SECONDS):
                headers = self._headers("aca-chat-stop", stream=False)
                async with self._wire.post(f"{self._root}/v2/api/chat/stop", body, headers):
                    pass

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._wire.aclose()

    def _way(self, body: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
        if "input" not in body:
            stream = body.get("stream") is True
            return "/v2/api/completions", self._headers("aca-completion", stream)
        if not self._streams:
            return "/v2/api/chat/send", self._headers("aca-chat-send", stream=False)
        headers = self._headers("aca-chat-send-sse", stream=True)
        return "/v2/api/chat/send", headers | {"X-AcA-SSE": "enable"}

    def _headers(self, service: str, stream: bool) -> dict[str, str]:
        return {
            **bearer(self._key),
            "x-fag-appcode": "aca",
            "x-fag-servicename": service,
            "Content-Type": "application/json",
            "Accept": "text/event-stream" if stream else "application/json",
            "X-AcA-DataInspection": "enable" if self._inspects else "disable",
        }


class ChatReading(Reading):
    """Reads both endpoints: their frames differ in names more than in sense."""

    def __init__(self, body: Mapping[str, Any], prompt: Prompt, limits: Limits) -> None:
        self.chat = "input" in body
        settings = mapping(body.get("parameters"))
        super().__init__(prompt, limits, cumulative=not settings.get("incrementalOutput"))
        self.calls: list[ToolCall] = []
        self._calls_heard = ""

    def take(self, event: str, fields: dict[str, Any]) -> list[Piece]:
        """What this object adds to the reply; an error event or object is raised."""
        event = event.lower()
        if event == "error" or is_error(fields):
            raise from_event(fields, platform=True)
        if event not in REPLY_EVENTS:
            return []
        if isinstance(fields.get("data"), dict) and "choices" not in fields:
            fields = fields["data"]
        pieces = [] if self.received else self._receipt_of(fields)
        if "choices" in fields and not isinstance(fields["choices"], list | None):
            return pieces
        self.understood = self.understood or "choices" in fields
        self._counts_of(fields)
        if self.finish:
            return pieces
        pieces += self._choice(first(fields.get("choices")), fields.get("stop") is True)
        return pieces

    def _choice(self, choice: dict[str, Any], stop: bool) -> list[Piece]:
        delta = choice.get("delta")
        message = first(choice.get("messages")) if self.chat else mapping(choice.get("message"))
        reasons = (
            choice.get("finish_reason"),
            choice.get("stopReason"),
            message.get("finishReason"),
        )
        for reason in reasons:
            self.close(reason)
        self.close(None, stop)
        self._remember_calls(message)
        if isinstance(delta, dict) and not message:
            self._remember_calls(delta)
            return self.add(readable(delta.get("content")))
        return self.say(readable(message.get("content")), closing=bool(self.finish))

    def _receipt_of(self, fields: dict[str, Any]) -> list[Piece]:
        context = mapping(fields.get("context"))
        answer_id = label(context.get("answerId")) or label(fields.get("id"))
        request_id = label(context.get("requestId")) or label(fields.get("requestId")) or answer_id
        model = label(context.get("modelName")) or label(fields.get("model"))
        return self.receipt(request_id, answer_id, model)

    def _counts_of(self, fields: dict[str, Any]) -> None:
        names = (
            ("inputTokens", "outputTokens") if self.chat else ("prompt_tokens", "completion_tokens")
        )
        self.counts(fields.get("usage"), *names)

    def _remember_calls(self, message: dict[str, Any]) -> None:
        """Each frame repeats the calls so far, so the last word on them counts."""
        found = message.get("tool_calls")
        api_calls = mapping(message.get("functionCall")).get("apiCallList")
        if isinstance(found, list) and found:
            named = [
                (mapping(call).get("id"), mapping(mapping(call).get("function"))) for call in found
            ]
            heard = [(call_id, call.get("name"), call.get("arguments")) for call_id, call in named]
        elif isinstance(api_calls, list) and api_calls:
            heard = [
                (None, mapping(call).get("apiName"), mapping(call).get("parameters"))
                for call in api_calls
            ]
        else:
            return
        # Ids are given out once for each different list, or a repeated frame would use them up.
        if (written := json.dumps(heard)) != self._calls_heard:
            self._calls_heard = written
            self._taken.difference_update(call.id for call in self.calls)
            self.calls = self.made_calls(heard)
