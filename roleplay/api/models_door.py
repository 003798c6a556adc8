"""The OpenAI-compatible door, `/v1`: every character a key may use is a model, `character/<id>`.

The server applies the card, the persona in use and the greeting; the caller keeps the talk, and
nothing of it is saved.
"""

import uuid
from typing import Any

from django.http.response import HttpResponseBase
from django.utils.translation import gettext_noop as _

from characters.models import Character
from roleplay.accounts.models import User
from roleplay.api import casting
from roleplay.api.answering import answer_reply, begun
from roleplay.api.completions import tools_of
from roleplay.api.dialects import OPENAI
from roleplay.api.door import Call
from roleplay.api.errors import InvalidParam, NotFound
from roleplay.api.openai_like import ChunkWriting, parted, sampling_of
from roleplay.api.route import Route
from roleplay.api.shapes.openai_like import (
    ChatCompletion,
    ChatCompletionRequest,
    Model,
    ModelList,
)
from roleplay.conversations import replying
from roleplay.prompting.build import YOU, build_prompt, persona_sheet
from roleplay.prompting.extras import Extras
from roleplay.prompting.placeholders import fill_placeholders
from roleplay.prompting.spoken import Spoken
from roleplay.providers.base import Prompt, Turn

PREFIX = "character/"
MOST_LISTED = 1_000
READ = ("name", "created", "owner_id", "removed", "allows_chat", "allows_api")  # of one in the list


def models(call: Call) -> ModelList:
    """The characters on the owner's shelf, newest first."""
    shelf = Character.objects.listed_for(call.user).order_by("-created").only(*READ)
    found = [_model(one) for one in shelf[:MOST_LISTED] if _is_open(one, call.user)]
    return ModelList.model_construct(object="list", data=found)


def model(call: Call) -> Model:
    """One of them; also one that is shared by its link."""
    return _model(_character(call.user, PREFIX + call.path["key"]))


def complete(call: Call) -> HttpResponseBase:
    """The character's next message."""
    asked = call.read(ChatCompletionRequest)
    if not asked.model.strip():
        raise InvalidParam("model Field required; /v1/models lists them")
    character = _character(call.user, asked.model)
    replying.check_limits(call.user)
    prompt = prompt_of(call.user, character, asked)
    count = 1 if call.streams else asked.n
    generations = begun(call, prompt, count)
    call.request_id = generations[0].key.hex
    return answer_reply(call, generations, ChunkWriting(call.request_id, asked.model, asked))


def prompt_of(owner: User, character: Character, asked: ChatCompletionRequest) -> Prompt:
    """The character's own prompt, with the caller's talk. What its system says is part of the scene."""
    persona = owner.current_persona
    system, turns = parted(asked.messages)
    greeting = _greeting(character, persona.name if persona else "")
    if greeting and not any(turn.role == "assistant" for turn in turns):
        turns = [Turn("assistant", greeting), *turns]
    scene = "\n".join(text for text in (character.scenario, system) if text.strip())
    prompt = build_prompt(
        character,
        # One id for each person and character: these talks have no other name.
        persona_sheet(persona, casting.opaque_user(owner, f"{PREFIX}{character.pk}")),
        [Spoken(turn) for turn in turns],
        scenario=scene,
    )
    extras = Extras(tools=tools_of(asked.tools, asked.tool_choice), sampling=sampling_of(asked))
    return extras.added_to(prompt)


def _greeting(character: Character, called: str) -> str:
    called = called or YOU.get(character.language, "you")
    return fill_placeholders((character.greetings or [""])[0], called, character.name)


def _character(owner: User, name: str) -> Character:
    """The character behind a model's name. Raises NotFound."""
    try:
        pk = uuid.UUID(name.removeprefix(PREFIX))
    except ValueError:
        raise NotFound(f"there is no model {name[:80]!r}; /v1/models lists them") from None
    found = Character.objects.visible_to(owner).filter(pk=pk).first()
    if found is None or not _is_open(found, owner):
        raise NotFound(f"there is no model {name[:80]!r}; /v1/models lists them")
    return found


def _is_open(character: Character, user: User) -> bool:
    """Whether programs of this person may talk to the character."""
    mine = character.owner_id == user.pk
    return character.may_be_talked_to_by(user) and (character.allows_api or mine)


def _model(character: Character) -> Model:
    return Model.model_construct(
        id=f"{PREFIX}{character.pk}",
        object="model",
        created=int(character.created.timestamp()),
        owned_by="lamplight",
        name=character.name,
    )


_SHARED: dict[str, Any] = {"scope": "chat", "service": "", "bare": True, "dialect": OPENAI}

ROUTES = [
    Route(
        "models",
        models,
        summary=_("The characters this key may use"),
        answers=ModelList,
        methods=("GET",),
        **_SHARED,
    ),
    Route(
        "models/character/{key}",
        model,
        summary=_("One of them"),
        answers=Model,
        methods=("GET",),
        **_SHARED,
    ),
    Route(
        "chat/completions",
        complete,
        summary=_("Talk to a character"),
        asks=ChatCompletionRequest,
        answers=ChatCompletion,
        stream="body",
        **_SHARED,
    ),
]
