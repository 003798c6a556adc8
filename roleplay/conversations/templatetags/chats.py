"""What the chat pages are drawn with."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import template
from django.template.defaultfilters import date
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from roleplay.conversations import prose as grammar
from roleplay.conversations.models import Conversation, Generation
from roleplay.conversations.words import StateLine, state_line
from roleplay.text import language_of

register = template.Library()

CHATS_IN_SIDEBAR = 30
SNIPPET = 80


@register.inclusion_tag("conversations/_prose.html")
def prose(text: str) -> dict[str, Any]:
    """A message as paragraphs with narration, speech and asides."""
    return {"paragraphs": grammar.paragraphs(text)}


@register.inclusion_tag("conversations/_prose.html", takes_context=True)
def prose_so_far(context: template.Context, text: str) -> dict[str, Any]:
    """The same of a reply that is being written; nothing for those who want replies whole."""
    user = getattr(context.get("request"), "user", None)
    return prose("" if getattr(user, "pace", "") == "whole" else text)


@register.filter
def snippet(text: str) -> str:
    """The beginning of a message on one line."""
    line = grammar.plain(text[: SNIPPET * 3])
    return line if len(line) <= SNIPPET else line[: SNIPPET - 1] + "…"


@register.filter
def language(text: str) -> str:
    """The language tag of this text, or an empty string where it cannot be told."""
    return language_of(text)


@register.filter
def when(moment: datetime) -> str:
    """The time for today, the day for this week, else the date."""
    local = timezone.localtime(moment)
    days = (timezone.localdate() - local.date()).days
    if days <= 0:
        return str(date(local, "H:i"))
    if days == 1:
        return _("Yesterday")
    return str(date(local, "l" if days < 7 else pgettext("date format", "F j")))


@register.simple_tag(takes_context=True)
def recent_chats(context: template.Context) -> list[Conversation]:
    """This person's newest chats, each with `is_writing`."""
    stories = Conversation.objects.of(context["request"].user).in_browser().for_list()
    return with_writing(stories[:CHATS_IN_SIDEBAR])


@register.filter
def with_writing(stories: Iterable[Conversation]) -> list[Conversation]:
    """These chats, told apart by whether a reply is being written in them, in one query."""
    chats: list[Any] = list(stories)
    writing = set(
        Generation.objects.running()
        .filter(conversation__in=chats)
        .values_list("conversation_id", flat=True)
    )
    for chat in chats:
        chat.is_writing = chat.pk in writing
    return chats


@register.simple_tag(takes_context=True)
def state_of(context: template.Context, message: Any) -> StateLine | None:
    """What is to be said of how this reply ended."""
    user = getattr(context.get("request"), "user", None)
    return state_line(message.attempt, message.text, bool(user and user.is_staff))


@register.filter
def reply_language(message: Any, fallback: str) -> str:
    """The language to set a reply in: its own; while it is empty, that of what it answers."""
    if message.text:
        return str(message.language or fallback)
    asked = message.parent
    return str((asked and asked.language) or fallback)


@register.filter
def pretty_json(value: Any) -> str:
    """A value, or JSON text, as indented JSON; text that is no JSON stays as it is."""
    if isinstance(value, str):
        text = value
        try:
            value = json.loads(text)
        except ValueError:
            return text
    return json.dumps(value, ensure_ascii=False, indent=2)
