"""What a case is, and the table they stand in."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.doubles.dialects import CHAT, COMPLETIONS, OPENAI
from tests.doubles.talk import REPLY, Talk

CUMULATIVE = "cumulative"
FLAVOURS = (CHAT, CUMULATIVE, COMPLETIONS, OPENAI)
Play = Callable[[Talk], Awaitable[None]]


@dataclass(frozen=True)
class Outcome:
    """`kind`: done, or an error's kind. `text`: what was said, None where it cannot be foretold.

    `calls`: (id, name, arguments). `tokens`: input and output counts, None: not looked at.
    """

    kind: str = "done"
    text: str | None = REPLY
    calls: tuple[tuple[str, str, str], ...] = ()
    finish: str = "stop"
    tokens: tuple[int | None, int | None] | None = None
    retry_after: tuple[float, float] | None = None


@dataclass(frozen=True)
class Case:
    """`options` are what a provider needs so that the case does not take a minute."""

    name: str
    about: str
    play: Play
    outcomes: Mapping[str, Outcome]
    options: Mapping[str, Any] = field(default_factory=dict)

    def outcome(self, flavour: str) -> Outcome:
        """How a reply in this flavour must end."""
        return self.outcomes.get(flavour) or self.outcomes[""]


CASES: dict[str, Case] = {}


def case(
    about: str,
    outcome: Outcome | None = None,
    options: Mapping[str, Any] | None = None,
    **outcomes: Outcome,
) -> Callable[[Play], Play]:
    """Enters a case under its function's name."""

    def enter(play: Play) -> Play:
        name = play.__name__
        every = {"": outcome or Outcome(), **outcomes}
        CASES[name] = Case(name, about, play, every, options or {})
        return play

    return enter


def fails(kind: str, text: str | None = "", **more: Any) -> Outcome:
    """An outcome that is an error."""
    return Outcome(kind, text, **more)
