"""A prompt as the Xingchen platform wants it: role chat (`chat/send`) or assistant with tools."""

import json
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from roleplay.providers.base import CharacterSheet, PersonaSheet, Prompt, Tool, ToolCall
from roleplay.providers.flatten import about, direction, words_for
from roleplay.providers.reading import original_id

# Our names for what a caller may ask for, and role chat's.
ASKED = {
    "temperature": "temperature",
    "top_p": "topP",
    "top_k": "topK",
    "seed": "seed",
    "max_tokens": "maxLength",
    "min_tokens": "minLength",
}

# The two endpoints spell the same settings differently: role chat first, completions second.
SPELLINGS = (
    ("topP", "top_p"),
    ("topK", "top_k"),
    ("maxLength", "max_tokens"),
    ("minLength", "min_tokens"),
)
Message = dict[str, Any]


def wants_completions(prompt: Prompt) -> bool:
    """Whether tools are in play, which role chat knows nothing of."""
    return bool(prompt.tools) or any(
        turn.tool_calls or turn.role == "tool" for turn in prompt.turns
    )


def chat_body(
    prompt: Prompt, model: str, parameters: Mapping[str, Any], stream: bool, incremental: bool
) -> dict[str, Any]:
    """The body of `POST /v2/api/chat/send`."""
    settings = prompt.sampling.over(spelled(parameters, completions=False), ASKED)
    # The platform's default seed is a constant, with which starting over gives the same words.
    settings.setdefault("seed", secrets.randbelow(2**31))
    if stream:
        settings["incrementalOutput"] = incremental
    aca: dict[str, Any] = {
        "botProfile": bot_profile(prompt.character),
        "userProfile": user_profile(prompt.persona),
        "scenario": {"description": prompt.scenario},
        # The platform's own history would let one talk into another's prompt.
        "context": {"useChatHistory": False},
    }
    # A template and a platform character have samples of their own.
    if prompt.examples and not (prompt.character.template_id or prompt.character.platform_id):
        aca["sampleMessages"] = [_plain(turn.role, turn.text) for turn in prompt.examples]
    if prompt.tools:
        aca["functionList"] = [_function(tool) for tool in prompt.tools]
    if prompt.memory:
        aca["memory"] = {"summaries": list(prompt.memory)}
    return {
        "model": model,
        "parameters": settings,
        "input": {"messages": chat_messages(prompt), "aca": aca},
    }


def completions_body(
    prompt: Prompt, model: str, parameters: Mapping[str, Any], stream: bool
) -> dict[str, Any]:
    """The body of `POST /v2/api/completions`."""
    system = {"name": prompt.character.name, "role": "system", "content": direction(prompt)}
    body: dict[str, Any] = {
        "model": model,
        "user": prompt.persona.user_id,
        **spelled(prompt.sampling.over(spelled(parameters, completions=False), ASKED), True),
        "stream": stream,
        "messages": [system, *completions_messages(prompt)],
    }
    if prompt.tools:
        body["tools"] = [
            {"id": tool.id or tool.name, "type": "function", "function": _function(tool)}
            for tool in prompt.tools
        ]
    return body


def spelled(parameters: Mapping[str, Any], completions: bool) -> dict[str, Any]:
    """The parameters under the names this endpoint knows; unknown ones as they are."""
    names = {pair[not completions]: pair[completions] for pair in SPELLINGS}
    return {names.get(name, name): value for name, value in parameters.items()}


def bot_profile(character: CharacterSheet) -> dict[str, Any]:
    """`aca.botProfile` in the form this character has: platform, template or custom."""
    if character.platform_id:
        profile: dict[str, Any] = {"characterId": character.platform_id}
        if character.platform_version is not None:
            profile["version"] = character.platform_version
        return {"enableOpenLine": character.open_line, **profile}
    profile = {
        "enableOpenLine": character.open_line,
        "name": character.name,
        "type": character.kind,
    }
    if character.template_id:
        return {
            **profile,
            "customTemplateId": character.template_id,
            "params": template_params(character),
        }
    profile["content"] = about(character)
    if character.traits.strip():
        profile["traits"] = character.traits
    return profile


def template_params(character: CharacterSheet) -> dict[str, str]:
    """What fills the template: the sheet's own params, and name, sex and birthday beside them."""
    facts = {
        "characterName": character.name,
        "characterSex": character.sex,
        "characterBirthday": character.birthday,
    }
    return {name: value for name, value in facts.items() if value} | dict(character.params)


def user_profile(persona: PersonaSheet) -> dict[str, str]:
    """`aca.userProfile`."""
    profile = {"userId": persona.user_id, "basicInfo": persona.about}
    return profile | ({"userName": persona.name} if persona.name else {})


def chat_messages(prompt: Prompt) -> list[Message]:
    """Turns for role chat, where user and assistant alternate and only the first may be system."""
    merged: list[Message] = []
    for message in _chat_turns(prompt):
        last = merged[-1] if merged else {}
        if last.keys() == message.keys() == {"role", "content"} and last["role"] == message["role"]:
            last["content"] += "\n" + message["content"]
        else:
            merged.append(message)
    return merged


def completions_messages(prompt: Prompt) -> list[Message]:
    """Turns for completions, after the system message that `completions_body` puts in front."""
    messages: list[Message] = []
    for turn in prompt.turns:
        if turn.role == "tool":
            messages.append(
                {
                    "role": "tool",
                    "tool_call_id": original_id(turn.tool_call_id),
                    "content": turn.text,
                }
            )
        elif turn.role == "system":
            messages.append(_plain("user", words_for(prompt.character).note.format(turn.text)))
        elif turn.tool_calls:
            calls = [_tool_call(call) for call in turn.tool_calls]
            messages.append({"role": turn.role, "content": turn.text, "tool_calls": calls})
        elif turn.text:
            messages.append(_plain(turn.role, turn.text))
    return messages + _continuation(prompt)


def _chat_turns(prompt: Prompt) -> Iterable[Message]:
    names = {call.id: call.name for turn in prompt.turns for call in turn.tool_calls}
    for number, turn in enumerate(prompt.turns):
        if turn.role == "tool":
            name = names.get(turn.tool_call_id, original_id(turn.tool_call_id))
            yield {"role": "function", "name": name, "content": turn.text}
        elif turn.role == "system" and number:
            yield _plain("user", words_for(prompt.character).note.format(turn.text))
        elif turn.tool_calls:
            calls = [
                {"apiName": call.name, "parameters": _arguments(call)} for call in turn.tool_calls
            ]
            function_call = {"thought": "", "apiCallList": calls}
            yield {"role": turn.role, "content": turn.text, "functionCall": function_call}
        elif turn.text:
            yield _plain(turn.role, turn.text)
    yield from _continuation(prompt)


def _continuation(prompt: Prompt) -> list[Message]:
    """Nothing can be put into the engine's mouth here, so it is asked to go on."""
    if not prompt.start_of_reply:
        return []
    return [
        _plain("assistant", prompt.start_of_reply),
        _plain("user", words_for(prompt.character).go_on),
    ]


def _plain(role: str, content: str) -> Message:
    return {"role": role, "content": content}


def _function(tool: Tool) -> dict[str, Any]:
    return {
        "name": tool.name,
        "description": tool.description,
        "parameters": dict(tool.parameters),
    }


def _tool_call(call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": original_id(call.id), "type": "function", "function": function}


def _arguments(call: ToolCall) -> Any:
    try:
        return json.loads(call.arguments)
    except (ValueError, RecursionError):
        return call.arguments
