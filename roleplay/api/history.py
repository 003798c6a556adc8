"""What was said in saved dialogues: `chat/message/histories`."""

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator

from django.utils.translation import gettext_noop as _

from roleplay.api.door import Call
from roleplay.api.errors import InvalidParam
from roleplay.api.moments import milliseconds
from roleplay.api.paging import page_of
from roleplay.api.route import Route
from roleplay.api.shapes.control import (
    HistoryItem,
    HistoryPage,
    HistoryRequest,
    HistoryWhere,
    Issuer,
)
from roleplay.conversations.models import Conversation, Generation, Message

MOST_DIALOGUES = 200  # looked at where the call names no user
ORDERS = {"gmtcreate desc": True, "gmtcreate asc": False, "gmtcreate": False}


def histories(call: Call) -> dict[str, object]:
    """The messages of the path that is read now, newest first unless asked otherwise."""
    asked = call.read(HistoryRequest)
    newest_first = _newest_first(asked.order_by)
    found = [
        (story, message)
        for story in _dialogues(call, asked.where)
        for message in story.thread()
        if _wanted(message, asked.where)
    ]
    found.sort(key=lambda pair: pair[1].pk, reverse=newest_first)
    page = page_of(found, asked.page_num, asked.page_size, lambda pair: pair)
    tries = _tries(message for _, message in page["list"])
    page["list"] = [
        _item(call, story, message, tries[message.pk]) for story, message in page["list"]
    ]
    return page


def _tries(messages: Iterable[Message]) -> dict[int, int]:
    """How often the question of each of these was answered; 0 for a greeting and for words of people."""
    answers = {message.pk: message.parent_id for message in messages if message.role == "assistant"}
    written = Generation.objects.filter(message__in=answers).values_list("message", flat=True)
    siblings = Message.objects.filter(parent__in=answers.values(), role="assistant")
    counts = Counter(siblings.values_list("parent", flat=True))
    return Counter({pk: counts[answers[pk] or 0] for pk in written if pk is not None})


def _dialogues(call: Call, where: HistoryWhere) -> Iterator[Conversation]:
    stories = Conversation.objects.of(call.user).filter(reset=None).exclude(biz_user="")
    for name, value in (("character", where.character_id), ("pk", where.session_id)):
        if value:
            try:
                stories = stories.filter(**{name: uuid.UUID(value)})
            except ValueError:
                return
    if where.biz_user_id:
        stories = stories.filter(biz_user=where.biz_user_id)
    yield from stories.select_related("character").order_by("-used")[:MOST_DIALOGUES]


def _wanted(message: Message, where: HistoryWhere) -> bool:
    if message.role not in ("user", "assistant"):
        return False
    if where.start_time and message.created < where.start_time:
        return False
    if where.end_time and message.created > where.end_time:
        return False
    return not where.message_ids or message.key.hex in where.message_ids


def _item(call: Call, story: Conversation, message: Message, tries: int) -> object:
    by_user = message.role == "user"
    greets = not by_user and not tries
    kind = "opening_remarks" if greets else "user" if by_user else "character"
    issuer = Issuer.model_construct(
        user_id=str(call.key.user_id) if by_user else story.character_id.hex,
        biz_user_id=story.biz_user if by_user else story.character_id.hex,
        user_name=message.persona_name if by_user else story.character.name,
        user_type="user" if by_user else "character",
    )
    return HistoryItem.model_construct(
        content=message.text,
        message_type=kind,
        message_id=message.key.hex,
        message_issuer=issuer,
        session_id=story.pk.hex,
        chat_id=story.pk.hex,
        gmt_create=milliseconds(message.created),
        is_greeting=greets,
        rating=message.rating,
        regenerate_times=max(tries - 1, 0),
    )


def _newest_first(orders: list[str]) -> bool:
    order = " ".join((orders or ["gmtCreate desc"])[0].lower().split())
    if order not in ORDERS:
        raise InvalidParam("orderBy knows gmtCreate desc and gmtCreate asc")
    return ORDERS[order]


ROUTES = [
    Route(
        "chat/message/histories",
        histories,
        scope="history",
        service="aca-message-history",
        summary=_("What was said in saved dialogues"),
        asks=HistoryRequest,
        answers=HistoryPage,
    ),
]
