"""The formats in which a story leaves, by the names that addresses have for them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from roleplay.conversations.transcripts import html, lamplight, markdown, plain, sillytavern
from roleplay.conversations.transcripts.story import Story


@dataclass(frozen=True, slots=True)
class Format:
    """`writes` gives the file in parts. `name` and `about` are for people."""

    ending: str
    content_type: str
    writes: Callable[[Story], Iterator[str]]
    name: Any
    about: Any


FORMATS = {
    "json": Format(
        "json",
        "application/json",
        lamplight.write,
        _("Everything, for this application"),
        _("The whole tree with every version. Comes in again as it was, here or on another site."),
    ),
    "jsonl": Format(
        "jsonl",
        "application/jsonl",
        sillytavern.write,
        _("SillyTavern"),
        _("The story as it is shown, each reply with its versions."),
    ),
    "html": Format(
        "html",
        "text/html; charset=utf-8",
        html.write,
        _("Web page"),
        _("The story as it is shown, to read or print in any browser."),
    ),
    "markdown": Format(
        "md",
        "text/markdown; charset=utf-8",
        markdown.write,
        _("Markdown"),
        _("The story as it is shown, for notes and editors."),
    ),
    "text": Format(
        "txt",
        "text/plain; charset=utf-8",
        plain.write,
        _("Plain text"),
        _("The story as it is shown, and nothing but words."),
    ),
}
