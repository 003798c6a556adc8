"""Speaks `/chat/completions` as OpenAI's many relatives understand it, and forgives their ways."""

import json
import re
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlsplit

from roleplay.providers import base
from roleplay.providers.base import HEARTBEAT, Piece, Prompt, ToolCall, Turn
from roleplay.providers.faults import from_event, is_error
from roleplay.providers.flatten import stage_direction, words_for
from roleplay.providers.patience import Limits
from roleplay.providers.reading import MOST_CALLS, Reading, bearer, label, readable
from roleplay.providers.strict_json import mapping, text_of
from roleplay.providers.wire import Wire

VERSION = re.compile(r"v\d+\w*")
PATH = "/chat/completions"
AFTER_THE_END_SECONDS = 2.0
# What a caller may ask for and every server takes.
ASKED = {name: name for name in ("temperature", "top_p", "seed", "max_tokens", "stop")}
REPLY_EVENTS = {"", "message", "data", "completion"}


def chat_address(base_url: str) -> str:
    """The address to post to; `base_url` may end in a slash, a version, or the whole path."""
    root = base_url.strip().rstrip("/")
    if root.endswith(PATH):
        return root
    try:
        steps = urlsplit(root).path.split("/")
    except ValueError:
        return root
    versioned = any(VERSION.fullmatch(step) for step in steps)
    return root + ("" if versioned else "/v1") + PATH


