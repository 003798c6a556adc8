"""Calls of tools and their results, which engines take together or not at all."""

from collections.abc import Iterable
from dataclasses import replace

from roleplay.providers.base import Turn


def blocks(turns: Iterable[Turn]) -> list[list[Turn]]:
    """The turns, each with the results that follow it.

    Results at the very beginning have lost their call, and are left out.
    """
    found: list[list[Turn]] = []
    for turn in turns:
        if turn.role != "tool":
            found.append([turn])
        elif found:
            found[-1].append(turn)
    return found


def paired(turns: Iterable[Turn]) -> list[Turn]:
    """The turns, with no call that nobody answered and no result that answers nothing.

    Engines refuse a talk that went on past an open call. A result that comes too late for its call
    is told as the user's words.
    """
    return [turn for head, *results in blocks(turns) for turn in _answered(head, results)]


def _answered(head: Turn, results: list[Turn]) -> list[Turn]:
    """This turn with those of its calls that have a result, these results, and then the others."""
    told = {result.tool_call_id for result in results}
    calls = tuple(call for call in head.tool_calls if call.id in told)
    known = {call.id for call in calls}
    ours = [result for result in results if result.tool_call_id in known]
    late = [Turn("user", result.text) for result in results if result.tool_call_id not in known]
    return [replace(head, tool_calls=calls), *ours, *late]
