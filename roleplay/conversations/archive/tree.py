"""Plants the messages and generations of one chat, whose rows name each other by their place."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError

from roleplay.connections.models import Connection
from roleplay.conversations.archive import shapes
from roleplay.conversations.models import RUNNING, Conversation, Generation, Message

AT_ONCE = 500
ConnectionOf = Callable[[dict[str, Any]], Connection | None]


def plant(chat: Conversation, row: dict[str, Any], connection_of: ConnectionOf) -> None:
    """Raises ValidationError, KeyError, TypeError, ValueError or IndexError for a broken tree."""
    messages: list[Message] = []
    for one in row["messages"]:
        messages.append(_message(chat, one, messages))
    times = [one["created"] for one in row["messages"]]
    _keep_created(Message, messages, times)
    if row["head"] is not None:
        chat.head = messages[place(row["head"])]
        chat.save(update_fields=["head"])
    generations = [
        _generation(chat, one, messages, connection_of(one)) for one in row["generations"]
    ]
    _keep_created(Generation, generations, [one["created"] for one in row["generations"]])


def _message(chat: Conversation, row: dict[str, Any], before: list[Message]) -> Message:
    parent = None if row["parent"] is None else before[place(row["parent"])]
    values = {name: row[name] for name in shapes.MESSAGE}
    message = Message(conversation=chat, parent=parent, **values)
    shapes.check(message)
    _check_calls(message.tool_calls)
    # One root, and it is the scene.
    if (parent is None) != (not before) or (parent is None and message.role != "system"):
        raise ValidationError("Its messages are not one tree with the scene at the root.")
    message.save(force_insert=True)
    return message


def _check_calls(calls: Any) -> None:
    names = {"id", "name", "arguments"}
    good = isinstance(calls, list) and all(
        isinstance(call, dict)
        and set(call) == names
        and all(isinstance(text, str) for text in call.values())
        for call in calls
    )
    if not good:
        raise ValidationError("tool_calls: each needs id, name and arguments.")


def _generation(
    chat: Conversation, row: dict[str, Any], messages: list[Message], connection: Connection | None
) -> Generation:
    values = {name: row[name] for name in shapes.GENERATION}
    one = Generation(
        conversation=chat,
        message=messages[place(row["message"])],
        connection=connection,
        **values,
    )
    shapes.check(one, "prompt")  # an empty one counts as blank, and is none the less right
    if not isinstance(one.prompt, dict) or one.status in RUNNING or one.finished is None:
        raise ValidationError("A generation has to be finished, and its prompt an object.")
    if Generation.objects.filter(key=UUID(str(one.key))).exists():
        one.key = uuid4()
    one.save(force_insert=True)
    return one


def _keep_created(model: Any, rows: list[Any], times: list[str]) -> None:
    """Saving sets the time of now; this puts back when it was."""
    field = model._meta.get_field("created")
    for row, time in zip(rows, times, strict=True):
        row.created = field.to_python(time)
    model.objects.bulk_update(rows, ["created"], batch_size=AT_ONCE)


def place(value: Any) -> int:
    """A place in a list: a whole number, and none that counts from the end."""
    if type(value) is not int or value < 0:
        raise ValueError(value)
    return value
