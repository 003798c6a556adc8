"""The table of misbehaviours: a name, a line about it, how it is played, and how a reply must end.

`CASES[name].outcome(flavour)` is the named outcome: a reply that is done, with its text, or one of
the error kinds of `roleplay.providers.base`, with the text that had come before. Flavours are the
dialects, with role chat in both of its modes: `chat`, `cumulative`, `completions`, `openai`.
"""

from tests.doubles.cases import errors, lines, replies, strange, tools
from tests.doubles.cases.replies import KILL_ME
from tests.doubles.cases.table import CASES, CUMULATIVE, FLAVOURS, Case, Outcome
from tests.doubles.dialects import CHAT, COMPLETIONS, OPENAI, dumps
from tests.doubles.talk import Talk

__all__ = [
    "CASES", "CHAT", "COMPLETIONS", "CUMULATIVE", "FLAVOURS", "KILL_ME", "OPENAI",
    "Case", "Outcome", "errors", "lines", "play", "replies", "strange", "tools",
]  # fmt: skip


async def play(talk: Talk) -> None:
    """Plays the case that was asked for; any status from 300 to 599 is one too."""
    found = CASES.get(talk.asked.case)
    if found is not None:
        await found.play(talk)
    elif talk.asked.case.removeprefix("status_").isdecimal():
        await errors.plain_status(talk, int(talk.asked.case.removeprefix("status_")))
    else:
        await talk.page(404, dumps({"error": {"message": "no such case"}}), "application/json")
