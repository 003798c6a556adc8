"""A stored chat for those who write it down: read in parts, in few queries, however long it is."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from roleplay.conversations.models import Conversation, Generation, Message

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Told:
    """A message of the path that is shown. `swipes`: it and its alternates, oldest first.

    `attempts`: the newest attempt at each of them, by message id.
    """

    message: Message
    swipes: list[Message]
    attempts: dict[int, Generation]

    @property
    def attempt(self) -> Generation | None:
        return self.attempts.get(self.message.pk)


class Story:
    """`places`: the place of each message among all, oldest first; the scene has the first.

    What is said after this was made is no part of it.
    """

    def __init__(self, chat: Conversation) -> None:
        self.chat = chat
        rows = list(chat.messages.order_by("pk").values_list("pk", "parent_id", "role"))
        self.places = {pk: place for place, (pk, _parent, _role) in enumerate(rows)}
        self._above = {pk: parent for pk, parent, _role in rows}
        self._roles = {pk: role for pk, _parent, role in rows}
        self._families: dict[tuple[int | None, str], list[int]] = defaultdict(list)
        for pk, parent, role in rows:
            self._families[parent, role].append(pk)

    @property
    def scene(self) -> str:
        found = self.chat.messages.filter(parent=None).values_list("text", flat=True).first()
        return found or ""

    @property
    def head(self) -> int:
        """The place of the newest message shown."""
        return self.places.get(self.chat.head_id or 0, 0)

    def told(self) -> Iterator[Told]:
        """The path from the first message to the head, in order, with alternates."""
        path = self._path()
        for start in range(0, len(path), AT_ONCE):
            yield from self._part(path[start : start + AT_ONCE])

    def messages(self) -> Iterator[Message]:
        """All messages in order of their places."""
        for message in self.chat.messages.order_by("pk").iterator(chunk_size=AT_ONCE):
            if message.pk in self.places:
                yield message

    def attempts(self) -> Iterator[Generation]:
        """All attempts, oldest first, without what was sent."""
        rows = self.chat.generations.defer("prompt").order_by("pk")
        for attempt in rows.iterator(chunk_size=AT_ONCE):
            if attempt.message_id in self.places:
                yield attempt

    def _path(self) -> list[int]:
        found: list[int] = []
        place = self.chat.head_id
        while place in self._above and self._above[place] is not None:
            found.append(place)
            place = self._above[place]
        return found[::-1]

    def _part(self, path: list[int]) -> Iterator[Told]:
        families = {pk: self._family(pk) for pk in path}
        wanted = [pk for family in families.values() for pk in family]
        messages: dict[int, Message] = {}
        attempts: dict[int, Generation] = {}
        for start in range(0, len(wanted), AT_ONCE):
            some = wanted[start : start + AT_ONCE]
            messages |= Message.objects.in_bulk(some)
            found = Generation.objects.filter(message__in=some).defer("prompt").order_by("pk")
            attempts |= {one.message_id: one for one in found if one.message_id}
        for pk in path:
            if pk in messages:
                swipes = [messages[one] for one in families[pk] if one in messages]
                yield Told(messages[pk], swipes, attempts)

    def _family(self, pk: int) -> list[int]:
        return self._families[self._above[pk], self._roles[pk]]
