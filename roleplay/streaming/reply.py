"""One running reply: the text so far, and what is to be kept of it."""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from roleplay.providers.base import Receipt, ToolCall, Usage


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a reply holds at one moment. `text` is the whole message, `number` its last event."""

    key: str
    text: str
    number: int
    receipt: Receipt
    first_text: datetime | None


@dataclass(frozen=True, slots=True)
class Ending:
    """How a reply ended. `status`: done, stopped, interrupted or failed; `kind` says why."""

    snapshot: Snapshot
    status: str
    kind: str = ""
    retry_after: float | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    usage: Usage | None = None


@dataclass(slots=True)
class Reply:
    """The runner's own record of a reply. `base` is the text that stood before it began."""

    key: str
    person: str
    base: str = ""
    parts: list[str] = field(default_factory=list)
    length: int = 0
    number: int = 0
    kept_number: int = 0
    kept_at: float = field(default_factory=time.monotonic)
    receipt: Receipt = field(default_factory=Receipt)
    tool_calls: list[ToolCall] = field(default_factory=list)
    usage: Usage | None = None
    first_text: datetime | None = None
    started: float = field(default_factory=time.monotonic)
    heard: float = field(default_factory=time.monotonic)
    task: asyncio.Task[None] | None = None
    reading: bool = False
    silence: float | None = None  # seconds, where this engine is given more or less than others
    # Why reading was broken off from our side: the status and kind to end with.
    ordered_end: tuple[str, str] | None = None

    @property
    def text(self) -> str:
        if len(self.parts) > 1:
            self.parts = ["".join(self.parts)]
        return self.base + (self.parts[0] if self.parts else "")

    def add(self, text: str) -> None:
        self.parts.append(text)
        self.length += len(text)
        if self.first_text is None:
            self.first_text = datetime.now(UTC)

    def rewrite(self, text: str) -> None:
        self.parts = []
        self.length = 0
        self.add(text)

    def snapshot(self) -> Snapshot:
        return Snapshot(self.key, self.text, self.number, self.receipt, self.first_text)
