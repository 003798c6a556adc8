"""Gathers what a search shows: a person's chats with the newest hits in each, best chats first.

First come chats whose title or character holds the words, then those where they stand together, then
the newest. One search looks at the newest hits only (WINDOW of them); `before` goes further back.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from roleplay.conversations.models import Conversation, Message
from roleplay.searching import index
from roleplay.searching.marking import Pieces, marked, snippet
from roleplay.searching.query import Query, read_phrase, read_query

WINDOW = 60  # hits of one search
PHRASES = 30  # of them, such as hold the words as they were typed
WAITING = 300  # messages that are not in the index yet
SHOWN = 3  # hits of one chat
CHATS = 20  # chats of one search found by title or name


@dataclass(slots=True)
class Hit:
    message: Message
    pieces: Pieces


@dataclass(slots=True)
class Group:
    """A chat with its hits. `named`: its title or its character holds every word."""

    chat: Conversation
    name: Pieces
    title: Pieces
    named: bool = False
    phrase: bool = False
    hits: list[Hit] = field(default_factory=list)
    more: bool = False

    @property
    def rank(self) -> Any:
        newest = max((hit.message.pk for hit in self.hits), default=0)
        return (self.named, self.phrase, self.chat.used if self.named else newest)


@dataclass(slots=True)
class Found:
    """`before`: the id to go on below, where there may be older hits; else None."""

    groups: list[Group]
    before: int | None


@dataclass(slots=True)
class Places:
    """Messages by id, and by which terms each was found; the first to find one says."""

    queries: dict[int, Query] = field(default_factory=dict)
    phrases: set[int] = field(default_factory=set)

    def add(self, messages: list[int], query: Query) -> None:
        for message in messages:
            self.queries.setdefault(message, query)


def find(user: Any, typed: str, before: int | None = None) -> Found:
    """What this person's chats hold of the words typed."""
    query, phrase = read_query(typed), read_phrase(typed)
    if not query:
        return Found([], None)
    places, named = Places(), []
    if before is None:
        places.phrases = set(_look(user, phrase, PHRASES)) if phrase else set()
        places.add(sorted(places.phrases, reverse=True), phrase)
        for chat, rest in _headings(user, query):
            named += [] if rest else [chat]
            if rest:
                places.add(_look(user, rest, SHOWN + 1, chat), rest)
    newest = _look(user, query, WINDOW, before=before)
    places.add(newest, query)
    groups = _groups(user, query, places, named)
    return Found(groups, newest[-1] if len(newest) == WINDOW else None)


def find_in(chat: Conversation, typed: str, most: int, before: int | None = None) -> Found:
    """The hits in one chat, newest first."""
    query = read_query(typed)
    rest = query.missing_in(_heading(chat.character.name, chat.title))
    query = rest or query
    if not query:
        return Found([], None)
    ids = _look(chat.user, query, most, chat.pk, before)
    messages = Message.objects.of(chat.user).in_bulk(ids)
    group = Group(chat, marked(chat.character.name, query), marked(chat.title, query))
    found = [messages[pk] for pk in ids if pk in messages]
    group.hits = [Hit(one, pieces) for one in found if (pieces := snippet(one.text, query))]
    return Found([group], ids[-1] if len(ids) == most else None)


def _look(
    user: Any, query: Query, most: int, chat: uuid.UUID | None = None, before: int | None = None
) -> list[int]:
    """The newest messages that hold every term, from the index and from what waits for it."""
    end = index.NEWEST if before is None else before
    ids = set(index.matching(user.pk, query, most, chat.hex if chat else "", end))
    unread = Message.objects.of(user).filter(pk__in=index.waiting(user.pk, WAITING, end))
    if chat:
        unread = unread.filter(conversation=chat)
    for pk, text in unread.values_list("pk", "text"):
        if not query.missing_in(text):
            ids.add(pk)
    return sorted(ids, reverse=True)[:most]


def _heading(name: str, title: str) -> str:
    return f"{name}\n{title}"


def _headings(user: Any, query: Query) -> Iterator[tuple[uuid.UUID, Query]]:
    """The last used chats whose title or character holds some of the terms, with the other terms."""
    count = 0
    chats = Conversation.objects.of(user).in_browser().order_by("-used")
    for pk, title, name in chats.values_list("pk", "title", "character__name"):
        rest = query.missing_in(_heading(name, title))
        if len(rest.terms) < len(query.terms):
            yield pk, rest
            count += 1
        if count == CHATS:
            return


def _groups(user: Any, query: Query, places: Places, named: list[uuid.UUID]) -> list[Group]:
    own = Message.objects.of(user).filter(pk__in=places.queries, conversation__biz_user="")
    by_chat: dict[uuid.UUID, list[int]] = {pk: [] for pk in named}
    for pk, chat in own.values_list("pk", "conversation_id"):
        by_chat.setdefault(chat, []).append(pk)
    for ids in by_chat.values():
        ids.sort(key=lambda pk: (pk in places.phrases, pk), reverse=True)
    chats = Conversation.objects.of(user).in_browser().for_list().in_bulk(list(by_chat))
    texts = Message.objects.of(user).in_bulk([pk for ids in by_chat.values() for pk in ids[:SHOWN]])
    groups = []
    for key, story in chats.items():
        group = Group(story, marked(story.character.name, query), marked(story.title, query))
        group.named, ids = key in named, by_chat[key]
        group.phrase = bool(places.phrases.intersection(ids))
        for message in (texts[pk] for pk in ids[:SHOWN] if pk in texts):
            if pieces := snippet(message.text, places.queries[message.pk]):
                group.hits.append(Hit(message, pieces))
        group.more = len(ids) > SHOWN
        if group.hits or group.named:
            groups.append(group)
    return sorted(groups, key=lambda group: group.rank, reverse=True)
