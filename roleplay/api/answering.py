"""From a running reply to an answer: as a stream of frames, or whole."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.http import HttpResponse
from django.http.response import HttpResponseBase

from roleplay.accounts.models import ApiKey
from roleplay.api.dialects import STREAM_TYPE, Dialect, error_answer, json_answer
from roleplay.api.door import Call, broken
from roleplay.api.errors import ApiError
from roleplay.api.outcomes import fault_of
from roleplay.conversations import replying
from roleplay.conversations.models import Generation
from roleplay.http import EventStreamResponse, Heard, when_ended
from roleplay.prompting.budget import estimated_tokens, prompt_tokens
from roleplay.providers.base import Prompt, ToolCall
from roleplay.streaming.events import Event

STEPS = 200  # a repeated text is sent again when it has grown by one of so many parts
# What stands at the end of a reply whose log was lost, and which so has no end of its own.
LOST = Event(0, "end", {"status": "interrupted", "kind": "broke_off", "retry_after": None})


@dataclass(slots=True)
class Reply:
    """What has been heard of the reply to `prompt`. `new` is the text since the last look.

    Token counts are the engine's own, or our estimate where it told none.
    """

    prompt: Prompt | None = None
    text: str = ""
    new: str = ""
    calls: list[ToolCall] = field(default_factory=list)
    status: str = ""
    kind: str = ""
    retry_after: float | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    finish_reason: str = "stop"

    def take(self, events: Sequence[Event]) -> None:
        self.new = ""
        for event in events:
            data = event.data
            if event.kind == "delta":
                self.new += data["t"]
            elif event.kind == "replace":
                # What was sent cannot be taken back from who reads pieces: they get it anew.
                self.new = data["t"]
                self.text = ""
            elif event.kind == "tool":
                self.calls.append(ToolCall(data["id"], data["name"], data["arguments"]))
            elif event.kind == "end":
                self._end(data)
        self.text += self.new

    @property
    def fault(self) -> ApiError | None:
        """Why there is no whole answer, once it has ended; a stopped one is whole as it is."""
        if self.status in ("", "done") or (self.status == "stopped" and not self.kind):
            return None
        return fault_of(self.kind, self.retry_after)

    def _end(self, data: Any) -> None:
        self.status, self.kind = data["status"], data["kind"]
        self.retry_after = data["retry_after"]
        written = self.text + self.new + "".join(call.arguments for call in self.calls)
        read, told = data.get("input_tokens"), data.get("output_tokens")
        guessed = prompt_tokens(self.prompt) if read is None and self.prompt else 0
        self.input_tokens = guessed if read is None else read
        self.output_tokens = estimated_tokens(written) if told is None else told
        self.finish_reason = data.get("finish_reason") or "stop"


class Writing(Protocol):
    """Writes a reply in the words of one endpoint. `repeats`: its frames hold the whole text so far."""

    @property
    def repeats(self) -> bool: ...

    def frame(self, reply: Reply) -> str:
        """JSON of a frame while the reply goes on; "" where there is nothing to tell yet."""
        ...

    def last(self, reply: Reply) -> list[str]:
        """JSON of the closing frames."""
        ...

    def whole(self, replies: Sequence[Reply]) -> Any:
        """The body of a plain answer, envelope and all."""
        ...


class Frames:
    """Encodes events for the wire: a line of JSON each, with the dialect's lead before it.

    Whatever happens to a reply, the last thing said of it is its whole end or an error.
    """

    opening = b""

    def __init__(
        self, writing: Writing, dialect: Dialect, request_id: str, prompt: Prompt | None = None
    ) -> None:
        self._writing = writing
        self._dialect = dialect
        self._request_id = request_id
        self._reply = Reply(prompt)
        self._told = 0  # characters of the text, at the last frame
        self._untold = False

    def __call__(self, events: list[Event]) -> bytes:
        reply = self._reply
        reply.take(events)
        frames = [self._writing.frame(reply)] if self._has_news() else []
        fault = reply.fault
        if reply.status and not fault:
            frames += self._writing.last(reply)
        lead = self._dialect.lead
        text = "".join([f"{lead}{frame}\n\n" for frame in frames if frame])
        if fault:
            text += self._dialect.event(fault, self._request_id)
        return text.encode()

    def close(self) -> bytes:
        """Nothing, unless the reply never said that it ended."""
        return b"" if self._reply.status else self([LOST])

    def fail(self, error: Exception) -> bytes:
        fault = broken(self._request_id, error)
        return self._dialect.event(fault, self._request_id).encode()

    def _has_news(self) -> bool:
        """Whether there is something to tell, and enough of it for a frame."""
        reply = self._reply
        self._untold = self._untold or bool(reply.new)
        if not self._untold or self._can_wait():
            return False
        self._untold, self._told = False, len(reply.text)
        return True

    def _can_wait(self) -> bool:
        """Whether what is untold comes with a later frame.

        Where each one repeats the whole text, a long text waits until it has grown by its two hundredth
        part: what is sent then grows with the text and not with its square. An error holds no text.
        """
        reply = self._reply
        if not self._writing.repeats:
            return False
        if reply.status:
            return not reply.fault and not reply.new
        return abs(len(reply.text) - self._told) * STEPS < len(reply.text)


def begun(call: Call, prompt: Prompt, count: int = 1) -> list[Generation]:
    """So many answers to this prompt, outside of any chat: all of them, or none if one is refused."""
    generations: list[Generation] = []
    try:
        for _ in range(count):
            generations.append(replying.answer_once(call.user, prompt, call.key))
    except Exception:
        _let_go(generations)
        raise
    return generations


def answer_reply(
    call: Call, generations: Sequence[Generation], writing: Writing
) -> HttpResponseBase:
    """The reply in this endpoint's words: streamed if the call asked for it, else whole.

    Several generations are several answers to one question, for plain calls alone.
    """
    if not call.streams:
        return _whole(call, generations, writing.whole)
    (generation,) = generations
    response = EventStreamResponse(
        call.request,
        replying.listen(generation, 0),
        lambda: ApiKey.objects.live().filter(pk=call.key.pk).exists(),
        wire=Frames(writing, call.dialect, call.request_id, generation.sent),
        leave=lambda: _let_go(generations),
    )
    response["Content-Type"] = STREAM_TYPE
    return response


def read_whole(call: Call, generation: Generation, make: Callable[[Reply], Any]) -> HttpResponse:
    """The answer whose `data` is what `make` gives once the reply is complete.

    An ApiError of its own is the answer, too.
    """

    def enveloped(replies: Sequence[Reply]) -> dict[str, Any]:
        data = make(replies[0])
        return {"requestId": call.request_id, "code": 200, "data": data, "success": True}

    return _whole(call, [generation], enveloped)


def _whole(
    call: Call, generations: Sequence[Generation], make: Callable[[Sequence[Reply]], Any]
) -> HttpResponse:
    def answer(heard: Heard) -> HttpResponse:
        replies = [Reply(generation.sent) for generation in generations]
        try:
            for reply, events in zip(replies, heard, strict=True):
                reply.take(events)
                if not reply.status:
                    reply.take([LOST])
                if fault := reply.fault:
                    raise fault
            return json_answer(make(replies))
        except ApiError as error:
            return error_answer(call.dialect, error, call.request_id)

    def fail(error: Exception) -> HttpResponse:
        return error_answer(call.dialect, broken(call.request_id, error), call.request_id)

    readers = [replying.listen(generation, 0) for generation in generations]
    return when_ended(call.request, readers, answer, fail, lambda: _let_go(generations))


def _let_go(generations: Sequence[Generation]) -> None:
    """An answer outside of any chat is kept nowhere: without a reader it need not be written."""
    for generation in generations:
        if generation.conversation_id is None:
            replying.stop_reply(generation)
