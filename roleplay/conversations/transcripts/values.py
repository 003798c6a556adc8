"""What every format is read into, before anything is stored."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from roleplay.conversations.transcripts import MOST_MESSAGES, BadTranscript
from roleplay.text import clean


@dataclass(slots=True)
class Line:
    """A message. `parent`: the place of the line above it; None: it follows the scene.

    `name`: who speaks, as the file says. `created` None: at the time of the line before it.
    """

    role: str
    text: str
    parent: int | None
    name: str = ""
    created: datetime | None = None
    tool_calls: list[dict[str, str]] = field(default_factory=list)
    tool_call_id: str = ""
    rating: int | None = None


@dataclass(slots=True)
class Attempt:
    """How the line at this place came to be: columns of a Generation, all of them checked."""

    line: int
    values: dict[str, Any]


@dataclass(slots=True)
class Transcript:
    """One story as a file tells it. `scene` None: the file has none, the character's own is used.

    `head`: the place of the newest line shown; None: nothing is said yet. `remarks`: how often what
    was changed, left out or is worth a warning, by the codes of remarks.py; `unread`: names in the
    file that mean nothing here. `open_names`: its texts may hold {{user}} and {{char}}.
    """

    kind: str
    title: str = ""
    character: str = ""
    character_id: str = ""
    character_version: int | None = None
    persona: str = ""
    begun: datetime | None = None
    scene: str | None = None
    scene_created: datetime | None = None
    lines: list[Line] = field(default_factory=list)
    head: int | None = None
    attempts: list[Attempt] = field(default_factory=list)
    open_names: bool = False
    remarks: Counter[str] = field(default_factory=Counter)
    unread: Counter[str] = field(default_factory=Counter)

    def add(self, line: Line) -> int:
        """The place of a new line. Raises BadTranscript where it is one too many or too long."""
        if len(self.lines) >= MOST_MESSAGES:
            raise BadTranscript(
                _("There are more than %(most)s messages in this file.") % {"most": MOST_MESSAGES}
            )
        if len(line.text) > settings.REPLY_MAX_CHARS:
            raise BadTranscript(
                _("Message %(number)s is %(count)s characters long; %(most)s fit into one.")
                % {
                    "number": len(self.lines) + 1,
                    "count": len(line.text),
                    "most": settings.REPLY_MAX_CHARS,
                }
            )
        self.lines.append(line)
        return len(self.lines) - 1

    def path(self) -> list[Line]:
        """The lines from the first to the head."""
        found, place = [], self.head
        while place is not None:
            found.append(self.lines[place])
            place = self.lines[place].parent
        return found[::-1]


def words_of(value: Any) -> str:
    """A text of the file, fit to be stored; "" for whatever is none."""
    return clean(value) if isinstance(value, str) else ""


def one_line(value: Any, longest: int) -> str:
    """The same as one line of at most this many characters."""
    return " ".join(words_of(value)[: longest * 4].split())[:longest]
