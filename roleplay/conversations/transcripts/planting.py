"""Transcripts become chats of one person: all that a file holds, or nothing of it.

Rows are made ready before the transaction begins: while it lasts nobody else can write on SQLite.
"""

import functools
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, models, transaction
from django.utils import timezone

from characters.models import Character
from roleplay.accounts.models import Persona, User
from roleplay.conversations.models import Conversation, Generation, Message
from roleplay.conversations.transcripts.values import Line, Transcript
from roleplay.prompting.placeholders import fill_placeholders

YOU = {"zh-Hans": "你"}
# What a file says of replies counts neither for the operator's figures of today nor of yesterday.
AT_LEAST_AGO = timedelta(days=2)
PUT_PARENT = "UPDATE conversations_message SET parent_id = %s WHERE id = %s"
Row = list[Any]


def plant(user: User, character: Character, transcripts: list[Transcript]) -> list[Conversation]:
    """New chats with this character, in the order of the file; as many queries for each story,
    however long it is."""
    plants = [_Plant(user, character, transcript) for transcript in transcripts]
    with transaction.atomic():
        return [one.put() for one in plants]


class _Plant:
    """One story: rows for the database, in which only the ids are missing that it will give."""

    def __init__(self, user: User, character: Character, transcript: Transcript) -> None:
        self._transcript = transcript
        persona = _persona_of(user, transcript)
        self._names = _Names(transcript, persona, character)
        self.chat = Conversation(
            user=user,
            character=character,
            character_version=_version_of(character, transcript),
            persona=persona,
            title=transcript.title,
            used=timezone.now(),
        )
        self._begun = transcript.begun or _first_time(transcript) or self.chat.used
        scene = transcript.scene if transcript.scene is not None else character.scenario
        self._scene = self._names.filled(scene)
        times = _times(transcript, self._begun)
        self._messages = [
            self._message(line, time) for line, time in zip(transcript.lines, times, strict=True)
        ]
        self._attempts = [
            self._attempt(number, attempt.values)
            for number, attempt in enumerate(transcript.attempts)
        ]

    def put(self) -> Conversation:
        """Store it, inside a transaction."""
        chat, lines = self.chat, self._transcript.lines
        chat.save(force_insert=True)
        root = chat.messages.create(role="system", text=self._scene)
        ids = self._put_messages(root)
        below = [
            (ids[line.parent], pk)
            for line, pk in zip(lines, ids, strict=True)
            if line.parent is not None
        ]
        _many(PUT_PARENT, below)
        for row, attempt in zip(self._attempts, self._transcript.attempts, strict=True):
            row[_place(Generation, "message")] = ids[attempt.line]
        _insert(Generation, self._attempts)
        head = root.pk if self._transcript.head is None else ids[self._transcript.head]
        begun = self._transcript.scene_created or self._begun
        Message.objects.filter(pk=root.pk).update(created=begun)
        Conversation.objects.filter(pk=chat.pk).update(head=head, created=self._begun)
        return chat

    def _put_messages(self, root: Message) -> list[int]:
        """The ids of the lines, all of which stand below the scene as yet."""
        for row in self._messages:
            row[_place(Message, "parent")] = root.pk
        _insert(Message, self._messages)
        # A database counts upwards, so they are in the order in which they went in.
        stored = self.chat.messages.filter(pk__gt=root.pk).order_by("pk")
        return list(stored.values_list("pk", flat=True))

    def _message(self, line: Line, time: datetime) -> Row:
        filled = line.text if line.role == "tool" else self._names.filled(line.text)
        message = Message(
            conversation_id=self.chat.pk,
            role=line.role,
            text=filled,
            tool_calls=line.tool_calls,
            tool_call_id=line.tool_call_id,
            persona_name=line.name if line.role == "user" else "",
            rating=line.rating,
            created=time,
        )
        return _row(message)

    def _attempt(self, number: int, values: dict[str, Any]) -> Row:
        created = min(values["created"], timezone.now() - AT_LEAST_AGO)
        attempt = Generation(
            user_id=self.chat.user_id,
            conversation_id=self.chat.pk,
            send_key=f"imported-{number:08}",
            **{**values, "created": created},
        )
        return _row(attempt)


class _Names:
    """Who speaks, and what stands for the names that a text leaves open."""

    def __init__(
        self, transcript: Transcript, persona: Persona | None, character: Character
    ) -> None:
        called = transcript.persona or (persona.name if persona else "")
        self._user = called or YOU.get(character.language, "you")
        self._character = character.name
        self._open = transcript.open_names or transcript.scene is None

    def filled(self, text: str) -> str:
        return fill_placeholders(text, self._user, self._character) if self._open else text


def _persona_of(user: User, transcript: Transcript) -> Persona | None:
    """The mask of this name; of a file that knows none, the one worn now."""
    if transcript.persona:
        return user.personas.filter(name=transcript.persona).order_by("pk").first()
    return None if transcript.kind == "lamplight" else user.current_persona


def _version_of(character: Character, transcript: Transcript) -> int | None:
    """The version a chat is held to, where it is the same character and still keeps that one."""
    held = transcript.character_version
    same = str(character.pk) == transcript.character_id
    return held if same and held in character.numbers else None


def _first_time(transcript: Transcript) -> datetime | None:
    return next((line.created for line in transcript.lines if line.created), None)


def _times(transcript: Transcript, begun: datetime) -> Iterator[datetime]:
    """When each line was written; of those that do not say, when the one before was."""
    before = begun
    for line in transcript.lines:
        before = line.created or before
        yield before


@functools.cache
def _columns(model: type[models.Model]) -> list[Any]:
    return [field for field in model._meta.concrete_fields if not field.primary_key]


def _place(model: type[models.Model], name: str) -> int:
    return [field.name for field in _columns(model)].index(name)


def _row(one: models.Model) -> Row:
    """All columns but the id, as the database takes them; times as they are, not of now."""
    return [
        field.get_db_prep_save(getattr(one, field.attname), connection)
        for field in _columns(type(one))
    ]


def _insert(model: type[models.Model], rows: list[Row]) -> None:
    names = ", ".join(connection.ops.quote_name(field.column) for field in _columns(model))
    table = connection.ops.quote_name(model._meta.db_table)
    marks = ", ".join(["%s"] * len(_columns(model)))
    _many(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)  # noqa: S608


def _many(statement: str, rows: list[Any]) -> None:
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(statement, rows)
