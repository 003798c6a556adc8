"""A talk with tools, as callers write it, in turns whose calls and results belong together."""

from collections.abc import Mapping, Sequence

from roleplay.api.shapes.completions import AskedCall, CompletionMessage
from roleplay.providers.base import ToolCall, Turn


def turns_of(
    messages: Sequence[CompletionMessage], definitions: Mapping[str, str] | None = None
) -> list[Turn]:
    """The messages (without the system's) as turns. `definitions`: names of tools by their ids.

    Callers repeat ids, mistake them for names, or drop the calls altogether (the SDK does): a result
    goes to the call of its id, else to that of the definition or name it bears, else to the nearest
    call before it that waits. Where none waits, the call that was dropped is put in again if a
    definition has its id or name; else the result is told as information. Nothing is refused.
    """
    turns: list[Turn] = []
    waiting: list[tuple[ToolCall, str]] = []
    for place, message in enumerate(messages):
        if message.role == "tool":
            turns += _result(message, place, waiting, definitions or {})
        elif message.role == "assistant" and message.tool_calls:
            pairs = [
                (_call(call, place, number), call.id)
                for number, call in enumerate(message.tool_calls)
            ]
            waiting = pairs
            calls = tuple(call for call, _ in pairs)
            turns.append(Turn("assistant", message.content, calls))
        else:
            turns.append(Turn(message.role, message.content))
    return turns


def _call(call: AskedCall, place: int, number: int) -> ToolCall:
    """A call under an id of its own: the callers' may come twice."""
    name = call.function.name or call.id or "tool"
    return ToolCall(f"{call.id or name}#{2 + place * 128 + number}", name, call.function.arguments)


def _result(
    message: CompletionMessage,
    place: int,
    waiting: list[tuple[ToolCall, str]],
    definitions: Mapping[str, str],
) -> list[Turn]:
    told = message.tool_call_id
    named = [
        pair
        for pair in waiting
        if told and (told in (pair[1], pair[0].name) or definitions.get(told) == pair[0].name)
    ]
    chosen = (named or waiting[-1:])[:1]
    if chosen:
        waiting.remove(chosen[0])
        return [Turn("tool", message.content, tool_call_id=chosen[0][0].id)]
    name = definitions.get(told) or (told if told in definitions.values() else "")
    if not name:
        return [Turn("user", message.content)]
    dropped = ToolCall(f"{told}#{2 + place * 128}", name, "{}")
    return [
        Turn("assistant", "", (dropped,)),
        Turn("tool", message.content, tool_call_id=dropped.id),
    ]
