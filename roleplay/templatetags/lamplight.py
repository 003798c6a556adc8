"""What the pages are drawn with: icons and portraits."""

import hashlib
from typing import Any

from django import template
from django.forms import BoundField
from django.utils.html import format_html
from django.utils.safestring import SafeString

from roleplay.accounts.models import Persona
from roleplay.conversations.models import Conversation

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """A symbol of templates/_icons.html. The control around it carries the words."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="#i-{}" /></svg>',
        name,
    )


@register.inclusion_tag("_portrait.html")
def portrait(who: Any, size: int = 44) -> dict[str, Any]:
    """The face of a character or a persona; the first letter of the name where there is none."""
    return {"who": who, "size": size, "hue": hue_of(who), "initial": who.name.strip()[:1].upper()}


@register.inclusion_tag("_cover.html")
def cover(character: Any, eager: bool = False) -> dict[str, Any]:
    """The picture of a character's card, three by four."""
    return {"character": character, "eager": eager}


@register.filter
def hue_of(who: Any) -> str:
    """The class that colours this character's or persona's rows: h0 to h23, or grey."""
    known = getattr(who, "hue_class", None)
    if known:
        return str(known)
    return f"h{hashlib.sha256(who.name.encode(errors='replace')).digest()[0] % 24}"


@register.filter
def as_input(field: BoundField) -> SafeString:
    """A form's field in our look; the first glance goes to what is wrong."""
    attrs: dict[str, Any] = {"class": "input"}
    if field.errors:
        attrs["autofocus"] = True
    return field.as_widget(attrs={**attrs, "placeholder": ""})


@register.simple_tag(takes_context=True)
def last_chat(context: template.Context, character: Any) -> Conversation | None:
    """This person's newest chat with a character, if there is one."""
    user = context["request"].user
    if not user.is_authenticated:
        return None
    stories = Conversation.objects.of(user).in_browser().filter(character=character)
    return stories.order_by("-used").first()


@register.filter
def chats_as(persona: Persona) -> int:
    """In how many chats this persona is worn."""
    return Conversation.objects.filter(persona=persona).count()
