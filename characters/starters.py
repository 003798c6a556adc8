"""The starter characters: who is there before anyone has written a character.

Each is one TOML file in `characters/starters/`, with a portrait and a cover beside it. The file's
name is the character's `key`, by which it is found again.

The rule: what is there is left alone, so an operator's edits stay. `load_starters` only makes those
that are missing; asked to refresh, it writes every text and picture of the set anew. The server
calls `fill_empty_shelf` as it starts: once there is any character at all it does nothing, so a
starter that was deleted does not come back by itself.
"""

import hashlib
import tomllib
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from characters.models import Character

FOLDER = Path(__file__).with_name("starters")
# As they stand on the shelf; one that is not named here stands at its end.
SHELF = ("haimeng", "tobias", "moyu", "cuiwenyue", "baiyu", "xiaoman", "juniper")


def load_starters(refresh: bool = False) -> list[Character]:
    """Make the starters that are missing; with `refresh`, bring the others back to the set as well.

    Returns those that were made or refreshed. One query where nothing is missing.
    """
    keys = [path.stem for path in sorted(FOLDER.glob("*.toml"))]
    known = set(Character.objects.filter(key__in=keys).values_list("key", flat=True))
    return [_load(key) for key in _in_order(keys) if refresh or key not in known]


def fill_empty_shelf() -> list[Character]:
    """The whole set where there is no character yet; nothing, within a millisecond, elsewhere."""
    return [] if Character.objects.exists() else load_starters()


def _in_order(keys: list[str]) -> list[str]:
    # The shelf shows the newest first, so the first guest is made last.
    places = {key: place for place, key in enumerate(SHELF)}
    return sorted(keys, key=lambda key: (-places.get(key, len(SHELF)), key))


def read_starter(key: str) -> dict[str, Any]:
    """The fields of this starter, by the names of `Character`, without the pictures."""
    values = tomllib.loads((FOLDER / f"{key}.toml").read_text(encoding="utf-8"))
    texts = {name: _trimmed(value) for name, value in values.items()}
    return {**texts, "owner": None, "visibility": "public"}


def _trimmed(value: Any) -> Any:
    """TOML's long texts end with a line break that is not part of them."""
    if isinstance(value, list):
        return [_trimmed(item) for item in value]
    return value.strip() if isinstance(value, str) else value


def _load(key: str) -> Character:
    fields = read_starter(key)
    pictures = {name: _stored(key, name) for name in ("avatar", "cover")}
    with transaction.atomic():
        made, _new = Character.objects.update_or_create(key=key, defaults={**fields, **pictures})
    return made


def _stored(key: str, kind: str) -> str:
    """The name of this picture in the media storage; it is copied there if it is missing.

    The name holds a digest of what is inside: a changed picture gets a new address, an unchanged
    one is not written twice.
    """
    data = (FOLDER / f"{key}-{kind}.webp").read_bytes()
    name = f"characters/{key}-{kind}-{hashlib.sha256(data).hexdigest()[:12]}.webp"
    if default_storage.exists(name):
        if default_storage.size(name) == len(data):
            return name
        default_storage.delete(name)  # cut short by a crash or a full disk
    return default_storage.save(name, ContentFile(data))
