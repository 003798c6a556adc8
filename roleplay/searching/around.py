"""The messages beside one of them, on the path that is read or on the version it belongs to."""

from dataclasses import dataclass

from django.db import connection

from roleplay.conversations.models import Conversation, Message

BESIDE = 15  # messages shown on each side

UP_TO = """
    WITH RECURSIVE path(id, parent_id, depth) AS (
        SELECT id, parent_id, 0 FROM conversations_message WHERE id = %s AND conversation_id = %s
        UNION ALL
        SELECT m.id, m.parent_id, path.depth + 1
        FROM conversations_message m JOIN path ON m.id = path.parent_id WHERE path.id <> %s
    )
    SELECT id FROM path ORDER BY depth
"""


@dataclass(frozen=True, slots=True)
class Around:
    """`end` of its path, by id; `below`: how many messages follow it on its path. `in_story`: whether that path is the head's."""

    message: Message
    end: int
    below: int
    in_story: bool
    messages: list[Message]
    has_earlier: bool
    has_later: bool


def around(story: Conversation, message: Message) -> Around:
    """The window around a message of this conversation."""
    below = _below(story, story.head_id, message.pk)
    in_story = below is not None
    if below is None:
        below = _below(story, Message.objects.newest_below(message).pk, message.pk) or [message.pk]
    last = max(0, len(below) - 1 - BESIDE)
    follow = len(below) - 1 - last
    found = Message.objects.path_to(story, below[last], follow + BESIDE + 2)
    wanted = follow + BESIDE + 1
    return Around(
        message=message,
        end=below[0],
        below=len(below) - 1,
        in_story=in_story,
        messages=found[-wanted:],
        has_earlier=len(found) > wanted,
        has_later=last > 0,
    )


def _below(story: Conversation, end: int | None, message: int) -> list[int] | None:
    """The ids from the end of a path up to this message; None where it is not on the path."""
    key = Conversation._meta.pk.get_db_prep_value(story.pk, connection)
    with connection.cursor() as cursor:
        cursor.execute(UP_TO, [end, key, message])
        path = [pk for (pk,) in cursor.fetchall()]
    return path if path and path[-1] == message else None
