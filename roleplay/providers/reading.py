"""What every wire's reader keeps while a reply comes in, and how a reply ends."""

import json
import re
from typing import Any

from roleplay.providers import base
from roleplay.providers.base import Delta, Piece, Prompt, Receipt, Replacement, ToolCall, Usage
from roleplay.providers.patience import Limits
from roleplay.providers.strict_json import count, mapping, text_of
from roleplay.providers.wording import Listener, Wording
from roleplay.text import clean

LONGEST_ID = 200
MOST_CALLS = 128
SUFFIX = re.compile(r"#\d+\Z")
GOING_ON = {"", "null", "none"}


def label(value: Any) -> str:
    """An id or a name of the engine's, fit to be kept: clean and of at most 200 characters."""
    return clean(text_of(value))[:LONGEST_ID]


class Repetition:
    """Drops the beginning of a continuation that repeats, to the letter, what was there before."""

    def __init__(self, before: str) -> None:
        self._before = before
        self._heard = ""
        self.settled = not before

    def pass_on(self, piece: Delta | Replacement | None) -> Delta | Replacement | None:
        """What of this piece is new; nothing, while it may still become a repetition."""
        if piece is None or not self._before:
            return piece
        if isinstance(piece, Replacement):
            return Replacement(self._new_part(piece.text))
        if self.settled:
            return piece
        new = self._new_part(self._heard + piece.text)
        return Delta(new) if new else None

    def end(self) -> Delta | None:
        """What was held back in case it became a repetition, and did not."""
        if self.settled or not self._heard:
            return None
        return Delta(self._heard)

    def _new_part(self, heard: str) -> str:
        self._heard = heard
        self.settled = heard.startswith(self._before) or not self._before.startswith(heard)
        if not self.settled:
            return ""
        return heard.removeprefix(self._before)


class Reading:
    """A reply so far: its text, its tool calls, its counts, and whether it is complete."""

    def __init__(self, prompt: Prompt, limits: Limits, cumulative: bool = False) -> None:
        self.finish = ""
        self.understood = False
        self._wording = Wording(limits.characters)
        self._listener = Listener(self._wording, cumulative)
        self._repetition = Repetition(prompt.start_of_reply)
        self._receipt: Receipt | None = None
        self._taken = {call.id for turn in prompt.turns for call in turn.tool_calls}
        self._input: int | None = None
        self._output: int | None = None

    @property
    def received(self) -> bool:
        """Whether the receipt was given: it is looked for in each object until then."""
        return self._receipt is not None

    def receipt(self, request_id: str, answer_id: str, model: str) -> list[Piece]:
        """The receipt, the first time there is something to put on it."""
        if self._receipt is not None or not (request_id or answer_id):
            return []
        self._receipt = Receipt(request_id, answer_id, model)
        return [self._receipt]

    def say(self, content: str, closing: bool = False) -> list[Piece]:
        """Text in the mode the engine was asked for."""
        return self._out(self._listener.hear(content, closing))

    def add(self, content: str) -> list[Piece]:
        """Text that is certainly the next piece."""
        if not content:
            return []
        piece = self._wording.add(content)
        if piece is not None and self._repetition.settled:
            return [piece]
        return self._out(piece)

    def counts(self, usage: Any, input_name: str, output_name: str) -> None:
        """Take token counts from a usage object; what is no count leaves the last one standing.

        Two zeros are no news: completions sends them with every frame but the last.
        """
        if isinstance(usage, dict):
            spent, made = count(usage.get(input_name)), count(usage.get(output_name))
            if not spent and not made:
                return
            self._input = self._input if spent is None else spent
            self._output = self._output if made is None else made

    def close(self, reason: Any, stop: bool = False) -> None:
        """Take a finish reason; "null", null and nothing mean going on."""
        if reason is None and not stop:
            return
        said = label(reason)
        if not self.finish and (said.lower() not in GOING_ON or stop):
            self.finish = said if said.lower() not in GOING_ON else "stop"

    def end(self, calls: list[ToolCall], whole: bool, seen: int) -> list[Piece]:
        """The last pieces. `whole`: the answer was one object, not a stream; `seen`: objects read.

        Raises:
            Empty, Nonsense, Interrupted, Refused: what came is no complete reply.
        """
        if not seen:
            raise base.Empty("an answer without a reply in it")
        if not self.understood:
            raise base.Nonsense("no reply to be found in the answer")
        if not self.finish and not whole:
            raise base.Interrupted("the stream ended without a closing word")
        if self.finish == "content_filter":
            raise base.Refused("the engine's filter closed the reply")
        pieces = self._out(self._wording.end())
        if (held := self._repetition.end()) is not None:
            pieces.append(held)
        if not self._wording.text.strip() and not calls:
            raise base.Empty("a reply without a word")
        pieces += calls
        return [*pieces, Usage(self._input, self._output, self.finish or "stop")]

    def made_calls(self, heard: list[tuple[Any, Any, Any]]) -> list[ToolCall]:
        """Tool calls from (id, name, arguments); those without a name are nobody's."""
        if len(heard) > MOST_CALLS:
            raise base.TooMuch(f"more than {MOST_CALLS} tool calls")
        return [self._call(*call) for call in heard if label(call[1])]

    def _call(self, call_id: Any, name: Any, arguments: Any) -> ToolCall:
        """A tool call under an id that is unique in the thread; see `original_id`."""
        if not isinstance(arguments, str):
            arguments = json.dumps(arguments if arguments is not None else {}, ensure_ascii=False)
        if len(arguments) > self._wording.most:
            raise base.TooMuch("tool arguments without end")
        wanted = label(call_id) or label(name) or "call"
        unique, number = wanted, 1
        while unique in self._taken or (number == 1 and SUFFIX.search(wanted)):
            number += 1
            unique = f"{wanted}#{number}"
        self._taken.add(unique)
        return ToolCall(unique, label(name), clean(arguments))

    def _out(self, piece: Delta | Replacement | None) -> list[Piece]:
        piece = self._repetition.pass_on(piece)
        return [] if piece is None else [piece]


def original_id(call_id: str) -> str:
    """The id as the engine gave it: on Xingchen two calls of one tool share theirs."""
    return SUFFIX.sub("", call_id)


def readable(content: Any) -> str:
    """A message's content as text: a string, null, or a list of parts.

    Raises:
        Nonsense: something else.
    """
    if isinstance(content, str):
        return content
    if content is None:
        return ""
    if isinstance(content, list):
        return "".join(
            part if isinstance(part, str) else text_of(mapping(part).get("text"))
            for part in content
        )
    raise base.Nonsense("content that is no text")


def bearer(key: str) -> dict[str, str]:
    """The Authorization header for a key; none without one.

    Raises:
        Unauthorized: the key holds what no header can carry.
    """
    key = key.strip()
    if not key:
        return {}
    if not key.isascii() or not key.isprintable():
        raise base.Unauthorized("the key holds characters that no key has")
    return {"Authorization": f"Bearer {key}"}
