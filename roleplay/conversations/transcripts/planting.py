"""Transcripts become chats of one person: all that a file holds, or nothing of it."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from characters.models import Character
from roleplay.accounts.models import Persona, User
from roleplay.conversations.models import Conversation, Generation, Message
from roleplay.conversations.transcripts.values import Line, Transcript
from roleplay.prompting.placeholders import fill_placeholders

AT_ONCE = 500
YOU = {"zh-Hans": "你"}
# What a file says of replies counts neither for the operator's figures of today nor of yesterday.
AT_LEAST_AGO = timedelta(days=2)
PUT_MESSAGE = "UPDATE conversations_message SET parent_id = %s, created = %s WHERE id = %s"
PUT_GENERATION = "UPDATE conversations_generation SET created = %s WHERE id = %s"


@transaction.atomic
def plant(user: User, character: Character, transcripts: list[Transcript]) -> list[Conversation]:
    """New chats with this character, in the order of the file. A few queries for each 500 messages."""
    return [_plant(user, character, transcript) for transcript in transcripts]


def _plant(user: User, character: Character, transcript: Transcript) -> Conversation:
    persona = _persona_of(user, transcript)
    names = _Names(transcript, persona, character)
    chat = Conversation.objects.create(
        user=user,
        character=character,
        character_version=_version_of(character, transcript),
        persona=persona,
        title=transcript.title,
        used=timezone.now(),
    )
    begun = transcript.begun or _first_time(transcript) or chat.used
    scene = transcript.scene if transcript.scene is not None else character.scenario
    root = chat.messages.create(role="system", text=names.filled(scene))
    Message.objects.filter(pk=root.pk).update(created=transcript.scene_created or begun)
    messages = _plant_lines(root, transcript, names, begun)
    _plant_attempts(chat, transcript, messages)
    head = root if transcript.head is None else messages[transcript.head]
    Conversation.objects.filter(pk=chat.pk).update(head=head, created=begun)
    return chat


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


def _plant_lines(
    root: Message, transcript: Transcript, names: _Names, begun: datetime
) -> list[Message]:
    messages = [_message(root, line, names) for line in transcript.lines]
    # All stand below the scene until those above them have ids.
    Message.objects.bulk_create(messages, batch_size=AT_ONCE)
    above = [root if line.parent is None else messages[line.parent] for line in transcript.lines]
    times = _times(transcript, begun)
    _put(
        PUT_MESSAGE,
        (
            (parent.pk, _stored(time), message.pk)
            for message, parent, time in zip(messages, above, times, strict=True)
        ),
    )
    return messages


def _message(root: Message, line: Line, names: _Names) -> Message:
    return Message(
        conversation_id=root.conversation_id,
        parent=root,
        role=line.role,
        text=names.filled(line.text) if line.role != "tool" else line.text,
        tool_calls=line.tool_calls,
        tool_call_id=line.tool_call_id,
        persona_name=line.name if line.role == "user" else "",
        rating=line.rating,
    )


def _times(transcript: Transcript, begun: datetime) -> Iterator[datetime]:
    """When each line was written; of those that do not say, when the one before was."""
    before = begun
    for line in transcript.lines:
        before = line.created or before
        yield before


def _plant_attempts(chat: Conversation, transcript: Transcript, messages: list[Message]) -> None:
    rows = [
        Generation(
            user_id=chat.user_id,
            conversation=chat,
            message=messages[attempt.line],
            send_key=f"imported-{number:08}",
            **attempt.values,
        )
        for number, attempt in enumerate(transcript.attempts)
    ]
    Generation.objects.bulk_create(rows, batch_size=AT_ONCE)
    latest = timezone.now() - AT_LEAST_AGO
    times = (min(attempt.values["created"], latest) for attempt in transcript.attempts)
    _put(
        PUT_GENERATION,
        ((_stored(time), row.pk) for time, row in zip(times, rows, strict=True)),
    )


def _stored(time: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(time)


def _put(statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """What bulk_create cannot set: times that are not of now, and ids it has only just given."""
    with connection.cursor() as cursor:
        cursor.executemany(statement, list(rows))
