"""Writes an archive."""

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import Q, QuerySet

from characters.models import Character, CharacterVersion
from roleplay.accounts.models import User
from roleplay.connections.models import Connection
from roleplay.conversations.archive import FORMAT, MANIFEST, VERSION, shapes
from roleplay.conversations.models import Conversation, Generation, Message

# A ZIP wants a time for each member; one for all keeps equal data equal in every byte.
NO_TIME = (1980, 1, 1, 0, 0, 0)


def write_archive(path: Path, person: User | None = None) -> dict[str, int]:
    """Everything, or what belongs to this person. Returns how many rows of each table there are.

    The file appears whole or not at all, and only its owner may read it (0600). The data is that of
    one moment; people go on writing meanwhile.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    try:
        with (
            os.fdopen(descriptor, "w+b") as file,
            zipfile.ZipFile(file, "w") as archive,
            _moment(),
        ):
            counts = _Writing(archive, person).all()
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return counts


@contextlib.contextmanager
def _moment() -> Iterator[None]:
    """Reads that all see the same moment. On SQLite without the lock that Django's own take."""
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        with transaction.atomic():
            yield
        return
    with connection.cursor() as cursor:
        cursor.execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


class _Writing:
    def __init__(self, archive: zipfile.ZipFile, person: User | None) -> None:
        self._archive = archive
        self._person = person
        self._files: dict[str, str] = {}

    def all(self) -> dict[str, int]:
        counts = {
            "people": self._table("people", map(self._of_person, self._people())),
            "characters": self._table("characters", map(self._of_character, self._characters())),
            "connections": self._table("connections", map(_of_connection, self._connections())),
            "conversations": self._table("conversations", map(of_chat, self._conversations())),
        }
        manifest = {
            "format": FORMAT,
            "version": VERSION,
            "files": dict(sorted(self._files.items())),
        }
        self._archive.writestr(_member(MANIFEST), json.dumps(manifest, indent=1))
        return counts

    def _people(self) -> Iterator[User]:
        people = User.objects.order_by("username")
        return (people.filter(pk=self._person.pk) if self._person else people).iterator()

    def _conversations(self) -> Iterator[Conversation]:
        chats = Conversation.objects.select_related("user", "connection").order_by("pk")
        return (chats.filter(user=self._person) if self._person else chats).iterator()

    def _characters(self) -> Iterator[Character]:
        found = Character.objects.select_related("owner").order_by("pk")
        if self._person:
            used = Conversation.objects.filter(user=self._person).values("character")
            found = found.filter(Q(owner=self._person) | Q(pk__in=used))
        return found.iterator()

    def _connections(self) -> Iterator[Connection]:
        found = Connection.objects.order_by("name")
        if self._person:
            chats = Conversation.objects.filter(user=self._person)
            replies = Generation.objects.filter(conversation__in=chats)
            used = Q(pk__in=chats.values("connection")) | Q(pk__in=replies.values("connection"))
            found = found.filter(used)
        return found.iterator()

    def _table(self, name: str, rows: Iterable[dict[str, Any]]) -> int:
        count, digest = 0, hashlib.sha256()
        # Pictures are members of their own, and a ZIP writes one at a time: lines wait on disk.
        with tempfile.TemporaryFile() as waiting:
            for row in rows:
                count += 1
                line = json.dumps(row, ensure_ascii=False, sort_keys=True).encode() + b"\n"
                digest.update(line)
                waiting.write(line)
            waiting.seek(0)
            with self._archive.open(_member(f"{name}.jsonl"), "w", force_zip64=True) as member:
                shutil.copyfileobj(waiting, member)
        self._files[f"{name}.jsonl"] = digest.hexdigest()
        return count

    def _of_person(self, person: User) -> dict[str, Any]:
        personas = [
            {**shapes.values(one, shapes.PERSONA), "avatar": self._picture(one.avatar.name)}
            for one in person.personas.order_by("pk")
        ]
        usage = [shapes.values(day, shapes.USAGE) for day in person.usage.order_by("day")]
        return {**shapes.values(person, shapes.PERSON), "personas": personas, "usage": usage}

    def _of_character(self, character: Character) -> dict[str, Any]:
        owner = character.owner
        if self._person and owner != self._person:
            owner = None
        pictures = {
            name: self._picture(getattr(character, name).name) for name in shapes.CHARACTER_PICTURES
        }
        return {
            "id": str(character.pk),
            "owner": owner.username if owner else None,
            **shapes.values(character, shapes.CHARACTER + shapes.CHARACTER_TIMES),
            **pictures,
            "versions": [
                shapes.values(kept, shapes.CHARACTER_VERSION) for kept in self._versions(character)
            ],
        }

    def _versions(self, character: Character) -> QuerySet[CharacterVersion]:
        """Those it keeps; of somebody else's, those that this person's chats are held to."""
        kept = character.versions.order_by("number")
        if self._person and character.owner != self._person:
            chats = Conversation.objects.filter(user=self._person, character=character)
            kept = kept.filter(number__in=chats.values("character_version"))
        return kept

    def _picture(self, stored: str | None) -> str:
        """The member that holds this picture, written once; "" where the file is gone."""
        data = picture_bytes(stored)
        if not data:
            return ""
        digest = hashlib.sha256(data).hexdigest()
        name = f"media/{digest}.webp"
        if name not in self._files:
            self._files[name] = digest
            self._archive.writestr(_member(name), data)
        return name


def picture_bytes(stored: str | None) -> bytes:
    if not stored or not default_storage.exists(stored):
        return b""
    with default_storage.open(stored) as file:
        return bytes(file.read())


def _member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, NO_TIME)
    member.compress_type = zipfile.ZIP_STORED if name[:6] == "media/" else zipfile.ZIP_DEFLATED
    return member


def _of_connection(one: Connection) -> dict[str, Any]:
    return shapes.values(one, shapes.CONNECTION)


def of_chat(chat: Conversation) -> dict[str, Any]:
    """A chat with its tree: messages and generations name messages by their place in the list."""
    messages = list(chat.messages.order_by("pk"))
    place = {message.pk: index for index, message in enumerate(messages)}
    generations = chat.generations.select_related("connection", "message").order_by("pk")
    return {
        "id": str(chat.pk),
        "user": chat.user.username,
        "character": str(chat.character_id),
        "persona": _place_of_persona(chat),
        "connection": chat.connection.name if chat.connection else None,
        "head": place.get(chat.head_id) if chat.head_id else None,
        **shapes.values(chat, shapes.CONVERSATION),
        "messages": [_of_message(message, place) for message in messages],
        "generations": [_of_generation(one, place) for one in generations],
    }


def _place_of_persona(chat: Conversation) -> int | None:
    if chat.persona_id is None:
        return None
    ids = list(chat.user.personas.order_by("pk").values_list("pk", flat=True))
    return ids.index(chat.persona_id) if chat.persona_id in ids else None


def _of_message(message: Message, place: dict[int, int]) -> dict[str, Any]:
    parent = place[message.parent_id] if message.parent_id else None
    return {"parent": parent, **shapes.values(message, shapes.MESSAGE)}


def _of_generation(one: Generation, place: dict[int, int]) -> dict[str, Any]:
    row = {
        "message": place[one.written.pk],
        "connection": one.connection.name if one.connection else None,
        **shapes.values(one, shapes.GENERATION),
    }
    if one.is_running:
        # Elsewhere nobody writes it on: it broke off where it stands.
        row |= {"status": "interrupted", "finished": row["first_text"] or row["created"]}
    return row
