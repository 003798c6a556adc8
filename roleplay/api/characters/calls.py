"""What programs do with characters: make, change, look at, search, take away, and their versions."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import prefetch_related_objects
from django.utils.translation import gettext_noop as _

from characters.models import (
    MOST_VERSIONS,
    Character,
    CharacterVersion,
    TooManyVersions,
    VersionTaken,
)
from characters.shelf import ShelfFull, put_on_shelf
from roleplay.api.characters.finding import own, searched, visible
from roleplay.api.characters.sheets import columns, permissions, shown
from roleplay.api.door import Call
from roleplay.api.errors import Duplicate, NoPermission, NotFound, NoVersions
from roleplay.api.paging import page_of
from roleplay.api.route import Route
from roleplay.api.shapes.characters import (
    CharacterCreate,
    CharacterKey,
    CharacterNamed,
    CharacterPage,
    CharacterSearch,
    CharacterShown,
    CharacterUpdate,
    VersionWrite,
)
from roleplay.text import language_of


def create(call: Call) -> CharacterKey:
    """A new character on the shelf of the key's owner."""
    asked = call.read(CharacterCreate)
    character = Character(language=language_of(asked.basic_information) or "zh-Hans")
    fields = {
        **columns(asked, character),
        **permissions(asked.perm_config, character, call.user),
    }
    for name, value in fields.items():
        setattr(character, name, value)
    try:
        put_on_shelf(character, call.user)
    except ShelfFull:
        most = settings.CHARACTERS_PER_PERSON
        raise NoPermission(f"a person has at most {most} characters on this site") from None
    return _key(character)


@transaction.atomic
def update(call: Call) -> bool:
    """Change a version where it stands. No new one is made."""
    asked = call.read(CharacterUpdate)
    character = own(call.user, asked.character_id, to_change=True)
    before = _at(character, asked.version)
    character.change_version(columns(asked, before), before.version)
    character.grant(permissions(asked.perm_config, character, call.user))
    return True


def details(call: Call) -> CharacterShown:
    """One character, in the version asked for."""
    asked = call.query(CharacterNamed)
    character = visible(call.user, asked.character_id)
    if character.owner_id != call.user.pk and asked.version not in (0, 1, character.version):
        raise NoVersions("only the owner looks at other versions")
    version = _at(character, asked.version) if character.owner_id == call.user.pk else character
    return _shown(call, character, version)


@transaction.atomic
def delete(call: Call) -> bool:
    """Take a character away, with all its versions; clients name a version and mean the whole."""
    in_body = call.body.get("characterId") is not None
    asked = call.read(CharacterNamed) if in_body else call.query(CharacterNamed)
    own(call.user, asked.character_id, to_change=True).remove()
    return True


def search(call: Call) -> dict[str, Any]:
    """Those that may stand on the shelf of the key's owner."""
    asked = call.read(CharacterSearch)
    found = searched(call.user, asked.where, asked.order_by)
    return page_of(found, asked.page_num, asked.page_size, lambda one: _shown(call, one))


def write_version(call: Call) -> CharacterShown:
    """Change the version of this number, or make it and let it be the current one.

    It is the caller who takes a number for free or for taken. If somebody takes it in between, the
    call would write over what its caller never saw: that is a Duplicate.
    """
    asked = call.read(VersionWrite)
    seen = own(call.user, asked.character_id, NoVersions).numbers
    with transaction.atomic():
        character = own(call.user, asked.character_id, NoVersions, to_change=True)
        if asked.version in seen:
            before = _at(character, asked.version)
            character.change_version(columns(asked, before), before.version)
        else:
            _make_version(character, asked)
        return _shown(call, character, _at(character, asked.version))


def versions(call: Call) -> list[CharacterShown]:
    """All versions, by their numbers."""
    character = own(call.user, call.path["character_id"], NoVersions)
    prefetch_related_objects([character], "versions")
    held = [character, *(character.as_kept(kept) for kept in character.versions.all())]
    held.sort(key=lambda one: one.version)
    return [_shown(call, character, one) for one in held]


def recommend(call: Call) -> CharacterShown:
    """What a new version would begin with: the current one, under the next number. Nothing is made."""
    character = own(call.user, call.path["character_id"], NoVersions)
    answer = _shown(call, character)
    answer.version = character.next_number
    return answer


def _make_version(character: Character, asked: VersionWrite) -> None:
    try:
        character.new_version(columns(asked, character), asked.version or None)
    except VersionTaken:
        raise Duplicate(f"version {asked.version} was made meanwhile") from None
    except TooManyVersions:
        raise NoPermission(f"a character has at most {MOST_VERSIONS} versions") from None


def _at(character: Character, number: int) -> Character:
    """The character in this version; 0 is the current one.

    The vendor's Python client cannot name a version and says 1 always: where there is no 1 any more,
    it means the current one. Raises NotFound.
    """
    try:
        return character.at_version(number or None)
    except CharacterVersion.DoesNotExist:
        if number == 1:
            return character
        raise NotFound(f"this character has no version {number}") from None


def _shown(call: Call, character: Character, version: Character | None = None) -> CharacterShown:
    return shown(call.request, call.user, character, version)


def _key(character: Character) -> CharacterKey:
    return CharacterKey.model_construct(character_id=character.pk.hex, version=character.version)


ROUTES = [
    Route(
        "character/create",
        create,
        scope="characters:write",
        service="aca-character-create",
        summary=_("Write a new character"),
        asks=CharacterCreate,
        answers=CharacterKey,
    ),
    Route(
        "character/update",
        update,
        scope="characters:write",
        service="aca-character-update",
        summary=_("Change a character where it stands"),
        asks=CharacterUpdate,
        answers=bool,
        methods=("POST", "PUT"),
    ),
    Route(
        "character/details",
        details,
        scope="characters:read",
        service="aca-character-details",
        summary=_("One character"),
        asks=CharacterNamed,
        answers=CharacterShown,
        methods=("GET",),
    ),
    Route(
        "character/delete",
        delete,
        scope="characters:write",
        service="aca-character-delete",
        summary=_("Take a character away"),
        asks=CharacterNamed,
        answers=bool,
        methods=("POST", "DELETE"),
    ),
    Route(
        "character/search",
        search,
        scope="characters:read",
        service="aca-character-search",
        summary=_("Characters by name, type and owner"),
        asks=CharacterSearch,
        answers=CharacterPage,
    ),
    Route(
        "character/createOrUpdateVersion",
        write_version,
        scope="characters:write",
        service="aca-character-version-mgmt",
        summary=_("Make a version of a character, or change one"),
        asks=VersionWrite,
        answers=CharacterShown,
        methods=("POST", "PUT"),
    ),
    Route(
        "character/versions/{character_id}",
        versions,
        scope="characters:read",
        service="aca-character-versions",
        summary=_("All versions of a character"),
        answers=list[CharacterShown],
        methods=("GET",),
    ),
    Route(
        "character/newversion/recommend/{character_id}",
        recommend,
        scope="characters:read",
        service="aca-character-version-recommend",
        summary=_("What a new version would begin with"),
        answers=CharacterShown,
        methods=("GET",),
    ),
]
