"""Our own format: one JSON object that holds the whole tree of a story. The same story, the same bytes.

    {"format": "lamplight-chat", "version": 1, "ai": {…}, "id", "title", "begun",
     "character": {"id", "name", "version", "sheet"}, "persona", "head",
     "messages": [{"parent", "role", "text", …}],      the scene first; a parent is a place above
     "generations": [{"message", "status", "model", …}]}

What was sent to a model for a reply, and keys by which a site knows it, stay at home.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from django.utils.translation import gettext as _

from roleplay.conversations.archive import shapes
from roleplay.conversations.models import ROLES, Generation, Message
from roleplay.conversations.transcripts import BadTranscript
from roleplay.conversations.transcripts.attempts import read_attempt
from roleplay.conversations.transcripts.labels import label_of
from roleplay.conversations.transcripts.moments import moment
from roleplay.conversations.transcripts.story import Story
from roleplay.conversations.transcripts.values import Attempt, Line, Transcript, one_line, words_of

FORMAT = "lamplight-chat"
VERSION = 1
AT_HOME = {"key", "send_key", "prompt"}
GENERATION = tuple(name for name in shapes.GENERATION if name not in AT_HOME)
LARGEST_RATING = 5
Row = dict[str, Any]


def write(story: Story) -> Iterator[str]:
    head = json.dumps(_head(story), ensure_ascii=False, indent=1)
    yield f'{head[:-2]},\n "messages": ['
    yield from _rows(_of_message(message, story) for message in story.messages())
    yield '],\n "generations": ['
    yield from _rows(_of_attempt(attempt, story) for attempt in story.attempts())
    yield "]\n}\n"


def _head(story: Story) -> Row:
    chat = story.chat
    character = chat.character
    if chat.character_version in character.numbers:
        character = character.at_version(chat.character_version)
    return {
        "format": FORMAT,
        "version": VERSION,
        "ai": label_of(chat).values,
        "id": str(chat.pk),
        "title": chat.title,
        **shapes.values(chat, ("created",)),
        "character": {
            "id": str(character.pk),
            "name": character.name,
            "version": chat.character_version,
            "sheet": character.sheet,
        },
        "persona": chat.persona.name if chat.persona else "",
        "head": story.head,
    }


def _rows(rows: Iterable[Row]) -> Iterator[str]:
    before = "\n  "
    for row in rows:
        yield before + json.dumps(row, ensure_ascii=False)
        before = ",\n  "


def _of_message(message: Message, story: Story) -> Row:
    parent = story.places[message.parent_id] if message.parent_id else None
    return {"parent": parent, **shapes.values(message, shapes.MESSAGE)}


def _of_attempt(one: Generation, story: Story) -> Row:
    row = {"message": story.places[one.message_id or 0], **shapes.values(one, GENERATION)}
    if one.is_running:
        # Elsewhere nobody writes it on: it broke off where it stands.
        row |= {"status": "interrupted", "finished": row["first_text"] or row["created"]}
    return row


def is_ours(found: Any) -> bool:
    return isinstance(found, dict) and found.get("format") == FORMAT


def read(found: Row) -> Transcript:
    """Raises BadTranscript for whatever `write` would not write: nothing here is repaired."""
    version = found.get("version")
    if type(version) is not int or version < 1:
        raise BadTranscript(_("This file does not say which version of the format it is."))
    if version > VERSION:
        raise BadTranscript(
            _("This file was made by a newer version of this application. Update this site first.")
        )
    rows, tries = found.get("messages"), found.get("generations", [])
    if not isinstance(rows, list) or not rows or not isinstance(tries, list):
        raise BadTranscript(_("There is no story in this file."))
    transcript = _beginning(found, rows[0])
    for number, row in enumerate(rows[1:], start=1):
        transcript.add(_line(row, number))
    transcript.remarks["notes"] += sum(line.role == "system" for line in transcript.lines)
    transcript.remarks["scenes"] += bool(transcript.scene)
    head = _place(found.get("head"), len(rows), "head")
    transcript.head = head - 1 if head else None
    for number, row in enumerate(tries, start=1):
        transcript.attempts.append(_attempt(row, len(rows), number))
    return transcript


def _beginning(found: Row, root: Any) -> Transcript:
    if not isinstance(root, dict) or root.get("parent") is not None or root.get("role") != "system":
        raise _broken(_("the first message is not the scene"))
    character = found.get("character")
    character = character if isinstance(character, dict) else {}
    version = character.get("version")
    return Transcript(
        kind="lamplight",
        title=one_line(found.get("title"), 120),
        character=one_line(character.get("name"), 60),
        character_id=one_line(character.get("id"), 36),
        character_version=version if type(version) is int and 0 < version < 2**31 else None,
        persona=one_line(found.get("persona"), 60),
        begun=moment(found.get("created")),
        scene=_text(root, "text", 0),
        scene_created=moment(root.get("created")),
    )


def _line(row: Any, number: int) -> Line:
    role = row.get("role") if isinstance(row, dict) else None
    if not isinstance(role, str) or role not in ROLES:
        raise _broken(_("message %(number)s is none") % {"number": number})
    parent = _place(row.get("parent"), number, number)
    rating = row.get("rating")
    if rating is not None and (type(rating) is not int or not -1 <= rating <= LARGEST_RATING):
        raise _misplaced(number)
    return Line(
        role=role,
        text=_text(row, "text", number),
        parent=parent - 1 if parent else None,
        name=_text(row, "persona_name", number)[:60],
        created=moment(row.get("created")),
        tool_calls=_calls(row.get("tool_calls", []), number),
        tool_call_id=_text(row, "tool_call_id", number)[:200],
        rating=rating,
    )


def _calls(calls: Any, number: int) -> list[dict[str, str]]:
    names = {"id", "name", "arguments"}
    if not isinstance(calls, list):
        raise _misplaced(number)
    for call in calls:
        if not isinstance(call, dict) or set(call) != names:
            raise _misplaced(number)
        if not all(isinstance(text, str) for text in call.values()):
            raise _misplaced(number)
    return [{name: words_of(text) for name, text in call.items()} for call in calls]


def _attempt(row: Any, messages: int, number: int) -> Attempt:
    values = read_attempt(row)
    if values is None:
        raise _broken(_("generation %(number)s is none") % {"number": number})
    place = _place(row.get("message"), messages, number)
    if not place:
        raise _misplaced(number)
    return Attempt(place - 1, values)


def _place(value: Any, below: int, number: int | str) -> int:
    """A place of a message above this one; none that counts from the end."""
    if type(value) is not int or not 0 <= value < below:
        raise _misplaced(number)
    return value


def _text(row: Row, name: str, number: int) -> str:
    value = row.get(name, "")
    if not isinstance(value, str):
        raise _misplaced(number)
    return words_of(value)


def _misplaced(number: int | str) -> BadTranscript:
    return _broken(_("message %(number)s does not fit into the story") % {"number": number})


def _broken(why: str) -> BadTranscript:
    return BadTranscript(_("This file is broken or was cut short: %(why)s.") % {"why": why})
