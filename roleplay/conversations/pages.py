"""What the chat pages show of messages, gathered in as few queries as there are kinds of things."""

from collections import defaultdict
from collections.abc import Sequence, Set
from dataclasses import dataclass

from roleplay.conversations.models import Generation, Message, unanswered


@dataclass(frozen=True, slots=True)
class Versions:
    """Where a message stands among its alternates. `previous` and `next` are message ids or None."""

    position: int
    count: int
    previous: int | None
    next: int | None


@dataclass(slots=True)
class ShownMessage:
    """A message with what a page says about it; everything else is the message's own."""

    message: Message
    attempt: Generation | None
    versions: Versions | None
    is_head: bool
    # Tool calls that wait for a result, by their ids.
    open_calls: Set[str] = frozenset()

    def __getattr__(self, name: str) -> object:
        return getattr(self.message, name)


def shown(messages: Sequence[Message], head: int | None) -> list[ShownMessage]:
    """These messages (of one conversation) with their newest attempt and their alternates."""
    attempts = _newest_attempts(messages)
    for message in messages:
        if attempt := attempts.get(message.pk):
            # Text, number and status are of one moment only where one query read them.
            message.text, message.tool_calls = attempt.written.text, attempt.written.tool_calls
    versions = _versions(messages)
    reaches_head = bool(messages) and messages[-1].pk == head
    return [
        ShownMessage(
            message=m,
            attempt=attempts.get(m.pk),
            versions=versions.get(m.pk),
            is_head=m.pk == head,
            open_calls=unanswered(m, messages) if reaches_head and m.tool_calls else frozenset(),
        )
        for m in messages
    ]


def _newest_attempts(messages: Sequence[Message]) -> dict[int, Generation]:
    wanted = [message.pk for message in messages if message.role == "assistant"]
    found = (
        Generation.objects.filter(message__in=wanted)
        .select_related("connection", "message")
        .defer("prompt")
    )
    return {attempt.written.pk: attempt for attempt in found.order_by("pk")}


def _versions(messages: Sequence[Message]) -> dict[int, Versions]:
    replies = [message for message in messages if message.role == "assistant"]
    families: dict[int | None, list[int]] = defaultdict(list)
    siblings = Message.objects.filter(parent__in=[m.parent_id for m in replies], role="assistant")
    for pk, parent in siblings.order_by("pk").values_list("pk", "parent_id"):
        families[parent].append(pk)
    return {
        message.pk: _place(message.pk, families[message.parent_id])
        for message in replies
        if len(families[message.parent_id]) > 1
    }


def _place(pk: int, family: list[int]) -> Versions:
    at = family.index(pk)
    return Versions(
        position=at + 1,
        count=len(family),
        previous=family[at - 1] if at else None,
        next=family[at + 1] if at + 1 < len(family) else None,
    )
