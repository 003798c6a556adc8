"""Takes an archive in: whole or not at all, beside what is there, and over nothing."""

import uuid
from pathlib import Path
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import DatabaseError, models, transaction

from characters.models import SHEET, Character, CharacterVersion
from roleplay.accounts.models import Persona, Usage, User
from roleplay.connections import rules
from roleplay.connections.models import Connection
from roleplay.conversations.archive import BadArchive, shapes
from roleplay.conversations.archive.older import of_today
from roleplay.conversations.archive.opening import Archive
from roleplay.conversations.archive.tree import place, plant
from roleplay.conversations.models import Conversation
from roleplay.pictures import read_picture

M = TypeVar("M", bound=models.Model)
LONGEST_USERNAME = 150


def read_archive(path: Path, into: User | None = None) -> dict[str, int]:
    """Rows made of each table. `into`: everything of the one person in it goes to this account.

    Raises BadArchive, and then nothing was changed.
    """
    archive = Archive(path)
    reading = _Reading(archive, into)
    try:
        with transaction.atomic():
            return reading.all()
    except BaseException as error:
        reading.remove_pictures()
        if isinstance(error, DatabaseError):
            raise BadArchive(f"{reading.where}: the database does not take it.") from error
        raise
    finally:
        archive.close()


class _Reading:
    def __init__(self, archive: Archive, into: User | None) -> None:
        self._archive = archive
        self._into = into
        self._people: dict[str, User] = {}
        self._personas: dict[str, list[Persona]] = {}
        self._characters: dict[str, Character] = {}
        self._connections: dict[str, Connection] = {}
        self._pictures: list[str] = []
        self.where = ""

    def all(self) -> dict[str, int]:
        steps = {
            "people": self._person,
            "characters": self._character,
            "connections": self._connection,
            "conversations": self._conversation,
        }
        counts = {}
        for table, take in steps.items():
            counts[table] = 0
            for number, row in self._archive.rows(f"{table}.jsonl"):
                self.where = f"{table}.jsonl, line {number}"
                counts[table] += self._one(take, table, row)
        return counts

    def _one(self, take: Any, table: str, row: dict[str, Any]) -> int:
        try:
            return int(take(of_today(table, row, self._archive.version)))
        except ValidationError as error:
            raise BadArchive(f"{self.where}: {_said(error)}") from error
        except KeyError as error:
            raise BadArchive(f"{self.where}: {error} is missing or names nothing.") from error
        except (TypeError, ValueError, AttributeError, IndexError) as error:
            raise BadArchive(f"{self.where}: it does not have the shape of an export.") from error

    def remove_pictures(self) -> None:
        for name in self._pictures:
            default_storage.delete(name)

    # -- people

    def _person(self, row: dict[str, Any]) -> bool:
        name = row["username"]
        if name in self._people:
            raise BadArchive(f"{self.where}: the same person twice.")
        if self._into is not None and self._people:
            raise BadArchive("This export holds more than one person; import it without --user.")
        self._people[name] = self._into or self._new_person(row)
        self._personas[name] = [
            self._persona(self._people[name], persona) for persona in row["personas"]
        ]
        if self._into is None:
            for day in row["usage"]:
                _insert(Usage(user=self._people[name], **_taken(day, shapes.USAGE)))
        return self._into is None

    def _new_person(self, row: dict[str, Any]) -> User:
        """Nobody becomes staff by an import, and nobody can sign in before a password is set."""
        person = User(**{**_taken(row, shapes.PERSON), "username": _free_name(row["username"])})
        person.set_unusable_password()
        return _insert(person)

    def _persona(self, person: User, row: dict[str, Any]) -> Persona:
        persona = Persona(user=person, **_taken(row, shapes.PERSONA))
        if persona.is_current and person.current_persona:
            persona.is_current = False
        persona.avatar = self._picture(row["avatar"], "personas")
        return _insert(persona, created=persona.created)

    # -- who is played, and by which engine

    def _character(self, row: dict[str, Any]) -> bool:
        if row["id"] in self._characters:
            raise BadArchive(f"{self.where}: the same character twice.")
        fields = _taken(row, shapes.CHARACTER)
        times = _taken(row, shapes.CHARACTER_TIMES)
        owner = self._people[row["owner"]] if row["owner"] is not None else None
        known = self._same_character(row) if owner is None else None
        if known is not None:
            self._characters[row["id"]] = known
            return False
        character = Character(id=_free_id(Character, row["id"]), owner=owner, **fields)
        if character.key and Character.objects.filter(key=character.key).exists():
            character.key = None
        for name in shapes.CHARACTER_PICTURES:
            setattr(character, name, self._picture(row[name], "characters"))
        self._characters[row["id"]] = _insert(character, **times)
        for kept in row["versions"]:
            _insert_version(character, kept)
        return True

    def _same_character(self, row: dict[str, Any]) -> Character | None:
        """One of the site's own that is equal in every text of every version: chats go on with it."""
        same = models.Q(pk=uuid.UUID(row["id"]))
        if row["key"]:
            same |= models.Q(key=row["key"])
        for one in Character.objects.filter(same, owner=None):
            here = {kept.number: kept.sheet for kept in one.versions.all()}
            if shapes.values(one, shapes.CHARACTER) == _taken(row, shapes.CHARACTER) and all(
                here.get(kept["number"]) == kept["sheet"] for kept in row["versions"]
            ):
                return one
        return None

    def _connection(self, row: dict[str, Any]) -> bool:
        fields = _taken(row, shapes.CONNECTION)
        name, default = fields["name"], fields.pop("is_default")
        if name in self._connections:
            raise BadArchive(f"{self.where}: the same connection twice.")
        known = Connection.objects.filter(name=name).first()
        if known and all(getattr(known, field) == value for field, value in fields.items()):
            self._connections[name] = known
            return False
        fields["base_url"] = rules.checked_address(fields["base_url"])
        made = Connection(**{**fields, "name": _free_connection(name)})
        made.is_default = bool(default) and Connection.objects.chosen() is None
        rules.check(made)
        self._connections[name] = _insert(made, "base_url")
        return True

    # -- what was said

    def _conversation(self, row: dict[str, Any]) -> bool:
        chat = Conversation(
            id=_free_id(Conversation, row["id"]),
            user=self._people[row["user"]],
            character=self._characters[row["character"]],
            connection=self._connection_of(row),
            **_taken(row, shapes.CONVERSATION),
        )
        if row["persona"] is not None:
            chat.persona = self._personas[row["user"]][place(row["persona"])]
        if Conversation.objects.filter(upstream_user=chat.upstream_user).exists():
            chat.upstream_user = uuid.uuid4().hex
        if chat.character_version and chat.character_version not in chat.character.numbers:
            chat.character_version = None
        if _goes_on_here(chat):
            chat.reset = chat.used  # the program goes on with the dialogue it holds here
        _insert(chat, created=chat.created)
        plant(chat, row, self._connection_of)
        return True

    def _connection_of(self, row: dict[str, Any]) -> Connection | None:
        name = row["connection"]
        return self._connections[name] if name is not None else None

    # -- pictures

    def _picture(self, name: str, folder: str) -> str:
        if not name:
            return ""
        data = self._archive.picture(name)
        # Ours are WebP from end to end: whatever hides behind a picture's last byte stays outside.
        if data[:4] != b"RIFF" or int.from_bytes(data[4:8], "little") + 8 != len(data):
            raise BadArchive(f"{self.where}: {name} is not a WebP picture.")
        read_picture(ContentFile(data))
        stored = default_storage.save(f"{folder}/{uuid.uuid4().hex}.webp", ContentFile(data))
        self._pictures.append(stored)
        return stored


