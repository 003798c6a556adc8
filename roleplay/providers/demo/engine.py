"""The demo engine as a provider."""

import asyncio
import json
import random
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import asdict, replace
from typing import Any, ClassVar

from roleplay.providers.base import (
    Delta,
    Pause,
    Piece,
    Prompt,
    Receipt,
    Rejected,
    Replacement,
    TimedOut,
    ToolCall,
    Usage,
)
from roleplay.providers.demo.assistant import talk_for
from roleplay.providers.demo.hearing import last_words
from roleplay.providers.demo.orders import Order, kinds_in, order_in
from roleplay.providers.demo.talk import TURNS_READ, lines_for
from roleplay.providers.demo.tasks import done
from roleplay.text import HAN

NOTE = (
    "No model is asked. The demo engine answers with prepared lines and the character's own card."
)
LONG = 600  # pieces
LONG_SILENCE = 3600.0  # seconds; whoever waits for us gives up before
BUSY = 3.0
SLOW_START, SLOW_PIECE = 9.0, 0.5
WORD = re.compile(r"[A-Za-z0-9'’-]+[ \t]*|.", re.DOTALL)
SENTENCE_ENDS = tuple("。！？….!?\n")

Sleep = Callable[[float], Awaitable[object]]


class DemoProvider:
    """Answers offline, in character, and never pretends to be a model.

    `pace`: pieces a second, 0 for as fast as it goes. `seed`: the same prompt then always gets the
    same reply; without one every attempt comes out differently. The prompt's own sampling goes
    before it: its `seed`, its `max_tokens` and its `stop`; the rest means nothing to prepared
    lines. Token counts are estimates: one for a Han character, one for four others.
    """

    name: ClassVar[str] = "demo"

    def __init__(
        self,
        pace: float = 14.0,
        seed: int | None = None,
        options: Mapping[str, Any] | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        options = options or {}
        self.model = "demo"
        self.pace = float(options.get("pace", pace))
        seed = options.get("seed", seed)
        self.seed = None if seed is None else int(seed)
        self.sleep = sleep

    def body(self, prompt: Prompt) -> dict[str, Any]:
        """What the engine works with, and that no model does. `seed` makes the reply repeatable."""
        told = prompt.sampling.seed if prompt.sampling.seed is not None else self.seed
        seed = random.getrandbits(31) if told is None else told
        return {
            "engine": self.name,
            "note": NOTE,
            "seed": seed,
            "character": {**asdict(prompt.character), "params": dict(prompt.character.params)},
            "persona": {"name": prompt.persona.name, "about": prompt.persona.about},
            "scenario": prompt.scenario,
            "examples": [{"role": turn.role, "text": turn.text} for turn in prompt.examples],
            "turns": [
                {"role": turn.role, "text": turn.text} for turn in prompt.turns[-TURNS_READ:]
            ],
            "tools": [tool.name for tool in prompt.tools],
            "start_of_reply": prompt.start_of_reply,
            **_more(prompt),
        }

    async def stream(self, body: Mapping[str, Any], prompt: Prompt) -> AsyncGenerator[Piece, None]:
        """The reply; orders in the message (`/demo …`) make it fail or behave in the asked way."""
        chance = f"{body['seed']}:{len(prompt.turns)}:{last_words(prompt)}"
        rng = random.Random(chance)  # noqa: S311 (it chooses lines and guards nothing)
        yield Receipt(request_id=f"{rng.getrandbits(128):032x}", model=self.model)
        prompt = replace(prompt, turns=prompt.turns[-TURNS_READ:])
        reply = _Reply(self, prompt, rng)
        async for piece in reply.pieces():
            yield piece

    async def stop(self, request_id: str, shown: str) -> None:
        """Nobody stands behind this engine who would have to be told."""

    async def aclose(self) -> None:
        """Nothing is held open."""


def _more(prompt: Prompt) -> dict[str, Any]:
    """What only some prompts have."""
    parts = {
        "memory": list(prompt.memory),
        "max_tokens": prompt.sampling.max_tokens,
        "stop": list(prompt.sampling.stop),
        "task": prompt.task,
        "material": asdict(prompt.material) if prompt.task else None,
    }
    return {name: part for name, part in parts.items() if part}


class _Reply:
    """One reply on its way out."""

    def __init__(self, engine: DemoProvider, prompt: Prompt, rng: random.Random) -> None:
        self.prompt, self.rng = prompt, rng
        self.sleep = engine.sleep
        self.interval = 1 / engine.pace if engine.pace > 0 else 0.0
        self.talk = talk_for(prompt, rng)
        self.written = ""
        self.cut = False

    async def pieces(self) -> AsyncGenerator[Piece, None]:
        if self.prompt.task:
            ways = self.do_task()
        elif order := order_in(self.prompt):
            ways = self.obey(order)
        else:
            ways = self.answer()
        async for piece in ways:
            yield piece

    async def answer(self) -> AsyncGenerator[Piece, None]:
        await self.sleep(6 * self.interval)
        if call := self.talk.tool_call():
            async for piece in self.ask(call):
                yield piece
            return
        async for piece in self.write(self.talk.reply()):
            yield piece
        yield self.usage()

    async def do_task(self) -> AsyncGenerator[Piece, None]:
        """Work that nobody watches being written, and which therefore takes no time."""
        self.interval = 0.0
        text = done(self.prompt)
        if text is None:
            raise Rejected("the demo engine has not learnt this task")
        async for piece in self.write(text):
            yield piece
        yield self.usage()

    async def obey(self, order: Order) -> AsyncGenerator[Piece, None]:
        ways: dict[str, Callable[[Order], AsyncGenerator[Piece, None]]] = {
            "fail": self.fail,
            "busy": self.be_busy,
            "slow": self.be_slow,
            "long": self.be_long,
            "silent": self.be_silent,
            "replace": self.rewrite,
            "tools": self.ask_for_tool,
        }
        async for piece in ways.get(order.way, self.list_orders)(order):
            yield piece

    async def write(self, text: str) -> AsyncGenerator[Piece, None]:
        """The text in pieces of a few characters, at about the engine's pace, as far as it may go."""
        for piece in in_pieces(self.up_to_stop(text), self.rng):
            if not self.has_room(piece):
                self.cut = True
                return
            self.written += piece
            yield Delta(piece)
            breath = 2.5 if piece.endswith(SENTENCE_ENDS) else self.rng.uniform(0.6, 1.2)
            await self.sleep(self.interval * breath)

    def up_to_stop(self, text: str) -> str:
        """The text before the first of the words at which the reply is to stop."""
        places = [text.find(stop) for stop in self.prompt.sampling.stop if stop]
        return text[: min((place for place in places if place >= 0), default=len(text))]

    def has_room(self, piece: str) -> bool:
        most = self.prompt.sampling.max_tokens
        return most is None or estimated_tokens(self.written + piece) <= most

    def usage(self, finish_reason: str = "stop") -> Usage:
        finish_reason = "length" if self.cut else finish_reason
        read = json.dumps(
            [turn.text for turn in self.prompt.turns] + [self.prompt.character.description],
            ensure_ascii=False,
        )
        return Usage(estimated_tokens(read), estimated_tokens(self.written), finish_reason)

    async def fail(self, order: Order) -> AsyncGenerator[Piece, None]:
        await self.sleep(6 * self.interval)
        if order.late:
            text = self.talk.reply()
            async for piece in self.write(text[: max(8, len(text) // 3)]):
                yield piece
        raise order.error()

    async def be_busy(self, order: Order) -> AsyncGenerator[Piece, None]:
        yield Pause(BUSY, "rate_limited")
        await self.sleep(BUSY)
        async for piece in self.write(self.talk.reply()):
            yield piece
        yield self.usage()

    async def be_slow(self, order: Order) -> AsyncGenerator[Piece, None]:
        await self.sleep(SLOW_START)
        self.interval = max(self.interval, SLOW_PIECE)
        async for piece in self.write(self.talk.reply()):
            yield piece
        yield self.usage()

    async def be_long(self, order: Order) -> AsyncGenerator[Piece, None]:
        text = self.talk.at_length(LONG, lambda text: len(in_pieces(text, self.rng)))
        async for piece in self.write(text):
            yield piece
        yield self.usage()

    async def be_silent(self, order: Order) -> AsyncGenerator[Piece, None]:
        async for piece in self.write(""):
            yield piece
        await self.sleep(LONG_SILENCE)
        raise TimedOut("asked for by a /demo order")

    async def rewrite(self, order: Order) -> AsyncGenerator[Piece, None]:
        first, second = lines_for(order.language).replaced
        async for piece in self.write(first):
            yield piece
        self.written = self.talk.speech(second)
        yield Replacement(self.written)
        async for piece in self.write(f"\n\n{self.talk.reply()}"):
            yield piece
        yield self.usage()

    async def ask_for_tool(self, order: Order) -> AsyncGenerator[Piece, None]:
        if not self.prompt.tools:
            async for piece in self.write(lines_for(order.language).no_tools):
                yield piece
            yield self.usage()
            return
        tool = self.prompt.tools[0]
        arguments = json.dumps(example_of(tool.parameters), ensure_ascii=False)
        call = ToolCall(f"call_{self.rng.getrandbits(64):016x}", tool.name, arguments)
        async for piece in self.ask(call):
            yield piece

    async def ask(self, call: ToolCall) -> AsyncGenerator[Piece, None]:
        yield call
        self.written = call.arguments
        yield self.usage("tool_calls")

    async def list_orders(self, order: Order) -> AsyncGenerator[Piece, None]:
        lines = lines_for(order.language)
        text = lines.orders.format(kinds=kinds_in(order.language))
        if order.way == "?":
            text = f"{lines.unknown_order.format(order=order.text)}\n{text}"
        async for piece in self.write(text):
            yield piece
        yield self.usage()


def in_pieces(text: str, rng: random.Random) -> list[str]:
    """The text cut as a model would give it: a Latin word, or one to three other characters."""
    pieces: list[str] = []
    room = 0
    for unit in WORD.findall(text):
        if room and not (unit[0].isascii() and unit[0].isalnum()):
            pieces[-1] += unit
            room -= 1
            continue
        pieces.append(unit)
        room = 0 if len(unit) > 1 and unit[0].isascii() else rng.randrange(3)
    return pieces


def estimated_tokens(text: str) -> int:
    """One token for a Han character, one for every four others, rounded up."""
    han = len(HAN.findall(text))
    return han - (han - len(text)) // 4


def example_of(schema: Mapping[str, Any]) -> Any:
    """A value that fits this JSON Schema, as far as the simple part of the language goes."""
    if choices := schema.get("enum"):
        return choices[0]
    if "default" in schema:
        return schema["default"]
    kind = schema.get("type", "object" if "properties" in schema else "string")
    if kind == "object":
        properties = schema.get("properties", {})
        wanted = schema.get("required", list(properties))
        return {name: example_of(properties.get(name, {})) for name in wanted}
    simple: dict[str, Any] = {
        "integer": 1,
        "number": 1.0,
        "boolean": True,
        "array": [],
        "null": None,
    }
    return simple.get(kind, "示例")
