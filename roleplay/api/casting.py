"""Turns what a call says of role, user and talk into a Prompt, or into what it adds to a story's."""

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.conf import settings

from roleplay.accounts.models import User
from roleplay.api.errors import InvalidParam
from roleplay.api.shapes.chat import (
    MOST_CALLS,
    Aca,
    BotProfile,
    ChatMessage,
    Function,
    FunctionChoice,
    Memory,
    Parameters,
    UserProfile,
)
from roleplay.prompting import budget
from roleplay.prompting.build import HasCharacter, alternating, build_prompt
from roleplay.prompting.extras import Extras
from roleplay.prompting.spoken import Spoken
from roleplay.providers.base import (
    CharacterSheet,
    PersonaSheet,
    Prompt,
    Sampling,
    Tool,
    ToolCall,
    Turn,
)
from roleplay.text import language_of


def sampling_of(parameters: Parameters) -> Sampling:
    return Sampling(
        temperature=parameters.temperature,
        top_p=parameters.top_p,
        top_k=None if parameters.top_k is None else min(parameters.top_k, 100),
        seed=parameters.seed,
        max_tokens=parameters.max_length,
        min_tokens=parameters.min_length,
    )


def once_prompt(owner: User, aca: Aca, parameters: Parameters, said: list[ChatMessage]) -> Prompt:
    """The prompt for a role that the call itself describes.

    Raises InvalidParam: no name, or messages that nobody can answer. Raises PromptTooLong.
    """
    sheet = sheet_of(aca.bot_profile, said)
    turns = turns_of(said)
    system = "\n".join(turn.text for turn in turns if turn.role == "system")
    scene = [text for text in (aca.scenario.description, system) if text.strip()]
    prompt = Prompt(
        character=sheet,
        persona=persona_of(owner, aca.user_profile),
        turns=alternating(turn for turn in turns if turn.role != "system"),
        scenario="\n".join(scene),
        examples=tuple(turns_of(aca.sample_messages)),
        tools=tools_of(aca.function_list, aca.function_choice),
        memory=memory_of(aca.memory),
        sampling=sampling_of(parameters),
    )
    return fitted(prompt)


def character_prompt(
    owner: User,
    character: HasCharacter,
    aca: Aca,
    parameters: Parameters,
    said: list[ChatMessage],
) -> Prompt:
    """The prompt for a character of this site where the caller keeps the history.

    What the system says is part of the scene. Raises InvalidParam or PromptTooLong.
    """
    turns = turns_of(said)
    extras = extras_of(owner, aca, parameters)
    told = [turn.text for turn in turns if turn.role == "system"]
    scene = [extras.scenario or getattr(character, "scenario", ""), *told]
    prompt = build_prompt(
        character,
        persona_of(owner, aca.user_profile),
        [Spoken(turn) for turn in turns if turn.role != "system"],
        scenario="\n".join(text for text in scene if text.strip()),
    )
    return replace(extras, scenario="").added_to(prompt)


def extras_of(owner: User, aca: Aca, parameters: Parameters) -> Extras:
    """What a call adds to a turn of a dialogue that this site keeps."""
    return Extras(
        persona=persona_of(owner, aca.user_profile),
        scenario=aca.scenario.description,
        examples=tuple(turns_of(aca.sample_messages)),
        tools=tools_of(aca.function_list, aca.function_choice),
        memory=memory_of(aca.memory),
        sampling=sampling_of(parameters),
    )


def sheet_of(profile: BotProfile, said: Sequence[ChatMessage] = ()) -> CharacterSheet:
    """A role in words, or a template with what fills it. Raises InvalidParam."""
    name = profile.name or profile.params.get("characterName", "")
    if not name.strip():
        raise InvalidParam(
            "input.aca.botProfile needs a name, a characterId or params.characterName"
        )
    params = dict(profile.params)
    talk = "".join([name, profile.content, *(message.content for message in said[-1:])])
    return CharacterSheet(
        name=name,
        kind=profile.type,
        sex=params.get("characterSex", ""),
        birthday=params.get("characterBirthday", ""),
        description=profile.content,
        traits="\n".join(part for part in (profile.traits, profile.task) if part.strip()),
        template_id=profile.custom_template_id,
        params=params,
        open_line=profile.enable_open_line,
        language=language_of(talk) or "zh-Hans",
    )