class OpenAICompatibleProvider:
    """A server at `base_url`.

    `options`: `stream` and `include_usage` (true unless said otherwise), `prefill` (true: a partial
    reply goes last, for servers that go on from it), and those of `Limits`. `parameters` go into
    the request as they are.
    """

    name: ClassVar[str] = "openai"

    def __init__(
        self,
        base_url: str,
        key: str = "",
        model: str = "",
        parameters: Mapping[str, Any] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        options = options or {}
        self.model = model
        self._address = chat_address(base_url)
        self._key = key
        self._parameters = dict(parameters or {})
        self._streams = bool(options.get("stream", True))
        self._wants_usage = bool(options.get("include_usage", True))
        self._prefills = bool(options.get("prefill", False))
        self._limits = Limits.of(options)
        self._wire = Wire(self._limits)

    def body(self, prompt: Prompt) -> dict[str, Any]:
        """The request body."""
        asked = prompt.sampling.over(self._parameters, ASKED)
        body: dict[str, Any] = {**asked, "stream": self._streams}
        if self.model:
            body["model"] = self.model
        if self._streams and self._wants_usage:
            body["stream_options"] = {"include_usage": True}
        direction = stage_direction(prompt)
        system = [{"role": "system", "content": direction}] if direction else []
        # A result may be empty, and its call wants it all the same.
        spoken = [
            turn for turn in prompt.turns if turn.text or turn.tool_calls or turn.tool_call_id
        ]
        turns = [_message(turn) for turn in spoken]
        body["messages"] = [*system, *turns, *self._continuation(prompt)]
        if prompt.tools:
            body["tools"] = [
                {
                    "type": "function",
                    "function": {
                        "name": tool.name,
                        "description": tool.description,
                        "parameters": dict(tool.parameters),
                    },
                }
                for tool in prompt.tools
            ]
        return body

    async def stream(self, body: Mapping[str, Any], prompt: Prompt) -> AsyncGenerator[Piece, None]:
        """The pieces of the reply to this body.

        Raises:
            ProviderError: see the family in base.py.
        """
        reading = CompletionReading(prompt, self._limits)
        headers = {
            **bearer(self._key),
            "Content-Type": "application/json",
            "Accept": "text/event-stream" if self._streams else "application/json",
        }
        async with self._wire.post(self._address, body, headers) as answer:
            async for objects in answer.objects():
                for event, fields in objects:
                    for piece in reading.take(event, fields) or (HEARTBEAT,):
                        yield piece
                if reading.finish:
                    answer.hurry(AFTER_THE_END_SECONDS)
        for piece in reading.end(reading.calls(), answer.plain, answer.seen):
            yield piece

    async def stop(self, request_id: str, shown: str) -> None:
        """Nothing to tell: these servers stop when the line is closed."""

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._wire.aclose()

    def _continuation(self, prompt: Prompt) -> list[dict[str, Any]]:
        if not prompt.start_of_reply:
            return []
        started = {"role": "assistant", "content": prompt.start_of_reply}
        if self._prefills:
            return [started]
        return [started, {"role": "user", "content": words_for(prompt.character).go_on}]


def _message(turn: Turn) -> dict[str, Any]:
    message: dict[str, Any] = {"role": turn.role, "content": turn.text}
    if turn.role == "tool":
        message["tool_call_id"] = turn.tool_call_id
    if turn.tool_calls:
        message["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in turn.tool_calls
        ]
    return message


@dataclass(slots=True)
class CallParts:
    """A tool call whose arguments come in fragments."""

    id: str = ""
    name: str = ""
    arguments: str = ""


class CompletionReading(Reading):
    """Reads chunks with `delta`, and whole answers with `message`."""

    def __init__(self, prompt: Prompt, limits: Limits) -> None:
        super().__init__(prompt, limits)
        self._parts: dict[int, CallParts] = {}
        self._most = limits.characters
        self._index: Any = None
        self._declined = False

    def take(self, event: str, fields: dict[str, Any]) -> list[Piece]:
        """What this object adds to the reply; an error object is raised."""
        event = event.lower()
        if event == "error" or is_error(fields):
            raise from_event(fields)
        if event not in REPLY_EVENTS:
            return []
        choices = fields.get("choices")
        pieces = [] if self.received else self._receipt_of(fields)
        self.counts(fields.get("usage"), "prompt_tokens", "completion_tokens")
        if "choices" in fields and isinstance(choices, list | None):
            self.understood = True
            for choice in choices or []:
                choice = mapping(choice)
                if self._is_ours(choice):
                    pieces += self._choice(choice)
        return pieces

    def _receipt_of(self, fields: dict[str, Any]) -> list[Piece]:
        answer_id = label(fields.get("id"))
        return self.receipt(answer_id, answer_id, label(fields.get("model")))

    def calls(self) -> list[ToolCall]:
        """The tool calls, whole."""
        if self._declined and not self._wording.text.strip():
            raise base.Refused("the model declined")
        parts = [self._parts[index] for index in sorted(self._parts)]
        return self.made_calls([(part.id, part.name, part.arguments or "{}") for part in parts])

    def _is_ours(self, choice: dict[str, Any]) -> bool:
        """Where several answers were asked for, the first one that speaks is the reply."""
        index = choice.get("index")
        if self._index is None:
            self._index = index
        return bool(index == self._index or index is None) and not self.finish

    def _choice(self, choice: dict[str, Any]) -> list[Piece]:
        delta = choice.get("delta")
        message = delta if isinstance(delta, dict) else mapping(choice.get("message"))
        content = readable(message.get("content"))
        if isinstance(calls := message.get("tool_calls"), list):
            for place, call in enumerate(calls):
                self._part(place, mapping(call))
        if "refusal" in message and text_of(message["refusal"]):
            self._declined = True
        pieces = self.add(content or text_of(choice.get("text")))
        if (reason := choice.get("finish_reason")) is not None:
            self.close(reason)
        return pieces

    def _part(self, place: int, call: dict[str, Any]) -> None:
        index = call.get("index")
        where = index if isinstance(index, int) and 0 <= index < 10_000 else place
        function = mapping(call.get("function"))
        call_id, name = label(call.get("id")), label(function.get("name"))
        part = self._parts.get(where)
        if part is not None and call_id and part.id and call_id != part.id:
            # Some servers number every call 0: another id is another call.
            where = max(self._parts) + 1
            part = None
        if part is None:
            part = self._parts[where] = CallParts()
        part.id, part.name = part.id or call_id, part.name or name
        arguments = function.get("arguments")
        part.arguments += _written(arguments)
        if len(part.arguments) > self._most or len(self._parts) > MOST_CALLS:
            raise base.TooMuch("tool calls without end")


def _written(arguments: Any) -> str:
    if isinstance(arguments, str):
        return arguments
    return "" if arguments is None else json.dumps(arguments, ensure_ascii=False)
