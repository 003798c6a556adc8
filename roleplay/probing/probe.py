"""The five steps: reachable, key, model, replies, streams. Each knows how it went and why.

The first opens a line to the address and says nothing. The other four come from one short, real
request, since no engine has a better test of itself: what goes wrong names the step it belongs to.
"""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from socket import gaierror
from typing import Any
from urllib.parse import urlsplit

from roleplay.providers.base import (
    CharacterSheet,
    Delta,
    Empty,
    PersonaSheet,
    Prompt,
    Provider,
    ProviderError,
    Receipt,
    Replacement,
    TimedOut,
    ToolCall,
    Turn,
    Unreachable,
    Usage,
)

STEPS = ("reachable", "key", "model", "replies", "streams")
# The step that an error belongs to; those that are not named here belong to the reply itself.
STEP_OF = {
    "unreachable": "reachable",
    "unauthorized": "key",
    "out_of_money": "key",
    "model_gone": "model",
}

SLOW_LINE = 1.0
SLOW_REPLY = 8.0
LINE_SECONDS = 10.0
REPLY_SECONDS = 60.0
# A few words are enough; more would only cost tokens.
ENOUGH_PIECES = 12
SHOWN_CHARS = 80
# A proxy that gathers the stream hands it over in one go after a wait.
GATHERED_WITHIN = 0.02
GATHERED_AFTER = 1.0

GREETINGS = {
    "zh-Hans": ("灯下", "一位温和的值夜人。", "你好。请用一句话打个招呼。"),
    "en": ("Lamplight", "A kind keeper of the night.", "Hello. Please greet me in one sentence."),
}


@dataclass(frozen=True, slots=True)
class Step:
    """`state`: pending, ok, slow or failed. `cause` names a sentence of words.CAUSES ("": none).

    `seconds`: how long the line or the first word took. `said`: the beginning of the
    reply, told with the last step.
    """

    name: str
    state: str = "pending"
    cause: str = ""
    seconds: float | None = None
    said: str = ""


async def probe(
    provider: Provider,
    address: str = "",
    language: str = "zh-Hans",
    clock: Callable[[], float] = time.monotonic,
) -> AsyncIterator[Step]:
    """Yields the steps in order, each when it is known, and ends after the first that failed.

    `address`: where the provider speaks to; "" for an engine that lives in this process.
    """
    line = await _line(address, clock)
    yield line
    if line.state == "failed":
        return
    reply = _Reply(clock)
    try:
        async for name in reply.steps(provider, sample_prompt(language)):
            yield reply.step(name)
    except ProviderError as error:
        for step in reply.failed(error):
            yield step


def sample_prompt(language: str) -> Prompt:
    name, description, question = GREETINGS.get(language, GREETINGS["en"])
    return Prompt(
        character=CharacterSheet(name=name, description=description, language=language),
        persona=PersonaSheet(user_id="connection-test"),
        turns=(Turn("user", question),),
    )


async def _line(address: str, clock: Callable[[], float]) -> Step:
    if not address:
        return Step("reachable", "ok")
    start = clock()
    cause = await _fault_of_line(address)
    seconds = clock() - start
    if cause:
        return Step("reachable", "failed", cause, seconds)
    slow = seconds > SLOW_LINE
    return Step("reachable", "slow" if slow else "ok", "slow_line" if slow else "", seconds)


async def _fault_of_line(address: str) -> str:
    parts = urlsplit(address)
    secure = parts.scheme == "https"
    options: dict[str, Any] = {"ssl": ssl.create_default_context()} if secure else {}
    try:
        opening = asyncio.open_connection(
            parts.hostname, parts.port or (443 if secure else 80), **options
        )
        _reader, writer = await asyncio.wait_for(opening, LINE_SECONDS)
    except gaierror:
        return "name"
    except ssl.SSLCertVerificationError:
        return "certificate"
    except ssl.SSLError:
        return "tls"
    except ConnectionRefusedError:
        return "refused"
    except TimeoutError:
        return "no_line"
    except OSError:
        return "network"
    writer.transport.abort()
    return ""


class _Reply:
    """Reads one short reply and notes what it proves."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._start = clock()
        self._times: list[float] = []
        self._text = ""
        self._request_id = ""
        self._proved: list[str] = ["reachable"]

    async def steps(self, provider: Provider, prompt: Prompt) -> AsyncIterator[str]:
        """The names of the steps as they are proved."""
        pieces: Any = provider.stream(provider.body(prompt), prompt)
        ended = False
        async with aclosing(pieces):
            async for piece in self._in_time(pieces):
                for name in self._proved_by(piece):
                    yield name
                ended = isinstance(piece, Usage)
                if ended or len(self._times) >= ENOUGH_PIECES:
                    break
        if not ended:
            await provider.stop(self._request_id, self._text)
        if not self._text.strip() and "replies" not in self._proved:
            raise Empty
        yield "streams"

    async def _in_time(self, pieces: Any) -> AsyncIterator[Any]:
        until = self._start + REPLY_SECONDS
        while True:
            try:
                yield await asyncio.wait_for(anext(pieces), max(0.01, until - self._clock()))
            except StopAsyncIteration:
                return
            except TimeoutError as error:
                raise TimedOut from error

    def _proved_by(self, piece: object) -> list[str]:
        """Any answer proves key and model; the first words prove that it replies."""
        proved = []
        if isinstance(piece, Receipt):
            self._request_id = piece.request_id or self._request_id
        if isinstance(piece, Receipt | Delta | Replacement | ToolCall | Usage):
            proved += ["key", "model"]
        if isinstance(piece, Delta) and piece.text:
            self._text += piece.text
            self._times.append(self._clock())
            proved.append("replies")
        elif isinstance(piece, Replacement):
            self._text = piece.text
            proved.append("replies")
        elif isinstance(piece, ToolCall):
            proved.append("replies")
        new = [name for name in proved if name not in self._proved]
        self._proved += new
        return new

    def step(self, name: str) -> Step:
        if name == "replies":
            return self._first_words()
        if name == "streams":
            return self._rhythm()
        return Step(name, "ok")

    def _first_words(self) -> Step:
        seconds = (self._times[0] if self._times else self._clock()) - self._start
        slow = seconds > SLOW_REPLY
        return Step(
            "replies",
            "slow" if slow else "ok",
            "slow_reply" if slow else "",
            seconds,
        )

    def _rhythm(self) -> Step:
        """Slow where the words came, but not one after another."""
        said = self._text[:SHOWN_CHARS]
        if len(self._times) < 2:
            return Step("streams", "slow", "one_piece", said=said)
        first, last = self._times[0], self._times[-1]
        if last - first < GATHERED_WITHIN and first - self._start > GATHERED_AFTER:
            return Step("streams", "slow", "gathered", said=said)
        return Step("streams", "ok", said=said)

    def failed(self, error: ProviderError) -> list[Step]:
        """The step that failed, after those that the error itself proves."""
        name = STEP_OF.get(error.kind, "replies")
        if name in self._proved or (name == "replies" and "replies" in self._proved):
            name = "streams" if "replies" in self._proved else "replies"
        if isinstance(error, Unreachable | TimedOut) and "replies" not in self._proved:
            # The line stood a moment ago, and nothing is known of key and model.
            return [Step("key" if "key" not in self._proved else "replies", "failed", error.kind)]
        before = STEPS[: STEPS.index(name)]
        passed = [Step(step, "ok") for step in before if step not in self._proved]
        return [*passed, Step(name, "failed", error.kind)]
