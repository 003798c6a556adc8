"""Which character is meant, and whether this key's owner may touch it."""

import uuid

from django.db.models import Prefetch, Q, QuerySet

from characters.models import Character, CharacterVersion
from roleplay.accounts.models import User
from roleplay.api.errors import ApiError, InvalidParam, NoPermission, NotFound
from roleplay.api.shapes.characters import CharacterWhere

# The vendor's texts know two names for each of the times.
COLUMNS = {
    "gmtmodified": "updated",
    "modifiedtime": "updated",
    "gmtcreate": "created",
    "createtime": "created",
    "charactername": "name",
    "name": "name",
}
SCOPES = {
    "": Q(),
    "public": Q(visibility="public"),
    "pre_configured": Q(visibility="public", owner=None),
}


def visible(user: User, character_id: str) -> Character:
    """The character of this id that this person may see. Raises NotFound."""
    return _only(Character.objects.visible_to(user), character_id)


def own(
    user: User,
    character_id: str,
    refusal: type[ApiError] = NoPermission,
    *,
    to_change: bool = False,
) -> Character:
    """This person's own character of this id.

    `to_change` holds the row to the end of the transaction. Raises NotFound for what the person
    cannot see, and `refusal` for what somebody else lets be seen.
    """
    seen = Character.objects.visible_to(user)
    found = _only(seen.select_for_update() if to_change else seen, character_id)
    if found.owner_id != user.pk:
        raise refusal("this character belongs to somebody else")
    return found


def searched(user: User, where: CharacterWhere, orders: list[str]) -> QuerySet[Character]:
    """Those that fit, newest change first unless asked otherwise, with their version numbers."""
    scope = Q(owner=user) if where.scope == "my" else SCOPES[where.scope]
    found = Character.objects.listed_for(user).filter(scope)
    if where.character_name:
        found = found.filter(name__istartswith=where.character_name)
    if where.role_types:
        found = found.tagged_any(where.role_types)
    numbers = CharacterVersion.objects.only("character_id", "number")
    columns = [_column(order) for order in orders or ["gmtModified"]]
    return found.prefetch_related(Prefetch("versions", queryset=numbers)).order_by(*columns, "pk")


def _column(order: str) -> str:
    """`gmtModified desc` as the ORM has it; without a direction it goes down."""
    name, _, direction = " ".join(order.lower().split()).partition(" ")
    if name not in COLUMNS or direction not in ("", "asc", "desc"):
        raise InvalidParam("orderBy knows gmtModified, gmtCreate and name, each with asc or desc")
    return COLUMNS[name] if direction == "asc" else f"-{COLUMNS[name]}"


def _only(seen: QuerySet[Character], character_id: str) -> Character:
    try:
        found = seen.filter(pk=uuid.UUID(character_id)).first()
    except ValueError:
        found = None
    if found is None:
        raise NotFound("there is no such character")
    return found