def persona_of(owner: User, profile: UserProfile) -> PersonaSheet:
    return PersonaSheet(
        opaque_user(owner, profile.user_id), profile.user_name.strip(), profile.basic_info
    )


def opaque_user(owner: User, biz_user: str) -> str:
    """What engines are told of a caller's user: the same for the same, and nothing else."""
    told = f"{owner.pk}:{biz_user}".encode()
    return hmac.new(settings.SECRET_KEY.encode(), told, hashlib.sha256).hexdigest()[:32]


def turns_of(messages: Sequence[ChatMessage]) -> list[Turn]:
    """The messages as turns. A function's result answers a call of the last message that has any:
    the first of its name that waits, else the last one. Where none waits it is told as information.

    Raises InvalidParam: a system message that does not stand first.
    """
    turns: list[Turn] = []
    open_calls: list[ToolCall] = []
    for place, message in enumerate(messages):
        if message.role == "system" and place:
            raise InvalidParam("a system message may only stand first")
        if message.role == "function":
            turns.append(_result(message, open_calls))
        elif message.function_call and message.role == "assistant":
            calls = _calls(message, place)
            open_calls = list(calls)
            turns.append(Turn("assistant", message.content, calls))
        else:
            turns.append(Turn(message.role, _named(message)))
    return turns


def tools_of(functions: Sequence[Function], choice: FunctionChoice) -> tuple[Tool, ...]:
    """The tools that the choice leaves; of several names only the first counts."""
    if choice.type == "none":
        return ()
    if choice.type == "specific":
        functions = [one for one in functions if one.name in choice.names[:1]]
    return tuple(Tool(one.name, one.description, one.parameters) for one in functions)


def memory_of(memory: Memory) -> tuple[str, ...]:
    """What the caller remembers, a sentence each."""
    tags = [f"{tag.role} {tag.key}: {', '.join(tag.value)}".strip() for tag in memory.tags]
    talk = [f"{message.role}: {message.content}" for message in memory.originals]
    return tuple(text for text in [*memory.summaries, *tags, *talk] if text.strip())


def last_said(messages: Sequence[ChatMessage]) -> str:
    """The text that is to be answered. Raises InvalidParam where nobody says anything."""
    if not messages:
        raise InvalidParam("input.messages is empty")
    last = messages[-1]
    if last.role not in ("user", "function"):
        raise InvalidParam("the last of input.messages has to be the user's")
    if not last.content.strip():
        raise InvalidParam("the last of input.messages is empty")
    if len(last.content) > settings.MESSAGE_MAX_CHARS:
        raise InvalidParam(f"a message has at most {settings.MESSAGE_MAX_CHARS} characters")
    return last.content


def arguments_of(call: ToolCall) -> Any:
    """A tool call's arguments as the object they are, or as the text that came."""
    try:
        return json.loads(call.arguments)
    except (ValueError, RecursionError):
        return call.arguments


def fitted(prompt: Prompt) -> Prompt:
    """The prompt with as many of its newest turns as fit. Raises PromptTooLong."""
    return budget.fitted(prompt, budget.PromptBudget())


def _calls(message: ChatMessage, place: int) -> tuple[ToolCall, ...]:
    assert message.function_call is not None
    return tuple(
        ToolCall(
            f"{call.api_name or 'call'}#{2 + place * MOST_CALLS + number}",
            call.api_name,
            call.parameters
            if isinstance(call.parameters, str)
            else json.dumps(call.parameters or {}, ensure_ascii=False),
        )
        for number, call in enumerate(message.function_call.api_call_list)
    )


def _result(message: ChatMessage, open_calls: list[ToolCall]) -> Turn:
    named = [call for call in open_calls if call.name == message.name] or open_calls[-1:]
    if not named:
        return Turn("user", _named(message))
    open_calls.remove(named[0])
    return Turn("tool", message.content, tool_call_id=named[0].id)


def _named(message: ChatMessage) -> str:
    """In a group the speaker's name goes before what was said."""
    return f"{message.name}: {message.content}" if message.name else message.content
