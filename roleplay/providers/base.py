"""The values that engines are given and give back, and the small family of what can go wrong.

Everything here is plain and immutable. A provider is handed a `Prompt` and yields, in this order:
at most one `Receipt`, any number of `Delta`, `Replacement`, `ToolCall`, `Heartbeat` and `Pause`, and one closing
`Usage`. Whatever goes wrong is raised as a `ProviderError`.
"""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A model asks for a tool. `arguments` is the JSON text as the model wrote it, unchecked."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool the model may ask for. `parameters` is a JSON Schema; an empty `id` means the name."""

    name: str
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    id: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """A message as an engine sees it. `role`: system, user, assistant or tool."""

    role: str
    text: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""


@dataclass(frozen=True, slots=True)
class CharacterSheet:
    """Who answers. `kind`: virtual, reproduction or assistant.

    A role has one of three forms: a platform character where `platform_id` is set, else a template
    role where `template_id` is set, else a custom role made of name, description and traits.
    """

    name: str
    kind: str = "virtual"
    sex: str = ""
    birthday: str = ""
    age: int | None = None
    tagline: str = ""
    description: str = ""
    traits: str = ""
    greeting: str = ""
    template_id: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    platform_id: str = ""
    platform_version: int | None = None
    open_line: bool = False
    language: str = "zh-Hans"


@dataclass(frozen=True, slots=True)
class PersonaSheet:
    """Who speaks to the character. `user_id` is opaque, one per person and conversation."""

    user_id: str
    name: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a reply is drawn, as far as whoever asks for it has a say; None: as the connection has it.

    `max_tokens` may only be less than what the connection allows.
    """

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    seed: int | None = None
    max_tokens: int | None = None
    min_tokens: int | None = None
    stop: tuple[str, ...] = ()

    def over(self, parameters: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
        """The connection's parameters with these over them, under an engine's own names.

        `names` is from ours to the engine's; what it does not hold, the engine does not take.
        """
        merged = dict(parameters)
        for ours, theirs in names.items():
            value = getattr(self, ours)
            if value is None or value == ():
                continue
            allowed = merged.get(theirs)
            if ours == "max_tokens" and isinstance(allowed, int):
                value = min(value, allowed)
            merged[theirs] = list(value) if ours == "stop" else value
        return merged


@dataclass(frozen=True, slots=True)
class Line:
    """What somebody said in a talk that is only spoken about. `name` where several talk."""

    role: str
    text: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Material:
    """What a task works on: the lines of a talk, or a text as one line, and what it may choose
    from, which are the keys that are wanted or the names of a group.
    """

    lines: tuple[Line, ...] = ()
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prompt:
    """Everything a reply is made from, still in parts: each provider flattens it last.

    `turns` are in time order and end with what is to be answered. `start_of_reply` holds the text
    that the reply already has when it is to be continued; it is not among the turns. `memory` holds
    what is remembered of earlier talks, a sentence each. `task` is empty for a reply in character;
    otherwise it names the work that the prompt describes in words (see prompting.tasks), and
    `material` is what the words are about: both for the demo engine, which cannot read them.
    """

    character: CharacterSheet
    persona: PersonaSheet
    turns: tuple[Turn, ...]
    scenario: str = ""
    examples: tuple[Turn, ...] = ()
    tools: tuple[Tool, ...] = ()
    start_of_reply: str = ""
    memory: tuple[str, ...] = ()
    sampling: Sampling = Sampling()
    task: str = ""
    material: Material = Material()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the engine calls this reply: `request_id` is what its stop call wants."""

    request_id: str = ""
    answer_id: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True)
class Delta:
    """The next piece of text."""

    text: str


@dataclass(frozen=True, slots=True)
class Replacement:
    """The engine rewrote what it had said: this is the whole text now."""

    text: str


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The engine is at work and has nothing to show for it yet: it thinks."""


HEARTBEAT = Heartbeat()


@dataclass(frozen=True, slots=True)
class Pause:
    """The engine is busy; it is asked again after so many seconds."""

    seconds: float
    kind: str


@dataclass(frozen=True, slots=True)
class Usage:
    """The closing word. Token counts are None where the engine did not tell."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    finish_reason: str = "stop"


Piece = Receipt | Delta | Replacement | ToolCall | Heartbeat | Pause | Usage


class Provider(Protocol):
    """An engine. One object serves many replies at once and keeps nothing of any of them."""

    name: ClassVar[str]
    model: str

    def body(self, prompt: Prompt) -> dict[str, Any]:
        """The request body exactly as `stream` will send it; it holds no key."""
        ...

    def stream(self, body: Mapping[str, Any], prompt: Prompt) -> AsyncGenerator[Piece, None]:
        """Send this body and yield what comes back. Closing the iterator closes the line."""
        ...

    async def stop(self, request_id: str, shown: str) -> None:
        """Tell the engine that nobody reads on; `shown` is the text so far. Never raises."""
        ...

    async def aclose(self) -> None: ...


class ProviderError(Exception):
    """Something went wrong with an engine.

    `kind` names what people are told; `retryable` says whether the same request may do better
    later, `retry_after` when (seconds; None: not said). The message is for the operator's log and
    holds nothing of the conversation and no text of the engine's.
    """

    kind: ClassVar[str] = "upstream"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str = "", retry_after: float | None = None) -> None:
        super().__init__(message or self.kind)
        self.retry_after = retry_after


class Unauthorized(ProviderError):
    """The key is missing, wrong or may not do this."""

    kind = "unauthorized"


class OutOfMoney(ProviderError):
    """The account behind the key has nothing left."""

    kind = "out_of_money"


class RateLimited(ProviderError):
    """Too much at once; `retry_after` says when, if the engine did."""

    kind = "rate_limited"
    retryable = True


class Refused(ProviderError):
    """Content inspection or the model's own policy declined."""

    kind = "refused"


class TooLong(ProviderError):
    """More than the model can read."""

    kind = "too_long"


class ModelGone(ProviderError):
    """No such model, character or path."""

    kind = "model_gone"


class Rejected(ProviderError):
    """The engine did not accept the request: a setting of the connection is wrong."""

    kind = "rejected"


class Unreachable(ProviderError):
    """No connection: name, network, TLS or a closed port."""

    kind = "unreachable"
    retryable = True


class TimedOut(ProviderError):
    """No answer, or silence in the middle of one."""

    kind = "timed_out"
    retryable = True


class Interrupted(ProviderError):
    """The answer broke off before its end."""

    kind = "broke_off"
    retryable = True


class Upstream(ProviderError):
    """The engine failed (5xx, an error event)."""

    kind = "upstream"
    retryable = True


class Nonsense(ProviderError):
    """What came back cannot be understood."""

    kind = "nonsense"


class TooMuch(ProviderError):
    """What came back is larger than any reply may be."""

    kind = "too_much"


class Empty(ProviderError):
    """A reply without a word."""

    kind = "empty"
    retryable = True
