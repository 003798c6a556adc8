"""The path that is shown as plain text: who, when, what."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from roleplay.conversations.models import Message
from roleplay.conversations.transcripts.labels import label_of
from roleplay.conversations.transcripts.moments import to_read
from roleplay.conversations.transcripts.story import Story

RULE = "-" * 40


def write(story: Story) -> Iterator[str]:
    label = label_of(story.chat)
    yield f"{heading(story)}\n\n{label.notice}\n\n"
    for name, value in label.facts:
        yield f"{name}: {value}\n"
    yield f"\n{RULE}\n\n"
    if scene := story.scene:
        yield f"{scene}\n\n{RULE}\n\n"
    for told in story.told():
        message = told.message
        yield f"{speaker(message, story)} · {to_read(message.created)}\n{message.text}\n\n"
    yield f"{RULE}\n{label.notice}\n"


def heading(story: Story) -> str:
    """The name of the character, and of the story where it has one."""
    title, name = story.chat.title, story.chat.character.name
    return f"{name} · {title}" if title else name


def speaker(message: Message, story: Story) -> str:
    """Who says this, in words."""
    if message.role == "user":
        return message.persona_name or _("You")
    if message.role == "assistant":
        return story.chat.character.name
    return _("Tool result") if message.role == "tool" else _("Note")
