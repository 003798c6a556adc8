"""Puts a prompt together from a character, a persona and the messages of a thread.

It is handed objects and reads their attributes; it never queries, and unsaved objects do.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, Protocol

from roleplay.prompting.budget import PromptBudget, turns_that_fit
from roleplay.prompting.calls import paired
from roleplay.prompting.examples import read_examples
from roleplay.prompting.placeholders import fill_placeholders
from roleplay.providers.base import CharacterSheet, PersonaSheet, Prompt, Tool, ToolCall, Turn

# Who is spoken of where a person has no persona: in what the person reads, and in what a model reads,
# for which "you" would be the character itself.
YOU = {"zh-Hans": "你", "en": "you"}
THE_USER = {"zh-Hans": "用户", "en": "the user"}


class HasCharacter(Protocol):
    """What is read of a character; characters.models.Character has it all."""

    name: str
    kind: str
    sex: str
    birthday: str
    age: int | None
    tagline: str
    description: str
    traits: str
    greeting: str
    example_dialogue: str
    template_id: str
    params: dict[str, str]
    platform_id: str
    platform_version: int | None
    open_line: bool
    language: str
    tools: list[dict[str, Any]]


class HasPersona(Protocol):
    name: str
    about: str


class HasMessage(Protocol):
    role: str
    text: str
    tool_calls: list[dict[str, str]]
    tool_call_id: str


def build_prompt(
    character: HasCharacter,
    persona: PersonaSheet,
    thread: Sequence[HasMessage],
    *,
    scenario: str = "",
    start_of_reply: str = "",
    budget: PromptBudget | None = None,
) -> Prompt:
    """The prompt for answering the last message of `thread` (oldest first, scene excluded)."""
    called = persona.name or THE_USER.get(character.language, "the user")
    prompt = Prompt(
        character=character_sheet(character, called),
        persona=persona,
        turns=alternating(turn_of(message) for message in thread),
        scenario=fill_placeholders(scenario, called, character.name),
        examples=read_examples(character.example_dialogue, called, character.name),
        tools=tuple(tool_of(tool) for tool in character.tools),
        start_of_reply=start_of_reply,
    )
    return replace(prompt, turns=turns_that_fit(prompt, budget or PromptBudget()))


def character_sheet(character: HasCharacter, user: str = "") -> CharacterSheet:
    """Who answers, with both names put into the texts."""

    def filled(text: str) -> str:
        return fill_placeholders(
            text, user or THE_USER.get(character.language, "the user"), character.name
        )

    return CharacterSheet(
        name=character.name,
        kind=character.kind,
        sex=character.sex,
        birthday=character.birthday,
        age=character.age,
        tagline=filled(character.tagline),
        description=filled(character.description),
        traits=filled(character.traits),
        greeting=filled(character.greeting),
        template_id=character.template_id,
        params=dict(character.params),
        platform_id=character.platform_id,
        platform_version=character.platform_version,
        open_line=character.open_line,
        language=character.language,
    )


def persona_sheet(persona: HasPersona | None, user_id: str) -> PersonaSheet:
    """Who speaks; without a persona nothing is told but the opaque id."""
    if persona is None:
        return PersonaSheet(user_id)
    return PersonaSheet(user_id, persona.name, persona.about)


def alternating(turns: Iterable[Turn]) -> tuple[Turn, ...]:
    """The turns without empty ones (a reply that failed), and a person's neighbouring ones as one.

    Calls that the talk went on past are left out, see `calls.paired`.
    """
    said = [turn for turn in paired(turns) if not _is_empty(turn)]
    groups = groupby(said, lambda turn: turn.role == "user")
    return tuple(turn for is_user, group in groups for turn in _merged(list(group), is_user))


def turn_of(message: HasMessage) -> Turn:
    calls = tuple(
        ToolCall(call["id"], call["name"], call["arguments"]) for call in message.tool_calls
    )
    return Turn(message.role, message.text, calls, message.tool_call_id)


def tool_of(tool: dict[str, Any]) -> Tool:
    return Tool(
        name=tool["name"],
        description=tool.get("description", ""),
        parameters=tool.get("parameters", {}),
        id=tool.get("id", ""),
    )


def _is_empty(turn: Turn) -> bool:
    return not turn.text.strip() and not turn.tool_calls and turn.role != "tool"


def _merged(turns: list[Turn], is_user: bool) -> list[Turn]:
    one = is_user and len(turns) > 1
    return [Turn("user", "\n".join(turn.text for turn in turns))] if one else turns
