"""The vendor's fields of a character in our columns, and back.

What has no column here is kept as given under `extensions["xingchen"]`, and belongs to a version as
the texts do. Permissions belong to the character as a whole.
"""

from typing import Any, TypeVar

from django.http import HttpRequest
from pydantic import BaseModel, ValidationError

from characters.models import Character
from characters.reading import about
from roleplay.accounts.models import User
from roleplay.api.moments import milliseconds
from roleplay.api.shapes.characters import (
    AdvancedConfig,
    CharacterShown,
    CharacterWords,
    FileInfo,
    PermConfig,
)

S = TypeVar("S", bound=BaseModel)

OURS = {
    "name": "name",
    "basic_information": "description",
    "opening_line": "greeting",
    "introduction": "tagline",
    "traits": "traits",
    "chat_example": "example_dialogue",
    "type": "kind",
}
PAPERS = "xingchen"
KEPT = {"avatar", "chat_objective", "role_types", "advanced_config"}


def columns(asked: CharacterWords, before: Character) -> dict[str, Any]:
    """What this call writes, by our columns. `before`: the version it changes, or begins with.

    Types of roles become tags, where nobody chose other ones.
    """
    told = asked.model_dump(include=set(OURS), exclude_none=True)
    fields = {OURS[name]: value for name, value in told.items()}
    papers = asked.model_dump(include=KEPT, by_alias=True, exclude_unset=True, exclude_none=True)
    if papers:
        kept = _papers(before)
        others = before.extensions if isinstance(before.extensions, dict) else {}
        fields["extensions"] = {**others, PAPERS: {**kept, **papers}}
        if "roleTypes" in papers and before.tags in ([], kept.get("roleTypes")):
            fields["tags"] = list(dict.fromkeys(papers["roleTypes"]))
    return fields


def permissions(asked: PermConfig | None, character: Character, user: User) -> dict[str, Any]:
    """What this call grants to others, by our columns.

    Only who may publish in the panel publishes here. For all others `isPublic` is a wish: the
    character stays as it is and is marked as waiting for an operator. 0 takes it back from everyone.
    """
    if asked is None:
        return {}
    fields: dict[str, Any] = {
        "allows_chat": bool(asked.allow_chat),
        "allows_api": bool(asked.allow_api),
        "asks_public": False,
    }
    if asked.is_public and _may_publish(user):
        fields["visibility"] = "public"
    elif asked.is_public:
        fields["asks_public"] = character.visibility != "public"
    elif character.visibility == "public":
        fields["visibility"] = "private"
    return fields


def shown(
    request: HttpRequest, user: User, character: Character, version: Character | None = None
) -> CharacterShown:
    """The character as this person may see it; `version`: as it is in that one.

    A character's texts are its author's. Whoever else may talk to it reads what a reader in the
    browser does, and never what a model is told.
    """
    held = version or character
    mine = character.owner_id == user.pk
    return CharacterShown.model_construct(
        character_id=character.pk.hex,
        version=held.version,
        major_version=character.version,
        versions=character.numbers if mine else [character.version],
        name=held.name,
        introduction=held.tagline,
        basic_information=held.description if mine else about(held),
        opening_line=held.greeting,
        type=held.kind,
        avatar=_avatar(request, held, mine),
        background_img_url=_address(request, character.cover),
        role_types=_role_types(held),
        tags=held.tags,
        bubbles=held.starters,
        perm_config=_granted(character),
        manageable=mine,
        is_pre_configured=character.owner_id is None,
        audit_status=_audit(character),
        config_status="online" if character.visibility == "public" else "offline",
        gmt_create=milliseconds(character.created),
        gmt_modified=milliseconds(held.updated),
        **(_for_the_owner(held, user) if mine else {}),
    )


def _for_the_owner(held: Character, user: User) -> dict[str, Any]:
    papers = _papers(held)
    objective = papers.get("chatObjective")
    config = _config(papers.get("advancedConfig"))
    return {
        "traits": held.traits,
        "chat_objective": objective if isinstance(objective, str) else "",
        "chat_example": held.example_dialogue,
        "advanced_config": config,
        "extract_memory": _remembers(config),
        "user_id": str(user.pk),
        "creator": user.get_username(),
        "modified_by": str(user.pk),
    }


def _papers(character: Character) -> dict[str, Any]:
    """What is kept as given. A card that was imported may hold anything in its place."""
    found = character.extensions.get(PAPERS) if isinstance(character.extensions, dict) else None
    return found if isinstance(found, dict) else {}


def _role_types(character: Character) -> list[str]:
    found = _papers(character).get("roleTypes")
    types = found if isinstance(found, list) else character.tags
    return [one for one in types if isinstance(one, str)]


def _avatar(request: HttpRequest, held: Character, mine: bool) -> FileInfo | None:
    """The picture on this site; the reference that was given is its owner's to see."""
    given = _papers(held).get("avatar") if mine else None
    told = given if isinstance(given, dict) else {}
    here = {"fileUrl": _address(request, held.avatar)} if held.avatar else {}
    return _read(FileInfo, {**told, **here}) if told or here else None


def _config(value: Any) -> AdvancedConfig | None:
    return _read(AdvancedConfig, value) if value else None


def _read(shape: type[S], value: Any) -> S | None:
    """What was kept, in its shape; None where a card brought something else under this name."""
    try:
        return shape.model_validate(value)
    except ValidationError:
        return None


def _address(request: HttpRequest, picture: Any) -> str | None:
    return request.build_absolute_uri(picture.url) if picture else None


def _granted(character: Character) -> PermConfig:
    return PermConfig.model_construct(
        is_public=int(character.visibility == "public" or character.asks_public),
        allow_chat=int(character.allows_chat),
        allow_api=int(character.allows_api),
    )


def _audit(character: Character) -> str:
    if character.visibility == "public":
        return "approved"
    return "pending" if character.asks_public else "none"


def _remembers(config: AdvancedConfig | None) -> bool:
    """Whether any long-term memory is switched on."""
    memories = config.long_term_memories if config else None
    return any(one.get("enabled") is True for one in memories or [])


def _may_publish(user: User) -> bool:
    return user.is_staff and user.has_perm("characters.change_character")