def _taken(row: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: row[name] for name in names}


def _times(model: type[models.Model], times: dict[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {field.name: field for field in model._meta.fields}
    return {name: fields[name].to_python(value) for name, value in times.items()}


def _insert(row: M, *unchecked: str, **times: Any) -> M:
    """Checks the row as a form would, stores it, and puts back the times that saving sets."""
    shapes.check(row, "avatar", "cover", "password", *unchecked)
    row.save(force_insert=True)
    if times:
        known = _times(type(row), times)
        type(row)._default_manager.filter(pk=row.pk).update(**known)
    return row


def _insert_version(character: Character, row: dict[str, Any]) -> None:
    sheet = {name: row["sheet"][name] for name in SHEET if name in row["sheet"]}
    kept = CharacterVersion(character=character, **{**row, "sheet": sheet})
    shapes.check(kept)
    shapes.check(character.as_kept(kept), "avatar", "cover")
    if kept.number in character.numbers:
        raise ValidationError("The same version twice.")
    kept.save(force_insert=True)


def _goes_on_here(chat: Conversation) -> bool:
    """Whether there is a dialogue of the same program's user with the same character already."""
    same = Conversation.objects.filter(
        user=chat.user, character=chat.character, biz_user=chat.biz_user, reset=None
    )
    return bool(chat.biz_user) and chat.reset is None and same.exists()


def _free_id(model: type[models.Model], given: str) -> uuid.UUID:
    wanted = uuid.UUID(given)
    return uuid.uuid4() if model._default_manager.filter(pk=wanted).exists() else wanted


def _free_name(wanted: str) -> str:
    name, number = wanted, 1
    while User.objects.filter(username__iexact=name).exists():
        number += 1
        name = f"{wanted[: LONGEST_USERNAME - 8]}-{number}"
    return name


def _free_connection(wanted: str) -> str:
    name, number = wanted, 1
    while Connection.objects.filter(name=name).exists():
        number += 1
        name = f"{wanted[:52]} {number}"
    return name


def _said(error: ValidationError) -> str:
    if hasattr(error, "error_dict"):
        return "; ".join(f"{name}: {' '.join(said)}" for name, said in error.message_dict.items())
    return " ".join(error.messages)
