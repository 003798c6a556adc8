"""What was said in saved dialogues: `chat/message/histories`."""

import contextlib
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
from roleplay.conversations.models import Conversation, Generation, Message, MessageQuerySet

MOST_DIALOGUES = 50  # the last used of them, where the call names no user
ORDERS = {"gmtcreate desc": True, "gmtcreate asc": False, "gmtcreate": False}


def histories(call: Call) -> dict[str, object]:
    """The messages of the path that is read now, newest first unless asked otherwise."""
    asked = call.read(HistoryRequest)
    order = "-pk" if _newest_first(asked.order_by) else "pk"
    found = _said(_heads(call, asked.where), asked.where).order_by(order)
    told = found.select_related("conversation__character")
    page = page_of(told, asked.page_num, asked.page_size, lambda message: message)
    tries = _tries(page["list"])
    page["list"] = [_item(call, message, tries[message.pk]) for message in page["list"]]
    return page


def _tries(messages: Iterable[Message]) -> dict[int, int]:
    """How often the question of each of these was answered; 0 for a greeting and for words of people."""
    answers = {message.pk: message.parent_id for message in messages if message.role == "assistant"}
    written = Generation.objects.filter(message__in=answers).values_list("message", flat=True)
    siblings = Message.objects.filter(parent__in=answers.values(), role="assistant")
    counts = Counter(siblings.values_list("parent", flat=True))
    return Counter({pk: counts[answers[pk] or 0] for pk in written if pk is not None})


def _heads(call: Call, where: HistoryWhere) -> list[int]:
    """Where the dialogues that are asked for stand now."""
    stories = Conversation.objects.of(call.user).filter(reset=None).exclude(biz_user="")
    for name, value in (("character", where.character_id), ("pk", where.session_id)):
        if value:
            try:
                stories = stories.filter(**{name: uuid.UUID(value)})
            except ValueError:
                return []
    if where.biz_user_id:
        stories = stories.filter(biz_user=where.biz_user_id)
    heads = stories.order_by("-used").values_list("head_id", flat=True)[:MOST_DIALOGUES]
    return [head for head in heads if head is not None]


def _said(heads: list[int], where: HistoryWhere) -> MessageQuerySet:
    found = Message.objects.on_paths_to(heads).filter(role__in=("user", "assistant"))
    if where.start_time:
        found = found.filter(created__gte=where.start_time)
    if where.end_time:
        found = found.filter(created__lte=where.end_time)
    return found.filter(key__in=list(_keys(where.message_ids))) if where.message_ids else found


def _keys(names: list[str]) -> Iterator[uuid.UUID]:
    for name in names:
        with contextlib.suppress(ValueError):
            yield uuid.UUID(name)


def _item(call: Call, message: Message, tries: int) -> object:
    story = message.conversation
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
