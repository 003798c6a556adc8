"""What the pages are drawn with: icons and portraits."""

import hashlib
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

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
