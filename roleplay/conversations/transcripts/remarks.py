"""What a look at a file tells of what will be changed, left out, or is worth a warning."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from roleplay.conversations.transcripts.values import Transcript

UNREAD_NAMED = 12

CHANGED = {
    "names_open": ngettext_lazy(
        "In %d message a name is put in place of {{user}} or {{char}}.",
        "In %d messages names are put in place of {{user}} and {{char}}.",
    ),
    "hidden": ngettext_lazy(
        "%d message was hidden from the model; here it is part of the story.",
        "%d messages were hidden from the model; here they are part of the story.",
    ),
    "speakers": ngettext_lazy(
        "Several characters speak: %d message begins with its speaker's name.",
        "Several characters speak: %d messages begin with their speaker's name.",
    ),
    "no_time": ngettext_lazy(
        "%d message has no readable time; it takes that of the one before.",
        "%d messages have no readable time; each takes that of the one before.",
    ),
    "odd_swipe": ngettext_lazy(
        "In %d message the version shown was none of its versions; what was shown counts.",
        "In %d messages the version shown was none of their versions; what was shown counts.",
    ),
    "no_parent": ngettext_lazy(
        "%d message followed one that is missing; it now stands at the beginning.",
        "%d messages followed one that is missing; they now stand at the beginning.",
    ),
    "unreadable": ngettext_lazy(
        "%d character could not be read and is replaced by a sign.",
        "%d characters could not be read and are replaced by a sign.",
    ),
}
LEFT_OUT = {
    "broken_lines": ngettext_lazy(
        "%d broken line is left out.",
        "%d broken lines are left out.",
    ),
    "instructions": ngettext_lazy(
        "%d instruction to the model is left out; the character's own count.",
        "%d instructions to the model are left out; the character's own count.",
    ),
    "tools": ngettext_lazy(
        "%d message of tools is left out.",
        "%d messages of tools are left out.",
    ),
    "notices": ngettext_lazy(
        "%d notice of the other program is left out.",
        "%d notices of the other program are left out.",
    ),
    "wordless": ngettext_lazy(
        "%d message without words is left out.",
        "%d messages without words are left out.",
    ),
    "attachments": ngettext_lazy(
        "%d picture or file is left out.",
        "%d pictures or files are left out.",
    ),
}
DANGEROUS = {
    "markup": ngettext_lazy(
        "%d message holds HTML or a script. It is shown as text; nothing of it runs.",
        "%d messages hold HTML or scripts. They are shown as text; nothing of them runs.",
    ),
    "marks": ngettext_lazy(
        "%d message holds special marks of models. Read it before you go on with the story.",
        "%d messages hold special marks of models. Read them before you go on with the story.",
    ),
    "notes": ngettext_lazy(
        "%d note tells the model what to do. It comes in as it is.",
        "%d notes tell the model what to do. They come in as they are.",
    ),
    "scenes": ngettext_lazy(
        "%d story brings its own scene, which the model is told.",
        "%d stories bring their own scenes, which the model is told.",
    ),
}
MARKUP = re.compile(r"<\s*/?\s*(script|iframe|img|svg|style|link|object|form)\b|javascript:", re.I)
MARKS = re.compile(r"<\|[a-z_]{2,30}\|>|\[/?INST\]|<</?SYS>>", re.I)


@dataclass(frozen=True, slots=True)
class Group:
    """Sentences of one kind. `kind`: changed, left_out or dangerous."""

    kind: str
    sentences: list[str]


def judge(transcript: Transcript) -> None:
    """Count what is worth a warning in its texts."""
    for line in transcript.lines:
        transcript.remarks["markup"] += bool(MARKUP.search(line.text))
        transcript.remarks["marks"] += bool(MARKS.search(line.text))


def groups(transcripts: list[Transcript]) -> list[Group]:
    """Everything that is to be said of these, those kinds that have something to say."""
    counts: Counter[str] = Counter()
    unread: Counter[str] = Counter()
    for transcript in transcripts:
        counts += transcript.remarks
        unread += transcript.unread
    found = [
        Group("dangerous", _sentences(DANGEROUS, counts)),
        Group("changed", _sentences(CHANGED, counts)),
        Group("left_out", _sentences(LEFT_OUT, counts) + _unread(unread)),
    ]
    return [group for group in found if group.sentences]


def _sentences(table: Mapping[str, Any], counts: Counter[str]) -> list[str]:
    return [str(words % counts[code]) for code, words in table.items() if counts[code]]


def _unread(unread: Counter[str]) -> list[str]:
    if not unread:
        return []
    names = ", ".join(name for name, _count in unread.most_common(UNREAD_NAMED))
    if len(unread) > UNREAD_NAMED:
        names += ", …"
    return [_("These parts of the file mean nothing here: %(names)s.") % {"names": names}]
